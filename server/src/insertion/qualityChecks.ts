/**
 * What an edit is judged by: a few numbers, each with a verdict and a sentence for the reader. What counts as good is in
 * checkThresholds.ts. A check that could not be measured says `unknown` and why; it never passes in silence.
 */
import type { QualityCheck } from '@nodulelab/contract';
import type { CheckName } from './checkThresholds.ts';
import { CHECK_THRESHOLDS, judge } from './checkThresholds.ts';
import { measureBlur } from './hostBlur.ts';
import { naturalStep } from './naturalStep.ts';
import { noiseOfLung, noiseOfNodule } from './noiseCheck.ts';
import type { Edited, Surroundings } from './surroundings.ts';
import { eachStepInPlane, surroundingsOf } from './surroundings.ts';

export type { QualityCheck } from '@nodulelab/contract';
export type { Edited } from './surroundings.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, max, min } = Math;

/** An inserted nodule as the checks see it. */
export interface Inserted extends Edited {
  readonly requestedMm: number;
  readonly measuredMm: number;
  /** Only where the user asked for one. */
  readonly requestedMeanHu?: number;
}

/** Darkest voxels of the lung around lie this many of its standard deviations below its median. */
const DARKEST_SIGMAS = 6;
/** Patches hold at most 400 HU (volume/window.ts); the host's noise comes on top. */
const BRIGHTEST_HU = 500;
/** Solid nodules and vessels are above, aerated lung below. */
const TISSUE_HU = -500;
/** Without a wish: from faint ground glass to solid without calcification. */
const PLAUSIBLE_MEAN_HU = { low: -780, high: 200 } as const;

/** The checks of an insertion; others (a detector's score, the nearest training nodule) may be appended. */
export function qualityChecks(inserted: Inserted): QualityCheck[] {
  const around = surroundingsOf(inserted);
  return [
    diameterCheck(inserted),
    meanCheck(inserted),
    huRangeCheck(inserted, around),
    seamCheck(around, naturalSeam(inserted, around)),
    check('noise-power', ...noiseOfNodule(inserted)),
    lungOverlapCheck(inserted, 'nodule'),
    vesselOverlapCheck(inserted),
  ];
}

/** The checks of a removal; what was refilled is held against the lung around it. */
export function removalChecks(removed: Edited): QualityCheck[] {
  const around = surroundingsOf(removed);
  return [
    remainingTissueCheck(around),
    huRangeCheck(removed, around),
    seamCheck(around, 0),
    check('noise-power', ...noiseOfLung(around)),
    lungOverlapCheck(removed, 'refilled region'),
  ];
}

/** One line of the table; `judged` where the verdict is not about the value that is shown. */
function check(
  name: CheckName,
  value: number | null,
  explanation: string,
  judged: { by: number | null; unit: string; digits?: number } | null = null,
): QualityCheck {
  const known = value !== null && Number.isFinite(value);
  return {
    name,
    value: known ? Number(value.toFixed(judged?.digits ?? 2)) : null,
    unit: judged?.unit ?? CHECK_THRESHOLDS[name].unit,
    verdict: known ? judge(name, judged === null ? value : judged.by) : 'unknown',
    explanation,
  };
}

function diameterCheck({ requestedMm, measuredMm }: Inserted): QualityCheck {
  return check(
    'diameter',
    measuredMm,
    `Sphere with the volume above half maximum on the host's grid; ${requestedMm.toFixed(1)} mm was asked for.`,
    { by: 100 * (measuredMm / requestedMm - 1), unit: 'mm', digits: 1 },
  );
}

/** Mean of the values where a mask is not 0; null where it is empty. */
function meanWhere(values: Int16Array, mask: Uint8Array): number | null {
  let sum = 0;
  let voxels = 0;
  for (let at = 0; at < values.length; at++) {
    if (mask[at] === 0) continue;
    sum += values[at]!;
    voxels++;
  }
  return voxels === 0 ? null : sum / voxels;
}

function meanCheck({ hu, footprint, requestedMeanHu }: Inserted): QualityCheck {
  const mean = meanWhere(hu, footprint);
  if (mean === null)
    return check(
      'mean-hu',
      null,
      'No voxel of this CT is above half maximum: the nodule is smaller than a voxel.',
    );
  const { low, high } = PLAUSIBLE_MEAN_HU;
  return check(
    'mean-hu',
    mean,
    requestedMeanHu === undefined
      ? `Inside the half-maximum border. None was asked for; nodules lie between ${low} (ground glass) and ${high} HU (solid).`
      : `Inside the half-maximum border; ${requestedMeanHu.toFixed(0)} HU was asked for.`,
    {
      by: requestedMeanHu === undefined ? max(0, mean - high) + min(0, mean - low) : mean - requestedMeanHu,
      unit: 'HU',
      digits: 0,
    },
  );
}

/**
 * HU by which changed voxels leave what the lung around, nodules and the stored values hold: below 0 for darker, above 0
 * for brighter. What the host held there already is no fault of the edit.
 */
