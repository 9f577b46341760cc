/** The outline of a set of pixels, as a closed polygon along their edges. */

/** Column and row; whole numbers are pixel edges: the first pixel reaches from (0, 0) to (1, 1) (PS3.3 C.10.5.1.2). */
export type ImagePoint = readonly [column: number, row: number];

/**
 * Outer border of the largest connected part of the pixels (by area; pixels that touch at a corner only are not
 * connected). The first point is repeated as the last; the polygon encloses the part and its holes.
 *
 * @param pixels indices `column + columns * row`
 */
export function pixelOutline(pixels: readonly number[], columns: number): ImagePoint[] {
  const inside = new Set(pixels);
  const has = (column: number, row: number): boolean =>
    column >= 0 && column < columns && inside.has(column + columns * row);
  // Every border edge, directed so that the inside lies to its right in image axes: from its start to its end.
  const edges = new Map<string, ImagePoint[]>();
  const add = (from: ImagePoint, to: ImagePoint): void => {
    edges.set(key(from), [...(edges.get(key(from)) ?? []), to]);
  };
  for (const pixel of pixels) {
    const c = pixel % columns;
    const r = (pixel - c) / columns;
    if (!has(c, r - 1)) add([c, r], [c + 1, r]);
    if (!has(c + 1, r)) add([c + 1, r], [c + 1, r + 1]);
    if (!has(c, r + 1)) add([c + 1, r + 1], [c, r + 1]);
    if (!has(c - 1, r)) add([c, r + 1], [c, r]);
  }
  let best: ImagePoint[] = [];
  while (edges.size > 0) {
    const loop = takeLoop(edges);
    if (signedArea(loop) > signedArea(best)) best = loop;
  }
  return withoutStraightPoints(best);
}

const key = ([column, row]: ImagePoint): string => `${column} ${row}`;

/** Removes one closed loop of edges from the map and answers it. */
function takeLoop(edges: Map<string, ImagePoint[]>): ImagePoint[] {
  const start = [...edges.keys()][0]!.split(' ').map(Number) as [number, number];
  const loop: ImagePoint[] = [start];
  let here: ImagePoint = start;
  let heading: ImagePoint = [0, 0];
  do {
    const ways: ImagePoint[] = edges.get(key(here))!;
    const next: ImagePoint = ways.length === 1 ? ways[0]! : rightmost(here, heading, ways);
    const rest = ways.filter((way) => way !== next);
    if (rest.length > 0) edges.set(key(here), rest);
    else edges.delete(key(here));
    heading = [next[0] - here[0], next[1] - here[1]];
    here = next;
    loop.push(here);
  } while (key(here) !== key(start));
  return loop;
}

/** Where two parts touch at a corner, turning right stays on the same part. */
function rightmost(here: ImagePoint, heading: ImagePoint, ways: readonly ImagePoint[]): ImagePoint {
  const turn = (to: ImagePoint): number => heading[0] * (to[1] - here[1]) - heading[1] * (to[0] - here[0]);
  return ways.reduce((best, way) => (turn(way) > turn(best) ? way : best));
}

/** Positive for an outer border, negative for that of a hole; pixels. */
function signedArea(loop: readonly ImagePoint[]): number {
  let twice = 0;
  for (let n = 1; n < loop.length; n++)
    twice += loop[n - 1]![0] * loop[n]![1] - loop[n]![0] * loop[n - 1]![1];
  return twice / 2;
}

function withoutStraightPoints(loop: readonly ImagePoint[]): ImagePoint[] {
  const open = loop.slice(0, -1);
  const corners = open.filter((point, n) => {
    const before = open[(n + open.length - 1) % open.length]!;
    const after = open[(n + 1) % open.length]!;
    return (point[0] - before[0]) * (after[1] - point[1]) !== (point[1] - before[1]) * (after[0] - point[0]);
  });
  return [...corners, corners[0]!];
}
