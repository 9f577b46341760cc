import { describe, expect, it } from '@jest/globals';
import { SYMMETRIES_ONLY } from '../../../server/src/dataset/augmentation/augmentation.ts';
import { Random } from '../../../server/src/nn/random.ts';
import {
  diameterScale,
  exampleBatches,
  looksAt,
  pasteBox,
  type BatchMaker,
} from '../../../server/src/services/classification/exampleBatches.ts';
import type { Example, Showing } from '../../../server/src/services/classification/examples.ts';
import { LESION_SIZE as SIZE, madeLesions, madeNodules } from '../../support/classificationLesions.ts';

const CUBE = SIZE ** 3;
const real = madeNodules(15);
const { voxels } = madeLesions(real, 0);
const examples = real.map(({ at, malignant, diameterMm }): Example => ({
  ...{ voxels, from: at * CUBE, malignant, diameterMm, synthetic: false },
}));
const malignant = examples.filter((example) => example.malignant).length;
const PLAIN: Showing = { order: 'as they come', weights: 'none', augmentation: SYMMETRIES_ONLY, cutMix: 0 };
const scale = diameterScale(examples.map(({ diameterMm }) => diameterMm));
const BATCH = 10;
const maker = (showing: Partial<Showing>, seed = 1): BatchMaker =>
  exampleBatches(
    examples,
    { ...PLAIN, ...showing },
    { size: SIZE, batchSize: BATCH, scale, seed, name: 'test' },
  );
const targets = (of: BatchMaker, batches: number): [number, number][] =>
  Array.from({ length: batches }, (_, index) => of.batch(index).target).flatMap((target) =>
    Array.from({ length: BATCH }, (_, i): [number, number] => [target[2 * i]!, target[2 * i + 1]!]),
  );
/** The voxels of an example in any orientation, as a text. */
const sorted = (values: Float32Array): string => values.toSorted().join();

describe('batches of examples', () => {
  it('show each example once in a round, turned, with its label and its standardised log diameter', () => {
    const of = maker({});
    const shown = Array.from({ length: examples.length / BATCH }, (_, index) => of.batch(index)).flatMap(
      ({ input, target }) =>
        Array.from({ length: BATCH }, (_, i) => {
          const own = input.slice(i * (CUBE + 1), (i + 1) * (CUBE + 1));
          return [sorted(own.slice(0, CUBE)), target[2 * i], own[CUBE]!.toFixed(4)].join('|');
        }),
    );
    const expected = examples.map(({ from, malignant: label, diameterMm }) =>
      [
        sorted(voxels.slice(from, from + CUBE)),
        Number(label),
        ((Math.log(diameterMm) - scale.mean) / scale.deviation).toFixed(4),
      ].join('|'),
    );
    expect(shown.toSorted()).toEqual(expected.toSorted());
  });

  it('are the same for the same seed and other ones for another', () => {
    expect(maker({}).batch(3)).toEqual(maker({}).batch(3));
    expect(maker({}).batch(3)).not.toEqual(maker({}, 2).batch(3));
  });

  it('are half malignant where both classes are to count alike', () => {
    const of = maker({ order: 'both classes alike' });
    for (let index = 0; index < 4; index++)
      expect(
        targets(of, 4)
          .slice(index * BATCH, (index + 1) * BATCH)
          .filter(([label]) => label === 1),
      ).toHaveLength(BATCH / 2);
  });

  it('weigh each class the same in the loss, the mean weight being 1', () => {
    const all = targets(maker({ weights: 'by class' }), examples.length / BATCH);
    const sum = (label: number): number =>
      all.reduce((total, [own, weight]) => total + (own === label ? weight : 0), 0);
    expect(malignant).toBeLessThan(examples.length / 2);
    expect(sum(1)).toBeCloseTo(examples.length / 2, 4);
    expect(sum(0)).toBeCloseTo(examples.length / 2, 4);
  });

  it('mix labels where they mix patches', () => {
    const mixed = targets(maker({ cutMix: 1 }), 9).filter(([label]) => label > 0 && label < 1);
    expect(mixed.length).toBeGreaterThan(20);
    expect(targets(maker({}), 9).every(([label]) => label === 0 || label === 1)).toBe(true);
  });
});

describe('a box of another patch', () => {
  it('covers the share that is told, and nothing else changes', () => {
    const shares = Array.from({ length: 200 }, (_, i) => {
      const to = new Float32Array(CUBE);
      const share = pasteBox(to, new Float32Array(CUBE).fill(1), SIZE, Random.of('box', i));
      expect(to.reduce((sum, value) => sum + value, 0) / CUBE).toBeCloseTo(share, 6);
      return share;
    });
    // A uniform share, less what the borders cut.
    expect(Math.max(...shares)).toBeGreaterThan(0.5);
    expect(Math.min(...shares)).toBeLessThan(0.05);
  });
});

describe('looks at an example', () => {
  it('are different orientations of the same voxels', () => {
    const input = looksAt(examples.slice(0, 2), { size: SIZE, scale, looks: 4 });
    const look = (i: number): Float32Array => input.slice(i * (CUBE + 1), i * (CUBE + 1) + CUBE);
    expect(input).toHaveLength(8 * (CUBE + 1));
    expect(new Set([0, 1, 2, 3].map((i) => look(i).join())).size).toBe(4);
    expect(new Set([0, 1, 2, 3].map((i) => sorted(look(i)))).size).toBe(1);
    expect(sorted(look(4))).toBe(sorted(voxels.slice(examples[1]!.from, examples[1]!.from + CUBE)));
  });
});
