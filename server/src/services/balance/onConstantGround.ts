/**
 * Puts a generator's sample on the constant ground of isolated patches, with the margins that real ones have
 * (dataset/softMask.ts). Generators leave a faint texture where real patches are exactly constant: a classifier trained
 * on a balanced set would learn to see that, and call it malignant.
 *
 * Where the real nodule that the sample stands for was cut from a CT that ends close by, the sample ends there in the
 * same cap: cut-outs are flat, samples are round, and the difference would give them away too. What else the soft mask
 * does (slices, chest wall) is about CTs, and a sample has none of it.
 */
import { frameFade } from '../../dataset/patch.ts';
import type { CtEnds } from '../../dataset/manifest.ts';
import { distanceInCt, smoothstep } from '../../dataset/softMask.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import type { PatchShape } from '../../insertion/patchShape.ts';
import { largestComponent } from '../../volume/components.ts';
import type { Vec3 } from '../../volume/ctVolume.ts';
import { distanceTo } from '../../volume/distance.ts';
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';

const { min } = Math;

/**
 * @param values size³ in [0, 1], x fastest
 * @param spacingMm between voxels, which decides how many of them the margin takes
 * @param shape of these values (measurePatch): what is above its half level is nodule
 * @param like how the real patches were cut: their margin, and where the CT of the one that it stands for ends
 */
export function onConstantGround(
  values: Float32Array,
  size: number,
  spacingMm: number,
  { halfHu }: PatchShape,
  { margin: { fullMm, rimMm }, ctEnds }: { readonly margin: SoftMargin; readonly ctEnds: CtEnds | undefined },
): Float32Array {
  const edges: Vec3 = [size, size, size];
  const half = windowHu(halfHu);
  const bright = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) bright[at] = values[at]! > half ? 1 : 0;
  const nodule = largestComponent(bright, edges);
  const spacing: Vec3 = [spacingMm, spacingMm, spacingMm];
  const beyond = distanceTo(nodule, edges, spacing);
  const depth = distanceTo(
    nodule.map((bit) => 1 - bit),
    edges,
    spacing,
  );
  const toEnd = distanceToEnd(size, spacingMm, ctEnds);
  const fade = frameFade(size);
  const ground = windowHu(PARENCHYMA_HU);
  const grounded = new Float32Array(values.length).fill(ground);
  for (let k = 0, at = 0; k < size; k++)
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++, at++) {
        // Between voxel centres; the outline lies half way between the last inside and the first outside.
        const mm = nodule[at] === 1 ? spacingMm / 2 - depth[at]! : beyond[at]! - spacingMm / 2;
        if (mm >= rimMm) continue;
        const counted = distanceInCt(mm, min(toEnd[0][i]!, toEnd[1][j]!, toEnd[2][k]!), rimMm);
        const share = (1 - smoothstep(fullMm, rimMm, counted)) * fade[i]! * fade[j]! * fade[k]!;
        if (share > 0) grounded[at] = share * values[at]! + (1 - share) * ground;
      }
  return grounded;
}

/** Along each axis, for each voxel: mm to the nearer end of the CT, negative beyond it. */
function distanceToEnd(
  size: number,
  spacingMm: number,
  ctEnds: CtEnds | undefined,
): readonly [Float64Array, Float64Array, Float64Array] {
  const along = (axis: 0 | 1 | 2): Float64Array =>
    Float64Array.from({ length: size }, (_, at) => {
      const mm = (at - (size - 1) / 2) * spacingMm;
      return ctEnds === undefined ? Infinity : min(mm - ctEnds.low[axis], ctEnds.high[axis] - mm);
    });
  return [along(0), along(1), along(2)];
}
