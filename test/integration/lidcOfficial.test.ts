/** The official DICOM form of four real patients against their XML: two roads to the same nodules. */
import { expect } from '@jest/globals';
import { readSegmentation } from '../../server/src/dicom/segmentation.ts';
import { readMeasurementReport } from '../../server/src/dicom/structuredReport.ts';
import type { BoxMask } from '../../server/src/lidc/boxMask.ts';
import { compareForms } from '../../server/src/lidc/officialComparison.ts';
import { officialNodules } from '../../server/src/lidc/official.ts';
import type { LidcNodule, NoduleMark } from '../../server/src/lidc/nodules.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { readPatient } from '../support/lidcPatient.ts';

const PATIENTS = ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'] as const;

/** Marks of all nodules; a reader's id of a mark is unique in a scan only together with its place. */
function marksOf(nodules: readonly LidcNodule[]): NoduleMark[] {
  return nodules.flatMap(({ marks }) => marks);
}

function sameMask(a: BoxMask | undefined, b: BoxMask | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    JSON.stringify(a.box) === JSON.stringify(b.box) &&
    Buffer.compare(a.bits, b.bits) === 0
  );
}

testWithLidc(
  PATIENTS,
  'all 29 annotations of four patients have the same voxels and ratings in the official SEG and SR as in the XML',
  (...dirs) => {
    let pairs = 0;
    const voxels: number[] = [];
    for (const dir of dirs) {
      const { ct, nodules, segmentations, reports } = readPatient(dir);
      const official = officialNodules(
        {
          segmentations: segmentations.map(readSegmentation),
          reports: reports.map((file) => readMeasurementReport(file)!),
        },
        ct,
      );
      expect(official.problems).toEqual([]);
      const ours = marksOf(nodules);
      const theirs = marksOf(official.nodules);
      expect(theirs).toHaveLength(ours.length);
      // One to one: by the annotation's id and its very voxels.
      const free = new Set(theirs);
      for (const mark of ours) {
        const found = [...free].filter(
          (other) => other.markId === mark.markId && sameMask(mark.mask, other.mask),
        );
        expect(found).toHaveLength(1);
        expect(found[0]?.characteristics).toEqual(mark.characteristics);
        free.delete(found[0]!);
        voxels.push(mark.mask?.bits.reduce((sum, bit) => sum + bit, 0) ?? 0);
        pairs++;
      }
      // The nodules are the same groups of marks, with the same consensus and medians.
      const essence = (nodule: LidcNodule) => ({
        marks: nodule.marks.map(({ markId }) => markId).toSorted(),
        mask: nodule.mask,
        maskOf: nodule.maskOf,
        characteristics: nodule.characteristics,
        diameterMm: nodule.diameterMm,
      });
      expect(official.nodules.map(essence)).toEqual(nodules.map(essence));
      expect(compareForms(nodules, official.nodules)).toEqual([]);
    }
    expect(pairs).toBe(29);
    expect(voxels.every((count) => count > 0)).toBe(true);
  },
  120_000,
);
