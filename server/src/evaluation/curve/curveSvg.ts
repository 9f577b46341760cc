/** A quality curve as one SVG file: panels beside and below each other, in the light or dark of whoever looks at it. */
import { fixed, label, ticks } from '../../gan/report/axis.ts';
import { escapeHtml } from '../../gan/report/html.ts';
import type { Panel } from './panels.ts';

export interface CurveDrawing {
  readonly title: string;
  /** One for each value of a line. */
  readonly updates: readonly number[];
  /** Where the resolution grew: the first point at it. */
  readonly stages: readonly { readonly update: number; readonly label: string }[];
  readonly panels: readonly Panel[];
}

const COLUMNS = 2;
const WIDTH = 470;
const HEIGHT = 300;
const HEAD = 46;
const LEFT = 46;
const RIGHT = 18;
const TOP = 58;
const FOOT = 62;
/** Letters of a legend are about so wide. */
const LETTER = 5.9;
/** Told apart by people with red-green blindness too (S. Okabe, K. Ito, 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const { ceil, max, min } = Math;

export function curveSvg({ title, updates, stages, panels }: CurveDrawing): string {
  const width = COLUMNS * WIDTH;
  const height = HEAD + ceil(panels.length / COLUMNS) * HEIGHT;
  const drawn = panels.map((panel, at) => {
    const place = `translate(${(at % COLUMNS) * WIDTH} ${HEAD + Math.floor(at / COLUMNS) * HEIGHT})`;
    return `<g transform="${place}">${panelSvg(panel, updates, stages)}</g>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(title)}">` +
    `<style>${STYLE}</style><rect class="page" width="${width}" height="${height}"/>` +
    `<text class="title" x="${LEFT}" y="28">${escapeHtml(title)}</text>${drawn.join('\n')}</svg>\n`
  );
}

function panelSvg(
  { title, hint, goal, from, to, lines }: Panel,
  updates: readonly number[],
  stages: CurveDrawing['stages'],
): string {
  const values = [
    ...lines.flatMap((line) => line.values.filter((value) => value !== null)),
    goal ?? [],
  ].flat();
  const margin = 0.06 * (max(...values) - min(...values)) || 0.1;
  const low = max(from ?? -Infinity, min(...values) - margin);
  const high = min(to ?? Infinity, max(...values) + margin);
  const [first, last] = [updates[0]!, updates.at(-1)!];
  const x = (update: number): number =>
    last === first
      ? (LEFT + WIDTH - RIGHT) / 2
      : LEFT + ((update - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    TOP + ((high - min(high, max(low, value))) / (high - low)) * (HEIGHT - TOP - FOOT);
  const bottom = HEIGHT - FOOT;
  const parts = [
    `<text class="name" x="${LEFT}" y="22">${escapeHtml(title)}</text>`,
    `<text x="${LEFT}" y="38">${escapeHtml(hint)}${goal === null ? '' : `; dashed: the goal, ${goal}`}</text>`,
    ...ticks(low, high, 5, false).flatMap((tick) => [
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/>`,
      `<text x="${LEFT - 6}" y="${fixed(y(tick) + 4)}" text-anchor="end">${label(tick)}</text>`,
    ]),
    ...(last === first ? [first] : ticks(first, last, 6, true)).map(
      (tick) => `<text x="${fixed(x(tick))}" y="${bottom + 15}" text-anchor="middle">${label(tick)}</text>`,
    ),
    ...stages.flatMap(({ update, label: text }) => [
      `<line class="stage" x1="${fixed(x(update))}" x2="${fixed(x(update))}" y1="${TOP}" y2="${bottom}"/>`,
      `<text x="${fixed(x(update) + 3)}" y="${TOP - 5}">${escapeHtml(text)}</text>`,
    ]),
    ...(goal === null
      ? []
      : [
          `<line class="goal" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(goal))}" y2="${fixed(y(goal))}"/>`,
        ]),
    ...lines.map(({ values: own }, at) => lineSvg(own, updates, COLOURS[at]!, x, y)),
    ...legend(lines.map(({ name }) => name)),
  ];
  return parts.join('');
}

/** A line ends where a value is missing, and every value is a dot. */
function lineSvg(
  values: readonly (number | null)[],
  updates: readonly number[],
  colour: string,
  x: (update: number) => number,
  y: (value: number) => number,
): string {
  let pen = 'M';
  const path: string[] = [];
  const dots: string[] = [];
  values.forEach((value, at) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    const point = `${fixed(x(updates[at]!))} ${fixed(y(value))}`;
    path.push(`${pen}${point}`);
    dots.push(`M${point}h0`);
    pen = 'L';
  });
  return `<path class="line" stroke="${colour}" d="${path.join('')}"/><path class="dots" stroke="${colour}" d="${dots.join('')}"/>`;
}

function legend(names: readonly string[]): string[] {
  let [left, row] = [LEFT, 0];
  return names.map((name, at) => {
    const width = 24 + name.length * LETTER;
    if (left + width > WIDTH - RIGHT && left > LEFT) [left, row] = [LEFT, row + 1];
    const y = HEIGHT - FOOT + 33 + 15 * row;
    const drawn =
      `<path class="dots" stroke="${COLOURS[at]!}" d="M${left + 4} ${y - 4}h0"/>` +
      `<text x="${left + 12}" y="${y}">${escapeHtml(name)}</text>`;
    left += width;
    return drawn;
  });
}

const STYLE =
  'text{font:11px system-ui,sans-serif;fill:#5a6470}.title{font-size:16px;font-weight:600;fill:#1b222b}.name{font-size:13px;font-weight:600;fill:#1b222b}' +
  '.page{fill:#fff}.grid{stroke:#e3e7ec}.stage{stroke:#aab2bc}.goal{stroke:#1b222b;stroke-dasharray:5 4}' +
  '.line{fill:none;stroke-width:1.8;stroke-linejoin:round}.dots{fill:none;stroke-width:6;stroke-linecap:round}' +
  '@media (prefers-color-scheme:dark){text{fill:#a3abb6}.title,.name{fill:#e8ecf1}.page{fill:#14171c}.grid{stroke:#2b313a}.stage{stroke:#59626e}.goal{stroke:#e8ecf1}}';
