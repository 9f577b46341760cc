/** The style of the report, and the same figures as files that need no page around them. */
import { escapeHtml } from '../../../gan/report/html.ts';
import { PALETTE } from '../../../gan/report/pageStyle.ts';
import { EVALUATION_STYLE } from '../../report/reportStyle.ts';

/** Of figures, on the page and alone. Colours of curves: S. Okabe, K. Ito, 2008, told apart with red-green blindness too. */
const FIGURE_STYLE = `
.grid, .row { stroke: var(--rule); }
.reference { stroke: var(--faint); stroke-dasharray: 4 3; }
.ideal { stroke: var(--faint); stroke-dasharray: 5 4; }
.seeds { stroke: var(--faint); stroke-width: 3.5; stroke-linecap: round; opacity: .55; fill: none; }
svg .name { font-size: 12px; fill: var(--ink); } svg .value { font-size: 11.5px; fill: var(--ink); }
.group line { stroke-width: 2; } .group .bins { fill: none; stroke-width: 1.6; }
.group.real { stroke: var(--ink); fill: var(--ink); } .group.baseline { stroke: var(--good); fill: var(--good); }
.group.ours { stroke: var(--first); fill: var(--first); } .group.others { stroke: var(--second); fill: var(--second); }
.curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; } .curve.others { stroke: var(--faint); stroke-width: 1; opacity: .45; }
.curve-0 { stroke: var(--ink); } .curve-1 { stroke: #0b84d8; } .curve-2 { stroke: #009e73; } .curve-3 { stroke: #d55e00; }
`;

export const CLASSIFICATION_STYLE = `${EVALUATION_STYLE}${FIGURE_STYLE}
h3 { margin-top: 22px; } .card h3 { margin-top: 0; } h4 { font-size: 14px; margin: 12px 0 2px; }
.answer { padding: 4px 0 4px 14px; border-left: 4px solid var(--first); margin: 10px 0; }
.answer.better { border-color: var(--good); } .answer.worse { border-color: var(--bad); }
.beside-forest { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); gap: 16px; align-items: start; }
.beside-forest .card { margin: 8px 0; }
.forest, .multiples { min-width: 470px; max-width: 680px; }
.numbers th a { color: inherit; text-decoration: underline dotted var(--faint); text-underline-offset: 3px; } .numbers tbody th { font-weight: 500; }
.numbers td { white-space: nowrap; } .numbers th[scope=row] { min-width: 150px; }
@media screen and (max-width: 700px) {
  .wide caption { max-width: calc(100vw - 48px); position: sticky; left: 0; }
  .numbers th:first-child { min-width: 116px; position: sticky; left: 0; background: var(--page); }
}
details { margin: 8px 0; } summary { cursor: pointer; }
@media print {
  .forest, .multiples { max-width: 420px; min-width: 0; } .beside-forest { grid-template-columns: 1fr 1fr; gap: 8px; }
  .numbers, .numbers small { font-size: 8px; } .numbers th[scope=row] { min-width: 60px; } .numbers th, .numbers td { padding: 2px 5px 2px 0; }
  .numbers td, .numbers .verdict { white-space: nowrap; }
  .answer { break-inside: avoid; } details::details-content { content-visibility: visible; height: auto; }
}
`;

const PAGE = `${PALETTE}
svg { background: var(--page); font-family: system-ui, sans-serif; } text { font-size: 11px; fill: var(--faint); }
.title { font-size: 14px; font-weight: 600; fill: var(--ink); }${FIGURE_STYLE}`;

const HEAD = 34;
const INSET = 14;

/**
 * A figure of the page as a file of its own: with its style, a title above it, a legend below it where it has one, and a
 * ground in the light or dark of whoever looks at it.
 *
 * @param figure SVG of one of the figures, empty where there was nothing to draw
 * @param title plain text
 */
export function standalone(
  figure: string,
  title: string,
  legend: { readonly svg: string; readonly height: number } = { svg: '', height: 0 },
): string {
  const size = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(figure);
  if (size === null) return '';
  const [inner, below] = [Number(size[1]), HEAD + INSET + Number(size[2])];
  const [width, height] = [inner + 2 * INSET, below + legend.height + INSET];
  const label = /aria-label="[^"]*"/.exec(figure)?.[0] ?? '';
  const placed = figure.replace(
    '<svg ',
    `<svg x="${INSET}" y="${HEAD + INSET}" width="${inner}" height="${size[2]}" `,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ${label}>` +
    `<style>${PAGE}</style><rect width="${width}" height="${height}" fill="var(--page)"/>` +
    `<text class="title" x="${INSET}" y="${INSET + 14}">${escapeHtml(title)}</text>${placed.replace(` role="img" ${label}`, '')}` +
    `<g transform="translate(${INSET} ${below})">${legend.svg}</g></svg>\n`
  );
}
