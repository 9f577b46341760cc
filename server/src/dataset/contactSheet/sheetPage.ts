/** A contact sheet as one HTML page that needs nothing else: pictures, style and script are in it. */
import { encode } from 'fast-png';
import { CLASS_COLOURS, css, SYNTHETIC_COLOUR } from './colours.ts';
import type { Planes } from './planes.ts';
import type { SheetItem } from './sheetPng.ts';

/** Black columns between the planes of one picture. */
const GAP = 2;

/** @param title name of the set, then lines about it */
export function sheetPage(title: readonly string[], items: readonly SheetItem[], columns: number): string {
  const [name = '', ...about] = title.map(escape);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>${style(columns)}</style>
</head>
<body>
<header>
<h1>${name}</h1>
${about.map((line) => `<p>${line}</p>`).join('\n')}
${filters(items)}
</header>
<main>
${items.map(card).join('\n')}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function card({ planes, caption, scaleBar }: SheetItem): string {
  const { id, diameter, synthetic, details } = caption;
  const names = synthetic ? `${caption.class} synthetic` : caption.class;
  const label = `${id}, ${diameter}, ${caption.class}${synthetic ? ', synthetic' : ''}: axial, coronal and sagittal plane`;
  const third = 100 / 3;
  return `<figure class="${names}">
<div class="planes"><img alt="${escape(label)}" src="${pictureOf(planes)}"><span class="bar" style="width:${(scaleBar.part * third).toFixed(2)}%">${scaleBar.mm} mm</span></div>
<figcaption><div class="row"><b title="${escape(id)}">${escape(id)}</b><span class="size">${diameter}</span></div>
<div class="row"><span class="class">${caption.class}</span>${synthetic ? '<span class="badge">SYNTHETIC</span>' : ''}</div>
${details.map((line) => `<div class="detail">${escape(line)}</div>`).join('')}</figcaption>
</figure>`;
}

function pictureOf(planes: Planes): string {
  const edge = planes[0].size;
  const width = 3 * edge + 2 * GAP;
  const data = new Uint8Array(width * edge);
  planes.forEach((plane, at) => {
    for (let y = 0; y < edge; y++)
      data.set(plane.data.subarray(y * edge, (y + 1) * edge), at * (edge + GAP) + width * y);
  });
  const png = encode({ width, height: edge, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

function filters(items: readonly SheetItem[]): string {
  const classes = ['malignant', 'benign', 'indeterminate'] as const;
  const choices = [
    ['all', items.length],
    ...classes.map((name) => [name, items.filter(({ caption }) => caption.class === name).length] as const),
    ['synthetic', items.filter(({ caption }) => caption.synthetic).length],
    ['real', items.filter(({ caption }) => !caption.synthetic).length],
  ] as const;
  return `<nav aria-label="Show">${choices
    .filter(([name, count]) => name === 'all' || (count > 0 && count < items.length))
    .map(
      ([name, count]) =>
        `<button type="button" data-show="${name}" aria-pressed="${name === 'all'}">${name} ${count}</button>`,
    )
    .join('')}</nav>`;
}

const SCRIPT = `
const buttons = [...document.querySelectorAll('nav button')];
for (const button of buttons)
  button.addEventListener('click', () => {
    const { show } = button.dataset;
    for (const one of buttons) one.setAttribute('aria-pressed', String(one === button));
    for (const figure of document.querySelectorAll('figure'))
      figure.hidden = show === 'real'
        ? figure.classList.contains('synthetic')
        : show !== 'all' && !figure.classList.contains(show);
  });
`;

const style = (columns: number): string => `
:root { color-scheme: dark; }
body { margin: 0; padding: 20px; background: #101216; color: #d6dce4; font: 14px/1.4 system-ui, sans-serif; }
h1 { margin: 0 0 6px; font-size: 20px; }
header p { margin: 0; color: #a3abb6; max-width: 110ch; }
nav { display: flex; flex-wrap: wrap; gap: 8px; margin: 14px 0; }
button { font: inherit; color: inherit; background: #20242a; border: 1px solid #464d57; border-radius: 6px; padding: 4px 12px; cursor: pointer; }
button[aria-pressed='true'] { background: #d6dce4; color: #101216; }
main { display: grid; grid-template-columns: repeat(${columns}, minmax(0, 1fr)); gap: 14px; }
figure { margin: 0; background: #20242a; border-radius: 6px; overflow: hidden; border: 2px solid transparent; content-visibility: auto; contain-intrinsic-size: auto 240px; }
figure[hidden] { display: none; }
figure.synthetic { border-color: ${css(SYNTHETIC_COLOUR)}; }
.planes { position: relative; background: #000; line-height: 0; }
.planes img { width: 100%; height: auto; }
.bar { position: absolute; left: 1.5%; bottom: 5px; box-sizing: border-box; border-bottom: 2px solid #fff; color: #fff; font-size: 11px; line-height: 14px; white-space: nowrap; text-shadow: 0 0 3px #000, 0 0 3px #000; }
figcaption { padding: 7px 10px 9px; font-size: 13px; }
.row { display: flex; justify-content: space-between; align-items: center; gap: 8px; }
.row b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.size { white-space: nowrap; font-variant-numeric: tabular-nums; }
.class::before { content: ''; display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px; background: currentColor; }
${Object.entries(CLASS_COLOURS)
  .map(([name, colour]) => `.${name} .class { color: ${css(colour)}; }`)
  .join('\n')}
.badge { background: ${css(SYNTHETIC_COLOUR)}; color: #101216; font-weight: 700; font-size: 11px; letter-spacing: .06em; border-radius: 4px; padding: 1px 7px; }
.detail { color: #a3abb6; }
@media (max-width: 900px) { main { grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); } }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
