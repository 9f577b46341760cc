/**
 * Groups the readers' marks into nodules by the rule of pylidc's `Scan.cluster_annotations` (M. Hancock, J. Magnan,
 * J. Med. Imaging 3(4), 2016): two marks belong together where the least distance between their outline points is at
 * most a tolerance, groups are connected components, and the tolerance starts at the slice thickness and shrinks by a
 * tenth until no group holds more marks than there are readers (four).
 */

/** Points of one mark's outlines in mm, three numbers a point. */
export type OutlineMm = Float64Array;

const MOST_READERS = 4;
const SHRINK = 0.9;
/** Below this no two outlines can be told apart any more; groups stay as they are. */
const SMALLEST_MM = 0.1;

/**
 * @param outlines one per mark
 * @param sliceMm distance between slices, mm
 * @returns groups of indices into `outlines`, each sorted, in order of their first mark
 */
export function groupMarks(outlines: readonly OutlineMm[], sliceMm: number): number[][] {
  const bounds = outlines.map(boundsOf);
  // Outlines whose boxes are further apart than the widest tolerance need no closer look.
  const distances = bounds.map((a, row) =>
    bounds
      .slice(0, row)
      .map((b) => (boxDistance(a, b) > sliceMm ? Infinity : leastDistance(a.outline, b.outline))),
  );
  let tolerance = sliceMm;
  let groups = components(distances, tolerance);
  while (tolerance > SMALLEST_MM && groups.some((group) => group.length > MOST_READERS)) {
    tolerance *= SHRINK;
    groups = components(distances, tolerance);
  }
  return groups;
}

interface Bounds {
  readonly outline: OutlineMm;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

function boundsOf(outline: OutlineMm): Bounds {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  outline.forEach((value, at) => {
    low[at % 3] = Math.min(low[at % 3] ?? value, value);
    high[at % 3] = Math.max(high[at % 3] ?? value, value);
  });
  return { outline, low, high };
}

function boxDistance(a: Bounds, b: Bounds): number {
  const gaps = [0, 1, 2].map((axis) =>
    Math.max(0, (a.low[axis] ?? 0) - (b.high[axis] ?? 0), (b.low[axis] ?? 0) - (a.high[axis] ?? 0)),
  );
  return Math.hypot(...gaps);
}

function leastDistance(a: OutlineMm, b: OutlineMm): number {
  let least = Infinity;
  for (let p = 0; p < a.length; p += 3)
    for (let q = 0; q < b.length; q += 3) {
      const dx = (a[p] ?? 0) - (b[q] ?? 0);
      const dy = (a[p + 1] ?? 0) - (b[q + 1] ?? 0);
      const dz = (a[p + 2] ?? 0) - (b[q + 2] ?? 0);
      least = Math.min(least, dx * dx + dy * dy + dz * dz);
    }
  return Math.sqrt(least);
}

/** @param distances lower triangle: `distances[row][column]` for column < row */
function components(distances: readonly (readonly number[])[], tolerance: number): number[][] {
  const groupOf = distances.map((_, index) => index);
  const find = (index: number): number => {
    const parent = groupOf[index] ?? index;
    return parent === index ? index : find(parent);
  };
  distances.forEach((row, a) =>
    row.forEach((mm, b) => {
      if (mm > tolerance) return;
      const [first, second] = [find(a), find(b)];
      groupOf[Math.max(first, second)] = Math.min(first, second);
    }),
  );
  const groups = new Map<number, number[]>();
  distances.forEach((_, index) => {
    const root = find(index);
    groups.set(root, [...(groups.get(root) ?? []), index]);
  });
  return [...groups.values()];
}
