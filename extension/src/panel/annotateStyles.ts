/** What only the annotation form needs of looks; the rest is in styles.ts. */
export const annotateStyles = `
.nl-annotate { display: flex; flex-direction: column; gap: 6px; margin-top: 6px; padding-top: 6px; border-top: 1px solid var(--nl-line); }
.nl-annotate h4 { font-size: 13px; font-weight: 600; margin: 0; display: flex; gap: 6px; align-items: center; }
.nl-annotate h4 .nl-unsaved { font-size: 11px; font-weight: 600; color: #fbbf24; margin-left: auto; }
.nl-ways .nl-button { flex: 1 1 0; padding: 2px 4px; min-height: 26px; }
.nl-draw { display: flex; flex-direction: column; gap: 4px; }
.nl-slide { display: grid; grid-template-columns: 96px 1fr 54px; align-items: center; gap: 6px; }
.nl-slide input { width: 100%; min-width: 0; accent-color: #fbbf24; }
.nl-slide output { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.nl-rates { display: flex; flex-direction: column; gap: 1px; }
.nl-rate { display: grid; grid-template-columns: 74px 125px minmax(0, 1fr); align-items: center; gap: 5px; min-height: 24px; font-size: 12px; border-radius: 3px; }
.nl-rate[aria-invalid='true'] { box-shadow: inset 2px 0 0 #f87171; }
.nl-rate > span { padding-left: 5px; line-height: 1.1; }
.nl-rate output { font-size: 11px; line-height: 12px; max-height: 24px; color: var(--nl-dim); overflow: hidden; }
.nl-marks { display: flex; gap: 1px; padding: 0 !important; }
.nl-marks label { position: relative; width: 20px; height: 21px; display: grid; place-items: center; border: 1px solid var(--nl-line); border-radius: 3px; cursor: pointer; font-variant-numeric: tabular-nums; }
.nl-marks label:hover { border-color: var(--nl-accent); }
.nl-marks input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.nl-marks label:has(input:checked) { background: hsl(var(--primary, 214 98% 60%)); border-color: transparent; color: #04121a; font-weight: 600; }
.nl-marks label:has(input:focus-visible) { outline: 2px solid var(--nl-accent); outline-offset: 1px; }
.nl-who { display: grid; grid-template-columns: 76px minmax(0, 1fr); align-items: center; gap: 5px; font-size: 12px; }
.nl-who input { font: inherit; height: 26px; padding: 0 6px; border-radius: 4px; border: 1px solid var(--nl-line); background: hsl(var(--background, 0 0% 0%)); color: inherit; min-width: 0; }
.nl-who input[aria-invalid='true'] { border-color: #f87171; }
.nl-steps { display: flex; flex-direction: column; gap: 6px; }
.nl-resting { opacity: .4; }
/* Three of them stand in the heading of the nodules. */
.nl h3 > .nl-button { padding: 2px 6px; }
.nl-own { color: #fbbf24; }
`;
