/**
 * The Lung-RADS category that size and texture alone would mean, as an aid when asking for a nodule. It is no reading of
 * a CT: growth, solid part, fat, calcification and what surrounds the nodule are not known here.
 *
 * ACR Lung-RADS v2022, baseline screening: solid < 6 mm 2, 6 to < 8 mm 3, 8 to < 15 mm 4A, from 15 mm 4B; part-solid
 * < 6 mm 2, from 6 mm by its solid part (< 6 mm 3, 6 to < 8 mm 4A, from 8 mm 4B); non-solid < 30 mm 2, from 30 mm 3.
 */
export interface LungRads {
  readonly category: string;
  /** What it was taken for. */
  readonly as: 'solid' | 'part-solid' | 'non-solid';
}

/** Points of the LIDC form up to which a nodule counts as non-solid, and from which as solid. */
const NON_SOLID = 1.5;
const SOLID = 4.5;

/**
 * @param diameterMm Lung-RADS means the mean of length and width; ours is the length, so the category errs upwards
 * @param texture points of the LIDC form, 1 ground glass to 5 solid
 */
export function lungRads(diameterMm: number, texture: number): LungRads {
  // Sizes are reported to a tenth of a millimetre, and read so.
  const size = Math.round(diameterMm * 10) / 10;
  if (texture <= NON_SOLID) return { as: 'non-solid', category: size < 30 ? '2' : '3' };
  if (texture < SOLID) {
    // The solid part is at most as large as the nodule.
    const category = size < 6 ? '2' : size < 8 ? '3 or 4A' : '3, 4A or 4B';
    return { as: 'part-solid', category };
  }
  return { as: 'solid', category: size < 6 ? '2' : size < 8 ? '3' : size < 15 ? '4A' : '4B' };
}

/** `Lung-RADS 4A (solid)`, and why there is a choice where there is one. */
export function lungRadsText(diameterMm: number, texture: number): string {
  const { category, as } = lungRads(diameterMm, texture);
  const choice = category.length > 2 ? ', by its solid part' : '';
  return `Lung-RADS ${category} (${as}${choice})`;
}
