/** `comparison.html`: the table, what it says, and a picture of every place with every kind of lesion. One file. */
import { encode } from 'fast-png';
import { escapeHtml } from '../../gan/report/html.ts';
import { REPORT_STYLE } from '../../gan/report/pageStyle.ts';
import { ARM_TEXT, ARMS, type Arm, type Kind } from './arms.ts';
import type { Comparison, Spread } from './comparisonResult.ts';
import { cellText, shown, tableOf, type TableRow } from './comparisonTable.ts';
import type { MadeHost } from './makePlaces.ts';
import { PICTURE_EDGE } from './placePicture.ts';
import type { PlaceRecord } from './workFolder.ts';

export const COMPARISON_PAGE = 'comparison.html';

const STYLE = `
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 8px; border-bottom: 1px solid var(--rule); vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
thead th { position: sticky; top: 0; background: var(--page); }
td small { display: block; }
.scroll { overflow-x: auto; }
.sheet td, .sheet th { text-align: center; padding: 3px; border: 0; }
.sheet td:first-child { text-align: left; font-size: 12px; color: var(--faint); white-space: nowrap; }
.sheet img { display: block; width: 128px; height: auto; background: #000; margin: 0 auto; }
.sheet .mark { color: var(--faint); font-size: 11px; stroke: none; }
li { margin: 4px 0; }
details p { font-size: 13px; }
`;

/** Columns of the sheet, in this order. */
const COLUMNS = ['host', ...ARMS, 'reference'] as const;

export function comparisonPage(comparison: Comparison, made: readonly MadeHost[]): string {
  const rows = tableOf(comparison);
  const { hosts, places, model, real, detector } = comparison;
  const title = 'Four kinds of lesion, one insertion';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${REPORT_STYLE}${STYLE}</style></head><body>
<h1>${title}</h1>
<p>${places.length} places in ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} (${escapeHtml(hosts.map(({ name }) => name).join(', '))}); generator ${escapeHtml(model.name)} (${model.sha256.slice(0, 12)}); ${real.transplanted} real nodules transplanted and ${real.reference} others as the reference, from a held-out set of ${real.count} (${real.ofHosts} of host patients left out).</p>
<p>${escapeHtml(comparison.reference)}</p>
<dl>${[...ARMS, 'reference' as const].map((kind) => `<div><dt>${escapeHtml(ARM_TEXT[kind].title)}</dt><dd>${escapeHtml(ARM_TEXT[kind].made)}</dd></div>`).join('')}</dl>
<h2>What it shows</h2>
<ul>${comparison.findings.map((finding) => `<li>${escapeHtml(finding)}</li>`).join('')}</ul>
${comparison.warnings.length === 0 ? '' : `<div class="warnings"><ul>${comparison.warnings.map((warning) => `<li>${escapeHtml(warning)}</li>`).join('')}</ul></div>`}
<h2>All measures</h2>
<div class="scroll"><table><thead><tr><th>Measure</th>${ARMS.map((arm) => `<th>${escapeHtml(ARM_TEXT[arm].title)}</th>`).join('')}</tr></thead>
<tbody>${rows.map(rowHtml).join('\n')}</tbody></table></div>
<p><small>Brackets: 95 % intervals where the row says so, else quartiles. The last column is the ceiling: what real nodules reach through this insertion.</small></p>
${detector === null ? '' : anchors(detector)}
<h2>Every place</h2>
<p><small>Lung window (centre −600, width 1500 HU). Above axial (right of the patient on the left, front up), below coronal (head up), three diameters wide, at least 32 mm; no picture was chosen.</small></p>
<div class="scroll"><table class="sheet"><thead><tr><th></th>${COLUMNS.map((column) => `<th>${escapeHtml(column === 'host' ? 'Host before' : ARM_TEXT[column].title)}</th>`).join('')}</tr></thead>
<tbody>${made.map((host) => sheetRows(host)).join('\n')}</tbody></table></div>
<footer>NoduleLab ${escapeHtml(comparison.codeVersion)}, ${escapeHtml(comparison.finishedAt)}, seed ${comparison.seed}, ${comparison.draws} bootstrap draws. Every lesion on this page but those in “Host before” is synthetic or does not belong to the patient shown. Research only.</footer>
</body></html>
`;
}

function rowHtml({ title, definition, unit, better, brackets, cells, notComputed }: TableRow): string {
  const kind = brackets === null ? '' : brackets === 'interval' ? ', interval' : ', quartiles';
  const head = `<details><summary>${escapeHtml(title)}${unit === '' ? '' : ` (${escapeHtml(unit)})`} <small style="display:inline">${better}${kind}</small></summary><p>${escapeHtml(definition)}</p></details>`;
  const body =
    notComputed === null
      ? ARMS.map((arm) => `<td>${cellHtml(cells[arm])}</td>`).join('')
      : `<td colspan="${ARMS.length}"><small>not computed: ${escapeHtml(notComputed)}</small></td>`;
  return `<tr><td>${head}</td>${body}</tr>`;
}

function cellHtml(cell: TableRow['cells'][Arm]): string {
  if (cell === null) return '–';
  const [value, ...rest] = cellText(cell).split(' ');
  return `${value}${rest.length === 0 ? '' : `<small>${rest.join(' ')}</small>`}`;
}

function anchors({ name, ownNodules, plainLung }: NonNullable<Comparison['detector']>): string {
  const text = (spread: Spread): string =>
    spread === null
      ? 'none known'
      : `${shown(spread.median)} [${shown(spread.low)}, ${shown(spread.high)}], n = ${spread.n}`;
  return `<h2>The detector's anchors</h2>
<p>${escapeHtml(name)}, median and quartiles: at the hosts' own nodules ${text(ownNodules)}; at the same places before anything was inserted ${text(plainLung)}.</p>`;
}

function sheetRows({ name, record, places }: MadeHost): string {
  return record.places
    .map((place, number) => {
      const made = places[number]!;
      return `<tr><td>${escapeHtml(name)}<br>place ${number + 1}<br>${place.diameterMm.toFixed(1)} mm<br>${escapeHtml(place.setting)}</td>${COLUMNS.map((column) => `<td>${pictureHtml(made, column)}</td>`).join('')}</tr>`;
    })
    .join('\n');
}

function pictureHtml(made: PlaceRecord, column: 'host' | Kind): string {
  const { axial, coronal } = made.pictures[column];
  const score = column === 'host' ? made.plainLung : made.lesions[column].detector;
  const data = new Uint8Array(axial.length + 2 * PICTURE_EDGE + coronal.length).fill(255);
  data.set(axial, 0);
  data.set(coronal, axial.length + 2 * PICTURE_EDGE);
  const png = encode({ width: PICTURE_EDGE, height: 2 * PICTURE_EDGE + 2, data, channels: 1, depth: 8 });
  const caption = score === null ? '' : `<span class="mark">detector ${score.toFixed(2)}</span>`;
  return `<img alt="${column}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">${caption}`;
}
