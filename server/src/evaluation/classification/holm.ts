/** Tests corrected for their number. */

/**
 * Holm 1979, "A simple sequentially rejective multiple test procedure": the smallest of m values of p times m, the next
 * times m − 1, and so on, none less than one before it and none above 1. A null was no test and stays null.
 */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const tests = values
    .flatMap((p, index) => (p === null ? [] : [{ p, index }]))
    .sort((one, other) => one.p - other.p);
  const corrected = values.map((): number | null => null);
  let least = 0;
  tests.forEach(({ p, index }, rank) => {
    least = Math.max(least, Math.min(1, p * (tests.length - rank)));
    corrected[index] = least;
  });
  return corrected;
}
