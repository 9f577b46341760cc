/** Damaged segmentations and reports: a clear error, or nodules that lie in the CT; no crash, no hang. */
import { expect, test } from '@jest/globals';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { readSegmentation } from '../../server/src/dicom/segmentation.ts';
import { readMeasurementReport } from '../../server/src/dicom/structuredReport.ts';
import { officialNodules } from '../../server/src/lidc/official.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import { ctFiles, smallVolume } from '../support/ctFiles.ts';
import { mutated, randomOf } from '../support/mutations.ts';
import { EVALUATIONS, reportFile, segFile } from '../support/segFile.ts';

const ROUNDS = 2_000;
const [COLUMNS, ROWS] = [12, 10];
const ct = readCtSeries(ctFiles(smallVolume([COLUMNS, ROWS, 6])));
const seg = segFile({
  sopInstanceUID: '1.2.826.9.1',
  frameOfReferenceUID: ct.frameOfReferenceUID,
  referencedSeries: ct.seriesInstanceUID,
  rows: ROWS,
  columns: COLUMNS,
  pixelSpacing: [ct.volume.spacing[1], ct.volume.spacing[0]],
  segments: [{ number: 1, label: 'Nodule 1 - Annotation 0', trackingUid: '1.2.826.8.1' }],
  frames: [2, 3].map((k) => ({
    segment: 1,
    position: indexToWorld(ct.volume, [0, 0, k]),
    source: ct.slices[k]?.sopInstanceUID ?? '',
    bits: Uint8Array.from({ length: COLUMNS * ROWS }, (_, at) => Number([53, 54, 65, 66].includes(at))),
  })),
});
const report = reportFile({
  sopInstanceUID: '1.2.826.7.1',
  segment: { sopInstanceUID: '1.2.826.9.1', number: 1 },
  evaluations: EVALUATIONS,
});
/** The result, or undefined where the file was refused as it should be. */
function attempt<T>(name: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NoduleLabError)) throw error;
    expect(error.message).toContain(name);
    return undefined;
  }
}

test(`${ROUNDS} damaged segmentations and as many reports are refused by name or give nodules inside the CT`, () => {
  const whole = officialNodules(
    { segmentations: [readSegmentation(seg)], reports: [readMeasurementReport(report)!] },
    ct,
  );
  expect(whole).toMatchObject({
    nodules: [{ readers: 1, characteristics: { malignancy: 4 } }],
    problems: [],
  });
  const outcomes = { refused: 0, used: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const random = randomOf(round);
    const name = `round-${round}.dcm`;
    const segmentation = attempt(name, () => readSegmentation({ name, bytes: mutated(seg.bytes, random) }));
    const rating = attempt(name, () => readMeasurementReport({ name, bytes: mutated(report.bytes, random) }));
    outcomes[segmentation ? 'used' : 'refused']++;
    outcomes[rating ? 'used' : 'refused']++;
    const { nodules } = officialNodules(
      {
        segmentations: [segmentation ?? readSegmentation(seg)],
        reports: rating ? [rating] : [],
      },
      ct,
    );
    for (const { mask, characteristics } of nodules) {
      expect(mask.box.min.every((low) => low >= 0)).toBe(true);
      expect(mask.box.max.every((high, axis) => high <= (ct.volume.size[axis] ?? 0))).toBe(true);
      const ratings = Object.values(characteristics ?? {});
      expect(ratings.every((value) => value >= 1 && value <= 6)).toBe(true);
    }
  }
  // The damage was neither always fatal nor always harmless.
  expect(Math.min(outcomes.refused, outcomes.used)).toBeGreaterThan(ROUNDS / 10);
}, 120_000);
