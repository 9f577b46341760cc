/** The intensity window of every patch: HU [-1000, 400] maps linearly to [0, 1] (the seed's preprocessing). */
export const WINDOW_LOW_HU = -1000;
export const WINDOW_HIGH_HU = 400;
/** HU that isolated patches have outside the nodule: aerated parenchyma. */
export const PARENCHYMA_HU = -870;

/** HU → [0, 1], clipped. */
export function windowHu(hu: number): number {
  const t = (hu - WINDOW_LOW_HU) / (WINDOW_HIGH_HU - WINDOW_LOW_HU);
  return t < 0 ? 0 : t > 1 ? 1 : t;
}

/** [0, 1] → HU. */
export function unwindowHu(value: number): number {
  return WINDOW_LOW_HU + value * (WINDOW_HIGH_HU - WINDOW_LOW_HU);
}
