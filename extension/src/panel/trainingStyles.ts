/** What only the training panel needs of looks; the rest is in styles.ts. */
export const trainingStyles = `
.nl-training .nl-section { display: flex; flex-direction: column; gap: 6px; }
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
`;
