/** What is written of a nodule that a user marks on a real CT. */
import { expect } from '@jest/globals';
import { readSegmentation } from '../../server/src/dicom/segmentation.ts';
import { readMeasurementReport } from '../../server/src/dicom/structuredReport.ts';
import { officialNodules } from '../../server/src/lidc/official.ts';
import { hostOf } from '../../server/src/services/imaging/hosts.ts';
import { markNodule } from '../../server/src/services/imaging/markNodule.ts';
import { lookAt } from '../support/annotationObjects.ts';
import { countingUids } from '../support/ctFiles.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { readPatient } from '../support/lidcPatient.ts';

const RATINGS = {
  ...{ subtlety: 5, internalStructure: 1, calcification: 6, sphericity: 3, margin: 2 },
  ...{ lobulation: 1, spiculation: 4, texture: 5, malignancy: 4 },
};
const AUTHOR = 'Anna Müller';

testWithLidc(
  ['LIDC-IDRI-0001'],
  'on a real CT the objects are no synthetic data, have no error, and another NoduleLab reads the same nodule from them',
  (dir) => {
    const { ct, nodules } = readPatient(dir);
    const [model] = nodules;
    const { nodule, segmentation, report } = markNodule(
      hostOf(ct),
      {
        ...{ seriesInstanceUID: ct.seriesInstanceUID, characteristics: RATINGS, author: AUTHOR },
        shape: {
          kind: 'outlines',
          outlines: model!.consensusContours.map((one) => ({
            ...one,
            points: one.points.map(([x, y, z]) => [x, y, z]),
          })),
        },
        ...{ markId: 'mark-of-the-test', trackingUid: '2.25.77', codeVersion: '0.0.0', replaces: null },
        ...{ now: new Date('2026-01-02T03:04:05Z'), seriesNumbers: new Set([3000566]) },
      },
      countingUids(5000),
    );
    const { errors, seen } = lookAt(segmentation.bytes, report.bytes);
    expect(errors).toEqual([]);
    const voxels = model!.mask.bits.reduce((sum, bit) => sum + bit, 0);
    if (seen)
      expect(seen).toMatchObject({
        voxels,
        synthetic: [null, null],
        patient: ['LIDC-IDRI-0001'],
        tracking: ['2.25.77'],
      });
    const read = officialNodules(
      {
        segmentations: [readSegmentation({ name: 'seg', bytes: segmentation.bytes })],
        reports: [readMeasurementReport({ name: 'sr', bytes: report.bytes })!],
      },
      ct,
    );
    expect(read.problems).toEqual([]);
    expect(read.nodules).toHaveLength(1);
    expect(read.nodules[0]).toMatchObject({ mask: model!.mask, characteristics: RATINGS });
    expect([nodule.diameterMm, nodule.centre]).toEqual([model!.diameterMm, [...model!.centre]]);
  },
);
