/** Patches of a set on disk as a group of an evaluation. */
import { createHash } from 'node:crypto';
import type { PatchEntry } from '../../dataset/manifest.ts';
import type { PatchFile } from '../../dataset/patchFile.ts';
import { readPatch } from '../../dataset/patchSource.ts';
import type { GroupItem, PatchGroup } from '../../evaluation/patchGroup.ts';

/**
 * @param indexes of the patches in the file, in the order of the group
 * @returns a group whose patches throw NoduleLabError `invalid-input`, with the patch's id, where one holds NaN
 */
export function groupOf(file: PatchFile, name: string, indexes: readonly number[]): PatchGroup {
  const { manifest, size, sha256 } = file;
  return {
    name,
    count: indexes.length,
    size,
    sha256: createHash('sha256').update(`${sha256}\n${indexes.join()}`).digest('hex'),
    items: indexes.map((index) => itemOf(manifest.patches[index]!)),
    patch: (at) => readPatch(file, indexes[at]!),
  };
}

const itemOf = (entry: PatchEntry): GroupItem => ({
  id: entry.id,
  cluster: entry.origin === 'real' ? entry.patientId : entry.id,
  spacingMm: entry.spacingMm,
  diameterMm: entry.diameterMm,
  characteristics: entry.origin === 'real' ? entry.characteristics : null,
  conditions: entry.origin === 'synthetic' ? entry.conditions : {},
});

/** Some patches of a group, as a group. */
export function partOf(group: PatchGroup, name: string, indexes: ArrayLike<number>): PatchGroup {
  const chosen = Array.from(indexes);
  return {
    ...group,
    name,
    count: chosen.length,
    sha256: createHash('sha256').update(`${group.sha256}\n${chosen.join()}`).digest('hex'),
    items: chosen.map((index) => group.items[index]!),
    patch: (at) => group.patch(chosen[at]!),
  };
}