function huRangeCheck(
  { storedHu }: Edited,
  { before, after, alpha, medianHu, sigmaHu }: Surroundings,
): QualityCheck {
  if (Number.isNaN(medianHu))
    return check('hu-range', null, 'There is too little lung around to know how dark it may be.');
  const darkest = medianHu - DARKEST_SIGMAS * sigmaHu;
  let [lowest, highest, below, above, lost] = [Infinity, -Infinity, 0, 0, 0];
  for (let at = 0; at < after.length; at++) {
    if (alpha[at] === 0) continue;
    const hu = after[at]!;
    lowest = min(lowest, hu);
    highest = max(highest, hu);
    below = max(below, min(darkest, before[at]!) - hu);
    above = max(above, hu - max(BRIGHTEST_HU, before[at]!));
    if (storedHu !== undefined && (hu < storedHu.low || hu > storedHu.high)) lost++;
  }
  if (lowest > highest) return check('hu-range', null, 'No voxel was changed.');
  const beyond = 4 * below > above ? -below : above;
  return check(
    'hu-range',
    beyond,
    lost > 0
      ? `${lost} changed voxels lie outside ${storedHu!.low} to ${storedHu!.high} HU, which is all that the files can hold.`
      : `Changed voxels reach from ${lowest} to ${highest} HU. The value is how far that goes beyond the darkest lung around (${darkest.toFixed(0)} HU) or the brightest nodules without calcification (${BRIGHTEST_HU} HU).`,
    { by: lost > 0 ? Infinity : beyond, unit: 'HU', digits: 0 },
  );
}

/** The step, HU, that the border of this nodule makes by itself on this grid, as soft as the host's own edges are. */
function naturalSeam({ host, box }: Inserted, { after, footprint, medianHu }: Surroundings): number {
  const mean = meanWhere(after, footprint);
  if (mean === null || Number.isNaN(medianHu)) return 0;
  const middle = floor((box.min[2] + box.max[2]) / 2);
  const [across, down] = host.spacing;
  return naturalStep(mean - medianHu, measureBlur(host, middle), (across + down) / 2);
}

/**
 * Steps across the border of the changed voxels, beyond those that the host has there and those that a border as soft
 * as the host's makes by itself, in standard deviations of the steps in the lung around. A seam shows as a surplus all
 * along the border.
 *
 * @param naturalHu the step that is no seam
 */
function seamCheck(
  { before, after, alpha, size, stepSigmaHu }: Surroundings,
  naturalHu: number,
): QualityCheck {
  let added = 0;
  let pairs = 0;
  eachStepInPlane(size, (at, next) => {
    if ((alpha[at] === 0) === (alpha[next] === 0)) return;
    // Where tissue met lung before the edit, the host's own border dominates both terms.
    if (before[at]! > TISSUE_HU || before[next]! > TISSUE_HU) return;
    added += abs(after[next]! - after[at]!) - abs(before[next]! - before[at]!);
    pairs++;
  });
  if (pairs < 20 || Number.isNaN(stepSigmaHu))
    return check('seam', null, 'The border of the change meets too little lung to look for a seam.');
  return check(
    'seam',
    max(0, added / pairs - naturalHu) / stepSigmaHu,
    `Extra step at the border of the changed voxels, in standard deviations (${stepSigmaHu.toFixed(0)} HU) of the steps in the lung around; the ${naturalHu.toFixed(0)} HU that a soft border makes by itself on these pixels are taken off.`,
  );
}

const lungOverlapCheck = (edited: Edited, what: string): QualityCheck =>
  overlapCheck('lung-overlap', edited, 'mask', {
    unknown: 'The lungs of this CT were not segmented, so it is not known what lies in them.',
    known: `Share of the ${what} that lies in the lung; the rest meets chest wall or mediastinum.`,
  });

const vesselOverlapCheck = (inserted: Inserted): QualityCheck =>
  overlapCheck('vessel-overlap', inserted, 'vessel', {
    unknown: 'The vessels of this CT were not segmented, so an overlap is not known.',
    known: 'Share of the nodule that lies on large vessels of the host.',
  });

function overlapCheck(
  name: CheckName,
  { host, box, footprint, lung }: Edited,
  anatomy: 'mask' | 'vessel',
  words: { readonly unknown: string; readonly known: string },
): QualityCheck {
  if (lung === undefined) return check(name, null, words.unknown);
  const share = shareOn(host.size, box, footprint, lung[anatomy]);
  const percent = share === null ? null : 100 * share;
  return check(name, percent, share === null ? 'Nothing is above half maximum.' : words.known, {
    by: percent,
    unit: '%',
    digits: 0,
  });
}

/** Share of the footprint on a mask of the host; null for an empty footprint. */
function shareOn(
  [nx, ny]: readonly [number, number, number],
  { min: low, max: high }: Edited['box'],
  footprint: Uint8Array,
  mask: Uint8Array,
): number | null {
  const width = high[0] - low[0];
  const height = high[1] - low[1];
  let on = 0;
  let all = 0;
  for (let at = 0; at < footprint.length; at++) {
    if (footprint[at] === 0) continue;
    const i = low[0] + (at % width);
    const j = low[1] + (floor(at / width) % height);
    all++;
    if (mask[i + nx * (j + ny * (low[2] + floor(at / (width * height))))] !== 0) on++;
  }
  return all === 0 ? null : on / all;
}

/** How far the refilled region stands out of the lung around: vessels have their share everywhere, a nodule has more. */
function remainingTissueCheck({ after, footprint, medianHu, sigmaHu }: Surroundings): QualityCheck {
  const mean = meanWhere(after, footprint);
  if (mean === null || Number.isNaN(medianHu))
    return check(
      'remaining-tissue',
      null,
      'Nothing was refilled, or there is too little lung around to compare with.',
    );
  return check(
    'remaining-tissue',
    (mean - medianHu) / sigmaHu,
    `Mean of the refilled region (${mean.toFixed(0)} HU) beyond the median of the lung around (${medianHu.toFixed(0)} HU), in its standard deviations; vessels add some, a nodule that is still there adds more than 2.`,
  );
}
