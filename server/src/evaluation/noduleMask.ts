/**
 * The nodule in a patch: what is above half maximum and hangs together. One rule for real and synthetic patches, the
 * one that insertion measures candidates by (insertion/patchShape.ts); the readers' outlines are not used, since
 * synthetic nodules have none.
 */
import { noduleRegion, sphereDiameter, toHuPatch } from '../insertion/patchShape.ts';
import type { Vec3 } from '../volume/ctVolume.ts';

const { max, min } = Math;

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
 * @returns null where nothing stands out: a constant patch, or fewer than 30 voxels 100 HU above the parenchyma
 * @throws NoduleLabError `invalid-input` for NaN, or values that are no cube
 */
export function noduleMask(values: Float32Array, size: number): NoduleMask | null {
  const patch = toHuPatch(values);
  const region = noduleRegion(patch);
  if (region === null) return null;
  const { labels, label, voxels, backgroundHu, halfHu } = region;
  const { hu } = patch;
  const mask = new Uint8Array(hu.length);
  const low = [size, size, size];
  const high = [0, 0, 0];
  let [sumX, sumY, sumZ, sumHu] = [0, 0, 0, 0];
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++) {
        if (labels[at] !== label) continue;
        mask[at] = 1;
        sumX += x;
        sumY += y;
        sumZ += z;
        sumHu += hu[at]!;
        if (x < low[0]!) low[0] = x;
        if (y < low[1]!) low[1] = y;
        if (z < low[2]!) low[2] = z;
        if (x >= high[0]!) high[0] = x + 1;
        if (y >= high[1]!) high[1] = y + 1;
        if (z >= high[2]!) high[2] = z + 1;
      }
  return {
    mask,
    hu,
    voxels,
    meanHu: sumHu / voxels,
    groundHu: backgroundHu,
    halfHu,
    equivalentVoxels: sphereDiameter(voxels),
    centre: [sumX / voxels, sumY / voxels, sumZ / voxels],
    box: { min: [low[0]!, low[1]!, low[2]!], max: [high[0]!, high[1]!, high[2]!] },
    touchesBorder: min(...low) === 0 || max(...high) === size,
  };
}
