/** A row for each arm: its name, its value with interval on a common axis, and the numbers. SVG text. */
import { fixed, label as tickLabel, ticks } from '../../../gan/report/axis.ts';
import { escapeHtml } from '../../../gan/report/html.ts';
import type { Estimate } from '../../result.ts';
import { type Group, GROUP_WORDS, GROUPS } from './armKinds.ts';
import { linesOf } from './nameLines.ts';

export interface ForestRow {
  readonly label: string;
  readonly group: Group;
  readonly estimate: Pick<Estimate, 'value' | 'interval'>;
  /** Small dots on the same axis: what single seeds gave. */
  readonly dots?: readonly number[];
  /** At the right: the numbers in words. */
  readonly text: string;
}

export interface Forest {
  /** For those who do not see it; a table has the numbers. */
  readonly description: string;
  readonly rows: readonly ForestRow[];
  /** Upright lines with a word above them, at most two. */
  readonly references: readonly { readonly value: number; readonly text: string }[];
  /** Nothing can lie beyond. */
  readonly limits?: readonly [low: number, high: number];
}

const WIDTH = 620;
const LEFT = 196;
const TOP = 28;
const BOTTOM = 24;
const LINE = 14;
const GAP = 12;
/** Seeds stand under the line of their interval. */
const SEEDS_BELOW = 7.5;
/** Of a line of a row's name. */
const LETTERS = 31;
/** Letters of the numbers are about so wide. */
const LETTER = 6.1;
const { max, min } = Math;

export function forestPlot({ description, rows, references, limits }: Forest): string {
  const drawn = rows.filter(({ estimate }) => Number.isFinite(estimate.value));
  if (drawn.length === 0) return '';
  const [low, high] = rangeOf(drawn, references, limits);
  const right = WIDTH - 14 - LETTER * max(...drawn.map(({ text }) => text.length));
  const x = (value: number): number =>
    LEFT + ((min(high, max(low, value)) - low) / (high - low)) * (right - LEFT);
  const parts: string[] = [];
  let y = TOP;
  for (const { label, group, estimate, dots = [], text } of drawn) {
    const lines = linesOf(label, LETTERS);
    const height = LINE * lines.length + GAP;
    const middle = y + height / 2;
    const first = middle - (LINE * (lines.length - 1)) / 2 + 4;
    parts.push(
      `<line class="row" x1="0" x2="${WIDTH}" y1="${fixed(y)}" y2="${fixed(y)}"/>`,
      ...lines.map(
        (line, at) => `<text class="name" x="0" y="${fixed(first + LINE * at)}">${escapeHtml(line)}</text>`,
      ),
      `<path class="seeds" d="${dots
        .filter(Number.isFinite)
        .map((dot) => `M${fixed(x(dot))} ${fixed(middle + SEEDS_BELOW)}h0`)
        .join('')}"/>`,
      `<g class="group ${group}">${intervalLine(estimate.interval, x, middle)}<path d="${SIGNS[group](fixed(x(estimate.value)), fixed(middle))}"/></g>`,
      `<text class="value" x="${WIDTH}" y="${fixed(middle + 4)}" text-anchor="end">${escapeHtml(text)}</text>`,
    );
    y += height;
  }
  const axis = ticks(low, high, 7, false).flatMap((tick) => [
    `<line class="grid" x1="${fixed(x(tick))}" x2="${fixed(x(tick))}" y1="${TOP}" y2="${fixed(y)}"/>`,
    `<text x="${fixed(x(tick))}" y="${fixed(y + 15)}" text-anchor="middle">${tickLabel(tick).replace('-', '−')}</text>`,
  ]);
  // Words of lines that stand near each other go to either side of them.
  const inOrder = references.toSorted((a, b) => a.value - b.value);
  const lines = inOrder.flatMap(({ value, text }, at) => {
    const [anchor, shift] = inOrder.length === 1 ? ['middle', 0] : at === 0 ? ['end', -2] : ['start', 2];
    return [
      `<line class="reference" x1="${fixed(x(value))}" x2="${fixed(x(value))}" y1="${TOP - 7}" y2="${fixed(y)}"/>`,
      `<text x="${fixed(x(value) + Number(shift))}" y="${TOP - 11}" text-anchor="${anchor}">${escapeHtml(text)}</text>`,
    ];
  });
  return `<svg class="forest" viewBox="0 0 ${WIDTH} ${fixed(y + BOTTOM)}" role="img" aria-label="${escapeHtml(description)}">${axis.join('')}${lines.join('')}${parts.join('')}</svg>`;
}

