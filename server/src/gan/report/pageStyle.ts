/** The style of `report.html`: light or dark as the reader's system is. */

/** The colours of all reports. */
export const PALETTE = `
:root { color-scheme: light dark; --ink: #1b2430; --faint: #5b6775; --page: #fff; --card: #f5f7f9; --rule: #dce2e8;
  --first: #0b66c3; --second: #c2410c; --good: #18794e; --bad: #c62828; --warn: #9a5b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --faint: #9aa7b5; --page: #10151b; --card: #18202a;
  --rule: #2b3642; --first: #6db3ff; --second: #ff9a6b; --good: #57c793; --bad: #ff7b7b; --warn: #f0b354; } }
`;

export const REPORT_STYLE = `
${PALETTE}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1240px; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 14px; }
h2 { font-size: 17px; margin: 26px 0 6px; }
p { margin: 6px 0; }
small, dt, figcaption, footer, .legend { color: var(--faint); }
figcaption b { color: var(--ink); }
.state { font-size: 13px; font-weight: 600; padding: 3px 9px; border-radius: 10px; vertical-align: 2px;
  border: 1px solid currentColor; color: var(--first); white-space: nowrap; }
.state.complete, .state.limit { color: var(--good); }
.state.aborted { color: var(--warn); }
.state.failed { color: var(--bad); }
.error { border-left: 4px solid var(--bad); padding: 6px 12px; background: var(--card); }
.warnings ul { margin: 0; padding: 0; list-style: none; }
.warnings li { border-left: 4px solid var(--warn); padding: 4px 12px; margin: 4px 0; background: var(--card); }
.well { color: var(--good); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 8px 20px; margin: 0 0 12px; }
dt { font-size: 12px; }
dd { margin: 0; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 16px; margin-top: 10px; }
.chart { margin: 0; padding: 12px; background: var(--card); border-radius: 8px; }
svg { display: block; width: 100%; height: auto; margin-top: 6px; }
svg text { font-size: 11px; fill: var(--faint); }
.grid { stroke: var(--rule); }
.mark { stroke: var(--faint); stroke-dasharray: 2 3; }
.ideal { stroke: var(--good); stroke-dasharray: 5 4; }
.line-0, .line-1 { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.line-0 { stroke: var(--first); } .band-0 { fill: var(--first); opacity: .18; }
.line-1 { stroke: var(--second); } .band-1 { fill: var(--second); opacity: .18; }
.key { display: inline-block; width: 14px; height: 3px; margin: 0 5px 3px 8px; }
.key-0 { background: var(--first); } .key-1 { background: var(--second); }
.grids { display: flex; flex-wrap: wrap; gap: 16px; }
.grids figure { margin: 0; }
.grids img { display: block; width: 262px; max-width: 100%; height: auto; image-rendering: pixelated; background: #000; }
.empty { color: var(--faint); }
footer { margin-top: 28px; font-size: 13px; }
`;
