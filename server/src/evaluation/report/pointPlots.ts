/** Clouds of points and ROC curves as SVG text. */
import { fixed } from '../../gan/report/axis.ts';
import { escapeHtml } from '../../gan/report/html.ts';
import type { Scatter } from './material.ts';

const SIDE = 420;
/** Share of the points at each end of an axis that may lie at its rim: one far point would press all others together. */
const CUT_SHARE = 0.01;
const INSET = 8;
const { floor, max, min } = Math;

/** Each group has a sign and a colour of its own, up to three groups. */
const SIGNS: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `M${fixed(x)} ${fixed(y)}h0`,
  (x, y) => `M${fixed(x - 3)} ${fixed(y)}h6m-3 -3v6`,
  (x, y) => `M${fixed(x - 2.5)} ${fixed(y - 2.5)}l5 5m0 -5l-5 5`,
];

export function scatterPlot({ groups }: Scatter, description: string): string {
  const shown = groups.slice(0, SIGNS.length);
  const [x, y] = ([0, 1] as const).map((axis) => {
    const all = shown
      .flatMap(({ points }) => points.map((point) => point[axis]))
      .filter(Number.isFinite)
      .toSorted((a, b) => a - b);
    const cut = floor(all.length * CUT_SHARE);
    const low = all[cut] ?? 0;
    const high = all[all.length - 1 - cut] ?? 1;
    const span = high - low || 1;
    return (value: number): number => INSET + (SIDE - 2 * INSET) * min(1, max(0, (value - low) / span));
  }) as [(value: number) => number, (value: number) => number];
  const paths = shown.map(
    ({ points }, at) =>
      `<path class="cloud cloud-${at}" d="${points
        .filter((point) => point.every(Number.isFinite))
        .map(([u, v]) => SIGNS[at]!(x(u), SIDE - y(v)))
        .join('')}"/>`,
  );
  const keys = shown.map(
    ({ name, points }, at) =>
      `<span><svg viewBox="0 0 14 14" aria-hidden="true"><path class="cloud cloud-${at}" d="${SIGNS[at]!(7, 7)}"/></svg>${escapeHtml(name)} (${points.length})</span>`,
  );
  return (
    `<svg class="square" viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="${escapeHtml(description)}">` +
    `<rect class="frame" width="${SIDE}" height="${SIDE}"/>${paths.toReversed().join('')}</svg><p class="legend">${keys.join(' ')}</p>`
  );
}

export interface RocCurve {
  readonly name: string;
  readonly negatives: readonly number[];
  readonly positives: readonly number[];
}

const AXIS = 42;

/** Sensitivity over false alarms, one curve for each pair of score lists. */
export function rocPlot(curves: readonly RocCurve[], description: string): string {
  const side = SIDE - AXIS - INSET;
  const x = (share: number): string => fixed(AXIS + share * side);
  const y = (share: number): string => fixed(INSET + (1 - share) * side);
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    `<line class="grid" x1="${x(share)}" x2="${x(share)}" y1="${y(0)}" y2="${y(1)}"/>`,
    `<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(share)}" y2="${y(share)}"/>`,
    `<text x="${x(share)}" y="${SIDE - AXIS + 15}" text-anchor="middle">${share}</text>`,
    `<text x="${AXIS - 5}" y="${Number(y(share)) + 4}" text-anchor="end">${share}</text>`,
  ]);
  const lines = curves.map(
    ({ negatives, positives }, at) =>
      `<polyline class="line-${at}" points="${rocPoints(negatives, positives)
        .map(([u, v]) => `${x(u)},${y(v)}`)
        .join(' ')}"/>`,
  );
  const keys = curves.map(
    ({ name }, at) => `<span><span class="key key-${at}"></span>${escapeHtml(name)}</span>`,
  );
  return (
    `<svg class="square" viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="${escapeHtml(description)}">${grid.join('')}` +
    `<line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>${lines.join('')}` +
    `<text x="${x(0.5)}" y="${SIDE - 2}" text-anchor="middle">real nodules called synthetic</text>` +
    `<text transform="translate(9 ${y(0.5)}) rotate(-90)" text-anchor="middle">synthetic nodules found</text></svg>` +
    `<p class="legend">${keys.join(' ')} <span>dashed: guessing</span></p>`
  );
}

/** Corners of the curve from (0, 0) to (1, 1); scores that are equal are passed in one step. */
export function rocPoints(
  negatives: readonly number[],
  positives: readonly number[],
): (readonly [falseAlarms: number, found: number])[] {
  const scored = [
    ...negatives.map((score) => ({ score, positive: false })),
    ...positives.map((score) => ({ score, positive: true })),
  ].toSorted((a, b) => b.score - a.score);
  const points: [number, number][] = [[0, 0]];
  let wrong = 0;
  let right = 0;
  scored.forEach(({ score, positive }, at) => {
    if (positive) right++;
    else wrong++;
    if (scored[at + 1]?.score !== score)
      points.push([wrong / max(1, negatives.length), right / max(1, positives.length)]);
  });
  return points;
}