function intervalLine(interval: Estimate['interval'], x: (value: number) => number, y: number): string {
  if (interval === null) return '';
  const [from, to] = [fixed(x(interval.low)), fixed(x(interval.high))];
  return (
    `<line x1="${from}" x2="${to}" y1="${fixed(y)}" y2="${fixed(y)}"/>` +
    [from, to]
      .map((end) => `<line x1="${end}" x2="${end}" y1="${fixed(y - 3)}" y2="${fixed(y + 3)}"/>`)
      .join('')
  );
}

const SIGNS: Readonly<Record<Group, (x: string, y: string) => string>> = {
  real: (x, y) => `M${x} ${y}m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z`,
  baseline: (x, y) => `M${x} ${y}m0 -5.5l5 5.5l-5 5.5l-5 -5.5z`,
  ours: (x, y) => `M${x} ${y}m-4 -4h8v8h-8z`,
  others: (x, y) => `M${x} ${y}m-4.5 4l4.5 -8.5l4.5 8.5z`,
};

function rangeOf(
  rows: readonly ForestRow[],
  references: Forest['references'],
  [lowest, highest]: readonly [number, number] = [-Infinity, Infinity],
): [low: number, high: number] {
  const values = [
    ...references.map(({ value }) => value),
    ...rows.flatMap(({ estimate: { value, interval }, dots = [] }) => [
      value,
      interval?.low ?? value,
      interval?.high ?? value,
      ...dots,
    ]),
  ].filter(Number.isFinite);
  const margin = 0.04 * (max(...values) - min(...values)) || 0.05;
  return [max(lowest, min(...values) - margin), min(highest, max(...values) + margin)];
}

/** What the signs of the groups that are there mean. */
export function groupLegend(groups: Iterable<Group>): string {
  const there = new Set(groups);
  return `<p class="legend">${GROUPS.filter((group) => there.has(group))
    .map(
      (group) =>
        `<span><svg viewBox="0 0 14 14" aria-hidden="true"><g class="group ${group}"><line x1="0" x2="14" y1="7" y2="7"/><path d="${SIGNS[group]('7', '7')}"/></g></svg>${escapeHtml(GROUP_WORDS[group])}</span>`,
    )
    .join(' ')} <span>line: 95 % interval; small dots: single seeds</span></p>`;
}

/** Rows of two that the legend takes, and the width of each. */
const LEGEND_LINE = 17;
const LEGEND_COLUMN = 240;

/** The same as SVG, from (0, 0) down, for a figure without a page. */
export function legendSvg(groups: Iterable<Group>): { svg: string; height: number } {
  const there = new Set(groups);
  const shown = GROUPS.filter((group) => there.has(group));
  const svg = shown.map((group, at) => {
    const [x, y] = [(at % 2) * LEGEND_COLUMN + 7, Math.floor(at / 2) * LEGEND_LINE + 9];
    return (
      `<g class="group ${group}"><line x1="${x - 7}" x2="${x + 7}" y1="${y}" y2="${y}"/><path d="${SIGNS[group](fixed(x), fixed(y))}"/></g>` +
      `<text x="${x + 14}" y="${y + 4}">${escapeHtml(GROUP_WORDS[group])}</text>`
    );
  });
  return { svg: svg.join(''), height: Math.ceil(shown.length / 2) * LEGEND_LINE + 6 };
}
