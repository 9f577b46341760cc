/** What an inserted nodule is judged by: a few numbers, each with a verdict and a sentence for the reader. */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, IndexBox } from '../volume/ctVolume.ts';

export interface QualityCheck {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly verdict: 'good' | 'fair' | 'bad';
  readonly explanation: string;
}

/** An insertion as the checks see it; arrays cover the box, i fastest. */
export interface Inserted {
  readonly host: CtVolume;
  readonly box: IndexBox;
  readonly hu: Int16Array;
  readonly alpha: Uint8Array;
  /** 1 where the nodule, without the host's own structures, is above half maximum. */
  readonly footprint: Uint8Array;
  readonly requestedMm: number;
  readonly measuredMm: number;
  readonly lung?: LungAnatomy;
}

/** Lung HU used for the host's own gradients. */
const LUNG_HU = { low: -1000, high: -600 } as const;
const PLAUSIBLE_MEAN_HU = { low: -750, high: 200 } as const;

export function qualityChecks(inserted: Inserted): QualityCheck[] {
  const checks = [diameterCheck(inserted), meanCheck(inserted), seamCheck(inserted)];
  const overlap = overlapCheck(inserted);
  return overlap === null ? checks : [...checks, overlap];
}

function diameterCheck({ requestedMm, measuredMm }: Inserted): QualityCheck {
  const error = Math.abs(measuredMm / requestedMm - 1);
  return {
    name: 'diameter',
    value: round(measuredMm, 1),
    unit: 'mm',
    verdict: error <= 0.1 ? 'good' : error <= 0.2 ? 'fair' : 'bad',
    explanation: `Sphere with the volume above half maximum on the host's grid; ${round(requestedMm, 1)} mm was asked for.`,
  };
}

function meanCheck({ hu, footprint }: Inserted): QualityCheck {
  let sum = 0;
  let voxels = 0;
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < hu.length; at++) {
    if (footprint[at] === 0) continue;
    sum += hu[at]!;
    voxels++;
    low = Math.min(low, hu[at]!);
    high = Math.max(high, hu[at]!);
  }
  const mean = voxels === 0 ? NaN : sum / voxels;
  const plausible = mean >= PLAUSIBLE_MEAN_HU.low && mean <= PLAUSIBLE_MEAN_HU.high;
  return {
    name: 'mean-hu',
    value: voxels === 0 ? 0 : Math.round(mean),
    unit: 'HU',
    verdict: voxels === 0 ? 'bad' : plausible ? (high <= 600 ? 'good' : 'fair') : 'bad',
    explanation:
      voxels === 0
        ? 'The nodule is smaller than a voxel of this CT.'
        : `Inside the nodule; single voxels from ${low} to ${high} HU. Nodules lie between ${PLAUSIBLE_MEAN_HU.low} (ground glass) and ${PLAUSIBLE_MEAN_HU.high} HU (solid).`,
  };
}

/**
 * Steps across the border of the changed region, against the steps between neighbours in the host's own lung. A seam
 * would show as a surplus of several standard deviations.
 */
function seamCheck({ host, box, hu, alpha }: Inserted): QualityCheck {
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const slice = width * height;
  let added = 0;
  let pairs = 0;
  const steps: number[] = [];
  const before = (at: number): number => {
    const i = at % width;
    const j = Math.floor(at / width) % height;
    const k = Math.floor(at / slice);
    return host.data[box.min[0] + i + host.size[0] * (box.min[1] + j + host.size[1] * (box.min[2] + k))]!;
  };
  for (let at = 0; at < hu.length; at++)
    for (const [stride, last] of [
      [1, at % width === width - 1],
      [width, Math.floor(at / width) % height === height - 1],
    ] as const) {
      if (last) continue;
      const next = at + stride;
      const a = before(at);
      const b = before(next);
      if (!isLung(a) || !isLung(b)) continue;
      if (alpha[at] === 0 && alpha[next] === 0) steps.push(b - a);
      else if (alpha[at] === 0 || alpha[next] === 0) {
        added += Math.abs(hu[next]! - hu[at]!) - Math.abs(b - a);
        pairs++;
      }
    }
  const meanStep = steps.reduce((sum, step) => sum + step, 0) / Math.max(1, steps.length);
  const sigma = Math.sqrt(
    steps.reduce((sum, step) => sum + (step - meanStep) ** 2, 0) / Math.max(1, steps.length),
  );
  const seam = pairs === 0 || sigma === 0 ? 0 : Math.max(0, added / pairs) / sigma;
  return {
    name: 'seam',
    value: round(seam, 2),
    unit: 'sigma',
    verdict: seam <= 0.75 ? 'good' : seam <= 1.5 ? 'fair' : 'bad',
    explanation:
      "Extra step in HU at the border of the changed voxels, in standard deviations of the steps in the host's lung around it.",
  };
}

function overlapCheck({ host, box, footprint, lung }: Inserted): QualityCheck | null {
  if (lung === undefined) return null;
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  let inLung = 0;
  let all = 0;
  for (let at = 0; at < footprint.length; at++) {
    if (footprint[at] === 0) continue;
    const i = box.min[0] + (at % width);
    const j = box.min[1] + (Math.floor(at / width) % height);
    const k = box.min[2] + Math.floor(at / (width * height));
    all++;
    inLung += lung.mask[i + host.size[0] * (j + host.size[1] * k)]!;
  }
  const share = all === 0 ? 0 : inLung / all;
  return {
    name: 'lung-overlap',
    value: round(100 * share, 0),
    unit: '%',
    verdict: share >= 0.9 ? 'good' : share >= 0.5 ? 'fair' : 'bad',
    explanation:
      'Share of the nodule that lies in the lung; the rest meets chest wall or mediastinum and changes nothing there.',
  };
}

function isLung(hu: number): boolean {
  return hu > LUNG_HU.low && hu < LUNG_HU.high;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function removalChecks(_removed: Omit<Inserted, 'requestedMm' | 'measuredMm'>): QualityCheck[] {
  return [];
}
