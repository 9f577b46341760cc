/** Values with their intervals on one axis, a row each, as SVG text. */
import { fixed, label as tickLabel, ticks } from '../../gan/report/axis.ts';
import { escapeHtml } from '../../gan/report/html.ts';
import type { Estimate } from '../result.ts';
import { number } from './numbers.ts';

const KINDS = ['floor', 'measured', 'bad', 'control'] as const;
type Kind = (typeof KINDS)[number];

export interface PlotMark {
  readonly kind: Kind;
  readonly estimate: Estimate;
  /** Drawn instead of a sign: of a control. */
  readonly letter?: string;
}

export interface PlotRow {
  readonly label: string;
  readonly marks: readonly PlotMark[];
}

export interface IntervalPlot {
  /** For those who do not see it; the table beside it has the numbers. */
  readonly description: string;
  readonly rows: readonly PlotRow[];
  /** Upright lines with a word above them. */
  readonly references?: readonly { readonly value: number; readonly text: string }[];
  /** What lies below is drawn at the rim; what lies beyond `to` is an arrow with its value. */
  readonly from?: number;
  readonly to?: number;
}

const WIDTH = 460;
const LEFT = 118;
const RIGHT = 64;
const TOP = 30;
const BOTTOM = 24;
const LANE = 14;
const GAP = 12;
/** The bad control may lie far out: beyond so many times the rest it is an arrow, so that the rest can be read. */
const FAR = 8;
/** Letters nearer than this would cover each other. */
const LETTER = 11;
/** Of a line of a row's name. */
const LETTERS = 18;
const { max, min } = Math;

export function intervalPlot({ description, rows, references = [], from, to }: IntervalPlot): string {
  const drawn = rows.filter(({ marks }) => marks.length > 0);
  if (drawn.length === 0) return '';
  const [low, high] = rangeOf(drawn, references, from, to);
  const x = (value: number): number => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const lanes = KINDS.filter((kind) => drawn.some(({ marks }) => marks.some((mark) => mark.kind === kind)));
  const parts: string[] = [];
  let y = TOP;
  for (const row of drawn) {
    const letters = spread(
      row.marks
        .filter(({ kind }) => kind === 'control')
        .map((mark) => ({ mark, x: clip(x(mark.estimate.value)) })),
    );
    const levels = max(1, ...letters.map(({ level }) => level + 1));
    const plain = lanes.filter((kind) => kind !== 'control');
    const lines = linesOf(row.label);
    const taken = plain.length + (lanes.includes('control') ? levels : 0);
    const height = LANE * max(lines.length, taken) + GAP;
    parts.push(`<line class="row" x1="0" x2="${WIDTH}" y1="${fixed(y)}" y2="${fixed(y)}"/>`);
    lines.forEach((line, at) =>
      parts.push(
        `<text class="name" x="0" y="${fixed(y + GAP / 2 + LANE * (at + 0.75))}">${escapeHtml(line)}</text>`,
      ),
    );
    plain.forEach((kind, lane) => {
      for (const { estimate } of row.marks.filter((mark) => mark.kind === kind))
        parts.push(markOf(kind, estimate, x, y + GAP / 2 + LANE * (lane + 0.5), [low, high]));
    });
    for (const { mark, x: at, level } of letters)
      parts.push(
        letterOf(mark, at, y + GAP / 2 + LANE * (plain.length + level + 0.5), mark.estimate.value > high),
      );
    y += height;
  }
  const axis = [
    ...ticks(low, high, 6, false).flatMap((tick) => [
      `<line class="grid" x1="${fixed(x(tick))}" x2="${fixed(x(tick))}" y1="${TOP}" y2="${fixed(y)}"/>`,
      `<text x="${fixed(x(tick))}" y="${fixed(y + 15)}" text-anchor="middle">${tickLabel(tick).replace('-', '−')}</text>`,
    ]),
    ...references.flatMap(({ value, text }, at) => [
      `<line class="reference" x1="${fixed(x(value))}" x2="${fixed(x(value))}" y1="${TOP - 4}" y2="${fixed(y)}"/>`,
      `<text x="${fixed(x(value))}" y="${TOP - (at % 2 === 0 ? 8 : 19)}" text-anchor="middle">${escapeHtml(text)}</text>`,
    ]),
  ];
  return `<svg class="intervals" viewBox="0 0 ${WIDTH} ${fixed(y + BOTTOM)}" role="img" aria-label="${escapeHtml(description)}">${axis.join('')}${parts.join('')}</svg>`;
}

