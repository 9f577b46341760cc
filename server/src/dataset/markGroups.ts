/** The readers' marks of one series grouped into nodules in pixels of the series, without its CT. */
import type { Vec3 } from '../volume/ctVolume.ts';
import { consensusMask } from '../lidc/consensus.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import { noduleMask } from '../lidc/contourMask.ts';
import { groupMarks } from '../lidc/grouping.ts';
import type { LidcMark } from '../lidc/xml.ts';

/** The masks of a group of marks in pixels of its series; slice 0 lies at patient z `zMm`. */
export interface MarkGroup {
  readonly marks: readonly LidcMark[];
  readonly union: BoxMask;
  readonly consensus: BoxMask;
  readonly zMm: number;
}

/** @param spacing of the series, mm; contours without z are not used */
export function groupsOf(marks: readonly LidcMark[], spacing: Vec3): MarkGroup[] {
  const zMm = marks
    .flatMap(({ contours }) => contours.map(({ z }) => z ?? Infinity))
    .reduce((a, b) => Math.min(a, b), Infinity);
  const outlines = marks.map(({ contours }) =>
    Float64Array.from(
      contours.flatMap(({ points, z }) =>
        points.flatMap(([x, y]) => [x * spacing[0], y * spacing[1], z ?? Infinity]),
      ),
    ),
  );
  return groupMarks(outlines, spacing[2]).flatMap((group) => {
    const members = group.flatMap((index) => marks[index] ?? []);
    const masks = members.flatMap(({ reader, contours }) => {
      const mask = noduleMask(
        contours.flatMap(({ inclusion, points, z }) =>
          z === undefined ? [] : [{ inclusion, points, slice: Math.round((z - zMm) / spacing[2]) }],
        ),
      );
      return mask === undefined ? [] : [{ reader, mask }];
    });
    const consensus = consensusMask(masks);
    const union = consensusMask(masks, 0);
    return consensus === undefined || union === undefined ? [] : [{ marks: members, union, consensus, zMm }];
  });
}
