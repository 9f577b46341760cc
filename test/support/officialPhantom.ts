/** A phantom's nodules in the official form: a SEG and an SR for each mark of its annotation XML. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Code } from '../../server/src/dicom/contentTree.ts';
import { readCtSeries, type CtSeries, type DicomFile } from '../../server/src/dicom/ctSeries.ts';
import { boxSize, cropTo, type BoxMask } from '../../server/src/lidc/boxMask.ts';
import { lidcNodules, type LidcNodule, type NoduleMark } from '../../server/src/lidc/nodules.ts';
import { sliceFinder } from '../../server/src/lidc/sliceFinder.ts';
import { parseLidcXml, type Characteristics } from '../../server/src/lidc/xml.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { EVALUATIONS, reportFile, segFile } from './segFile.ts';

/** CT and nodules of a folder with slices and `annotations.xml`. */
export function readPhantom(dir: string): { ct: CtSeries; nodules: LidcNodule[] } {
  const slices = readdirSync(dir).filter((name) => name.endsWith('.dcm'));
  const ct = readCtSeries(
    slices.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(dir, name))) })),
  );
  const annotations = parseLidcXml(readFileSync(join(dir, 'annotations.xml'), 'utf8'), 'annotations.xml');
  if (annotations.kind !== 'ct') throw new Error('expected annotations of a CT');
  const sops = ct.slices.map(({ sopInstanceUID }) => sopInstanceUID);
  const nodules = lidcNodules(annotations, {
    geometry: ct.volume,
    sliceThicknessMm: ct.sliceThickness,
    sliceIndexOf: sliceFinder(sops, ct.volume),
  });
  return { ct, nodules };
}

/** Writes `1-seg.dcm`, `1-sr.dcm`, … into a new folder; marks without voxels have none. */
export function writeOfficial(dir: string, { ct, nodules }: ReturnType<typeof readPhantom>): number {
  mkdirSync(dir);
  let number = 0;
  for (const [at, nodule] of nodules.entries())
    for (const mark of nodule.marks) {
      if (mark.mask === undefined) continue;
      number++;
      const [seg, report] = objectsOf(ct, mark, mark.mask, at + 1, number);
      writeFileSync(join(dir, `${number}-seg.dcm`), seg.bytes);
      writeFileSync(join(dir, `${number}-sr.dcm`), report.bytes);
    }
  return number;
}

function objectsOf(
  ct: CtSeries,
  mark: NoduleMark,
  mask: BoxMask,
  nodule: number,
  number: number,
): [seg: DicomFile, report: DicomFile] {
  const [columns, rows] = ct.volume.size;
  const [, , depth] = boxSize(mask.box);
  const sopInstanceUID = `${ct.seriesInstanceUID}.6.${number}`;
  const common = { studyInstanceUID: ct.studyInstanceUID, patientId: ct.patientId };
  const seg = segFile({
    ...common,
    sopInstanceUID,
    seriesNumber: number,
    frameOfReferenceUID: ct.frameOfReferenceUID,
    referencedSeries: ct.seriesInstanceUID,
    rows,
    columns,
    pixelSpacing: [ct.volume.spacing[1], ct.volume.spacing[0]],
    segments: [
      {
        number: 1,
        label: `Nodule ${nodule} - Annotation ${mark.markId}`,
        trackingId: `Nodule ${nodule}`,
        trackingUid: `1.2.826.8.${nodule}`,
      },
    ],
    frames: Array.from({ length: depth }, (_, at) => {
      const k = mask.box.min[2] + at;
      return {
        segment: 1,
        position: indexToWorld(ct.volume, [0, 0, k]),
        source: ct.slices[k]?.sopInstanceUID ?? '',
        bits: cropTo(mask, { min: [0, 0, k], max: [columns, rows, k + 1] }),
      };
    }),
  });
  const report = reportFile({
    ...common,
    sopInstanceUID: `${ct.seriesInstanceUID}.7.${number}`,
    segment: { sopInstanceUID, number: 1 },
    sourceSeries: ct.seriesInstanceUID,
    evaluations: evaluationsOf(mark.characteristics),
  });
  return [seg, report];
}

/** Phantoms are of soft tissue and without calcification; the rest has codes that all characteristics share. */
function evaluationsOf(ratings: Characteristics | null): typeof EVALUATIONS {
  const order = Object.values(ratings ?? {});
  return EVALUATIONS.slice(0, order.length).map(({ concept, value }, at) => {
    const rating = order[at] ?? 0;
    const named = at === 1 || at === 2;
    if (named && rating !== (at === 1 ? 1 : 6)) throw new Error('expected soft tissue without calcification');
    const shared: Code = { value: `00${rating}`, scheme: '99LIDCQIICR', meaning: `${rating} out of 5` };
    return { concept, value: named ? value : shared };
  });
}
