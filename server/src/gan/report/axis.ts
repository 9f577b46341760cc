/** What every drawn axis needs: round ticks, their labels, and coordinates as text. */

/** Round numbers between two values, about `count` of them; whole ones where `whole`. */
export function ticks(low: number, high: number, count: number, whole: boolean): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const fitting = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const step = whole ? Math.max(1, Math.round(fitting)) : fitting;
  const result: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) result.push(i * step);
  return result;
}

/** A coordinate as SVG text. */
export const fixed = (value: number): string => value.toFixed(1);

/** Short and exact enough for an axis. */
export function label(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(0).replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}
