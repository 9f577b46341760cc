import { expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { ORIENTATION_NAMES } from '../../../server/src/evaluation/memorisation/orientationNames.ts';
import type { PatchGroup } from '../../../server/src/evaluation/patchGroup.ts';
import { gatherPictures } from '../../../server/src/services/evaluation/pictures.ts';

const SIZE = 8;
/** Patch `index` is bright in one corner, of its own brightness. */
const group = (name: string, count: number, corner: number): PatchGroup => ({
  name,
  count,
  size: SIZE,
  sha256: '0'.repeat(64),
  items: [],
  async patch(index) {
    const values = new Float32Array(SIZE ** 3);
    for (let z = 0; z < SIZE; z++)
      for (let y = 0; y < SIZE; y++)
        for (let x = 0; x < SIZE; x++)
          if (x < 3 === (corner === 0) && y < 3)
            values[x + SIZE * (y + SIZE * z)] = 0.2 + 0.3 * (index / count);
    return values;
  },
});
const grey = (url: string) => decode(Buffer.from(url.replace('data:image/png;base64,', ''), 'base64'));
const options = { seed: 1, pairs: [] };
const groups = (count: number) => ({
  real: group('real', count, 0),
  synthetic: group('synthetic', 5, 0),
  training: group('training', 3, 1),
  controls: [group('noise', count, 0)],
});

test('24 patches of each set are drawn by the seed, all of a smaller one', async () => {
  const { sheets } = await gatherPictures(groups(60), options);
  expect(sheets.map(({ name }) => name)).toEqual(['real', 'synthetic', 'noise']);
  expect(sheets[0]!.caption).toContain('24 of 60, drawn by seed 1');
  expect(sheets[1]!.caption).toContain('all 5');
  for (const { url, width, height } of sheets) expect(grey(url)).toMatchObject({ width, height });
  const again = await gatherPictures(groups(60), options);
  const other = await gatherPictures(groups(60), { ...options, seed: 2 });
  expect(again.sheets).toEqual(sheets);
  expect(other.sheets[0]!.url).not.toBe(sheets[0]!.url);
});

test('a pair shows the training nodule turned as it lies nearest', async () => {
  const mirrored = ORIENTATION_NAMES.indexOf('x y z from −x y z');
  expect(mirrored).toBeGreaterThan(0);
  const pair = (transform: string) => ({
    synthetic: { id: 's', index: 1 },
    training: { id: 't', index: 1 },
    ...{ distance: 0, space: 'pixels' as const, transform },
  });
  const { pairs } = await gatherPictures(groups(30), {
    seed: 1,
    pairs: [pair('as it is'), pair(ORIENTATION_NAMES[mirrored]!)],
  });
  const brightEnd = (url: string): 'left' | 'right' => {
    const { data } = grey(url);
    return data[0]! > data[100]! ? 'left' : 'right';
  };
  expect(pairs.map(({ training }) => brightEnd(training))).toEqual(['right', 'left']);
  expect(pairs.map(({ synthetic }) => brightEnd(synthetic))).toEqual(['left', 'left']);
  await expect(gatherPictures(groups(30), { seed: 1, pairs: [pair('upside down')] })).rejects.toThrow(
    'upside down',
  );
});

test('it stops when it is told to', async () => {
  const signal = AbortSignal.abort();
  await expect(gatherPictures(groups(30), { ...options, signal })).rejects.toThrow('stopped');
});
