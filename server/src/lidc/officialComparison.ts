/** Where a series' nodules are known twice, from the XML and from the official SEG and SR: do they say the same? */
import type { BoxMask } from './boxMask.ts';
import { cropTo } from './boxMask.ts';
import type { LidcNodule, NoduleMark } from './nodules.ts';
import { CHARACTERISTICS } from './xml.ts';

/**
 * Pairs the annotations of both forms one to one, by id and then by how much of their voxels they share. Marks of the
 * XML in whose outline no voxel lies are passed over: a SEG cannot hold them.
 *
 * @returns a sentence for each difference; none where both forms agree
 */
export function compareForms(
  fromXml: readonly LidcNodule[],
  official: readonly LidcNodule[],
): readonly string[] {
  const differences: string[] = [];
  const free = new Map(placed(official).map((mark) => [mark.of, mark]));
  const groupOf = new Map<number, Set<number>>();
  for (const ours of placed(fromXml)) {
    const theirs = partnerOf(ours, [...free.values()]);
    if (theirs === undefined) {
      differences.push(`annotation ${ours.of.markId} of the XML is in no segmentation`);
      continue;
    }
    free.delete(theirs.of);
    groupOf.set(ours.nodule, (groupOf.get(ours.nodule) ?? new Set()).add(theirs.nodule));
    const voxels = differingVoxels(ours.mask, theirs.mask);
    if (voxels > 0)
      differences.push(
        `annotation ${ours.of.markId} differs in ${voxels} voxels between XML and segmentation`,
      );
    const ratings = differingRatings(ours.of, theirs.of);
    if (ratings !== undefined)
      differences.push(`annotation ${ours.of.markId} is rated otherwise: ${ratings}`);
  }
  for (const { of } of free.values())
    differences.push(
      `annotation ${of.markId} of the segmentations is not in the XML, or lies elsewhere there`,
    );
  const shared = [...groupOf.values()];
  const parts = shared.reduce((sum, groups) => sum + groups.size, 0);
  if (
    shared.some((groups) => groups.size > 1) ||
    new Set(shared.flatMap((groups) => [...groups])).size < parts
  )
    differences.push('the annotations are grouped into other nodules');
  return differences;
}

interface Placed {
  readonly nodule: number;
  readonly of: NoduleMark;
  readonly mask: BoxMask;
}

function placed(nodules: readonly LidcNodule[]): Placed[] {
  return nodules.flatMap(({ marks }, nodule) =>
    marks.flatMap((of) => (of.mask === undefined ? [] : [{ nodule, of, mask: of.mask }])),
  );
}

function partnerOf(mark: Placed, candidates: readonly Placed[]): Placed | undefined {
  const overlaps = candidates
    .filter(({ of }) => of.markId === mark.of.markId)
    .map((candidate) => ({ candidate, voxels: sharedVoxels(mark.mask, candidate.mask) }))
    .filter(({ voxels }) => voxels > 0);
  return overlaps.toSorted((a, b) => b.voxels - a.voxels)[0]?.candidate;
}

function sharedVoxels(a: BoxMask, b: BoxMask): number {
  const there = cropTo(b, a.box);
  return a.bits.reduce((sum, bit, at) => sum + (bit & (there[at] ?? 0)), 0);
}

function differingVoxels(a: BoxMask, b: BoxMask): number {
  return count(a) + count(b) - 2 * sharedVoxels(a, b);
}

function count({ bits }: BoxMask): number {
  return bits.reduce((sum, bit) => sum + bit, 0);
}

function differingRatings(a: NoduleMark, b: NoduleMark): string | undefined {
  if (a.characteristics === null || b.characteristics === null)
    return a.characteristics === b.characteristics
      ? undefined
      : `only in the ${a.characteristics === null ? 'report' : 'XML'}`;
  const [ours, theirs] = [a.characteristics, b.characteristics];
  const names = CHARACTERISTICS.filter((name) => ours[name] !== theirs[name]);
  return names.length === 0
    ? undefined
    : names.map((name) => `${name} ${ours[name]} in the XML, ${theirs[name]} in the report`).join(', ');
}
