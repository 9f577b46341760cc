import { describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { sliceSprite } from '../../server/src/services/candidateSlices.ts';
import { thumbnailsOf } from '../../server/src/services/thumbnails.ts';

const PLANES = ['axial', 'coronal', 'sagittal'] as const;

/** No two neighbouring voxels are alike, so that a turned or shifted tile is another one. */
const patchOf = (size: number): Float32Array =>
  Float32Array.from({ length: size ** 3 }, (_, at) => ((at * 7919) % 997) / 997);

interface Grey {
  readonly width: number;
  readonly data: ArrayLike<number>;
}

function tile({ width, data }: Grey, size: number, slice: number): number[] {
  const columns = width / size;
  const left = (slice % columns) * size;
  const top = Math.floor(slice / columns) * size;
  return Array.from(
    { length: size * size },
    (_, at) => data[left + (at % size) + width * (top + Math.floor(at / size))]!,
  );
}

describe('the slices of a candidate as one picture', () => {
  test.each(PLANES)('are eight rows of eight tiles, %s', (plane) => {
    const { width, height, channels, depth } = decode(sliceSprite(new Float32Array(64 ** 3), plane));
    expect({ width, height, channels, depth }).toEqual({ width: 512, height: 512, channels: 1, depth: 8 });
  });

  test.each(PLANES)('the middle one is the thumbnail, %s', (plane) => {
    const patch = patchOf(16);
    const url = thumbnailsOf(patch, 16)[plane];
    const thumbnail = decode(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
    expect(tile(decode(sliceSprite(patch, plane)), 16, 8)).toEqual([...thumbnail.data]);
  });

  test.each([
    ['axial', (n: number) => [0, 0, n]],
    ['coronal', (n: number) => [0, n, 0]],
    ['sagittal', (n: number) => [n, 0, 0]],
  ] as const)('slice n lies at n, counted from 0, in another size too: %s', (plane, voxelOf) => {
    const size = 5;
    for (let n = 0; n < size; n++) {
      const [x, y, z] = voxelOf(n) as [number, number, number];
      const patch = new Float32Array(size ** 3);
      patch[x + size * (y + size * z)] = 1;
      const picture = decode(sliceSprite(patch, plane));
      expect([picture.width, picture.height]).toEqual([15, 10]);
      const lit = [...Array(size).keys()].filter((slice) => tile(picture, size, slice).includes(255));
      expect(lit).toEqual([n]);
    }
  });
});
