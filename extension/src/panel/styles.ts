/** The panel's look: OHIF's own colours, one accent, no movement. All names begin with nl-. */
export const styles = `
.nl { --nl-accent: hsl(var(--highlight, 191 74% 63%)); --nl-line: hsl(var(--input, 236 62% 21%)); --nl-dim: hsl(var(--muted-foreground, 213 30% 70%));
  color: hsl(var(--foreground, 0 0% 98%)); font-size: 13px; line-height: 1.4; padding: 6px; display: flex; flex-direction: column; gap: 6px; box-sizing: border-box; }
.nl *, .nl *::before { box-sizing: border-box; }
.nl h3 { font-size: 13px; font-weight: 600; margin: 0; display: flex; align-items: center; gap: 7px; min-height: 22px; }
.nl h3 > * { flex: none; }
.nl h3 > .nl-fill { flex: 1; }
.nl h3 > .nl-summary, .nl h3 > .nl-title { flex: 0 1 auto; }
.nl p { margin: 0; }
.nl-next { position: sticky; top: 0; z-index: 3; display: flex; gap: 8px; align-items: center; min-height: 34px; padding: 6px 9px; border-radius: 5px; background: hsl(var(--popover, 219 90% 15%)); border-left: 3px solid var(--nl-accent); box-shadow: 0 -6px 0 6px hsl(var(--background, 0 0% 0%)); }
.nl-section { border: 1px solid var(--nl-line); border-radius: 5px; padding: 6px 8px 8px; background: hsl(var(--background, 0 0% 0%)); }
.nl-section[data-next='true'] { border-color: var(--nl-accent); box-shadow: inset 2px 0 0 var(--nl-accent); }
.nl-number { flex: none; width: 18px; height: 18px; border-radius: 9px; display: grid; place-items: center; font-size: 11px; background: hsl(var(--input, 236 62% 21%)); color: var(--nl-dim); }
.nl-section[data-next='true'] .nl-number { background: var(--nl-accent); color: #04121a; }
.nl-dim { color: var(--nl-dim); }
.nl-small { font-size: 12px; }
.nl-row { display: flex; align-items: center; gap: 6px; flex-wrap: wrap; }
/* A layer of its own: it scrolls without the page being painted anew. */
.nl-list { display: flex; flex-direction: column; gap: 2px; max-height: 148px; overflow-y: auto; margin: 4px 0 0; padding: 1px; list-style: none; will-change: transform; background: hsl(var(--background, 0 0% 0%)); }
.nl button { font: inherit; cursor: pointer; border-radius: 4px; border: 1px solid transparent; color: inherit; background: none; }
.nl button:focus-visible, .nl input:focus-visible, .nl select:focus-visible { outline: 2px solid var(--nl-accent); outline-offset: 1px; }
.nl button:disabled, .nl input:disabled { opacity: .45; cursor: default; }
.nl-button { min-height: 28px; padding: 2px 10px; border-color: var(--nl-line) !important; background: hsl(var(--popover, 219 90% 15%)) !important; white-space: nowrap; }
.nl-button:hover:not(:disabled) { border-color: var(--nl-accent) !important; }
.nl-button[aria-pressed='true'] { border-color: var(--nl-accent) !important; color: var(--nl-accent); }
.nl-main { background: hsl(var(--primary, 214 98% 60%)) !important; border-color: transparent !important; color: #04121a !important; font-weight: 600; }
.nl-icon { width: 28px; padding: 0; display: grid; place-items: center; }
.nl-wide { flex: 1; }
.nl-item { width: 100%; display: grid; align-items: center; gap: 8px; padding: 4px 6px; text-align: left; border-color: transparent; }
.nl-item:hover { background: hsl(var(--popover, 219 90% 15%)); }
.nl-item[aria-pressed='true'] { background: hsl(var(--popover, 219 90% 15%)); border-color: var(--nl-accent); }
.nl-nodule { grid-template-columns: 12px 60px 1fr 66px 46px; gap: 3px; }
.nl-head { display: grid; padding: 2px 7px 0; }
.nl-head button { padding: 0; text-align: left; color: inherit; font-weight: 400; background: none; border: 0; }
.nl-head button.nl-figure { text-align: right; }
.nl-head button[aria-pressed='true'] { color: var(--nl-accent); }
.nl-figure { text-align: right; }
.nl-synthetic { color: #c084fc; }
.nl-removed { color: #fb923c; }
.nl-nodule[data-removed='true'] b { text-decoration: line-through; font-weight: 400; }
.nl-nodule b { font-weight: 600; white-space: nowrap; }
.nl-nodule span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.nl-wishes { margin-top: 2px; }
.nl-wishes .nl-fold { display: flex; gap: 4px; text-align: left; white-space: nowrap; min-width: 0; padding-left: 0; }
.nl-wishes .nl-fold span { overflow: hidden; text-overflow: ellipsis; }
.nl-wishes[data-able='false'] .nl-fold { color: var(--nl-dim) !important; }
.nl-wishes .nl-button { min-height: 24px; padding: 0 7px; font-size: 12px; flex: none; }
.nl-wishes .nl-icon { width: 24px; padding: 0; }
.nl-wish { display: grid; grid-template-columns: 92px 1fr 56px; align-items: center; column-gap: 4px; padding-top: 3px; }
.nl-wish[data-off='true'] { opacity: .45; }
.nl-wish input:disabled { opacity: 1; }
.nl-wish output { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.nl-scale { position: relative; display: flex; height: 18px; }
.nl-trained { position: absolute; left: 6px; right: 6px; top: 7px; height: 4px; }
.nl-trained i { position: absolute; height: 4px; background: hsl(var(--primary, 214 98% 60%)); }
.nl-trained i[data-few='true'] { background: repeating-linear-gradient(90deg, #f59e0b 0 2px, transparent 2px 5px); }
.nl .nl-scale input[type='range'] { appearance: none; background: none; height: 18px; margin: 0; position: relative; width: 100%; }
.nl-scale input[type='range']::-webkit-slider-runnable-track { background: none; height: 18px; }
.nl-scale input[type='range']::-moz-range-track { background: none; height: 18px; }
.nl-scale input[type='range']::-webkit-slider-thumb { appearance: none; box-sizing: border-box; width: 12px; height: 12px; margin-top: 3px; border-radius: 6px; background: hsl(var(--foreground, 0 0% 98%)); border: 2px solid hsl(var(--primary, 214 98% 60%)); }
.nl-scale input[type='range']::-moz-range-thumb { box-sizing: border-box; width: 12px; height: 12px; border-radius: 6px; background: hsl(var(--foreground, 0 0% 98%)); border: 2px solid hsl(var(--primary, 214 98% 60%)); }
.nl-scale input[data-any='true']::-webkit-slider-thumb { background: hsl(var(--background, 0 0% 0%)); border: 1px solid var(--nl-dim); }
.nl-scale input[data-any='true']::-moz-range-thumb { background: hsl(var(--background, 0 0% 0%)); border: 1px solid var(--nl-dim); }
.nl-ends { grid-column: 2 / 4; display: flex; justify-content: space-between; font-size: 11px; line-height: 13px; color: var(--nl-dim); margin-right: 60px; white-space: nowrap; }
.nl-ends .nl-few { margin-right: -60px; }
.nl-few { color: #f59e0b; flex: none; }
.nl-few:empty { display: inline-block; width: 10px; height: 9px; background: #f59e0b; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.nl-few-text { display: block; color: #f59e0b; }
.nl-aid { padding-top: 5px; }
.nl-field { display: flex; align-items: center; gap: 5px; }
.nl input[type='number'], .nl select { font: inherit; height: 28px; padding: 0 6px; border-radius: 4px; border: 1px solid var(--nl-line); background: hsl(var(--background, 0 0% 0%)); color: inherit; min-width: 0; }
.nl select { min-width: 44px; padding: 0 2px; }
.nl-thirds { display: grid; grid-template-columns: 1.25fr 1fr 1fr; gap: 5px; margin-top: 4px; }
.nl-thirds .nl-button { padding: 2px 4px; overflow: hidden; text-overflow: ellipsis; }
.nl input[type='range'] { flex: 1; min-width: 60px; height: 22px; accent-color: hsl(var(--primary, 214 98% 60%)); }
.nl-note { border-radius: 4px; padding: 6px 8px; border-left: 3px solid; margin-top: 6px; background: hsl(var(--popover, 219 90% 15%)); }
.nl-warn { border-color: #f59e0b; }
.nl-bad { border-color: #f87171; }
.nl-good { border-color: #4ade80; }
.nl-banner { border-radius: 5px; padding: 7px 9px; background: #4a2a05; border-left: 3px solid #f59e0b; }
.nl-option { margin-top: 6px; min-height: 28px; }
.nl-option select { height: 28px; }
.nl-fold { color: var(--nl-accent) !important; padding: 0 4px; font-weight: 400; white-space: nowrap; }
.nl-field > .nl-fold.nl-wide { white-space: normal; }
.nl-fold::after { content: ' \\25be'; }
.nl-fold[aria-expanded='true']::after { content: ' \\25b4'; }
.nl .nl-model-fold { font-weight: 400; font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: none; max-width: 215px; }
.nl-model { max-height: 236px; overflow-y: auto; margin: 4px 0 6px; padding: 5px 8px; border-left: 2px solid var(--nl-line); display: flex; flex-direction: column; gap: 4px; }
.nl-model:focus-visible { outline: 2px solid var(--nl-accent); outline-offset: 1px; }
.nl-model-pictures { list-style: none; margin: 0; padding: 0; }
.nl-model-pictures img { display: block; width: 92px; height: 64px; object-fit: cover; object-position: top; border: 1px solid var(--nl-line); }
.nl-model code { font: 11px/1.4 ui-monospace, monospace; }
.nl-model-figures { width: 100%; border-collapse: collapse; font-size: 11px; }
.nl-model-figures th, .nl-model-figures td { padding: 1px 6px 1px 0; text-align: left; font-weight: 400; vertical-align: baseline; }
.nl-model-figures thead th { color: var(--nl-dim); }
.nl-model-figures td { white-space: nowrap; font-variant-numeric: tabular-nums; }
.nl-link { color: var(--nl-accent); text-decoration: underline; padding: 4px; }
.nl-link:focus-visible { outline: 2px solid var(--nl-accent); outline-offset: 1px; }
.nl-even { flex-wrap: nowrap; }
.nl-even { gap: 4px; }
.nl-even .nl-button { flex: 1 1 auto; padding: 2px 5px; }
.nl-even .nl-icon { flex: 0 0 26px; padding: 0; }
.nl-looks { margin-bottom: 6px; gap: 4px; }
.nl-looks { justify-content: space-between; }
.nl-looks .nl-button { flex: 0 1 auto; padding: 1px 6px; min-height: 24px; font-size: 12px; }
.nl-proposed { margin-top: 5px; }
.nl-proposed .nl-icon { min-height: 24px; width: 24px; }
.nl-legend ul { list-style: none; margin: 6px 0 2px; padding: 0; display: grid; grid-template-columns: 1fr 1fr; gap: 1px 8px; }
.nl-legend li { display: flex; align-items: center; gap: 6px; white-space: nowrap; }
.nl-legend canvas { border: 1px solid var(--nl-line); background: #333; border-radius: 2px; }
.nl-edits { list-style: none; margin: 2px 0 4px; padding: 0 0 4px; border-bottom: 1px solid var(--nl-line); max-height: 112px; overflow-y: auto; }
.nl-edits li { display: flex; align-items: center; gap: 7px; min-height: 24px; }
.nl-edits .nl-icon { min-height: 22px; width: 22px; }
.nl-checks { width: 100%; border-collapse: collapse; margin: 2px 0 4px; font-size: 12px; }
.nl-checks td, .nl-checks th { padding: 1px 4px 1px 0; vertical-align: baseline; text-align: left; font-weight: 400; }
.nl-checks tr:hover th, .nl-checks tr:focus-within th { color: var(--nl-accent); }
.nl-checks td:first-child { width: 16px; }
.nl-checks td:nth-child(3) { text-align: right; white-space: nowrap; }
.nl-check { padding: 0 !important; text-align: left; }
.nl-light { display: inline-block; width: 9px; height: 9px; border-radius: 5px; flex: none; }
.nl-light[data-verdict='good'] { background: #4ade80; }
.nl-light[data-verdict='fair'] { background: #fbbf24; border-radius: 1px; }
.nl-light[data-verdict='bad'] { background: #f87171; border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.nl-light[data-verdict='unknown'] { border: 1.5px solid var(--nl-dim); background: none; }
.nl-swatch { display: inline-block; width: 10px; height: 3px; border-radius: 2px; margin-right: 4px; vertical-align: middle; }
.nl progress { width: 100%; height: 8px; appearance: none; border: 0; border-radius: 4px; overflow: hidden; background: var(--nl-line); }
.nl progress::-webkit-progress-bar { background: var(--nl-line); }
.nl progress::-webkit-progress-value { background: var(--nl-accent); }
.nl progress::-moz-progress-bar { background: var(--nl-accent); }
.nl-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.nl-filters { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; margin: 3px 0; }
.nl-filtered { grid-column: 1 / -1; }
.nl-filtered .nl-button { min-height: 24px; padding: 0 8px; }
.nl-ratings { width: 100%; border-collapse: collapse; margin-top: 3px; table-layout: fixed; }
.nl-ratings th { font-weight: 400; text-align: left; padding: 1px 2px; }
.nl-ratings tbody th { color: var(--nl-dim); }
.nl-ratings th:first-child { width: 84px; }
.nl-ratings th:last-child { width: 66px; }
.nl-ratings td { text-align: center; font-variant-numeric: tabular-nums; padding: 1px 2px; }
.nl-ratings tbody tr:nth-child(odd) { background: hsl(var(--popover, 219 90% 15%)); }
.nl-reader { width: 100%; min-height: 24px; padding: 0 2px; white-space: nowrap; border-color: transparent; }
.nl-reader[aria-pressed='false'] { opacity: .45; text-decoration: line-through; }
.nl-swatch-bold { height: 4px; background: #fff; }
.nl-jobs { max-height: 180px; gap: 6px; }
.nl-job-title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
.nl-job progress { margin: 3px 0; }
.nl-job .nl-button { min-height: 24px; padding: 0 8px; font-size: 12px; }
.nl-bad-text { color: #f87171; }
@media (max-height: 800px) { .nl-list { max-height: 92px; } }
.nl kbd { font: 600 11px/16px ui-monospace, monospace; border: 1px solid var(--nl-dim); border-radius: 3px; padding: 0 4px; margin-left: 5px; }
`;
