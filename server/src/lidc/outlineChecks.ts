/**
 * What is wrong with an outline as such, whatever mark it belongs to. Pixels are counted by scan lines through their
 * centres, so the cost grows with the outline's height, which is bounded first.
 */
import type { LidcContour } from './annotations.ts';

const { abs, ceil, floor, max, min } = Math;

/** No CT has more columns or rows. */
export const LARGEST_IMAGE = 4_096;
/** Outlines go from neighbour to neighbour, with few and short jumps. Bounds what a file of given size can cost. */
const LONGEST_STEP = 8;

type Points = LidcContour['points'];

/**
 * @param coordinates x and y by turns, in pixels
 * @returns why these cannot be the points of an outline, or undefined
 */
export function whatIsWrongWithPoints(coordinates: readonly number[]): string | undefined {
  if (coordinates.length === 0) return 'has no points';
  let length = 0;
  for (let at = 0; at < coordinates.length; at++) {
    const value = coordinates[at] ?? Number.NaN;
    const which = `point ${floor(at / 2) + 1} has ${at % 2 === 0 ? 'xCoord' : 'yCoord'}`;
    if (!Number.isFinite(value)) return `${which} missing or no number`;
    if (!Number.isInteger(value)) return `${which} ${value}, which is no whole pixel`;
    if (value < 0 || value >= LARGEST_IMAGE) return `${which} ${value}, outside any image`;
    if (at >= 2) length += abs(value - (coordinates[at - 2] ?? value));
  }
  const longest = LARGEST_IMAGE + LONGEST_STEP * (coordinates.length / 2);
  return length > longest
    ? `is ${length} pixels long with ${coordinates.length / 2} points: no lesion's is`
    : undefined;
}

/**
 * Whether an outline crosses itself so that it matters: it runs around some pixels the other way, or twice.
 *
 * @returns the number of pixels off the outline that it encloses an even number of times, which the even-odd rule
 *   leaves out; undefined where it does not cross itself around any pixel
 */
export function selfCrossing(points: Points): { readonly leftOutPixels: number } | undefined {
  const all = enclosed(points, undefined);
  if (all.even === 0 && !(all.clockwise && all.anticlockwise)) return undefined;
  const off = enclosed(points, new Set(points.map(([x, y]) => x + LARGEST_IMAGE * y)));
  return off.even === 0 && !(off.clockwise && off.anticlockwise) ? undefined : { leftOutPixels: off.even };
}

interface Enclosed {
  even: number;
  clockwise: boolean;
  anticlockwise: boolean;
}

/** What the closed polygon encloses; pixels in `apart` do not count. */
function enclosed(points: Points, apart: ReadonlySet<number> | undefined): Enclosed {
  const found: Enclosed = { even: 0, clockwise: false, anticlockwise: false };
  const [low, rows] = crossingsByRow(points);
  rows.forEach((crossings, row) => {
    crossings.sort((a, b) => a.x - b.x);
    let winding = 0;
    for (let at = 0; at + 1 < crossings.length; at++) {
      winding += crossings[at]?.turn ?? 0;
      if (winding === 0) continue;
      // A pixel right on an edge belongs to the side that counts as inside (as in contourMask.ts).
      const even = winding % 2 === 0;
      const [left, right] = [crossings[at]?.x ?? 0, crossings[at + 1]?.x ?? -1];
      const from = even ? floor(left) + 1 : ceil(left);
      const to = even ? ceil(right) - 1 : floor(right);
      let pixels = max(0, to - from + 1);
      if (apart) for (let x = from; x <= to; x++) if (apart.has(x + LARGEST_IMAGE * (low + row))) pixels--;
      if (pixels === 0) continue;
      if (even) found.even += pixels;
      if (winding > 0) found.clockwise = true;
      else found.anticlockwise = true;
    }
  });
  return found;
}

/** Where the polygon's edges cross each row of pixel centres, and whether downwards (1) or upwards (-1). */
function crossingsByRow(points: Points): [number, { x: number; turn: 1 | -1 }[][]] {
  let [low, high] = [Infinity, -Infinity];
  for (const [, y] of points) {
    low = min(low, y);
    high = max(high, y);
  }
  const rows = Array.from({ length: high - low + 1 }, (): { x: number; turn: 1 | -1 }[] => []);
  points.forEach(([x1, y1], index) => {
    const [x2, y2] = points[index + 1] ?? points[0] ?? [x1, y1];
    // Half-open in y, so that a vertex on the line counts once.
    for (let y = min(y1, y2); y < max(y1, y2); y++)
      rows[y - low]?.push({ x: x1 + ((y - y1) * (x2 - x1)) / (y2 - y1), turn: y2 > y1 ? 1 : -1 });
  });
  return [low, rows];
}
