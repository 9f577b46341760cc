/** Diameters that were asked for against diameters that were found, as SVG text. */
import { fixed, ticks } from '../../gan/report/axis.ts';
import { LIMITS } from '../gates.ts';
import type { AskedSizes } from './material.ts';

const SIDE = 420;
const AXIS = 42;
const INSET = 8;
const { ceil, max, min } = Math;

/** Both axes in mm from 0, with the line where both are the same and the limit of the gate to either side of it. */
export function sizePlot({ patch, inserted }: AskedSizes): string {
  const groups = [
    { name: 'in a CT', points: inserted },
    { name: 'on the patch, largest in the plane', points: patch },
  ];
  const all = groups.flatMap(({ points }) => points.flat());
  if (all.length === 0) return '';
  const end = 5 * ceil(max(...all) / 5);
  const side = SIDE - AXIS - INSET;
  const x = (mm: number): number => AXIS + (mm / end) * side;
  const y = (mm: number): number => INSET + (1 - mm / end) * side;
  const grid = ticks(0, end, 5, true).flatMap((mm) => [
    `<line class="grid" x1="${fixed(x(mm))}" x2="${fixed(x(mm))}" y1="${fixed(y(0))}" y2="${fixed(y(end))}"/>`,
    `<line class="grid" x1="${fixed(x(0))}" x2="${fixed(x(end))}" y1="${fixed(y(mm))}" y2="${fixed(y(mm))}"/>`,
    `<text x="${fixed(x(mm))}" y="${SIDE - AXIS + 15}" text-anchor="middle">${mm}</text>`,
    `<text x="${AXIS - 5}" y="${fixed(y(mm) + 4)}" text-anchor="end">${mm}</text>`,
  ]);
  // A line through the origin ends where it leaves the square.
  const line = (slope: number, look: string): string => {
    const to = min(end, end / slope);
    return `<line class="${look}" x1="${fixed(x(0))}" y1="${fixed(y(0))}" x2="${fixed(x(to))}" y2="${fixed(y(slope * to))}"/>`;
  };
  const lines = [
    line(1, 'ideal'),
    ...[1 - LIMITS.diameter, 1 + LIMITS.diameter].map((s) => line(s, 'reference')),
  ];
  const marks = [
    (u: number, v: number) => `M${fixed(u)} ${fixed(v)}h0`,
    (u: number, v: number) => `M${fixed(u - 3)} ${fixed(v)}h6m-3 -3v6`,
  ] as const;
  const clouds = groups.map(
    ({ points }, at) =>
      `<path class="cloud cloud-${at}" d="${points.map(([asked, found]) => marks[at]!(x(asked), y(found))).join('')}"/>`,
  );
  const keys = groups
    .map(({ name, points }, at) => ({ name, points, at }))
    .filter(({ points }) => points.length > 0)
    .map(
      ({ name, points, at }) =>
        `<span><svg viewBox="0 0 14 14" aria-hidden="true"><path class="cloud cloud-${at}" d="${marks[at]!(7, 7)}"/></svg>${name} (${points.length})</span>`,
    );
  return (
    `<div class="card"><h3>Diameters</h3><svg class="square" viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="Diameter asked for against diameter found, mm">` +
    `${grid.join('')}${lines.join('')}${clouds.toReversed().join('')}` +
    `<text x="${fixed(x(end / 2))}" y="${SIDE - 2}" text-anchor="middle">asked for, mm</text>` +
    `<text transform="translate(9 ${fixed(y(end / 2))}) rotate(-90)" text-anchor="middle">found, mm</text></svg>` +
    `<p class="legend">${keys.join(' ')} <span>dashed: as asked, and ${100 * LIMITS.diameter} % to either side</span></p></div>`
  );
}
