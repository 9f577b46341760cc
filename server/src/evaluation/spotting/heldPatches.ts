/// <reference lib="esnext.float16" />
/**
 * The patches of a group in memory, as float16: half of what they would take, and both sides then carry the same
 * rounding, whatever their files hold. A spotter could otherwise tell float16 from float32 and know nothing of nodules.
 */
import { copyOriented } from '../../dataset/augmentation/orientation.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { PatchGroup } from '../patchGroup.ts';

export interface HeldPatches {
  readonly count: number;
  readonly size: number;
  /** Of each patch. */
  readonly clusters: readonly string[];
  /** Patch `index` in one of the cube's 48 orientations, written to `target` (size³). */
  copy(index: number, orientation: number, target: Float32Array): void;
}

/** Reads the patches `indices` of a group, one after the other. */
export async function holdPatches(
  group: PatchGroup,
  indices: ArrayLike<number>,
  onRead: () => void,
): Promise<HeldPatches> {
  const { size, items } = group;
  const voxels = size ** 3;
  const held: Float16Array[] = [];
  for (const index of Array.from(indices)) {
    const values = await group.patch(index);
    if (values.length !== voxels || values.some((value) => !Number.isFinite(value)))
      throw new NoduleLabError(
        'invalid-input',
        `Patch ${items[index]!.id} of ${group.name} does not hold ${size}×${size}×${size} numbers: take it out of the set.`,
        { group: group.name, id: items[index]!.id },
      );
    held.push(new Float16Array(values));
    onRead();
  }
  const wide = new Float32Array(voxels);
  return {
    count: held.length,
    size,
    clusters: Array.from(indices, (index) => items[index]!.cluster),
    copy(index, orientation, target) {
      wide.set(held[index]!);
      copyOriented(wide, size, orientation, target, 0);
    },
  };
}
