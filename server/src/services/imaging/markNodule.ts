/** What a user drew → a nodule like an imported one, with the objects that are written of it. No archive in here. */
import type { CtSeries } from '../../dicom/ctSeries.ts';
import { writeAnnotation } from '../../dicom/annotationWriter.ts';
import type { BoxMask } from '../../lidc/boxMask.ts';
import { maskOfEllipsoid, maskOfOutlines, maskOfRuns } from '../../lidc/drawnMask.ts';
import { noduleOfMarks } from '../../lidc/nodules.ts';
import { ratingCodes } from '../../lidc/officialCodes.ts';
import { maskOutlines } from '../../lidc/officialOutlines.ts';
import { annotatedSeries } from '../importing/annotate.ts';
import { wireNodule } from '../importing/nodules.ts';
import { storedNodule } from '../storedNodule.ts';
import type { Host } from './hosts.ts';
import type { MarkedFiles, MarkWork } from './protocol.ts';
import { companion } from './writeObjects.ts';

/** @throws NoduleLabError `unusable` where nothing usable was drawn: see drawnMask.ts */
export function markNodule({ series }: Host, work: MarkWork, newUid: () => string): MarkedFiles {
  const { author, characteristics, codeVersion, markId, now, replaces, trackingUid } = work;
  const { seriesInstanceUID, studyInstanceUID, slices } = series;
  const sops = slices.map(({ sopInstanceUID }) => sopInstanceUID);
  const contours = maskOutlines(drawn(work.shape, series), sops);
  // The way of all nodules, so that what is kept and what is measured cannot differ from an imported one's.
  const nodule = noduleOfMarks(
    { name: `The nodule that ${author} marked`, seriesInstanceUID, studyInstanceUID },
    [{ reader: 0, markId, characteristics, contours }],
    annotatedSeries(series),
  );
  const objects = writeAnnotation(
    series,
    {
      box: nodule.mask.box,
      mask: nodule.mask.bits,
      longAxisMm: nodule.diameterMm,
      label: `Annotated nodule ${markId.slice(0, 8)}`,
      trackingUid,
      author,
      ratings: ratingCodes(characteristics),
      ...(replaces && { replaces }),
    },
    { now, newUid, codeVersion, seriesNumber: freeNumbers(series.seriesNumber, work.seriesNumbers) },
  );
  const segmentation = companion(objects.segmentation);
  const report = companion(objects.report);
  return {
    segmentation,
    report,
    nodule: {
      ...wireNodule(nodule, 1),
      source: 'annotated',
      annotation: {
        author,
        writtenAt: now.toISOString(),
        codeVersion,
        revision: (replaces?.revision ?? 0) + 1,
        segmentation: uidsOf(segmentation),
        report: uidsOf(report),
      },
    },
  };
}

const uidsOf = ({ seriesInstanceUID, sopInstanceUID }: MarkedFiles['report']) => ({
  seriesInstanceUID,
  sopInstanceUID,
});

function drawn(shape: MarkWork['shape'], series: CtSeries): BoxMask {
  switch (shape.kind) {
    case 'outlines':
      return maskOfOutlines(shape.outlines, annotatedSeries(series));
    case 'mask':
      return maskOfRuns(shape, series.volume);
    case 'ellipsoid':
      return maskOfEllipsoid(shape, series.volume);
    case 'kept':
      return storedNodule(shape.nodule, {
        ct: series.volume,
        sopInstanceUIDs: series.slices.map(({ sopInstanceUID }) => sopInstanceUID),
        ...(series.sliceThickness === undefined ? {} : { sliceThicknessMm: series.sliceThickness }),
      }).mask;
    default:
      return shape satisfies never;
  }
}

/** Two numbers in a row that the study has not, behind those of the CT. */
function freeNumbers(ct: number | undefined, taken: ReadonlySet<number>): number {
  let first = Math.max(1, (ct ?? 0) + 1);
  while (taken.has(first) || taken.has(first + 1)) first++;
  return first;
}
