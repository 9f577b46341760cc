/**
 * The lung of a CT after edits inside it: its border, airways and vessels are those of the original, but how much soft
 * tissue lies where is counted again around the changed voxels, so that the guard sees an inserted nodule and no longer
 * sees a removed one.
 */
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import { CONTENT, KINDS } from './lungContents.ts';
import { TISSUE_HU } from './hostMasks.ts';
import type { LungAnatomy } from './lungMask.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor, max, min, round } = Math;

/**
 * Runs `work` while the lung is that of the edited volume, and puts it back, whatever `work` does.
 *
 * @param lung of the original; changed in place meanwhile, so `work` must be done when it returns
 * @param edited the volume with the edits in it
 * @param boxes what the edits changed, host indices
 */
export function withEditedLung<T>(
  lung: LungAnatomy,
  edited: CtVolume,
  boxes: readonly IndexBox[],
  work: () => T,
): T {
  const undo: (() => void)[] = [];
  const keep = (array: Uint8Array | Uint16Array, from: number, to: number): void => {
    const before = array.slice(from, to);
    undo.push(() => array.set(before, from));
  };
  try {
    for (const box of boxes) recount(lung, edited, box, keep);
    return work();
  } finally {
    for (const step of undo.toReversed()) step();
  }
}

type Keep = (array: Uint8Array | Uint16Array, from: number, to: number) => void;

function recount(lung: LungAnatomy, edited: CtVolume, box: IndexBox, keep: Keep): void {
  const { depth, contents } = lung;
  const { tissue, tree, vessel } = contents.counts;
  const [nx, ny] = depth.size;
  const cells = cellsOf(depth, edited);
  const { factor, offset } = cells;
  const low = perAxis((axis) => max(0, floor((box.min[axis] - offset[axis]) / factor[axis])));
  const high = perAxis((axis) =>
    min(depth.size[axis], floor((box.max[axis] - 1 - offset[axis]) / factor[axis]) + 1),
  );
  if (low[0] >= high[0]) return;
  for (let k = low[2]; k < high[2]; k++)
    for (let j = low[1]; j < high[1]; j++) {
      const row = nx * (j + ny * k);
      for (const kind of [tissue, tree, vessel]) keep(kind, row + low[0], row + high[0]);
      for (const hostRow of hostRows(cells, edited.size, j, k))
        keep(lung.vessel, hostRow + low[0] * factor[0], hostRow + high[0] * factor[0]);
      for (let i = low[0]; i < high[0]; i++) {
        let [found, inVessel] = [0, 0];
        for (const hostRow of hostRows(cells, edited.size, j, k))
          for (let at = hostRow + i * factor[0]; at < hostRow + (i + 1) * factor[0]; at++) {
            if (lung.mask[at] === 0) continue;
            if (edited.data[at]! <= TISSUE_HU) lung.vessel[at] = 0;
            else {
              found++;
              inVessel += lung.vessel[at]!;
            }
          }
        tissue[row + i] = found;
        tree[row + i] = min(tree[row + i]!, found);
        vessel[row + i] = inVessel;
      }
      sumRow(contents, j + ny * k, keep);
    }
}

interface Cells {
  /** Host voxels in a cell along each axis. */
  readonly factor: Vec3;
  /** Host index of the first voxel of the first cell. */
  readonly offset: Vec3;
}

function cellsOf(depth: LungAnatomy['depth'], host: CtVolume): Cells {
  const factor = perAxis((axis) => round(depth.spacing[axis] / host.spacing[axis]));
  const first = worldToIndex(host, depth.origin);
  return { factor, offset: perAxis((axis) => round(first[axis] - (factor[axis] - 1) / 2)) };
}

/** Host index of the first column of each host row in a row of cells. */
function hostRows({ factor, offset }: Cells, size: Vec3, j: number, k: number): number[] {
  const rows: number[] = [];
  for (let kk = offset[2] + k * factor[2]; kk < offset[2] + (k + 1) * factor[2]; kk++)
    for (let jj = offset[1] + j * factor[1]; jj < offset[1] + (j + 1) * factor[1]; jj++)
      rows.push(offset[0] + size[0] * (jj + size[1] * kk));
  return rows;
}

/** The running sums of a row of cells. */
function sumRow({ size, counts, sums }: LungAnatomy['contents'], row: number, keep: Keep): void {
  const [length] = size;
  const start = KINDS * (length + 1) * row;
  keep(sums, start, start + KINDS * (length + 1));
  for (const kind of ['tissue', 'tree', 'vessel'] as const)
    for (let i = 0, at = start + CONTENT[kind]; i < length; i++, at += KINDS)
      sums[at + KINDS] = sums[at]! + counts[kind][i + length * row]!;
}

const perAxis = (of: (axis: 0 | 1 | 2) => number): Vec3 => [of(0), of(1), of(2)];
