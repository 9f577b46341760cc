/** A contact sheet as one PNG: a cell for each patch with its three planes, a scale bar and a caption. */
import { encode } from 'fast-png';
import type { Caption } from './caption.ts';
import { drawText, GLYPH_HEIGHT, GLYPH_WIDTH } from './bitmapFont.ts';
import { CLASS_COLOURS, SYNTHETIC_COLOUR } from './colours.ts';
import type { Rgb } from './colours.ts';
import type { Planes } from './planes.ts';

export interface SheetItem {
  readonly planes: Planes;
  readonly caption: Caption;
  /** Part of a plane's edge length. */
  readonly scaleBar: { readonly mm: number; readonly part: number };
}

const MARGIN = 16;
const GAP = 12;
const PADDING = 6;
const LINE = GLYPH_HEIGHT + 5;
/** Caption lines: id and diameter, class, and details. */
const LINES = 4;
const BACKGROUND: Rgb = [16, 18, 22];
const CELL: Rgb = [32, 36, 42];
const TEXT: Rgb = [214, 220, 228];
const FAINT: Rgb = [150, 158, 168];

/** @param edge edge length of a plane in pixels, the same for all items */
export function sheetPng(
  title: readonly string[],
  items: readonly SheetItem[],
  columns: number,
  edge: number,
): Uint8Array {
  const across = Math.min(columns, Math.max(1, items.length));
  const cellWidth = 3 * edge + 2 * 2 + 2 * PADDING;
  const cellHeight = edge + LINES * LINE + 2 * PADDING + 4;
  const inner = across * cellWidth + (across - 1) * GAP;
  const lines = title.flatMap((line, at) =>
    wrapped(line, Math.floor(inner / GLYPH_WIDTH)).map((text) => ({ text, colour: at === 0 ? TEXT : FAINT })),
  );
  const top = MARGIN + lines.length * LINE + GAP;
  const width = 2 * MARGIN + inner;
  const height = top + Math.ceil(items.length / across) * (cellHeight + GAP) + MARGIN - GAP;
  const canvas = canvasOf(width, height);
  lines.forEach(({ text, colour }, at) => canvas.text(text, MARGIN, MARGIN + at * LINE, colour));
  items.forEach((item, index) => {
    const left = MARGIN + (index % across) * (cellWidth + GAP);
    const y = top + Math.floor(index / across) * (cellHeight + GAP);
    drawCell(canvas, item, left, y, cellWidth, cellHeight, edge);
  });
  return encode({ width, height, data: canvas.data, channels: 3, depth: 8 });
}

/** A line broken between words; a word longer than a line stays whole. */
function wrapped(line: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > letters) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function drawCell(
  canvas: Canvas,
  { planes, caption, scaleBar }: SheetItem,
  left: number,
  top: number,
  width: number,
  height: number,
  edge: number,
): void {
  const frame = caption.synthetic ? SYNTHETIC_COLOUR : CELL;
  canvas.fill(left - 2, top - 2, width + 4, height + 4, frame);
  canvas.fill(left, top, width, height, CELL);
  planes.forEach((plane, at) =>
    canvas.grey(plane.data, edge, left + PADDING + at * (edge + 2), top + PADDING),
  );
  const bar = Math.max(1, Math.round(scaleBar.part * edge));
  canvas.fill(left + PADDING + 4, top + PADDING + edge - 6, bar, 2, TEXT);
  canvas.text(`${scaleBar.mm} mm`, left + PADDING + 4, top + PADDING + edge - 16, TEXT);
  const x = left + PADDING;
  let y = top + PADDING + edge + 6;
  const fits = (text: string): string => text.slice(0, Math.floor((width - 2 * PADDING) / GLYPH_WIDTH));
  canvas.text(fits(caption.id), x, y, TEXT);
  canvas.text(caption.diameter, left + width - PADDING - caption.diameter.length * GLYPH_WIDTH, y, TEXT);
  y += LINE;
  canvas.fill(x, y, GLYPH_HEIGHT, GLYPH_HEIGHT, CLASS_COLOURS[caption.class]);
  canvas.text(caption.class, x + GLYPH_HEIGHT + 4, y, CLASS_COLOURS[caption.class]);
  if (caption.synthetic) {
    const badge = 'synthetic';
    const badgeWidth = badge.length * GLYPH_WIDTH + 5;
    canvas.fill(left + width - PADDING - badgeWidth, y - 2, badgeWidth, GLYPH_HEIGHT + 4, SYNTHETIC_COLOUR);
    canvas.text(badge, left + width - PADDING - badgeWidth + 3, y, BACKGROUND);
  }
  for (const detail of caption.details.slice(0, LINES - 2)) {
    y += LINE;
    canvas.text(fits(detail), x, y, FAINT);
  }
}

interface Canvas {
  readonly data: Uint8Array;
  readonly fill: (x: number, y: number, width: number, height: number, colour: Rgb) => void;
  readonly grey: (values: Uint8Array, edge: number, x: number, y: number) => void;
  readonly text: (text: string, x: number, y: number, colour: Rgb) => void;
}

function canvasOf(width: number, height: number): Canvas {
  const data = new Uint8Array(3 * width * height);
  const set = (x: number, y: number, colour: Rgb): void => {
    if (x >= 0 && y >= 0 && x < width && y < height) data.set(colour, 3 * (x + width * y));
  };
  const fill: Canvas['fill'] = (x, y, w, h, colour) => {
    for (let v = y; v < y + h; v++) for (let u = x; u < x + w; u++) set(u, v, colour);
  };
  fill(0, 0, width, height, BACKGROUND);
  return {
    data,
    fill,
    grey: (values, edge, x, y) =>
      values.forEach((value, at) => set(x + (at % edge), y + Math.floor(at / edge), [value, value, value])),
    text: (text, x, y, colour) => drawText(text, (u, v) => set(x + u, y + v, colour)),
  };
}
