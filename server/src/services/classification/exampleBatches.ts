/** Batches of an arm's examples: the same for the same seed whoever makes them. */
import { drawOrientation, drawVariation, onlyCopies, varyPatch } from '../../dataset/augmentation/augment.ts';
import { copyOriented, ORIENTATIONS } from '../../dataset/augmentation/orientation.ts';
import { Random } from '../../nn/random.ts';
import { rounds } from '../../nn/rounds.ts';
import type { Example, Showing } from './examples.ts';

// Bound once: looking a global up in a loop is slow where scripts run in contexts of their own.
const { cbrt, floor, log, max, min, round } = Math;

/** How diameters are told to the network. */
export interface DiameterScale {
  /** Of ln(diameter in mm). */
  readonly mean: number;
  readonly deviation: number;
}

export function diameterScale(diameters: readonly number[]): DiameterScale {
  const logs = diameters.map((diameter) => log(diameter));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length;
  // A set of nodules of one size has no spread to divide by.
  return { mean, deviation: max(0.05, Math.sqrt(variance)) };
}

export const standardised = ({ mean, deviation }: DiameterScale, diameterMm: number): number =>
  (log(diameterMm) - mean) / deviation;

export interface BatchMaker {
  /** Inputs [batchSize, size³ + 1], targets [batchSize, 2]: label and weight. */
  batch(index: number): { input: Float32Array; target: Float32Array };
}

export function exampleBatches(
  examples: readonly Example[],
  showing: Showing,
  options: {
    readonly size: number;
    readonly batchSize: number;
    readonly scale: DiameterScale;
    readonly seed: number;
    /** Names the streams, for example the arm and the fold. */
    readonly name: string;
  },
): BatchMaker {
  const { size, batchSize, scale, seed, name } = options;
  const cube = size ** 3;
  const nth = orderOf(examples, showing, seed, name);
  const weights = weightsOf(examples, showing);
  const copies = onlyCopies(showing.augmentation);
  const show = (example: Example, random: Random, to: Float32Array, at: number): void => {
    const orientation = drawOrientation(showing.augmentation, random);
    if (copies)
      copyOriented(example.voxels.subarray(example.from, example.from + cube), size, orientation, to, at);
    else {
      const variation = drawVariation(showing.augmentation, orientation, size, size, random);
      varyPatch(example.voxels, example.from, size, variation, to, at, random);
    }
  };
  return {
    batch(index) {
      const input = new Float32Array(batchSize * (cube + 1));
      const target = new Float32Array(batchSize * 2);
      const other = new Float32Array(cube);
      for (let i = 0; i < batchSize; i++) {
        const example = examples[nth(index * batchSize + i)]!;
        const random = Random.of(seed, name, 'example', index, i);
        const at = i * (cube + 1);
        show(example, random, input, at);
        let [label, logDiameter] = [Number(example.malignant), standardised(scale, example.diameterMm)];
        if (showing.cutMix > 0 && random.uniform() < showing.cutMix) {
          const partner = examples[random.integer(examples.length)]!;
          show(partner, random, other, 0);
          const share = pasteBox(input.subarray(at, at + cube), other, size, random);
          label += share * (Number(partner.malignant) - label);
          logDiameter += share * (standardised(scale, partner.diameterMm) - logDiameter);
        }
        input[at + cube] = logDiameter;
        target[2 * i] = label;
        target[2 * i + 1] = weights(example);
      }
      return { input, target };
    },
  };
}

/**
 * Yun et al. 2019, "CutMix", equations 1 and 2, in three dimensions: a box whose volume is a uniform share of the
 * cube, its middle anywhere, cut at the borders.
 * @returns the share of the voxels that are the other's
 */
export function pasteBox(to: Float32Array, other: Float32Array, size: number, random: Random): number {
  const edge = size * cbrt(random.uniform());
  const [z, y, x] = [0, 0, 0].map((): readonly [number, number] => {
    const middle = size * random.uniform();
    return [max(0, round(middle - edge / 2)), min(size, round(middle + edge / 2))];
  }) as [readonly [number, number], readonly [number, number], readonly [number, number]];
  for (let k = z[0]; k < z[1]; k++)
    for (let j = y[0]; j < y[1]; j++) {
      const row = (k * size + j) * size;
      to.set(other.subarray(row + x[0], row + x[1]), row + x[0]);
    }
  return ((z[1] - z[0]) * (y[1] - y[0]) * (x[1] - x[0])) / size ** 3;
}

/** Which example is shown as number `n`: each comes once in a round, or each class in every other place. */
function orderOf(
  examples: readonly Example[],
  { order }: Showing,
  seed: number,
  name: string,
): (n: number) => number {
  const all = [...examples.keys()];
  if (order === 'as they come') return rounds(all, [seed, name, 'order']);
  const sides = [true, false].map((malignant) =>
    rounds(
      all.filter((i) => examples[i]!.malignant === malignant),
      [seed, name, 'order', malignant ? 'malignant' : 'benign'],
    ),
  );
  return (n) => sides[n % 2]!(floor(n / 2));
}

function weightsOf(examples: readonly Example[], { weights }: Showing): (example: Example) => number {
  if (weights === 'none') return () => 1;
  const malignant = examples.filter((example) => example.malignant).length;
  const half = examples.length / 2;
  return (example) => half / (example.malignant ? malignant : examples.length - malignant);
}

/** Every example in `looks` orientations, one after the other, as inputs of the network. */
export function looksAt(
  examples: readonly Example[],
  { size, scale, looks }: { readonly size: number; readonly scale: DiameterScale; readonly looks: number },
): Float32Array {
  const cube = size ** 3;
  const input = new Float32Array(examples.length * looks * (cube + 1));
  examples.forEach((example, i) => {
    for (let look = 0; look < looks; look++) {
      const at = (i * looks + look) * (cube + 1);
      const orientation = floor((look * ORIENTATIONS) / looks);
      copyOriented(example.voxels.subarray(example.from, example.from + cube), size, orientation, input, at);
      input[at + cube] = standardised(scale, example.diameterMm);
    }
  });
  return input;
}
