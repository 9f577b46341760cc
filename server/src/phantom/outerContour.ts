/** The ring of pixels just outside a region, in order: how LIDC readers' outlines are stored. */

/** Clockwise from west (rows grow downwards). */
const AROUND: readonly (readonly [number, number])[] = [
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
];

/**
 * Moore-neighbour tracing of the region grown by its four neighbours; the region keeps clear of the mask's border by two
 * pixels. Every point is outside the region and touches it; the last equals the first.
 */
export function outerContour(mask: Uint8Array, width: number, height: number): [number, number][] {
  const grown = new Uint8Array(mask.length);
  let start = -1;
  for (let j = 1; j < height - 1; j++)
    for (let i = 1; i < width - 1; i++) {
      const at = i + width * j;
      if (mask[at] || mask[at - 1] || mask[at + 1] || mask[at - width] || mask[at + width]) {
        grown[at] = 1;
        if (start < 0) start = at;
      }
    }
  if (start < 0) return [];
  const first: [number, number] = [start % width, Math.floor(start / width)];
  const points: [number, number][] = [first];
  let [i, j] = first;
  // The row above the first pixel and the pixel to its left are empty: the walk enters it from the west.
  let from = 0;
  for (let guard = 0; guard < 4 * mask.length; guard++) {
    let turn = 1;
    let direction = (from + turn) % 8;
    while (turn <= 8 && grown[i + AROUND[direction]![0] + width * (j + AROUND[direction]![1])] === 0) {
      turn++;
      direction = (from + turn) % 8;
    }
    if (turn > 8) return [first, first];
    const back = AROUND[(direction + 7) % 8]!;
    const [ni, nj] = [i + AROUND[direction]![0], j + AROUND[direction]![1]];
    // The last empty neighbour, as seen from the new pixel.
    const [bi, bj] = [i + back[0] - ni, j + back[1] - nj];
    from = AROUND.findIndex(([di, dj]) => di === bi && dj === bj);
    [i, j] = [ni, nj];
    points.push([i, j]);
    if (i === first[0] && j === first[1]) return points;
  }
  return points;
}
