/** Line charts as SVG text: many points are drawn as a mean line within the band of their extremes. */
import { fixed, label, ticks } from './axis.ts';
import { escapeHtml } from './html.ts';

export interface Series {
  readonly name: string;
  /** One value for each of the chart's `updates`. */
  readonly values: readonly number[];
}

export interface Chart {
  readonly title: string;
  /** One sentence: what to look for. */
  readonly hint: string;
  readonly updates: readonly number[];
  readonly series: readonly Series[];
  /** A value that is ideal, drawn as a dashed line. */
  readonly ideal?: number;
  /** Decades instead of a linear axis; values must be positive to be seen. */
  readonly logarithmic?: boolean;
  /** Updates at which something began. */
  readonly marks?: readonly { readonly update: number; readonly label: string }[];
}

const WIDTH = 560;
const HEIGHT = 230;
const LEFT = 52;
// Room for half of the last label.
const RIGHT = 24;
const TOP = 14;
const BOTTOM = 26;
/** Points of a line at most. */
const BUCKETS = 280;
/** Share of the points at each end that may lie outside the axis: one early spike would flatten all that follows. */
const CUT_SHARE = 0.01;

interface Bucket {
  readonly x: number;
  readonly low: number;
  readonly mean: number;
  readonly high: number;
}

/** The chart as a figure. Colours come from the page's style: `.line-0`, `.band-0` and so on. */
export function lineChart(chart: Chart): string {
  const { title, hint, series, logarithmic = false } = chart;
  const legend = series
    .map(({ name }, i) => `<span class="key key-${i}"></span>${escapeHtml(name)}`)
    .join(' ');
  return (
    `<figure class="chart"><figcaption><b>${escapeHtml(title)}</b>` +
    `${series.length > 1 ? ` <span class="legend">${legend}</span>` : ''}<br><small>${escapeHtml(hint)}</small></figcaption>` +
    `${drawing(chart, logarithmic)}</figure>`
  );
}

function drawing({ title, updates, series, ideal, marks = [] }: Chart, logarithmic: boolean): string {
  const project = (value: number): number => (logarithmic ? Math.log10(value) : value);
  const all = series.flatMap(({ values }) => values.map(project)).filter(Number.isFinite);
  if (updates.length < 2 || all.length === 0) return '<p class="empty">Nothing to draw yet.</p>';
  const [low, high] = axisRange(all, ideal === undefined ? undefined : project(ideal), logarithmic);
  const first = updates[0]!;
  const last = updates.at(-1)!;
  const x = (update: number): number =>
    LEFT + ((update - first) / Math.max(1, last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    Math.min(HEIGHT - BOTTOM, Math.max(TOP, TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM)));

  const parts: string[] = [];
  for (const tick of ticks(low, high, 5, logarithmic))
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/>`,
      `<text x="${LEFT - 6}" y="${fixed(y(tick) + 4)}" text-anchor="end">${label(logarithmic ? 10 ** tick : tick)}</text>`,
    );
  for (const tick of ticks(first, last, 9, true))
    parts.push(`<text x="${fixed(x(tick))}" y="${HEIGHT - 8}" text-anchor="middle">${label(tick)}</text>`);
  for (const mark of marks)
    if (mark.update >= first && mark.update <= last)
      parts.push(
        `<line class="mark" x1="${fixed(x(mark.update))}" x2="${fixed(x(mark.update))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`,
        `<text x="${fixed(x(mark.update) + 3)}" y="${TOP - 3}">${escapeHtml(mark.label)}</text>`,
      );
  if (ideal !== undefined)
    parts.push(
      `<line class="ideal" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(project(ideal)))}" y2="${fixed(y(project(ideal)))}"/>`,
    );
  series.forEach(({ values }, i) => {
    const buckets = bucketsOf(updates, values.map(project));
    const point = (value: (bucket: Bucket) => number) => (bucket: Bucket) =>
      `${fixed(x(bucket.x))},${fixed(y(value(bucket)))}`;
    const band = [...buckets.map(point((b) => b.high)), ...buckets.toReversed().map(point((b) => b.low))];
    parts.push(
      `<polygon class="band-${i}" points="${band.join(' ')}"/>`,
      `<polyline class="line-${i}" points="${buckets.map(point((b) => b.mean)).join(' ')}"/>`,
    );
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)} over generator updates">` +
    `${parts.join('')}</svg>`
  );
}

function bucketsOf(updates: readonly number[], values: readonly number[]): Bucket[] {
  const size = Math.max(1, Math.ceil(updates.length / BUCKETS));
  const buckets: Bucket[] = [];
  for (let begin = 0; begin < updates.length; begin += size) {
    const part = values.slice(begin, begin + size).filter(Number.isFinite);
    if (part.length === 0) continue;
    const middle = updates.slice(begin, begin + size);
    buckets.push({
      x: middle.reduce((sum, update) => sum + update, 0) / middle.length,
      low: Math.min(...part),
      mean: part.reduce((sum, value) => sum + value, 0) / part.length,
      high: Math.max(...part),
    });
  }
  return buckets;
}

function axisRange(
  values: readonly number[],
  ideal: number | undefined,
  logarithmic: boolean,
): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const cut = Math.floor(sorted.length * CUT_SHARE);
  const low = Math.min(sorted[cut]!, ideal ?? Infinity);
  const high = Math.max(sorted[sorted.length - 1 - cut]!, ideal ?? -Infinity);
  if (logarithmic) return [Math.floor(low), Math.max(Math.floor(low) + 1, Math.ceil(high))];
  const margin = 0.05 * (high - low) || Math.max(1e-6, Math.abs(high) * 0.1);
  return [low - margin, high + margin];
}
