/** Where a slice lies in the picture that holds all of them: tiles row by row, ⌈√n⌉ a row. */

const { ceil, floor, max, min, sqrt } = Math;

/** @param share of the way across, 0 to 1 */
export const sliceAt = (share: number, slices: number): number =>
  max(0, min(slices - 1, floor(share * slices)));

/** As CSS counts positions of a background: in percent of what it is larger by than the box. */
export function tileOf(slice: number, slices: number): { columns: number; x: number; y: number } {
  const columns = ceil(sqrt(slices));
  const rows = ceil(slices / columns);
  const percent = (at: number, of: number): number => (of > 1 ? (100 * at) / (of - 1) : 0);
  return { columns, x: percent(slice % columns, columns), y: percent(floor(slice / columns), rows) };
}