/** Parts between commas stand on lines of their own, long ones are broken between words. */
function linesOf(label: string): string[] {
  const lines: string[] = [];
  for (const part of label.split(', ')) {
    let line = '';
    for (const word of part.split(' '))
      if (line !== '' && line.length + 1 + word.length > LETTERS) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    lines.push(line);
  }
  return lines;
}

const clip = (at: number): number => min(WIDTH - RIGHT + 8, max(LEFT, at));

function rangeOf(
  rows: readonly PlotRow[],
  references: NonNullable<IntervalPlot['references']>,
  from: number | undefined,
  to: number | undefined,
): [low: number, high: number] {
  const ends = (wanted: (kind: Kind) => boolean): number[] =>
    rows.flatMap(({ marks }) =>
      marks
        .filter(({ kind }) => wanted(kind))
        .flatMap(({ estimate: { value, interval } }) => [
          value,
          interval?.low ?? value,
          interval?.high ?? value,
        ])
        .filter(Number.isFinite),
    );
  const near = [
    ...ends((kind) => kind === 'measured' || kind === 'floor'),
    ...references.map(({ value }) => value),
  ];
  const all = [...near, ...ends((kind) => kind === 'bad')];
  const farthest = max(...(all.length > 0 ? all : ends(() => true)));
  const nearest = near.length > 0 ? max(...near.map(Math.abs)) : Infinity;
  const high = to ?? min(farthest, nearest > 0 ? FAR * nearest : Infinity);
  const low = max(from ?? -Infinity, min(0, ...all, ...ends((kind) => kind === 'control')));
  const margin = 0.03 * (high - low) || 0.5;
  return [low < 0 ? low - margin : low, high + margin];
}

function markOf(
  kind: Kind,
  { value, interval }: Estimate,
  x: (value: number) => number,
  y: number,
  [low, high]: readonly [low: number, high: number],
): string {
  const right = WIDTH - RIGHT;
  const line =
    interval === null
      ? ''
      : `<line x1="${fixed(clip(x(interval.low)))}" x2="${fixed(min(right, x(interval.high)))}" y1="${fixed(y)}" y2="${fixed(y)}"/>` +
        [interval.low, interval.high]
          .filter((end) => end <= high && end >= low)
          .map(
            (end) =>
              `<line x1="${fixed(x(end))}" x2="${fixed(x(end))}" y1="${fixed(y - 3)}" y2="${fixed(y + 3)}"/>`,
          )
          .join('');
  if (value > high)
    return `<g class="${kind}"><path d="M${right} ${fixed(y - 4)}l7 4l-7 4z"/><text x="${right + 10}" y="${fixed(y + 4)}">${number(value)}</text></g>`;
  return `<g class="${kind}">${line}<path d="${SIGNS[kind](fixed(clip(x(value))), fixed(y))}"/></g>`;
}

const SIGNS: Readonly<Record<Kind, (x: string, y: string) => string>> = {
  measured: (x, y) => `M${x} ${y}m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z`,
  floor: (x, y) => `M${x} ${y}m0 -5.5l5 5.5l-5 5.5l-5 -5.5z`,
  bad: (x, y) => `M${x} ${y}m-4 -4h8v8h-8z`,
  control: (x, y) => `M${x} ${y}m-3 0h6`,
};

function letterOf(
  { letter = '·', estimate: { value } }: PlotMark,
  x: number,
  y: number,
  beyond: boolean,
): string {
  return `<text class="letter" x="${fixed(x)}" y="${fixed(y + 4)}" text-anchor="${beyond ? 'start' : 'middle'}">${escapeHtml(letter)}${beyond ? ` ▸ ${number(value)}` : ''}</text>`;
}

/** Letters that would cover each other go to a level below. */
function spread(
  letters: readonly { readonly mark: PlotMark; readonly x: number }[],
): { mark: PlotMark; x: number; level: number }[] {
  const ends: number[] = [];
  return letters
    .toSorted((a, b) => a.x - b.x)
    .map(({ mark, x }) => {
      let level = ends.findIndex((end) => x - end >= LETTER);
      if (level < 0) level = ends.length;
      ends[level] = x;
      return { mark, x, level };
    });
}

/** What the signs mean. */
export function legendOf(names: Readonly<Partial<Record<Exclude<Kind, 'control'>, string>>>): string {
  const entries = Object.entries(names) as [Exclude<Kind, 'control'>, string][];
  return `<p class="legend">${entries
    .map(
      ([kind, name]) =>
        `<span><svg viewBox="0 0 14 14" aria-hidden="true"><g class="${kind}"><line x1="0" x2="14" y1="7" y2="7"/><path d="${SIGNS[kind]('7', '7')}"/></g></svg>${escapeHtml(name)}</span>`,
    )
    .join(' ')}</p>`;
}
