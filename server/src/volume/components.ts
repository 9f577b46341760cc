/**
 * Connected components of a byte mask, found by runs: voxels in a row are joined first, then runs of neighbouring rows
 * (two passes with union-find; Rosenfeld and Pfaltz 1966, with runs in place of voxels).
 */
import type { Vec3 } from './ctVolume.ts';

/** Who is a neighbour: by edges within the slice (4), by faces (6), by faces, edges and corners (26). */
export type Neighbours = 4 | 6 | 26;

/** Runs of set voxels in scan order; each is `[starts[r], ends[r])` in flat indices and lies within one row. */
export interface LabelledRuns {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Component of each run: labels from 1 in order of first voxel. */
  readonly labels: Int32Array;
  /** Voxels per label (`counts[0]` unused). */
  readonly counts: readonly number[];
}

/** Labels from 1 in order of first voxel (0 is background) and the voxel count per label (`counts[0]` unused). */
export interface Components {
  readonly labels: Int32Array;
  readonly counts: readonly number[];
}

/** Runs of set voxels (or of zero ones) in scan order; those of a row are `rowStart[row]` to `rowStart[row + 1]`. */
export interface Runs {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** One more than there are rows. */
  readonly rowStart: Int32Array;
}

/** The runs of the voxels that are zero where `of` says so, else of those that are not. */
export function findRuns(mask: Uint8Array, [ni, nj, nk]: Vec3, of: 'set' | 'zero' = 'set'): Runs {
  const rows = nj * nk;
  const rowStart = new Int32Array(rows + 1);
  let starts = new Int32Array(4096);
  let ends = new Int32Array(4096);
  let found = 0;
  // Four voxels at a time where they lie on a word: most of a grid is long stretches of the same.
  const words =
    mask.byteOffset % 4 === 0 ? new Int32Array(mask.buffer, mask.byteOffset, mask.length >> 2) : null;
  const pastZeros = (from: number, last: number): number => {
    let at = from;
    while (at < last && mask[at] === 0)
      if (words !== null && (at & 3) === 0 && at + 4 <= last && words[at >> 2] === 0) at += 4;
      else at++;
    return at;
  };
  const pastSet = (from: number, last: number): number => {
    let at = from;
    while (at < last && mask[at] !== 0)
      if (words !== null && (at & 3) === 0 && at + 4 <= last && !holdsZeroByte(words[at >> 2]!)) at += 4;
      else at++;
    return at;
  };
  const [toRun, toEnd] = of === 'set' ? [pastZeros, pastSet] : [pastSet, pastZeros];
  for (let row = 0; row < rows; row++) {
    rowStart[row] = found;
    const last = (row + 1) * ni;
    for (let start = toRun(row * ni, last); start < last;) {
      const end = toEnd(start, last);
      if (found === starts.length) {
        starts = grown(starts);
        ends = grown(ends);
      }
      starts[found] = start;
      ends[found] = end;
      found++;
      start = toRun(end, last);
    }
  }
  rowStart[rows] = found;
  return { starts: starts.subarray(0, found), ends: ends.subarray(0, found), rowStart };
}

/** The components of the voxels that are zero where `of` says so, else of those that are not. */
export function labelRuns(
  mask: Uint8Array,
  size: Vec3,
  neighbours: Neighbours,
  of: 'set' | 'zero' = 'set',
): LabelledRuns {
  const [ni, nj, nk] = size;
  const { starts, ends, rowStart } = findRuns(mask, size, of);
  const found = starts.length;

  // A root is always the earliest run of its component, so that labels come in order of first voxel.
  const parents = new Int32Array(found);
  for (let run = 0; run < found; run++) parents[run] = run;
  const rootOf = (run: number): number => {
    let root = run;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  };
  const slack = neighbours === 26 ? 1 : 0;
  const join = (row: number, other: number): void => {
    const shift = (row - other) * ni;
    let b = rowStart[other]!;
    const endB = rowStart[other + 1]!;
    const endA = rowStart[row + 1]!;
    for (let a = rowStart[row]!; a < endA && b < endB;) {
      const aEnd = ends[a]! + slack;
      const bEnd = ends[b]! + shift;
      if (starts[a]! < bEnd + slack && starts[b]! + shift < aEnd) {
        const first = rootOf(a);
        const second = rootOf(b);
        if (first < second) parents[second] = first;
        else parents[first] = second;
      }
      if (ends[a]! < bEnd) a++;
      else b++;
    }
  };
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) {
      const row = j + nj * k;
      if (rowStart[row] === rowStart[row + 1]) continue;
      if (j > 0) join(row, row - 1);
      if (k === 0 || neighbours === 4) continue;
      join(row, row - nj);
      if (neighbours === 6) continue;
      if (j > 0) join(row, row - nj - 1);
      if (j < nj - 1) join(row, row - nj + 1);
    }

  const labels = new Int32Array(found);
  const counts = [0];
  for (let run = 0; run < found; run++) {
    const root = rootOf(run);
    if (root === run) {
      labels[run] = counts.length;
      counts.push(0);
    } else labels[run] = labels[root]!;
    counts[labels[run]!]! += ends[run]! - starts[run]!;
  }
  return { starts, ends, labels, counts };
}

export function connectedComponents(mask: Uint8Array, size: Vec3, neighbours: Neighbours = 26): Components {
  const runs = labelRuns(mask, size, neighbours);
  const labels = new Int32Array(mask.length);
  for (let run = 0; run < runs.labels.length; run++)
    labels.fill(runs.labels[run]!, runs.starts[run], runs.ends[run]);
  return { labels, counts: runs.counts };
}

/** 1 in the components for which `wanted` holds. */
export function keepComponents(
  { starts, ends, labels }: LabelledRuns,
  voxels: number,
  wanted: (label: number) => boolean,
): Uint8Array {
  const kept = new Uint8Array(voxels);
  for (let run = 0; run < labels.length; run++)
    if (wanted(labels[run]!)) kept.fill(1, starts[run], ends[run]);
  return kept;
}

/** The mask's largest component (the first of equals, 26 neighbours); an empty mask stays empty. */
export function largestComponent(mask: Uint8Array, size: Vec3, neighbours: Neighbours = 26): Uint8Array {
  const runs = labelRuns(mask, size, neighbours);
  let best = 0;
  runs.counts.forEach((count, label) => {
    if (label > 0 && count > (runs.counts[best] ?? 0)) best = label;
  });
  return keepComponents(runs, mask.length, (label) => label === best);
}

/** A borrow runs into the top bit of a byte that is 0. */
function holdsZeroByte(word: number): boolean {
  return ((word - 0x01010101) & ~word & 0x80808080) !== 0;
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * array.length);
  longer.set(array);
  return longer;
}
