/**
 * Masks → outlines in the manner of LIDC, so that a nodule known by its voxels alone is kept and shown like one that
 * readers drew: the points are the first pixels outside the lesion, holes are outlines of their own, and contourMask.ts
 * makes exactly the same mask of them again.
 */

import type { BoxMask } from './boxMask.ts';
import type { LidcContour } from './xml.ts';

export interface SliceOutline {
  /** False for a hole. */
  readonly inclusion: boolean;
  /** Pixel (column, row), in the terms of the caller's `first`. */
  readonly points: readonly (readonly [number, number])[];
}

interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/**
 * @param bits 1 inside the lesion; `columns` wide, row after row
 * @param first column and row of the first pixel of `bits`
 * @returns outlines of one slice; their points may lie one pixel outside the grid of `bits`
 */
export function sliceOutlines(
  bits: Uint8Array,
  columns: number,
  first: readonly [number, number],
): SliceOutline[] {
  const grid = { columns, rows: bits.length / columns };
  const lesion = label(grid, (at) => bits[at] === 1, false);
  const outside = label(padded(grid), (at) => !insidePadded(bits, grid, at), true);
  // The padding's corner is outside; what of the background is not joined to it, diagonals included, is a hole.
  const hole = label(
    grid,
    (at) => bits[at] !== 1 && outside.labels[paddedIndex(grid, at)] !== outside.labels[0],
    false,
  );
  const shifted = (points: readonly (readonly [number, number])[]): [number, number][] =>
    points.map(([x, y]) => [x + first[0], y + first[1]]);
  return [
    ...lesion.starts.map((start) => ({
      inclusion: true,
      points: shifted(walk(grid, lesion.labels, start).beyond),
    })),
    ...hole.starts.flatMap((start) =>
      holeOutlines(grid, hole.labels, start).map((points) => ({ inclusion: false, points: shifted(points) })),
    ),
  ];
}

/** Outlines of a mask on all its slices. @param sops SOP Instance UIDs of the slices of the CT, in k order */
export function maskOutlines({ box, bits }: BoxMask, sops: readonly string[]): LidcContour[] {
  const [columns, rows] = [box.max[0] - box.min[0], box.max[1] - box.min[1]];
  return sops.slice(box.min[2], box.max[2]).flatMap((sopInstanceUID, at) => {
    const slice = bits.subarray(at * columns * rows, (at + 1) * columns * rows);
    return sliceOutlines(slice, columns, [box.min[0], box.min[1]]).map((outline) => ({
      ...outline,
      sopInstanceUID,
      z: undefined,
    }));
  });
}

/** A hole's outline runs through its own pixels. One with an island in it is taken away row by row. */
function holeOutlines(grid: Grid, labels: Int32Array, start: number): (readonly [number, number])[][] {
  const own = labels[start];
  const { along, area } = walk(grid, labels, start);
  if (area === labels.reduce((sum, of) => sum + Number(of === own), 0)) return [along];
  const runs: [number, number][][] = [];
  labels.forEach((of, at) => {
    if (of !== own) return;
    const point: [number, number] = [at % grid.columns, Math.floor(at / grid.columns)];
    if (point[0] > 0 && labels[at - 1] === own) runs.at(-1)?.push(point);
    else runs.push([point]);
  });
  return runs;
}

/** East, south, west, north (rows grow southwards). */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * Walks once around the outer border of a 4-connected piece, clockwise along the cracks between pixels, with the piece
 * to the right.
 *
 * @param start the piece's first pixel, rows from above, columns from the left
 * @returns the border's pixels in the piece (`along`) and outside it (`beyond`), and the number of pixels inside the border
 */
function walk(
  { columns, rows }: Grid,
  labels: Int32Array,
  start: number,
): { along: [number, number][]; beyond: [number, number][]; area: number } {
  const own = labels[start];
  const isOwn = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < columns && y < rows && labels[x + columns * y] === own;
  const along: [number, number][] = [];
  const beyond: [number, number][] = [];
  const from = [start % columns, Math.floor(start / columns)] as const;
  let [x, y]: readonly [number, number] = from;
  let heading = 0;
  let area = 0;
  do {
    const [dx, dy] = STEPS[heading & 3]!;
    const [leftX, leftY] = STEPS[(heading + 3) & 3]!;
    append(along, x, y);
    append(beyond, x + leftX, y + leftY);
    // Columns between the cracks above and below: their rows' difference adds up to the area.
    if (dx !== 0) area += dx > 0 ? -y : y + 1;
    if (!isOwn(x + dx, y + dy)) heading += 1;
    else {
      x += dx;
      y += dy;
      if (isOwn(x + leftX, y + leftY)) {
        x += leftX;
        y += leftY;
        heading += 3;
      }
    }
  } while (x !== from[0] || y !== from[1] || (heading & 3) !== 0);
  return { along: closed(along), beyond: closed(beyond), area };
}

function append(points: [number, number][], x: number, y: number): void {
  const last = points.at(-1);
  if (last?.[0] !== x || last[1] !== y) points.push([x, y]);
}

function closed(points: [number, number][]): [number, number][] {
  const [first] = points;
  const last = points.at(-1);
  return points.length > 1 && first?.[0] === last?.[0] && first?.[1] === last?.[1]
    ? points.slice(0, -1)
    : points;
}

/** Pieces of the pixels that `belongs`: a number for each pixel (0: none), and each piece's first pixel. */
function label(
  { columns, rows }: Grid,
  belongs: (at: number) => boolean,
  diagonals: boolean,
): { labels: Int32Array; starts: number[] } {
  const labels = new Int32Array(columns * rows);
  const starts: number[] = [];
  const pending: number[] = [];
  for (let first = 0; first < labels.length; first++) {
    if (labels[first] !== 0 || !belongs(first)) continue;
    const name = starts.push(first);
    labels[first] = name;
    pending.push(first);
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          if (!diagonals && dx !== 0 && dy !== 0) continue;
          if (x + dx < 0 || y + dy < 0 || x + dx >= columns || y + dy >= rows) continue;
          const next = at + dx + columns * dy;
          if (labels[next] !== 0 || !belongs(next)) continue;
          labels[next] = name;
          pending.push(next);
        }
    }
  }
  return { labels, starts };
}

/** The grid with one more pixel on each side. */
function padded({ columns, rows }: Grid): Grid {
  return { columns: columns + 2, rows: rows + 2 };
}

function paddedIndex({ columns }: Grid, at: number): number {
  return (at % columns) + 1 + (columns + 2) * (Math.floor(at / columns) + 1);
}

function insidePadded(bits: Uint8Array, { columns, rows }: Grid, at: number): boolean {
  const x = (at % (columns + 2)) - 1;
  const y = Math.floor(at / (columns + 2)) - 1;
  return x >= 0 && y >= 0 && x < columns && y < rows && bits[x + columns * y] === 1;
}
