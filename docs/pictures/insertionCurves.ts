/**
 * Makes docs/pictures/insertion-curves.svg: mean edge curves and noise power of inserted and real nodules of the same
 * scans and sizes, from the four LIDC patients. `NODULELAB_LIDC_DIR=… node docs/pictures/insertionCurves.ts`
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Measured, measurePairs, type Pair } from '../../bench/realAndInserted.ts';

const PER_NODULE = 8;
const WIDTH = 400;
const HEIGHT = 280;
const MARGIN = { left: 62, right: 14, top: 34, bottom: 44 } as const;
const COLOURS = { real: '#2e8b57', inserted: '#c8641e', host: '#7a7f87' } as const;
const WORDS = { real: 'real', inserted: 'inserted', host: "host's own noise" } as const;
type Kind = keyof typeof COLOURS;

interface Curve {
  readonly kind: Kind;
  readonly points: readonly (readonly [number, number])[];
}
interface Axis {
  readonly title: string;
  readonly ticks: readonly number[];
  readonly low: number;
  readonly high: number;
}

const pairs = await measurePairs(PER_NODULE, (line) => process.stderr.write(`${line}\n`));
if (pairs.length === 0)
  throw new Error('NODULELAB_LIDC_DIR does not name a folder with the four LIDC patients');

const edges = chart(
  'Across the border, as share of the contrast',
  { title: 'distance from the half-maximum border, mm', ticks: [-2, -1, 0, 1, 2, 3], low: -2.5, high: 3.5 },
  { title: '', ticks: [0, 0.25, 0.5, 0.75, 1], low: -0.1, high: 1.2 },
  [
    { kind: 'real', points: edgeOf(pairs, ({ real }) => [real]) },
    { kind: 'inserted', points: edgeOf(pairs, ({ inserted }) => inserted) },
  ],
);
const noise = chart(
  'Noise power inside, HU²·mm²',
  {
    title: 'spatial frequency in the plane, cycles/mm',
    ticks: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    low: 0.1,
    high: 0.62,
  },
  { title: '', ticks: [1, 2, 3, 4], low: 1, high: 4.4 },
  [
    { kind: 'host', points: noiseOf(pairs, ({ host }) => [host]) },
    { kind: 'real', points: noiseOf(pairs, ({ real }) => [real.core]) },
    { kind: 'inserted', points: noiseOf(pairs, ({ inserted }) => inserted.map(({ core }) => core)) },
  ],
);
await writeFile(
  join(import.meta.dirname, 'insertion-curves.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH} ${HEIGHT}" width="${2 * WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${edges}
<g transform="translate(${WIDTH} 0)">
${noise}
</g>
</svg>
`,
);

/** Mean over the nodules of their own edge curves, each between its lung (0) and its nodule (1). */
function edgeOf(all: readonly Pair[], of: (pair: Pair) => readonly Measured[]): [number, number][] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const pair of all) {
    const curves = of(pair).flatMap(({ edge }) => (edge === null ? [] : [edge]));
    for (const { distanceMm, meanHu, insideHu, outsideHu } of curves)
      distanceMm.forEach((mm, n) => {
        const share = (meanHu[n]! - outsideHu) / (insideHu - outsideHu);
        if (Number.isFinite(share)) add(sums, mm, share, 1 / curves.length);
      });
  }
  return meansOf(sums);
}

/** Median over the nodules of the logarithm of their noise power. */
function noiseOf(
  all: readonly Pair[],
  of: (
    pair: Pair,
  ) => readonly ({ readonly frequencies: readonly number[]; readonly power: readonly number[] } | null)[],
): [number, number][] {
  const logs = new Map<number, number[]>();
  for (const pair of all.filter(({ real }) => real.core !== null)) {
    const sums = new Map<number, { sum: number; count: number }>();
    for (const each of of(pair))
      each?.frequencies.forEach((frequency, ring) =>
        add(sums, Number(frequency.toFixed(2)), each.power[ring]!, 1),
      );
    for (const [frequency, power] of meansOf(sums))
      logs.set(frequency, [...(logs.get(frequency) ?? []), Math.log10(power)]);
  }
  return [...logs].map(([frequency, values]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return [frequency, (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2];
  });
}

function add(
  sums: Map<number, { sum: number; count: number }>,
  at: number,
  value: number,
  weight: number,
): void {
  const { sum, count } = sums.get(at) ?? { sum: 0, count: 0 };
  sums.set(at, { sum: sum + weight * value, count: count + weight });
}

function meansOf(sums: ReadonlyMap<number, { sum: number; count: number }>): [number, number][] {
  return [...sums]
    .map(([at, { sum, count }]): [number, number] => [at, sum / count])
    .sort(([a], [b]) => a - b);
}

function chart(title: string, across: Axis, up: Axis, curves: readonly Curve[]): string {
  const x = (value: number): number =>
    MARGIN.left + ((value - across.low) / (across.high - across.low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT - MARGIN.bottom - ((value - up.low) / (up.high - up.low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const label = (value: number): string => (up.high > 2 ? String(10 ** value) : String(value));
  const lines = [
    ...across.ticks.map(
      (tick) =>
        `<path d="M${x(tick)} ${y(up.low)}V${y(up.high)}" stroke="#e4e6ea"/><text x="${x(tick)}" y="${y(up.low) + 16}" text-anchor="middle">${tick}</text>`,
    ),
    ...up.ticks.map(
      (tick) =>
        `<path d="M${x(across.low)} ${y(tick)}H${x(across.high)}" stroke="#e4e6ea"/><text x="${x(across.low) - 6}" y="${y(tick) + 4}" text-anchor="end">${label(tick)}</text>`,
    ),
    ...curves.map(({ kind, points }) => {
      const inside = points.filter(([value]) => value >= across.low && value <= across.high);
      const path = inside.map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join('L');
      return `<path d="M${path}" fill="none" stroke="${COLOURS[kind]}" stroke-width="2"/>`;
    }),
    ...curves.map(
      ({ kind }, n) =>
        `<text x="${WIDTH - MARGIN.right - 6}" y="${MARGIN.top + 16 + 15 * n}" text-anchor="end" fill="${COLOURS[kind]}">${WORDS[kind]}</text>`,
    ),
  ];
  return `<text x="${MARGIN.left}" y="20" font-weight="bold">${title}</text>
${lines.join('\n')}
<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${across.title}</text>`;
}
