/** What only the training panel needs of looks; the rest is in styles.ts. */
export const trainingStyles = `
.nl-training .nl-section > div { display: flex; flex-direction: column; gap: 6px; margin-top: 6px; }
.nl-training .nl-section > div[hidden] { display: none; }
.nl-run { grid-template-columns: 1fr auto 48px; }
.nl-run b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.nl-form { display: flex; flex-direction: column; gap: 5px; }
.nl-form label { display: grid; grid-template-columns: 104px minmax(0, 1fr); align-items: center; gap: 6px; }
.nl input[type='text'] { font: inherit; height: 28px; padding: 0 6px; border-radius: 4px; border: 1px solid var(--nl-line); background: hsl(var(--background, 0 0% 0%)); color: inherit; min-width: 0; }
.nl code { font: 12px ui-monospace, monospace; }
.nl-facts-grid { display: grid; grid-template-columns: 1fr 1fr; gap: 2px 12px; margin: 0; }
.nl-facts-grid div { display: flex; justify-content: space-between; gap: 6px; }
.nl-facts-grid dt { color: var(--nl-dim); }
.nl-facts-grid dd { margin: 0; font-variant-numeric: tabular-nums; white-space: nowrap; }
.nl-curve { margin: 0; position: relative; }
.nl-curve figcaption { display: flex; gap: 10px; align-items: baseline; font-variant-numeric: tabular-nums; }
.nl-curve figcaption > :first-child { flex: 1; }
.nl-curve svg { display: block; width: calc(100% - 44px); height: 64px; margin: 2px 0 0 44px; background: hsl(var(--popover, 219 90% 15%)); border-radius: 3px; }
.nl-curve path { stroke-width: 1.4px; stroke-linejoin: round; }
.nl-ideal { stroke: var(--nl-dim); stroke-width: 1px; stroke-dasharray: 4 4; opacity: .7; }
.nl-tick { position: absolute; left: 0; width: 40px; text-align: right; font-size: 10px; line-height: 12px; color: var(--nl-dim); pointer-events: none; font-variant-numeric: tabular-nums; }
.nl-tick.nl-bottom { bottom: 0; }
.nl-tick.nl-top { bottom: 52px; }
.nl-samples { margin: 0; display: flex; flex-direction: column; gap: 4px; }
.nl-samples img { width: 100%; display: block; border-radius: 3px; background: #000; image-rendering: pixelated; }
.nl-models { max-height: none; gap: 4px; }
.nl-model-row { display: grid; grid-template-columns: 20px 1fr auto; gap: 4px; align-items: center; }
.nl-model-row input { width: 16px; height: 16px; margin: 0; accent-color: hsl(var(--primary, 214 98% 60%)); }
.nl-model-row .nl-model-name { grid-template-columns: minmax(0, 1fr); gap: 0; min-width: 0; }
.nl-model-name b, .nl-model-name span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.nl-model-name b { font-weight: 600; }
.nl-current { color: var(--nl-accent); font-size: 12px; padding: 0 8px; }
.nl-compared { overflow: auto; max-height: calc(92vh - 80px); margin-top: 8px; }
.nl-compared:focus-visible { outline: 2px solid var(--nl-accent); outline-offset: 1px; }
.nl-compared table { border-collapse: collapse; font-size: 12px; }
.nl-compared th, .nl-compared td { text-align: left; vertical-align: top; padding: 3px 10px 3px 0; font-weight: 400; max-width: 360px; }
.nl-compared thead th { position: sticky; top: 0; background: hsl(var(--background, 0 0% 0%)); font-weight: 600; font-size: 13px; }
.nl-compared tbody th[scope='row'] { color: var(--nl-dim); white-space: nowrap; }
.nl-compared .nl-group { padding-top: 10px; font-weight: 600; border-bottom: 1px solid var(--nl-line); }
.nl-compared td .nl-light { margin-right: 6px; }
.nl-form .nl-check-line { display: flex; align-items: center; gap: 6px; min-height: 28px; }
`;
