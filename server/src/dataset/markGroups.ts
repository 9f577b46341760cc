/** The readers' marks of one series grouped into nodules in pixels of the series, without its CT. */
import type { Vec3 } from '../volume/ctVolume.ts';
import { consensusMask } from '../lidc/consensus.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import { noduleMask } from '../lidc/contourMask.ts';
import { groupMarks } from '../lidc/grouping.ts';
import type { LidcMark } from '../lidc/xml.ts';

/** A group of marks in pixels of its series; slice 0 lies at patient z `zMm`. Masks are made when they are asked for. */
export interface MarkGroup {
  readonly marks: readonly LidcMark[];
  readonly zMm: number;
  /** Patient z of its lowest and highest slice, mm. */
  readonly zRange: readonly [number, number];
  /** Undefined where no outline encloses a voxel. */
  readonly masks: () => { readonly union: BoxMask; readonly consensus: BoxMask } | undefined;
}

/** @param spacing of the series, mm; contours without z are not used */
export function groupsOf(marks: readonly LidcMark[], spacing: Vec3): MarkGroup[] {
  const zOf = (all: readonly LidcMark[]): number[] =>
    all.flatMap(({ contours }) => contours.flatMap(({ z }) => z ?? []));
  const zMm = zOf(marks).reduce((a, b) => Math.min(a, b), Infinity);
  const outlines = marks.map(({ contours }) =>
    Float64Array.from(
      contours.flatMap(({ points, z }) =>
        points.flatMap(([x, y]) => [x * spacing[0], y * spacing[1], z ?? Infinity]),
      ),
    ),
  );
  return groupMarks(outlines, spacing[2]).map((group): MarkGroup => {
    const members = group.flatMap((index) => marks[index] ?? []);
    const z = zOf(members);
    let made: ReturnType<typeof masksOf> | 'not yet' = 'not yet';
    return {
      marks: members,
      zMm,
      zRange: [z.reduce((a, b) => Math.min(a, b), Infinity), z.reduce((a, b) => Math.max(a, b), -Infinity)],
      masks: () => (made === 'not yet' ? (made = masksOf(members, zMm, spacing[2])) : made),
    };
  });
}

function masksOf(members: readonly LidcMark[], zMm: number, sliceMm: number): ReturnType<MarkGroup['masks']> {
  const masks = members.flatMap(({ reader, contours }) => {
    const mask = noduleMask(
      contours.flatMap(({ inclusion, points, z }) =>
        z === undefined ? [] : [{ inclusion, points, slice: Math.round((z - zMm) / sliceMm) }],
      ),
    );
    return mask === undefined ? [] : [{ reader, mask }];
  });
  const consensus = consensusMask(masks);
  const union = consensusMask(masks, 0);
  return consensus === undefined || union === undefined ? undefined : { consensus, union };
}
