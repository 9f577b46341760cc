/**
 * The nodule in a patch: what is above half maximum and hangs together. One rule for real and synthetic patches, the
 * one that insertion measures candidates by (insertion/patchShape.ts); the readers' outlines are not used, since
 * synthetic nodules have none.
 */
import { noduleRegion, regionCentre, sphereDiameter, toHuPatch } from '../insertion/patchShape.ts';
import type { Vec3 } from '../volume/ctVolume.ts';

const { floor, max, min } = Math;

export interface NoduleMask {
  /** 1 in the nodule, size³, x fastest. */
  readonly mask: Uint8Array;
  /** The patch in HU, size³, x fastest. */
  readonly hu: Float32Array;
  readonly voxels: number;
  /** Over the nodule's voxels. */
  readonly meanHu: number;
  /** Of the parenchyma: median of the patch's border. */
  readonly groundHu: number;
  /** Half way between parenchyma and the nodule's level: brighter voxels are nodule. */
  readonly halfHu: number;
  /** Diameter of the ball of the same volume, in voxels of the patch. */
  readonly equivalentVoxels: number;
  /** Centroid in patch indices (x, y, z). */
  readonly centre: Vec3;
  /** Smallest box around it, patch indices, `max` exclusive. */
  readonly box: { readonly min: Vec3; readonly max: Vec3 };
  /** It reaches a face of the patch: its true extent is not known. */
  readonly touchesBorder: boolean;
}

/**
 * @param values size³ in [0, 1] (HU [-1000, 400]), x fastest
 * @returns null where nothing stands out: a constant patch of any level, or fewer than 30 voxels 100 HU above the
 *   parenchyma
 * @throws NoduleLabError `invalid-input` for NaN, or values that are no cube
 */
export function noduleMask(values: Float32Array, size: number): NoduleMask | null {
  const patch = toHuPatch(values);
  const region = noduleRegion(patch);
  // A patch that is bright all over shows no nodule either.
  if (region === null || region.voxels === values.length) return null;
  const { starts, ends, voxels, backgroundHu, halfHu } = region;
  const { hu } = patch;
  const mask = new Uint8Array(hu.length);
  const low = [size, size, size] as [number, number, number];
  const high = [0, 0, 0] as [number, number, number];
  let sumHu = 0;
  for (let run = 0; run < starts.length; run++) {
    const [start, end] = [starts[run]!, ends[run]!];
    mask.fill(1, start, end);
    for (let at = start; at < end; at++) sumHu += hu[at]!;
    const y = floor(start / size) % size;
    const z = floor(start / (size * size));
    const x = start - size * (y + size * z);
    low[0] = min(low[0], x);
    low[1] = min(low[1], y);
    low[2] = min(low[2], z);
    high[0] = max(high[0], x + end - start);
    high[1] = max(high[1], y + 1);
    high[2] = max(high[2], z + 1);
  }
  return {
    mask,
    hu,
    voxels,
    meanHu: sumHu / voxels,
    groundHu: backgroundHu,
    halfHu,
    equivalentVoxels: sphereDiameter(voxels),
    centre: regionCentre(region, size),
    box: { min: low, max: high },
    touchesBorder: min(...low) === 0 || max(...high) === size,
  };
}
