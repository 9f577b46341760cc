/**
 * What a patch shows: its background, the nodule's extent at half maximum and its middle. A generator leaves size,
 * position and background slightly open; insertion needs them exactly.
 */
import { connectedComponents } from '../volume/components.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
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
  /** A label for each voxel of the patch; those with {@link label} are the nodule's. */
  readonly labels: Int32Array;
  readonly label: number;
  readonly voxels: number;
}

/** Finds the nodule in a patch; null where nothing stands out from its parenchyma. */
export function noduleRegion({ edge, hu }: HuPatch): NoduleRegion | null {
  const backgroundHu = borderMedian(edge, hu);
  const above = brighterThan(hu, backgroundHu + NODULE_MARGIN_HU);
  if (above.length < MIN_VOXELS) return null;
  above.sort();
  const halfHu = halfMaximum(above, backgroundHu);
  const mask = new Uint8Array(hu.length);
  for (let at = 0; at < hu.length; at++) mask[at] = hu[at]! > halfHu ? 1 : 0;
  const { labels, counts } = connectedComponents(mask, [edge, edge, edge], 6);
  let label = 0;
  for (let other = 1; other < counts.length; other++)
    if (label === 0 || counts[other]! > counts[label]!) label = other;
  const voxels = counts[label] ?? 0;
  if (label === 0 || voxels < MIN_VOXELS) return null;
  return { backgroundHu, halfHu, brightHu: above[floor(above.length * 0.99)]!, labels, label, voxels };
}

/** Measures the nodule in a patch; throws `unusable` where the patch shows none. */
export function measurePatch(patch: HuPatch): PatchShape {
  const region = noduleRegion(patch);
  if (region === null) throw emptyPatch();
  const { edge } = patch;
  const { backgroundHu, halfHu, brightHu, labels, label, voxels } = region;
  const sum = [0, 0, 0];
  for (let at = 0; at < labels.length; at++) {
    if (labels[at] !== label) continue;
    sum[0]! += at % edge;
    sum[1]! += floor(at / edge) % edge;
    sum[2]! += floor(at / (edge * edge));
  }
  return {
    backgroundHu,
    halfHu,
    brightHu,
    diameterVoxels: sphereDiameter(voxels),
    centre: [sum[0]! / voxels, sum[1]! / voxels, sum[2]! / voxels],
  };
}

function brighterThan(hu: Float32Array, limit: number): Float32Array {
  const brighter = new Float32Array(hu.length);
  let count = 0;
  for (let at = 0; at < hu.length; at++) if (hu[at]! > limit) brighter[count++] = hu[at]!;
  return brighter.slice(0, count);
}

/**
 * Half way between background and the level of what lies above it. A soft border holds many voxels below half maximum:
 * a level taken over all of them would be too low, and the nodule would be measured too large.
 */
function halfMaximum(sorted: Float32Array, backgroundHu: number): number {
  let halfHu = backgroundHu;
  for (let round = 0; round < LEVEL_ROUNDS; round++) {
    const first = sorted.findIndex((value) => value > halfHu);
    const level = sorted[first + floor((sorted.length - first) * LEVEL_PERCENTILE)]!;
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
  let count = 0;
  for (let k = 0; k < edge; k++)
    for (let j = 0; j < edge; j++)
      for (let i = 0; i < edge; i++)
        if (i === 0 || j === 0 || k === 0 || i === edge - 1 || j === edge - 1 || k === edge - 1)
          border[count++] = hu[i + edge * (j + edge * k)]!;
  border.sort();
  const median = border[border.length >> 1]!;
  return min(PARENCHYMA_HU + 90, max(PARENCHYMA_HU - 90, median));
}

function emptyPatch(): NoduleLabError {
  return new NoduleLabError(
    'unusable',
    'The patch shows no nodule (nothing stands out from its parenchyma): choose another candidate or train the generator further.',
  );
}
