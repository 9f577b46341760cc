/** LIDC nodules of a series as the contract shows them. */
import type { Characteristics, Contour, Nodule } from '@nodulelab/contract';
import type { LidcNodule, PatientContour } from '../../lidc/nodules.ts';

/** @param number display number within the series, from 1 */
export function wireNodule(nodule: LidcNodule, number: number): Nodule {
  return {
    id: nodule.id,
    seriesInstanceUID: nodule.seriesInstanceUID,
    studyInstanceUID: nodule.studyInstanceUID,
    number,
    readers: nodule.readers,
    centre: [...nodule.centre],
    diameterMm: nodule.diameterMm,
    consensus: rated(nodule.characteristics),
    marks: nodule.marks.map(({ reader, markId, characteristics, contours }) => ({
      reader,
      markId,
      characteristics: rated(characteristics),
      contours: wireContours(contours),
    })),
    consensusContours: wireContours(nodule.consensusContours),
    source: 'lidc',
    annotation: null,
  };
}

/** Outlines as the contract shows them. */
export const wireContours = (contours: readonly PatientContour[]): Contour[] =>
  contours.map(({ sopInstanceUID, inclusion, points }) => ({
    sopInstanceUID,
    inclusion,
    points: points.map(([x, y, z]) => [x, y, z]),
  }));

/** A reader who left a characteristic out (0 in the file) did not rate the nodule as the wire understands it. */
function rated(characteristics: LidcNodule['characteristics']): Characteristics | null {
  if (!characteristics || Object.values(characteristics).some((value) => value < 1)) return null;
  return { ...characteristics };
}
