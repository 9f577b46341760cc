/** The look of what stands beside the four steps: provenance, states of trouble, the tour. */
export const calmStyles = `
.nl-origin { border: 1px solid var(--nl-line); border-radius: 5px; padding: 2px 6px 2px 8px; }
.nl-origin-line { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.nl-mark { background: #c084fc; color: #0b0f19; border-radius: 3px; padding: 0 5px; font-size: 10px; line-height: 16px; letter-spacing: .06em; flex: none; }
.nl-provenance { max-height: 260px; overflow-y: auto; padding: 2px 0 5px; }
.nl-provenance ol { margin: 2px 0; padding: 0 0 0 16px; }
.nl-provenance ul { list-style: none; margin: 0; padding: 0; }
.nl-provenance .nl-button { min-height: 22px; padding: 0 8px; font-size: 12px; }
.nl-provenance code { font: 11px/1.4 ui-monospace, monospace; }
.nl-provenance dl { display: grid; grid-template-columns: 74px 1fr; gap: 2px 4px; margin: 4px 0 0; }
.nl-provenance dt { color: var(--nl-dim); }
.nl-provenance dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.nl-top { position: sticky; top: 0; z-index: 3; display: flex; flex-direction: column; gap: 6px; box-shadow: 0 -6px 0 6px hsl(var(--background, 0 0% 0%)); background: hsl(var(--background, 0 0% 0%)); }
.nl-top .nl-next { position: static; box-shadow: none; }
.nl-trouble .nl-icon { min-height: 22px; width: 22px; }
.nl-trouble { border-radius: 5px; padding: 6px 9px; background: hsl(var(--popover, 219 90% 15%)); border-left: 3px solid var(--nl-dim); }
.nl-trouble p { color: var(--nl-dim); font-size: 12px; }
.nl-urgent { background: #4a2a05; border-color: #f59e0b; }
.nl-urgent p { color: inherit; }
.nl-tour-start { align-self: flex-start; }
.nl-tour { position: fixed; z-index: 40; width: 290px; padding: 11px 13px; gap: 9px; border-radius: 7px; background: hsl(var(--popover, 219 90% 15%)); border: 1px solid var(--nl-accent); box-shadow: 0 6px 24px #000a; }
.nl-tour:focus { outline: none; }
.nl-tour:focus-visible { outline: 2px solid var(--nl-accent); outline-offset: 1px; }
.nl-tour p { margin-top: 3px; }
.nl [data-tour='here'] { outline: 2px solid var(--nl-accent); outline-offset: -1px; }
`;
