/**
 * Groups the readers' marks into nodules by the rule of pylidc's `Scan.cluster_annotations` (M. Hancock, J. Magnan,
 * J. Med. Imaging 3(4), 2016): two marks belong together where the least distance between their outline points is at
 * most a tolerance, groups are connected components, and the tolerance starts at the slice thickness and shrinks by a
 * tenth until no group holds more marks than there are readers (four).
 */

const { max, min, sqrt } = Math;

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
  const pairs: Pair[] = [];
  bounds.forEach((a, first) => {
    for (let second = 0; second < first; second++) {
      const b = bounds[second];
      // Outlines whose boxes are further apart than the widest tolerance need no closer look.
      if (b === undefined || boxDistance(a, b) > sliceMm) continue;
      const mm = leastDistance(a, b, sliceMm);
      if (mm <= sliceMm) pairs.push({ first, second, mm });
    }
  });
  let tolerance = sliceMm;
  let groups = components(outlines.length, pairs, tolerance);
  while (tolerance > SMALLEST_MM && groups.some((group) => group.length > MOST_READERS)) {
    tolerance *= SHRINK;
    groups = components(outlines.length, pairs, tolerance);
  }
  return groups;
}

/** Two outlines that come within the widest tolerance. */
interface Pair {
  readonly first: number;
  readonly second: number;
  readonly mm: number;
}

interface Bounds {
  /** The outline's points by growing x. */
  readonly byX: OutlineMm;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

function boundsOf(outline: OutlineMm): Bounds {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  outline.forEach((value, at) => {
    low[at % 3] = min(low[at % 3] ?? value, value);
    high[at % 3] = max(high[at % 3] ?? value, value);
  });
  return { byX: sortedByX(outline), low, high };
}

function boxDistance(a: Bounds, b: Bounds): number {
  let square = 0;
  for (let axis = 0; axis < 3; axis++) {
    const gap = max(0, (a.low[axis] ?? 0) - (b.high[axis] ?? 0), (b.low[axis] ?? 0) - (a.high[axis] ?? 0));
    square += gap * gap;
  }
  return sqrt(square);
}

/**
 * Least distance between two outlines as far as groups depend on it: some distance above `mm` where none is within it,
 * and any of those that are too small to tell apart where there is one. Each point meets only those that lie within `mm` along x.
 */
function leastDistance({ byX: a }: Bounds, { byX: b }: Bounds, mm: number): number {
  const same = (SHRINK * SMALLEST_MM) ** 2;
  let least = Infinity;
  let from = 0;
  for (let p = 0; p < a.length; p += 3) {
    const x = a[p] ?? 0;
    while (from < b.length && (b[from] ?? 0) < x - mm) from += 3;
    for (let q = from; q < b.length && (b[q] ?? 0) <= x + mm; q += 3) {
      const dx = x - (b[q] ?? 0);
      const dy = (a[p + 1] ?? 0) - (b[q + 1] ?? 0);
      const dz = (a[p + 2] ?? 0) - (b[q + 2] ?? 0);
      const square = dx * dx + dy * dy + dz * dz;
      if (square < least) least = square;
      if (least < same) return sqrt(least);
    }
  }
  return sqrt(least);
}

function sortedByX(outline: OutlineMm): OutlineMm {
  const order = Array.from({ length: outline.length / 3 }, (_, point) => 3 * point).sort(
    (p, q) => (outline[p] ?? 0) - (outline[q] ?? 0),
  );
  return Float64Array.from(order.flatMap((p) => [outline[p] ?? 0, outline[p + 1] ?? 0, outline[p + 2] ?? 0]));
}

function components(count: number, pairs: readonly Pair[], tolerance: number): number[][] {
  const groupOf = Array.from({ length: count }, (_, index) => index);
  const find = (index: number): number => {
    let at = index;
    while ((groupOf[at] ?? at) !== at) at = groupOf[at] = groupOf[groupOf[at] ?? at] ?? at;
    return at;
  };
  for (const { first, second, mm } of pairs) {
    if (mm > tolerance) continue;
    const [a, b] = [find(first), find(second)];
    groupOf[max(a, b)] = min(a, b);
  }
  const groups = new Map<number, number[]>();
  for (let index = 0; index < count; index++) {
    const root = find(index);
    const group = groups.get(root);
    if (group) group.push(index);
    else groups.set(root, [index]);
  }
  return [...groups.values()];
}
