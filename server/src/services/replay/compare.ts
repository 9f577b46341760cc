/** Compares a series with its original and the edits that were made again. */
import { forEachChanged, type BoxChange } from '../../dicom/derivedCt.ts';
import { huToStored, storedToHu } from '../../dicom/storedPixels.ts';
import { breathe, type CtStack } from './ctStack.ts';

export interface Difference {
  readonly differingVoxels: number;
  /** 0 where none differs. */
  readonly maxAbsHu: number;
}

export interface Comparison extends Difference {
  readonly voxels: number;
  /** Within the box of each edit. */
  readonly edits: readonly Difference[];
}

/**
 * @param original the source of the edits
 * @param changes edits in their order, each made in what the ones before it left
 * @param written the series that holds them; as many slices, of the same size
 */
export async function compareAll(
  original: CtStack,
  changes: readonly BoxChange[],
  written: CtStack,
): Promise<Comparison> {
  const total = tally();
  const edits = changes.map(tally);
  for (let k = 0; k < original.slices.length; k++) {
    const expected = editedSlice(original, changes, k);
    const found = written.hu(k);
    for (let at = 0; at < expected.length; at++)
      if (expected[at] !== found[at]) total.add(expected[at]! - found[at]!);
    changes.forEach((change, edit) =>
      forEachChanged(change, original.columns, k, (pixel) => {
        if (expected[pixel] !== found[pixel]) edits[edit]!.add(expected[pixel]! - found[pixel]!);
      }),
    );
    await breathe();
  }
  return {
    ...total.difference(),
    voxels: original.slices.length * original.columns * original.rows,
    edits: edits.map((edit) => edit.difference()),
  };
}

/** Largest |ΔHU| between two ways of making edits in the same original. */
export function largestDifference(
  original: CtStack,
  one: readonly BoxChange[],
  other: readonly BoxChange[],
): number {
  const boxes = [...one, ...other].map(({ box }) => box);
  const most = tally();
  for (
    let k = Math.min(...boxes.map(({ min }) => min[2]));
    k < Math.max(...boxes.map(({ max }) => max[2]));
    k++
  ) {
    const a = editedSlice(original, one, k);
    const b = editedSlice(original, other, k);
    for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) most.add(a[at]! - b[at]!);
  }
  return most.difference().maxAbsHu;
}

/** HU of a slice with the edits in it, as they read once they are stored. */
function editedSlice(original: CtStack, changes: readonly BoxChange[], k: number): Int16Array {
  const before = original.hu(k);
  const { pixelFormat } = original.slices[k]!;
  const after = before.slice();
  const touched = new Set<number>();
  for (const change of changes)
    forEachChanged(change, original.columns, k, (pixel, hu) => {
      after[pixel] = hu;
      touched.add(pixel);
    });
  // A voxel that got its own value back keeps its stored bits.
  for (const pixel of touched)
    if (after[pixel] !== before[pixel])
      after[pixel] = storedToHu(huToStored(after[pixel]!, pixelFormat), pixelFormat);
  return after;
}

function tally(): { add(difference: number): void; difference(): Difference } {
  let differingVoxels = 0;
  let maxAbsHu = 0;
  return {
    add(difference) {
      differingVoxels++;
      maxAbsHu = Math.max(maxAbsHu, Math.abs(difference));
    },
    difference: () => ({ differingVoxels, maxAbsHu }),
  };
}
