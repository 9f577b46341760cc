/**
 * The nodule of a context patch alone on constant ground, by one rule for every kind of lesion: what lies further from
 * the middle than the nodule with its margin is taken away first (vessels, pleura), then the half-maximum region and its
 * soft margin stay (services/balance/onConstantGround.ts), as in the isolated form of real patches.
 */
import type { SoftMargin } from '../../dataset/softMask.ts';
import { measurePatch, toHuPatch } from '../../insertion/patchShape.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';
import { onConstantGround } from '../balance/onConstantGround.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { hypot } = Math;

/**
 * @param values context patch, size³ in [0, 1], x fastest, the nodule in its middle
 * @param diameterMm largest diameter of the nodule
 * @returns size³ values; null where nothing in the middle stands out from the lung
 */
export function isolateInPlace(
  values: Float32Array,
  size: number,
  spacingMm: number,
  diameterMm: number,
  margin: SoftMargin,
): Float32Array | null {
  const ground = windowHu(PARENCHYMA_HU);
  const middle = (size - 1) / 2;
  const reach = (diameterMm / 2 + margin.rimMm) / spacingMm;
  const near = new Float32Array(values.length).fill(ground);
  for (let k = 0, at = 0; k < size; k++)
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++, at++)
        if (hypot(i - middle, j - middle, k - middle) <= reach) near[at] = values[at]!;
  try {
    const shape = measurePatch(toHuPatch(near));
    return onConstantGround(near, size, spacingMm, shape, { margin, ctEnds: undefined });
  } catch (error) {
    if (error instanceof NoduleLabError && error.kind === 'unusable') return null;
    throw error;
  }
}
