/**
 * What a candidate is judged by before it has a place: only its own voxels, and how much its model knew of the like. What
 * counts as good stands here too, apart from the lights of an edit (checkThresholds.ts): nothing of it is confirmed.
 */
import type { QualityCheck } from '@nodulelab/contract';
import { WINDOW_HIGH_HU } from '../volume/window.ts';
import { noduleRegion, toHuPatch, type HuPatch, type NoduleRegion } from './patchShape.ts';
import { FACE_FADE } from './placeNodule.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor, min } = Math;

/** Voxels darker than the ground by more are holes, not its noise (HU). */
const HOLE_HU = 75;
/** Voxels from here on are as bright as a patch can hold. */
const BRIGHTEST_HU = WINDOW_HIGH_HU - 1;

export type CandidateCheckName = 'extent' | 'cut-off' | 'dark-voxels' | 'bright-voxels' | 'support';

interface CandidateThresholds {
  readonly unit: string;
  /** Bounds belong to the range. */
  readonly good: readonly [low: number, high: number];
  readonly fair: readonly [low: number, high: number];
  /** Where the numbers come from: 317 isolated LIDC nodules, 198 that generators were trained on and 119 others. */
  readonly why: string;
}

export const CANDIDATE_THRESHOLDS: Readonly<Record<CandidateCheckName, CandidateThresholds>> = {
  extent: {
    unit: 'voxels',
    good: [300, Infinity],
    fair: [30, Infinity],
    why: '1936 to 27007 for the LIDC nodules, which fill half of their patch; a nodule of 4 mm in a patch of 32 mm has 268. Below 30 insertion finds no nodule',
  },
  'cut-off': {
    unit: '%',
    good: [0, 0.5],
    fair: [0, 5],
    why: '0 for all but one of the LIDC nodules (2.1); insertion lets these voxels fade, so a nodule loses its outermost part there',
  },
  'dark-voxels': {
    unit: '%',
    good: [0, 5],
    fair: [0, 25],
    why: '0 for half of the LIDC nodules, below 5 for nine in ten, 24 and 50 at the 99th percentile (cavities, emphysema around)',
  },
  'bright-voxels': {
    unit: '%',
    good: [0, 20],
    fair: [0, 70],
    why: '0 for half of the LIDC nodules, below 20 for nine in ten, 68 at most (calcified ones)',
  },
  support: {
    unit: 'nodules',
    good: [5, Infinity],
    fair: [1, Infinity],
    why: 'the viewer marks a wish with fewer than five training nodules like it',
  },
};

/**
 * @param data size³ values in [0, 1], x fastest
 * @param support training nodules like what was asked for; null for an unconditional generator
 */
export function candidateChecks(data: Float32Array, support: number | null): QualityCheck[] {
  const patch = toHuPatch(data);
  const region = noduleRegion(patch);
  return [...(region === null ? nothingThere() : shapeChecks(patch, region)), supportCheck(support)];
}

function check(
  name: CandidateCheckName,
  value: number | null,
  explanation: string,
  digits = 0,
): QualityCheck {
  const { unit, good, fair } = CANDIDATE_THRESHOLDS[name];
  const within = ([low, high]: readonly [number, number]): boolean =>
    value !== null && value >= low && value <= high;
  return {
    ...{ name, unit, explanation },
    value: value === null ? null : Number(value.toFixed(digits)),
    verdict: value === null ? 'unknown' : within(good) ? 'good' : within(fair) ? 'fair' : 'bad',
  };
}

function nothingThere(): QualityCheck[] {
  const explanation = 'Nothing stands out from the parenchyma, so there is nothing to measure.';
  return [
    check(
      'extent',
      0,
      'Nothing stands out from the parenchyma: this candidate shows no nodule and cannot be inserted. Take another one.',
    ),
    ...(['cut-off', 'dark-voxels', 'bright-voxels'] as const).map((name) => check(name, null, explanation)),
  ];
}

function shapeChecks({ edge, hu }: HuPatch, region: NoduleRegion): QualityCheck[] {
  const { starts, ends, voxels, backgroundHu } = region;
  const fromFace = (n: number): number => min(n, edge - 1 - n);
  let fading = 0;
  let bright = 0;
  for (let run = 0; run < starts.length; run++) {
    const start = starts[run]!;
    const y = floor(start / edge) % edge;
    const z = floor(start / (edge * edge));
    const across = min(fromFace(y), fromFace(z));
    for (let at = start; at < ends[run]!; at++) {
      if (min(across, fromFace(at % edge)) < FACE_FADE) fading++;
      if (hu[at]! >= BRIGHTEST_HU) bright++;
    }
  }
  let dark = 0;
  for (let at = 0; at < hu.length; at++) if (hu[at]! < backgroundHu - HOLE_HU) dark++;
  const percent = (count: number): number => (100 * count) / voxels;
  return [
    check(
      'extent',
      voxels,
      'Voxels of the nodule above half maximum, its largest piece alone. With few of them its shape is coarse.',
    ),
    check(
      'cut-off',
      percent(fading),
      `Share of the nodule within ${FACE_FADE} voxels of a face of its patch, where insertion lets it fade. A nodule that the patch cuts off is no whole one.`,
      1,
    ),
    check(
      'dark-voxels',
      percent(dark),
      `Voxels more than ${HOLE_HU} HU darker than the parenchyma around (${backgroundHu.toFixed(0)} HU), in parts of the nodule's. Cavities have some; many are a fault of the generator.`,
      1,
    ),
    check(
      'bright-voxels',
      percent(bright),
      `Share of the nodule at ${WINDOW_HIGH_HU} HU, the most that a patch can hold. Calcified nodules have some; what is brighter is lost.`,
      1,
    ),
  ];
}

function supportCheck(support: number | null): QualityCheck {
  return check(
    'support',
    support,
    support === null
      ? 'The model takes no conditions, so nothing was asked for that the data could lack.'
      : 'Training nodules like what was asked for, within a point and a quarter of the diameter. With few, the model guesses.',
  );
}
