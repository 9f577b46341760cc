/** The lung around an edit, untouched by it: what the edit's own voxels are compared with. */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';
import { gridAround, hostIndices } from './localGrid.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor, max, min, round, sqrt } = Math;

/** An edit as the checks see it; arrays cover the box, i fastest. */
export interface Edited {
  /** The CT that the edit was made in. */
  readonly host: CtVolume;
  readonly box: IndexBox;
  readonly hu: Int16Array;
  /** 0 where the host's voxel is untouched. */
  readonly alpha: Uint8Array;
  /** 1 where the nodule is above half maximum, or where lung was refilled. */
  readonly footprint: Uint8Array;
  readonly lung?: LungAnatomy;
  /** What the series' stored values can hold, HU. */
  readonly storedHu?: { readonly low: number; readonly high: number };
}

export interface Surroundings {
  /** The box wider by a margin, with the edit in it. */
  readonly box: IndexBox;
  readonly size: Vec3;
  readonly before: Int16Array;
  readonly after: Int16Array;
  readonly alpha: Uint8Array;
  readonly footprint: Uint8Array;
  /** 1 = aerated lung that the edit did not touch. */
  readonly around: Uint8Array;
  /** Of that lung; NaN where there is hardly any. */
  readonly medianHu: number;
  /** Robust standard deviation, from the darker half: vessels stretch the brighter one. */
  readonly sigmaHu: number;
  /** Standard deviation of the steps between neighbours in a slice. */
  readonly stepSigmaHu: number;
}

const MARGIN_MM = 5;
/** Lung without vessels; darker is padding beyond the field of view. */
export const AERATED_HU = { low: -1100, high: -600 } as const;
const LEAST_VOXELS = 60;

export function surroundingsOf(edited: Edited): Surroundings {
  const { host, box: inner, hu, alpha: changed, footprint: marked, lung } = edited;
  const grid = gridAround(host, inner, MARGIN_MM);
  const indices = hostIndices(grid);
  const { size, box, voxels } = grid;
  const before = Int16Array.from(indices, (at) => host.data[at]!);
  const after = before.slice();
  const alpha = new Uint8Array(voxels);
  const footprint = new Uint8Array(voxels);
  const width = inner.max[0] - inner.min[0];
  const height = inner.max[1] - inner.min[1];
  for (let at = 0; at < hu.length; at++) {
    const i = inner.min[0] - box.min[0] + (at % width);
    const j = inner.min[1] - box.min[1] + (floor(at / width) % height);
    const k = inner.min[2] - box.min[2] + floor(at / (width * height));
    const to = i + size[0] * (j + size[1] * k);
    after[to] = hu[at]!;
    alpha[to] = changed[at]!;
    footprint[to] = marked[at]!;
  }
  const around = new Uint8Array(voxels);
  const values = new Int16Array(voxels);
  let count = 0;
  for (let at = 0; at < voxels; at++) {
    const value = before[at]!;
    if (alpha[at] !== 0 || value < AERATED_HU.low || value > AERATED_HU.high) continue;
    if (lung !== undefined && lung.mask[indices[at]!] === 0) continue;
    around[at] = 1;
    values[count++] = value;
  }
  const sorted = values.subarray(0, count).sort();
  const enough = count >= LEAST_VOXELS;
  const quantile = (share: number): number => sorted[min(count - 1, round(share * count))]!;
  return {
    ...{ box, size, before, after, alpha, footprint, around },
    medianHu: enough ? quantile(0.5) : NaN,
    sigmaHu: enough ? max(5, quantile(0.5) - quantile(0.16)) : NaN,
    stepSigmaHu: enough ? stepSigma(before, around, size) : NaN,
  };
}

function stepSigma(hu: Int16Array, around: Uint8Array, size: Vec3): number {
  let squares = 0;
  let pairs = 0;
  eachStepInPlane(size, (at, next) => {
    if (around[at] === 0 || around[next] === 0) return;
    squares += (hu[next]! - hu[at]!) ** 2;
    pairs++;
  });
  return pairs === 0 ? NaN : max(1, sqrt(squares / pairs));
}

/** Visits all pairs of neighbours along i and along j. */
export function eachStepInPlane(
  [width, height, depth]: Vec3,
  visit: (at: number, next: number) => void,
): void {
  for (let k = 0, at = 0; k < depth; k++)
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++, at++) {
        if (i < width - 1) visit(at, at + 1);
        if (j < height - 1) visit(at, at + width);
      }
}
