/**
 * Whether the noise of an edit is the scanner's. Its strength is measured at two grains, because noise of the right
 * strength and the wrong grain shows as well. The value is by how much it differs from the host's, in the host's standard
 * deviations: 0 is the same, -1 no noise at all, +1 twice as much.
 *
 * The whole spectrum (noisePower.ts) needs regions larger than most nodules, and a nodule's own structure fills its
 * lower half. What a verdict needs is robust instead: the median size of second differences between neighbours, which
 * slopes leave at 0 and single edges cannot move.
 */
import type { Vec3 } from '../volume/ctVolume.ts';
import { hostNoise } from './hostTexture.ts';
import { coreOf } from './noisePower.ts';
import type { Edited, Surroundings } from './surroundings.ts';
import { AERATED_HU } from './surroundings.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, log, max, min, sqrt } = Math;

/** Voxels from the middle of a second difference to its ends. */
const GRAINS = [
  { name: 'fine', step: 1 },
  { name: 'coarse', step: 2 },
] as const;
/** The nodule's border is no noise. */
const RIM_MM = 1;
const LEAST_DIFFERENCES = 40;
/** More tell nothing new. */
const MOST_SLICES = 7;
/** In real nodules the fine grain grew by up to 0.80 of what the coarse one did, and by up to 4.5 times. */
const STRUCTURE_IN_FINE = 0.85;
const MOST_STRUCTURE = 5;
/** Any: the reference only needs enough noise of the host's kind. */
const SEED = 1;
/** Median of the absolute value of a standard normal. */
const MEDIAN_OF_NORMAL = 0.6745;

type Measured = readonly [value: number | null, explanation: string];
type Strengths = readonly (number | null)[];

/** Inside the nodule, against fresh noise of the host in the same shape. */
export function noiseOfNodule({ host, box, hu, footprint }: Edited): Measured {
  const size: Vec3 = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]];
  const core = coreOf(size, host.spacing, fullestSlices(footprint, size), RIM_MM);
  const inside = strengths(hu, core, size);
  if (inside[0] === null) return compareNodule(inside, inside);
  return compareNodule(inside, strengths(hostNoise(host, box, SEED, core), core, size));
}

/** The refilled lung, against the lung around it; vessels are left out of both. */
export function noiseOfLung({ after, before, footprint, around, size }: Surroundings): Measured {
  const refilled = Uint8Array.from(footprint, (value, at) => {
    const hu = after[at]!;
    return value !== 0 && hu > AERATED_HU.low && hu < AERATED_HU.high ? 1 : 0;
  });
  return compareLung(strengths(after, refilled, size), strengths(before, around, size));
}

function compareLung(inside: Strengths, expected: Strengths): Measured {
  const ratios = ratiosOf(inside, expected);
  // No noise at all is infinitely far from some.
  const [worst] = ratios.toSorted((a, b) => abs(log(b.ratio)) - abs(log(a.ratio)));
  if (worst === undefined)
    return [null, 'There is too little lung in or around the region to measure its noise.'];
  return [
    worst.ratio - 1,
    `Noise beside that of the lung around: ${inWords(ratios)}. The value is the farther one, less 1.`,
  ];
}

/** A nodule's own structure makes the coarse grain stronger than the fine one; wrong noise does not. */
function compareNodule(inside: Strengths, expected: Strengths): Measured {
  const ratios = ratiosOf(inside, expected);
  const [fine, coarse] = ratios;
  if (fine === undefined || fine.name !== 'fine' || (coarse === undefined && fine.ratio > 1))
    return [
      null,
      'The nodule is too small in this CT for its noise to be told from its structure, or the CT shows no noise of its own.',
    ];
  const structure = max(1, min(MOST_STRUCTURE, STRUCTURE_IN_FINE * (coarse?.ratio ?? 1)));
  return [
    fine.ratio < 1 ? fine.ratio - 1 : max(0, fine.ratio / structure - 1),
    `Noise beside the host's own near the place: ${inWords(ratios)}. Above 0 the value is the fine grain beyond what the nodule's structure explains, below 0 what is missing of it.`,
  ];
}

interface Ratio {
  readonly name: string;
  readonly ratio: number;
}

function ratiosOf(inside: Strengths, expected: Strengths): Ratio[] {
  return GRAINS.flatMap(({ name }, n) => {
    const [a, b] = [inside[n] ?? null, expected[n] ?? null];
    return a === null || b === null || b === 0 ? [] : [{ name, ratio: a / b }];
  });
}

const inWords = (ratios: readonly Ratio[]): string =>
  ratios.map(({ name, ratio }) => `${name} grain ${ratio.toFixed(2)} times`).join(', ');

/** Robust standard deviation of the noise at each grain, HU; null where the mask is too small for it. */
function strengths(hu: ArrayLike<number>, mask: Uint8Array, [width, height, depth]: Vec3): Strengths {
  return GRAINS.map(({ step }) => {
    const differences = new Float64Array(2 * mask.length);
    let count = 0;
    const row = step * width;
    for (let k = 0, at = 0; k < depth; k++)
      for (let j = 0; j < height; j++)
        for (let i = 0; i < width; i++, at++) {
          if (mask[at] === 0) continue;
          const twice = 2 * hu[at]!;
          if (i >= step && i < width - step && mask[at - step] !== 0 && mask[at + step] !== 0)
            differences[count++] = abs(twice - hu[at - step]! - hu[at + step]!);
          if (j >= step && j < height - step && mask[at - row] !== 0 && mask[at + row] !== 0)
            differences[count++] = abs(twice - hu[at - row]! - hu[at + row]!);
        }
    if (count < LEAST_DIFFERENCES) return null;
    const sorted = differences.subarray(0, count).sort();
    // Of white noise of variance 1 a second difference has variance 6.
    return sorted[floor(count / 2)]! / (MEDIAN_OF_NORMAL * sqrt(6));
  });
}

/** Keeps the slices that hold most of the mask. */
function fullestSlices(mask: Uint8Array, size: Vec3): Uint8Array {
  const slice = size[0] * size[1];
  const counts = Array.from({ length: size[2] }, (_, k) =>
    mask.subarray(k * slice, (k + 1) * slice).reduce((sum, value) => sum + value, 0),
  );
  const least = counts.toSorted((a, b) => b - a)[min(MOST_SLICES, size[2]) - 1]!;
  const kept = mask.slice();
  counts.forEach((count, k) => {
    if (count < least) kept.fill(0, k * slice, (k + 1) * slice);
  });
  return kept;
}
