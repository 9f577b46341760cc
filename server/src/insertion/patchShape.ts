/**
 * What a patch shows: its background, the nodule's extent at half maximum and its middle. A generator leaves size,
 * position and background slightly open; insertion needs them exactly.
 */
import { labelRuns } from '../volume/components.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { Ranks } from '../volume/ranks.ts';
import { PARENCHYMA_HU, unwindowHu } from '../volume/window.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, cbrt, floor, max, min, round } = Math;

/** A cube of HU values, i fastest. */
export interface HuPatch {
  readonly edge: number;
  readonly hu: Float32Array;
}

export interface PatchShape {
  /** HU of the patch's parenchyma (median of its border). */
  readonly backgroundHu: number;
  /** HU half way between parenchyma and the nodule's typical level: the visible border. */
  readonly halfHu: number;
  /** HU that 99 % of the nodule's voxels stay below. */
  readonly brightHu: number;
  /** Diameter in patch voxels of the sphere with the volume at half maximum. */
  readonly diameterVoxels: number;
  /** Centroid of the half-maximum region, in patch indices. */
  readonly centre: Vec3;
}

/** Values above the background by less than this are not nodule (HU). */
const NODULE_MARGIN_HU = 100;
/** The nodule's typical level: high enough to be solid where it is solid, low enough to keep ground glass visible. */
const LEVEL_PERCENTILE = 0.65;
/** The level is that of what lies above half of it, so it is found in a few rounds. */
const LEVEL_ROUNDS = 8;
const MIN_VOXELS = 30;

/** Patch of values in [0, 1] (HU [-1000, 400]) as HU. */
export function toHuPatch(data: Float32Array): HuPatch {
  const edge = round(cbrt(data.length));
  if (edge ** 3 !== data.length || edge < 8)
    throw new NoduleLabError(
      'invalid-input',
      `A patch needs the same number of voxels along each axis (64×64×64); this one holds ${data.length} values.`,
    );
  const hu = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    // Also false for NaN.
    if (!(abs(value) <= 1e6))
      throw new NoduleLabError(
        'invalid-input',
        `The patch holds ${value} at voxel ${at}: generate it again.`,
      );
    hu[at] = unwindowHu(min(1, max(0, value)));
  }
  return { edge, hu };
}

/** The voxels of the nodule in a patch: the largest component above half maximum. */
export interface NoduleRegion {
  readonly backgroundHu: number;
  readonly halfHu: number;
  readonly brightHu: number;
  readonly voxels: number;
  /** Its runs of voxels along x in scan order; each is `[starts[r], ends[r])` in indices of the patch, in one row. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Finds the nodule in a patch; null where nothing stands out from its parenchyma. */
export function noduleRegion({ edge, hu }: HuPatch): NoduleRegion | null {
  const backgroundHu = borderMedian(edge, hu);
  const above = new Ranks(brighterThan(hu, backgroundHu + NODULE_MARGIN_HU));
  if (above.count < MIN_VOXELS) return null;
  const halfHu = halfMaximum(above, backgroundHu);
  const mask = new Uint8Array(hu.length);
  for (let at = 0; at < hu.length; at++) if (hu[at]! > halfHu) mask[at] = 1;
  const { starts, ends, labels, counts } = labelRuns(mask, [edge, edge, edge], 6);
  let largest = 0;
  for (let label = 1; label < counts.length; label++)
    if (largest === 0 || counts[label]! > counts[largest]!) largest = label;
  const voxels = counts[largest] ?? 0;
  if (largest === 0 || voxels < MIN_VOXELS) return null;
  const ofNodule = (_: number, run: number): boolean => labels[run] === largest;
  return {
    ...{ backgroundHu, halfHu, voxels },
    brightHu: above.at(floor(above.count * 0.99)),
    starts: starts.filter(ofNodule),
    ends: ends.filter(ofNodule),
  };
}

/** Measures the nodule in a patch; throws `unusable` where the patch shows none. */
export function measurePatch(patch: HuPatch): PatchShape {
  const region = noduleRegion(patch);
  if (region === null) throw emptyPatch();
  const { backgroundHu, halfHu, brightHu, voxels } = region;
  return {
    ...{ backgroundHu, halfHu, brightHu },
    diameterVoxels: sphereDiameter(voxels),
    centre: regionCentre(region, patch.edge),
  };
}

/** Centroid of a region, in patch indices. */
export function regionCentre({ starts, ends, voxels }: NoduleRegion, edge: number): Vec3 {
  let [x, y, z] = [0, 0, 0];
  for (let run = 0; run < starts.length; run++) {
    const start = starts[run]!;
    const length = ends[run]! - start;
    const first = start % edge;
    x += length * first + (length * (length - 1)) / 2;
    y += length * (floor(start / edge) % edge);
    z += length * floor(start / (edge * edge));
  }
  return [x / voxels, y / voxels, z / voxels];
}

function brighterThan(hu: Float32Array, limit: number): Float32Array {
  const brighter = new Float32Array(hu.length);
  let count = 0;
  for (let at = 0; at < hu.length; at++) if (hu[at]! > limit) brighter[count++] = hu[at]!;
  return brighter.subarray(0, count);
}

/**
 * Half way between background and the level of what lies above it. A soft border holds many voxels below half maximum:
 * a level taken over all of them would be too low, and the nodule would be measured too large.
 */
function halfMaximum(above: Ranks, backgroundHu: number): number {
  let halfHu = backgroundHu;
  for (let round = 0; round < LEVEL_ROUNDS; round++) {
    const first = above.upTo(halfHu);
    const level = above.at(first + floor((above.count - first) * LEVEL_PERCENTILE));
    const next = (backgroundHu + level) / 2;
    if (abs(next - halfHu) < 1) break;
    halfHu = next;
  }
  return halfHu;
}

/** Diameter of the sphere of this volume. */
export function sphereDiameter(volume: number): number {
  return cbrt((6 * volume) / Math.PI);
}

/** Median HU of the patch's six faces; kept near parenchyma, because a nodule may touch a face. */
function borderMedian(edge: number, hu: Float32Array): number {
  const border = new Float32Array(edge ** 3 - (edge - 2) ** 3);
  const last = edge - 1;
  let count = 0;
  for (let k = 0; k < edge; k++)
    for (let j = 0; j < edge; j++) {
      const row = edge * (j + edge * k);
      const step = j === 0 || k === 0 || j === last || k === last ? 1 : last;
      for (let i = 0; i < edge; i += step) border[count++] = hu[row + i]!;
    }
  const median = new Ranks(border).at(border.length >> 1);
  return min(PARENCHYMA_HU + 90, max(PARENCHYMA_HU - 90, median));
}

function emptyPatch(): NoduleLabError {
  return new NoduleLabError(
    'unusable',
    'The patch shows no nodule (nothing stands out from its parenchyma): choose another candidate or train the generator further.',
  );
}
