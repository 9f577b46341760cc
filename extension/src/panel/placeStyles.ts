/** The look of candidates and of placing one. */
export const placeStyles = `
.nl-candidates { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); align-content: start; gap: 4px; height: 198px; overflow-y: auto; margin-top: 6px; padding: 1px; }
.nl-candidate { display: block; padding: 2px; border-color: var(--nl-line); }
.nl .nl-candidate[aria-pressed='true'] { border-color: var(--nl-accent); box-shadow: inset 0 0 0 1px var(--nl-accent); }
.nl-card { position: relative; min-width: 0; }
.nl-thumbs { display: grid; grid-template-columns: repeat(3, 1fr); gap: 2px; }
.nl-thumb { position: relative; aspect-ratio: 1; display: block; }
.nl-thumb img, .nl-slice { position: absolute; inset: 0; width: 100%; height: 100%; display: block; border-radius: 3px; background-color: #000; }
.nl-candidate .nl-facts { display: flex; align-items: center; gap: 5px; padding: 1px 24px 0 3px; font-size: 11px; line-height: 15px; white-space: nowrap; overflow: hidden; }
.nl-star { position: absolute; bottom: 3px; right: 2px; width: 24px; height: 24px; padding: 0; font-size: 15px !important; line-height: 1; color: #f5c542 !important; }
.nl-star[aria-pressed='false'] { color: var(--nl-dim) !important; }
.nl-lights { display: flex; gap: 3px; }
.nl-empty { grid-column: 1 / -1; margin: 50px auto 0 !important; text-align: center; max-width: 220px; }
.nl-favourites summary { cursor: pointer; padding: 4px 2px; color: var(--nl-accent); }
.nl-favourites .nl-candidates { height: auto; max-height: 198px; margin-top: 0; }
.nl-asked { font-size: 11px; line-height: 15px; color: var(--nl-dim); padding-top: 3px; }
.nl-strip { display: flex; gap: 3px; padding: 1px; overflow-x: auto; min-width: 0; }
.nl-strip button { flex: none; padding: 1px; width: 28px; height: 28px; }
.nl-strip button[aria-pressed='true'] { border-color: var(--nl-accent); box-shadow: inset 0 0 0 1px var(--nl-accent); }
.nl-strip img { display: block; width: 100%; height: 100%; border-radius: 2px; background: #000; }
.nl .nl-title { display: flex; align-items: center; gap: 7px; padding: 0; font-weight: 600; text-align: left; min-width: 0; white-space: nowrap; flex: 0 1 auto; overflow: hidden; text-overflow: ellipsis; }
.nl-title::after { content: '\\25be'; color: var(--nl-dim); font-weight: 400; }
.nl-title[aria-expanded='false']::after { content: '\\25b8'; }
.nl h3 .nl-button { min-height: 24px; padding: 1px 7px; font-size: 12px; font-weight: 400; }
.nl h3 .nl-fold { white-space: nowrap; }
.nl-summary { font-weight: 400; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; text-align: right; }
.nl-generator { margin: 2px 0; }
.nl-generator select { width: 100%; }
.nl-windows { display: flex; gap: 3px; }
.nl-check-area { margin-top: 6px; padding-top: 4px; border-top: 1px solid var(--nl-line); }
.nl-check-area .nl-note { margin-bottom: 6px; }
.nl-lightlist { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: 1fr 1fr; gap: 0 12px; font-size: 12px; }
.nl-lightlist li { display: flex; align-items: center; gap: 5px; min-width: 0; line-height: 19px; white-space: nowrap; }
.nl-lightlist li:hover .nl-check, .nl-lightlist li:focus-within .nl-check { color: var(--nl-accent); }
.nl-lightlist .nl-check { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.nl-explanation { display: flex; gap: 6px; height: 44px; margin: 3px 0; overflow-y: auto; border-top: 1px solid var(--nl-line); padding-top: 2px; line-height: 1.3; }
.nl-explanation p { flex: 1; }
.nl-nearest { display: flex; gap: 2px; flex: none; position: sticky; top: 0; }
.nl-nearest img { width: 40px; height: 40px; border-radius: 3px; background: #000; display: block; }
.nl-option .nl-button { padding: 2px 7px; }
@media (max-height: 800px) { .nl-candidates { height: 100px; } }
`;
