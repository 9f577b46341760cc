import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CtSeries } from '../../server/src/dicom/index.ts';
import type { LidcNodule } from '../../server/src/lidc/nodules.ts';
import { readLidcXml } from '../../server/src/lidc/xml.ts';
import { describeWithLidc, testWithLidc } from '../support/lidcData.ts';
import { readPatient } from '../support/lidcPatient.ts';

/** Mean HU over a nodule's mask. */
function meanHu(ct: CtSeries, { mask }: LidcNodule): number {
  const [ni, nj] = [mask.box.max[0] - mask.box.min[0], mask.box.max[1] - mask.box.min[1]];
  let [sum, count] = [0, 0];
  mask.bits.forEach((bit, at) => {
    if (!bit) return;
    const i = mask.box.min[0] + (at % ni);
    const j = mask.box.min[1] + (Math.floor(at / ni) % nj);
    const k = mask.box.min[2] + Math.floor(at / (ni * nj));
    sum += ct.volume.data[i + ct.volume.size[0] * (j + ct.volume.size[1] * k)] ?? 0;
    count++;
  });
  return sum / count;
}

describeWithLidc(['LIDC-IDRI-0001'], 'LIDC-IDRI-0001', (dir) => {
  test('has one nodule of four readers, rated 5, 5, 5, 4 for malignancy', () => {
    const { ct, nodules } = readPatient(dir);
    expect(
      nodules.map(({ readers, marks }) => [readers, marks.map((mark) => mark.characteristics?.malignancy)]),
    ).toEqual([[4, [5, 5, 5, 4]]]);
    const [nodule] = nodules;
    if (!nodule) throw new Error('expected a nodule');
    expect(nodule.characteristics?.malignancy).toBe(5);
    expect(nodule.diameterMm).toBeCloseTo(31.8, 1);
    expect(nodule.equivalentDiameterMm).toBeCloseTo(23.4, 1);
    // Voxel counts of the four official segmentations of this nodule.
    const counts = nodule.marks.map(({ mask }) => mask?.bits.reduce((sum, bit) => sum + bit, 0));
    expect(counts.toSorted()).toEqual([4613, 4955, 5498, 5905]);
    // It lies where soft tissue is, and every outline runs through its own slice.
    expect(meanHu(ct, nodule)).toBeGreaterThan(-100);
    for (const { contours } of nodule.marks)
      for (const { sopInstanceUID, points } of contours)
        expect(points[0]?.[2]).toBeCloseTo(
          ct.slices.find((slice) => slice.sopInstanceUID === sopInstanceUID)?.imagePositionPatient[2] ??
            Number.NaN,
          3,
        );
  });
});

describeWithLidc(['LIDC-IDRI-0006'], 'LIDC-IDRI-0006', (dir) => {
  test('has four nodules, of four, two, one and one readers, all denser than lung', () => {
    const { ct, nodules } = readPatient(dir);
    expect(nodules.map(({ readers }) => readers).toSorted()).toEqual([1, 1, 2, 4]);
    for (const nodule of nodules) expect(meanHu(ct, nodule)).toBeGreaterThan(-700);
  });
});

testWithLidc(
  ['tcia-lidc-xml'],
  'the whole archive of annotation files is read: 1,318 files, 283 of them of chest X-rays',
  (dir) => {
    const names = (readdirSync(dir, { recursive: true }) as string[]).filter((name) => name.endsWith('.xml'));
    const series = new Set<string>();
    let [xrays, marks, small, others] = [0, 0, 0, 0];
    for (const name of names) {
      const parsed = readLidcXml(readFileSync(join(dir, name)), name);
      if (parsed.kind === 'chest-xray') xrays++;
      else {
        series.add(parsed.seriesInstanceUID);
        marks += parsed.marks.length;
        small += parsed.smallNodules.length;
        others += parsed.nonNodules.length;
      }
    }
    expect([names.length, xrays, series.size]).toEqual([1318, 283, 1018]);
    // Counted apart with another XML reader.
    expect([marks, small, others]).toEqual([7032, 13330, 21787]);
  },
  180_000,
);
