/// <reference lib="esnext.float16" />
/**
 * The patches of a group as spotters read them, in memory (0.75 MB each at 64³). Both sides are rounded to float16 first,
 * whatever their files hold: a spotter could otherwise tell float16 from float32 and know nothing of nodules.
 */
import { NoduleLabError } from '../../volume/errors.ts';
import type { PatchGroup } from '../patchGroup.ts';
import type { BlockReader, BlockReadings } from './blocks.ts';

export interface HeldPatches {
  readonly readings: readonly BlockReadings[];
  /** One name a patch. */
  readonly clusters: readonly string[];
}

/** Reads the patches `indices` of a group, one after the other. */
export async function holdPatches(
  group: PatchGroup,
  indices: Uint32Array,
  reader: BlockReader,
  onRead: () => void,
): Promise<HeldPatches> {
  const { size, items } = group;
  const readings: BlockReadings[] = [];
  for (const index of indices) {
    const values = await group.patch(index);
    if (values.length !== size ** 3 || values.some((value) => value - value !== 0))
      throw new NoduleLabError(
        'invalid-input',
        `Patch ${items[index]!.id} of ${group.name} does not hold ${size}×${size}×${size} numbers: take it out of the set.`,
        { group: group.name, id: items[index]!.id },
      );
    readings.push(reader.read(new Float32Array(new Float16Array(values))));
    onRead();
  }
  return { readings, clusters: Array.from(indices, (index) => items[index]!.cluster) };
}
