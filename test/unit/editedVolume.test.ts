/** Hosts are edited in place and put back; removals keep the same region whatever box it lies in. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { withEdits } from '../../server/src/services/imaging/editedVolume.ts';
import {
  copyBox,
  huOfBox,
  maskOnBox,
  masksMeet,
  tightRegion,
  unionOf,
} from '../../server/src/services/imaging/boxes.ts';
import type { Host } from '../../server/src/services/imaging/hosts.ts';
import type { IndexBox } from '../../server/src/volume/ctVolume.ts';
import { makePhantom, SMALL_PHANTOM } from '../../server/src/phantom/phantom.ts';

const { volume } = makePhantom({ ...SMALL_PHANTOM, seed: 3 });
const lung = lungMask(volume);
const host = { series: { volume }, lung: () => lung } as unknown as Host;

const boxOf = (i: number, size: number): IndexBox => ({
  min: [i, 40, 10],
  max: [i + size, 40 + size, 10 + size],
});
const change = (box: IndexBox, hu: number) => ({
  box,
  hu: new Int16Array((box.max[0] - box.min[0]) ** 3).fill(hu),
});
const hashOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
const snapshot = (): string[] =>
  [volume.data, lung.vessel, lung.contents.sums, ...Object.values(lung.contents.counts)].map(hashOf);

describe('a host with edits', () => {
  const edits = [change(boxOf(30, 6), 40), change(boxOf(33, 6), -850)];

  test('has the later edit where two overlap, and is the original again afterwards', () => {
    const before = snapshot();
    const seen = withEdits(host, edits, (edited) => [
      ...new Set(huOfBox(edited, boxOf(33, 6))),
      ...new Set(huOfBox(edited, { min: [30, 40, 10], max: [33, 46, 16] })),
    ]);
    expect(seen).toEqual([-850, 40]);
    expect(snapshot()).toEqual(before);
  });

  test('is the original again where the work fails', () => {
    const before = snapshot();
    expect(() =>
      withEdits(host, edits, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(snapshot()).toEqual(before);
  });

  test('counts soft tissue in the lung as a lung that had it from the start would', () => {
    const [i, j, k] = deepest();
    const box: IndexBox = { min: [i - 4, j - 4, k - 3], max: [i + 4, j + 4, k + 3] };
    const hu = new Int16Array(8 * 8 * 6).fill(30);
    const counted = withEdits(host, [{ box, hu }], (_, edited) => ({
      tissue: edited.contents.counts.tissue.slice(),
      sums: hashOf(edited.contents.sums),
    }));
    const grown = counted.tissue.reduce(
      (sum, value, at) => sum + value - lung.contents.counts.tissue[at]!,
      0,
    );
    const dense = huOfBox(volume, box).filter((value) => value > -400).length;
    expect(grown).toBe(hu.length - dense);
    expect(counted.sums).not.toBe(hashOf(lung.contents.sums));
  });

  /** Host index of the place that is deepest in the lung. */
  function deepest(): [number, number, number] {
    const { data, size, spacing, origin } = lung.depth;
    const at = data.indexOf(data.reduce((most, value) => (value > most ? value : most), 0));
    const cell = [at % size[0], Math.floor(at / size[0]) % size[1], Math.floor(at / (size[0] * size[1]))];
    return ([0, 1, 2] as const).map((axis) =>
      Math.round((origin[axis] + cell[axis]! * spacing[axis] - volume.origin[axis]) / volume.spacing[axis]),
    ) as [number, number, number];
  }
});

describe('boxes', () => {
  test('the region of a nodule is the same, whatever box it is kept in', () => {
    const small: IndexBox = { min: [5, 6, 7], max: [8, 8, 9] };
    const mask = Uint8Array.from({ length: 12 }, (_, at) => (at === 1 || at === 10 ? 1 : 0));
    const large: IndexBox = { min: [1, 2, 3], max: [11, 12, 13] };
    const kept = { box: large, mask: maskOnBox({ box: small, mask }, large) };
    expect(kept.mask.reduce((sum, value) => sum + value, 0)).toBe(2);
    expect(tightRegion(kept)).toEqual(tightRegion({ box: small, mask }));
    expect(tightRegion(kept).box).toEqual({ min: [6, 6, 7], max: [7, 8, 9] });
  });

  test('a region without voxels is refused', () => {
    const box: IndexBox = { min: [0, 0, 0], max: [2, 2, 2] };
    expect(() => tightRegion({ box, mask: new Uint8Array(8) })).toThrow(/covers no voxel/);
  });

  test('boxes that do not meet share no voxel', () => {
    const a: IndexBox = { min: [0, 0, 0], max: [2, 2, 2] };
    const b: IndexBox = { min: [4, 0, 0], max: [6, 2, 2] };
    const voxels = copyBox(
      { box: a, voxels: new Uint8Array(8).fill(1) },
      { box: b, voxels: new Uint8Array(8) },
    );
    expect([...voxels]).toEqual(new Array(8).fill(0));
    expect(unionOf(a, b)).toEqual({ min: [0, 0, 0], max: [6, 2, 2] });
  });

  test('masks meet where both have a voxel, not where only their boxes do', () => {
    const box: IndexBox = { min: [0, 0, 0], max: [2, 1, 1] };
    const shifted: IndexBox = { min: [1, 0, 0], max: [3, 1, 1] };
    const meets = (a: number[], b: number[]): boolean =>
      masksMeet({ box, mask: Uint8Array.from(a) }, { box: shifted, mask: Uint8Array.from(b) });
    expect([meets([0, 1], [1, 0]), meets([1, 0], [1, 1]), meets([1, 1], [0, 1])]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
