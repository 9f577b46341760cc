/** A ROC curve that stands for several trainings. */

const MOST_POINTS = 101;

/**
 * The vertical mean of the seeds' empirical curves (Fawcett 2006, 8.1): at evenly spaced false positive shares the mean of
 * the true positive shares, equal scores joined by a straight line. From (0, 0) to (1, 1).
 *
 * @param seeds scores of one seed each, a value a case
 * @param labels true or 1 for a positive; both classes
 */
export function meanRoc(
  seeds: readonly ArrayLike<number>[],
  labels: ArrayLike<boolean | number>,
): [number, number][] {
  const curves = seeds.map((scores) => curveOf(scores, labels));
  const steps = MOST_POINTS - 2;
  const points: [number, number][] = [[0, 0]];
  for (let k = 0; k <= steps; k++) {
    const at = k / steps;
    points.push([at, curves.reduce((sum, curve) => sum + heightAt(curve, at), 0) / curves.length]);
  }
  return points;
}

/** Corners of the curve, from (0, 0) to (1, 1), the strictest threshold first. */
function curveOf(scores: ArrayLike<number>, labels: ArrayLike<boolean | number>): [number, number][] {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const positives = Array.from(labels).filter(Boolean).length;
  const negatives = order.length - positives;
  let [truly, falsely] = [0, 0];
  const corners: [number, number][] = [[0, 0]];
  order.forEach((index, i) => {
    if (labels[index]) truly++;
    else falsely++;
    if (i + 1 === order.length || scores[order[i + 1]!] !== scores[index])
      corners.push([falsely / negatives, truly / positives]);
  });
  return corners;
}

/** The upper end where the curve rises straight up. */
function heightAt(corners: readonly (readonly [number, number])[], at: number): number {
  let last = 0;
  while (last + 1 < corners.length && corners[last + 1]![0] <= at) last++;
  const [x, y] = corners[last]!;
  const next = corners[last + 1];
  return next ? y + ((at - x) / (next[0] - x)) * (next[1] - y) : y;
}
