/** Lengths in mm that stand in where the CT is absent: the annotation XML has patient z, but no spacing. */
import type { LidcAnnotations } from './annotations.ts';
import { smallestSliceStep } from './slices.ts';

/**
 * Median distance between pixels of the 417 CTs whose cut-outs are published (0.461 to 0.949 mm). From 0.5 to 0.9 mm the
 * number of nodules in the archive changes by two (docs/lidc.md, "Counts").
 */
export const PIXEL_SURROGATE_MM = 0.703125;
/** The most frequent slice distance; for the few series in which no mark spans two neighbouring slices. */
const SLICE_SURROGATE_MM = 2.5;
/** LIDC's CTs have slices 0.45 to 5 mm apart: a longer step between outlines skips slices. */
const LONGEST_STEP_MM = 5;

export interface SliceSurrogate {
  readonly mm: number;
  readonly from: 'outlines' | 'constant';
}

/**
 * Stands in for the slice thickness, which is the first tolerance of the grouping: the smallest distance between slices
 * that anything was marked on.
 */
export function sliceSurrogate({
  marks,
  smallNodules,
  nonNodules,
}: Pick<LidcAnnotations, 'marks' | 'smallNodules' | 'nonNodules'>): SliceSurrogate {
  const step = smallestSliceStep(marks, [...smallNodules, ...nonNodules]);
  return step !== undefined && step <= LONGEST_STEP_MM
    ? { mm: step, from: 'outlines' }
    : { mm: SLICE_SURROGATE_MM, from: 'constant' };
}
