/**
 * Sharpness of a patch's border, brought to the host's: a patch scaled down is too sharp for the scanner, one scaled up
 * is too soft.
 */
import type { Vec3 } from '../volume/ctVolume.ts';
import { normalCdf, normalQuantile, sigmaOfStep } from './gaussianEdge.ts';
import type { HuPatch, PatchShape } from './patchShape.ts';
import { blurPatch } from './resamplePatch.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, hypot, max, min, sqrt } = Math;

/** Natural margins of nodules are softer than a scanner's edge by about this much (mm, sigma). */
const MARGIN_MM = 0.25;
/** The steepest of the border: where it is straight and seen face on. */
const STEEP = 0.5;
/** More would draw staircases along the voxels of the patch. */
const MOST_STEEPER = 2.5;
const TABLE = 2048;

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
        slopes.push(sqrt(gx * gx + gy * gy + gz * gz));
      }
  if (slopes.length < 20) return 1;
  const sorted = Float32Array.from(slopes).sort();
  return min(edge / 8, sigmaOfStep(sorted[floor(slopes.length * STEEP)]! / height, 1));
}

export interface Sharpened {
  readonly patch: HuPatch;
  /** For the values of the patch wherever they are interpolated: makes the border steeper without moving it. */
  readonly remap: (hu: number) => number;
}

/**
 * Brings the border of the patch, at `voxelMm` per patch voxel, to the sharpness of a nodule's in this host: too sharp a
 * patch is blurred, the values of too soft a one are mapped where they are sampled.
 *
 * @param blurMm in-plane blur of the host (sigma, mm).
 * @param inPlane how much of each patch axis lies in the host's plane: sine of its angle with the slice normal. The
 *   slices' own width is not in here: sampling averages over it.
 */
export function matchSharpness(
  patch: HuPatch,
  shape: PatchShape,
  voxelMm: number,
  blurMm: number,
  inPlane: Vec3,
): Sharpened {
  const wanted = hypot(blurMm, MARGIN_MM) / voxelMm;
  const edge = measureEdge(patch, shape);
  if (edge > wanted) return { patch, remap: steepening(shape, min(MOST_STEEPER, edge / wanted)) };
  // The point spread is to blur a sharp nodule, not the generator's soft margin.
  const remap = steepening(shape, MOST_STEEPER);
  const sharp = { edge: patch.edge, hu: patch.hu.map(remap) };
  const missing = sqrt(max(0, wanted ** 2 - measureEdge(sharp, shape) ** 2));
  return {
    patch: blurPatch(sharp, [missing * inPlane[0], missing * inPlane[1], missing * inPlane[2]]),
    remap: (hu) => hu,
  };
}

/**
 * Makes a border steeper by a factor without moving it: between background and the nodule's level each value goes to
 * where it would lie on a step of smaller sigma. What is above the level stays as it is, and there is no halo.
 */
function steepening({ backgroundHu, halfHu }: PatchShape, factor: number): (hu: number) => number {
  const height = 2 * (halfHu - backgroundHu);
  const table = Float32Array.from({ length: TABLE + 1 }, (_, n) =>
    n === 0 || n === TABLE ? n / TABLE : normalCdf(factor * normalQuantile(n / TABLE)),
  );
  return (hu) => {
    const place = ((hu - backgroundHu) / height) * TABLE;
    if (!(place > 0 && place < TABLE)) return hu;
    const n = floor(place);
    return backgroundHu + height * (table[n]! + (place - n) * (table[n + 1]! - table[n]!));
  };
}
