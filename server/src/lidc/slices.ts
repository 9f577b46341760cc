/** The distance between slices as far as one file's outlines tell it, and the slices that a mark leaves out. */
import type { LidcMark, LidcPoint, LidcProblem } from './annotations.ts';

/** Positions closer than this are the same slice, written with fewer digits. */
const SAME_SLICE_MM = 0.1;
/** Slices are taken as missing where the next one is farther than this many slice distances. */
const GAP = 1.5;

/** Smallest distance in mm between two slices that anything was marked on; undefined where there are not two. */
export function smallestSliceStep(
  marks: readonly LidcMark[],
  points: readonly LidcPoint[] = [],
): number | undefined {
  const sorted = positions([...marks.flatMap(({ contours }) => contours), ...points]);
  let least = Infinity;
  sorted.forEach((z, at) => (least = Math.min(least, z - (sorted[at - 1] ?? -Infinity))));
  return Number.isFinite(least) ? least : undefined;
}

/** Marks with outlines on both sides of slices that have none. Such slices are not filled. */
export function missingSlices(marks: readonly LidcMark[], points: readonly LidcPoint[]): LidcProblem[] {
  const step = smallestSliceStep(marks, points);
  if (step === undefined) return [];
  return marks.flatMap(({ reader, markId, contours }) => {
    const sorted = positions(contours);
    return sorted.flatMap((z, at) => {
      const before = sorted[at - 1];
      if (before === undefined || z - before <= GAP * step) return [];
      const slices = Math.round((z - before) / step) - 1;
      return {
        where: `reader ${reader + 1}, nodule ${markId}`,
        message: `has no outline on ${slices} slice${slices === 1 ? '' : 's'} between z ${before} and ${z} mm; they are not filled`,
      };
    });
  });
}

/** Distinct z in mm, ascending. */
function positions(at: readonly { readonly z: number | undefined }[]): number[] {
  const sorted = at.flatMap(({ z }) => z ?? []).sort((a, b) => a - b);
  return sorted.filter((z, index) => z - (sorted[index - 1] ?? -Infinity) > SAME_SLICE_MM);
}
