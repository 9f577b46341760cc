/**
 * Sharpness of a patch's border, brought to the host's: a patch scaled down is too sharp for the scanner, one scaled up
 * is too soft.
 */
import type { HuPatch, PatchShape } from './patchShape.ts';
import { blurPatch } from './resamplePatch.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, hypot, max, min, round, sqrt } = Math;

/** Natural margins of nodules are softer than a scanner's edge by about this much (mm, sigma). */
const MARGIN_MM = 0.45;
const MAX_PASSES = 2;

/** Sigma (patch voxels) of the Gaussian-blurred step that the nodule's border resembles. */
export function measureEdge({ edge, hu }: HuPatch, { backgroundHu, halfHu }: PatchShape): number {
  const height = 2 * (halfHu - backgroundHu);
  const slopes: number[] = [];
  for (let k = 1; k < edge - 1; k++)
    for (let j = 1; j < edge - 1; j++)
      for (let i = 1; i < edge - 1; i++) {
        const at = i + edge * (j + edge * k);
        if (abs(hu[at]! - halfHu) > 0.15 * height) continue;
        const gx = hu[at + 1]! - hu[at - 1]!;
        const gy = hu[at + edge]! - hu[at - edge]!;
        const gz = hu[at + edge * edge]! - hu[at - edge * edge]!;
        slopes.push(sqrt(gx * gx + gy * gy + gz * gz) / 2);
      }
  if (slopes.length < 20) return 1;
  const sorted = Float32Array.from(slopes).sort();
  const steep = sorted[floor(slopes.length * 0.7)]!;
  return steep <= 0 ? 1 : min(edge / 8, height / (steep * sqrt(2 * Math.PI)));
}

/**
 * Blurs or sharpens the patch so that its border, at `voxelMm` per patch voxel, is as sharp as a nodule's in this host.
 *
 * @param blurMm in-plane blur of the host (sigma, mm).
 */
export function matchSharpness(patch: HuPatch, shape: PatchShape, voxelMm: number, blurMm: number): HuPatch {
  const edgeMm = measureEdge(patch, shape) * voxelMm;
  if (edgeMm < blurMm) return blurPatch(patch, sqrt(blurMm ** 2 - edgeMm ** 2) / voxelMm);
  const wantedMm = hypot(blurMm, MARGIN_MM);
  let sharpened = patch;
  let widthMm = edgeMm;
  for (let pass = 0; pass < MAX_PASSES && widthMm > 1.15 * wantedMm; pass++) {
    sharpened = sharpen(sharpened, min(2.5, widthMm / voxelMm));
    widthMm = measureEdge(sharpened, shape) * voxelMm;
  }
  return sharpened;
}

/** Unsharp masking kept within the range of each voxel's neighbours, so that steep borders form without halos. */
function sharpen(patch: HuPatch, sigma: number): HuPatch {
  const { edge, hu } = patch;
  const smooth = blurPatch(patch, sigma).hu;
  const reach = max(1, round(sigma));
  const low = extremes(hu, edge, reach, min);
  const high = extremes(hu, edge, reach, max);
  const out = new Float32Array(hu.length);
  for (let at = 0; at < hu.length; at++) {
    const value = hu[at]! + 1.5 * (hu[at]! - smooth[at]!);
    out[at] = min(high[at]!, max(low[at]!, value));
  }
  return { edge, hu: out };
}

/** Minimum or maximum over a cube of `reach` voxels to each side, one axis after the other. */
function extremes(
  hu: Float32Array,
  edge: number,
  reach: number,
  pick: (a: number, b: number) => number,
): Float32Array {
  let from = hu;
  for (const stride of [1, edge, edge * edge]) {
    const to = new Float32Array(hu.length);
    for (let at = 0; at < hu.length; at++) {
      const n = floor(at / stride) % edge;
      let best = from[at]!;
      for (let d = -min(reach, n); d <= min(reach, edge - 1 - n); d++)
        best = pick(best, from[at + d * stride]!);
      to[at] = best;
    }
    from = to;
  }
  return from;
}
