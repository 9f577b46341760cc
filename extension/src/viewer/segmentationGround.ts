/**
 * A segmentation that names several series lies on the first of them, as NoduleLab's own did that were written when they
 * still named their source too. OHIF 3.13 lays it on whichever of them it knew first, where its segments come out empty.
 */
import type { DisplaySetService } from '../ohif.ts';

/** Lays the listed segmentations on the series that they name first; one whose series is not listed yet is left as it is. */
export function layOnFirstSeries(displaySets: DisplaySetService): void {
  for (const segmentation of displaySets.getActiveDisplaySets()) {
    const { Modality, referencedSeriesInstanceUID, referencedDisplaySetInstanceUID } = segmentation;
    if (Modality !== 'SEG' || !referencedSeriesInstanceUID || !referencedDisplaySetInstanceUID) continue;
    const taken = displaySets.getDisplaySetByUID(referencedDisplaySetInstanceUID);
    if (taken?.SeriesInstanceUID === referencedSeriesInstanceUID) continue;
    const first = displaySets.getDisplaySetsForSeries(referencedSeriesInstanceUID)?.[0];
    if (first) segmentation.referencedDisplaySetInstanceUID = first.displaySetInstanceUID;
  }
}
