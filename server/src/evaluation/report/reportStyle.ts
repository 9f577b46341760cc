/** The style of an evaluation's report: the reader's light or dark, and light on paper. */
import { PALETTE } from '../../gan/report/pageStyle.ts';

const LIGHT = /:root \{[^}]*\}/.exec(PALETTE)![0];

export const EVALUATION_STYLE = `${PALETTE}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1320px; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 23px; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 34px 0 6px; }
h3 { font-size: 15px; margin: 0 0 4px; }
p { margin: 5px 0; max-width: 110ch; }
a { color: var(--first); }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
:target { outline: 2px solid var(--first); outline-offset: -2px; }
small, .faint, caption, footer, .legend, figcaption { color: var(--faint); }
small, .small { font-size: 13px; }
code, pre { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; background: var(--card); border-radius: 6px; padding: 10px 12px; margin: 6px 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 14px; }
.state { display: inline-block; font-size: 14px; font-weight: 600; padding: 2px 10px; border-radius: 11px; border: 1px solid currentColor; white-space: nowrap; }
.lead { font-size: 17px; }
.notes { margin: 10px 0; padding: 0; list-style: none; }
.notes li { padding: 5px 12px; margin: 4px 0; background: var(--card); border-left: 4px solid var(--warn); overflow-wrap: anywhere; }
.errors li { border-color: var(--bad); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: 13px; padding-bottom: 4px; }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--rule); overflow-wrap: break-word; }
thead th { font-weight: 600; color: var(--faint); font-size: 13px; }
tbody th { font-weight: 600; } tbody th small { font-weight: 400; }
.figures { font-size: 13.5px; }
.figures td, .whole { white-space: nowrap; }
.figures td.reason { white-space: normal; }
.matrix td, .matrix th { padding-right: 10px; }
.verdict { font-weight: 600; white-space: nowrap; }
.good { color: var(--good); } .fair { color: var(--warn); } .bad-word, .verdict.bad { color: var(--bad); } .verdict.none { color: var(--faint); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 16px; margin-top: 10px; }
.card { padding: 14px 16px; margin: 14px 0; background: var(--card); border-radius: 8px; min-width: 0; }
.cards .card { margin: 0; }
.beside { display: grid; grid-template-columns: minmax(0, 460px) minmax(0, 1fr); gap: 8px 28px; align-items: start; }
.beside .wide:first-child, .beside div:empty + .wide { grid-column: 1 / -1; } .beside div:empty { display: none; }
@media (max-width: 1000px) { .beside { grid-template-columns: minmax(0, 1fr); } }
.card table { margin-bottom: 4px; }
ul.small { margin: 2px 0 5px; padding-left: 20px; }
svg { display: block; width: 100%; max-width: 520px; height: auto; margin-top: 6px; }
svg text { font-size: 11px; fill: var(--faint); }
svg .name { font-size: 12px; fill: var(--ink); }
svg .letter { font-size: 12px; font-weight: 600; fill: var(--ink); }
.grid, .row { stroke: var(--rule); }
.reference { stroke: var(--faint); stroke-dasharray: 4 3; }
.ideal { stroke: var(--faint); stroke-dasharray: 5 4; }
.frame { fill: none; stroke: var(--rule); }
g.measured { stroke: var(--first); fill: var(--first); } g.measured line { stroke-width: 2; }
g.floor { stroke: var(--good); fill: var(--good); } g.bad { stroke: var(--second); fill: var(--second); }
svg g text { stroke: none; fill: var(--ink); }
.legend { font-size: 13px; display: flex; flex-wrap: wrap; gap: 2px 16px; }
.legend svg { display: inline-block; width: 14px; height: 14px; margin: 0 6px -2px 0; }
.key { display: inline-block; width: 16px; height: 3px; margin: 0 6px 3px 0; }
.key-0 { background: var(--first); } .key-1 { background: var(--second); }
.line-0, .line-1 { fill: none; stroke-width: 2; stroke-linejoin: round; } .line-0 { stroke: var(--first); } .line-1 { stroke: var(--second); }
.square { max-width: 460px; } .intervals { max-width: 460px; }
.cloud { fill: none; stroke-width: 1.4; stroke-linecap: round; opacity: .8; }
.cloud-0 { stroke: var(--first); stroke-width: 5; } .cloud-1 { stroke: var(--second); } .cloud-2 { stroke: var(--good); }
figure { margin: 14px 0 0; }
figure img { display: block; max-width: 100%; height: auto; background: #000; border-radius: 4px; }
figcaption { font-size: 14px; margin-bottom: 5px; } figcaption b { color: var(--ink); }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 16px; }
.pair { margin: 8px 0 0; padding: 10px; background: var(--card); border-radius: 8px; break-inside: avoid; }
.pair div { display: grid; grid-template-columns: 62px 1fr; gap: 4px 8px; align-items: center; font-size: 13px; }
.pair img { width: 100%; }
.pair figcaption { margin: 6px 0 0; overflow-wrap: anywhere; }
footer { margin-top: 34px; font-size: 13px; }
@media print {
  ${LIGHT.replace('light dark', 'light')}
  @page { margin: 12mm; }
  * { print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 11px; }
  h1 { font-size: 18px; } h2 { font-size: 14px; margin-top: 20px; break-after: avoid; } h3 { font-size: 12px; break-after: avoid; }
  .lead { font-size: 13px; } table, .figures, .legend, figcaption, small, .small, caption, thead th, code, pre { font-size: 10px; } .state { font-size: 12px; }
  .square { max-width: 300px; } .legend svg { width: 11px; height: 11px; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
  .cards { grid-template-columns: 1fr 1fr; gap: 8px; } .card { padding: 8px; } .beside { grid-template-columns: 2fr 3fr; gap: 8px 14px; }
  .pairs { grid-template-columns: repeat(3, 1fr); gap: 8px; } .pair { padding: 6px; margin: 0; } .pair div { grid-template-columns: 46px 1fr; font-size: 9px; }
  .card, figure, tr, .notes li { break-inside: avoid; }
  .wide { overflow: visible; }
  th, td { padding: 3px 8px 3px 0; }
  .figures td { white-space: normal; }
}
`;
