/**
 * Puts a generator's sample on the constant ground of isolated patches, with the margins that real ones have
 * (dataset/softMask.ts). Generators leave a faint texture where real patches are exactly constant: a classifier trained
 * on a balanced set would learn to see that, and call it malignant.
 *
 * The soft mask itself is not used: what it does beyond these margins (slices, chest wall, the end of a cut-out) is
 * about CTs, and a sample has none of it.
 */
import { frameFade } from '../../dataset/patch.ts';
import { smoothstep } from '../../dataset/softMask.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import type { PatchShape } from '../../insertion/patchShape.ts';
import { largestComponent } from '../../volume/components.ts';
import type { Vec3 } from '../../volume/ctVolume.ts';
import { distanceTo } from '../../volume/distance.ts';
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';

/**
 * @param values size³ in [0, 1], x fastest
 * @param spacingMm between voxels, which decides how many of them the margin takes
 * @param margin that the real patches have
 * @param shape of these values (measurePatch): what is above its half level is nodule
 */
export function onConstantGround(
  values: Float32Array,
  size: number,
  spacingMm: number,
  { halfHu }: PatchShape,
  { fullMm, rimMm }: SoftMargin,
): Float32Array {
  const edges: Vec3 = [size, size, size];
  const half = windowHu(halfHu);
  const bright = new Uint8Array(values.length);
  for (let at = 0; at < values.length; at++) bright[at] = values[at]! > half ? 1 : 0;
  const beyond = distanceTo(largestComponent(bright, edges), edges, [spacingMm, spacingMm, spacingMm]);
  const fade = frameFade(size);
  const ground = windowHu(PARENCHYMA_HU);
  const grounded = new Float32Array(values.length).fill(ground);
  for (let k = 0, at = 0; k < size; k++)
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++, at++) {
        // Between voxel centres; the outline lies half way between the last inside and the first outside.
        const mm = beyond[at]! - spacingMm / 2;
        if (mm >= rimMm) continue;
        const share = (1 - smoothstep(fullMm, rimMm, mm)) * fade[i]! * fade[j]! * fade[k]!;
        if (share > 0) grounded[at] = share * values[at]! + (1 - share) * ground;
      }
  return grounded;
}
