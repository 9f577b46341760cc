/** A patient of LIDC-IDRI as the archive delivers it: CT, annotation XML beside it, official SEG and SR. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/index.ts';
import type { DicomFile } from '../../server/src/dicom/ctSeries.ts';
import { lidcNodules, type LidcNodule } from '../../server/src/lidc/nodules.ts';
import { sliceFinder } from '../../server/src/lidc/sliceFinder.ts';
import { parseLidcXml } from '../../server/src/lidc/xml.ts';

export interface LidcPatient {
  readonly ct: CtSeries;
  /** From the XML. */
  readonly nodules: LidcNodule[];
  readonly segmentations: readonly DicomFile[];
  readonly reports: readonly DicomFile[];
}

export function readPatient(dir: string): LidcPatient {
  const names = (readdirSync(dir, { recursive: true }) as string[]).map((name) => join(dir, name));
  const read = (name: string): DicomFile => ({ name, bytes: new Uint8Array(readFileSync(name)) });
  for (const path of names.filter((name) => name.endsWith('.xml'))) {
    const annotations = parseLidcXml(readFileSync(path, 'utf8'), basename(path));
    if (annotations.kind !== 'ct') continue;
    const slices = names.filter((name) => name.endsWith('.dcm') && dirname(name) === dirname(path));
    const ct = readCtSeries(slices.map(read));
    const sops = ct.slices.map(({ sopInstanceUID }) => sopInstanceUID);
    const nodules = lidcNodules(annotations, {
      geometry: ct.volume,
      sliceThicknessMm: ct.sliceThickness,
      sliceIndexOf: sliceFinder(sops, ct.volume),
    });
    return {
      ct,
      nodules,
      segmentations: names.filter((name) => /Segmentation of .*\.dcm$/.test(name)).map(read),
      reports: names.filter((name) => /evaluations.*\.dcm$/.test(name)).map(read),
    };
  }
  throw new Error(`no CT annotations in ${dir}`);
}
