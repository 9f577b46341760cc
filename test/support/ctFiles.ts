/** Small CT series as DICOM files, with whatever a test wants to be different in them. */
import type { NewDataSet } from '../../server/src/dicom/dcmjsFacade.ts';
import { walkElements } from '../../server/src/dicom/elementWalk.ts';
import { writeCtSeries, type CtAttributes } from '../../server/src/dicom/originalCt.ts';
import { dataSetElements, openPart10 } from '../../server/src/dicom/part10.ts';
import { openSource, spliceDataSet } from '../../server/src/dicom/splice.ts';
import { SOP_CLASS, TAG } from '../../server/src/dicom/tags.ts';
import { makeUidGenerator } from '../../server/src/dicom/uid.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';

export interface CtFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Unique identifiers that are the same in each run. */
export function countingUids(start = 1): () => string {
  let next = start;
  return makeUidGenerator((count) => {
    const bytes = new Uint8Array(count);
    new DataView(bytes.buffer).setUint32(count - 4, next++);
    return bytes;
  });
}

export const ATTRIBUTES: CtAttributes = {
  patientId: 'TEST-1',
  patientName: 'Phantom^Small',
  studyDescription: 'Test study',
  seriesDescription: 'Test series',
  seriesNumber: 3,
  manufacturer: 'NoduleLab',
  manufacturerModelName: 'test phantom',
  softwareVersions: '1',
  convolutionKernel: 'STANDARD',
  kvp: 120,
};

/** Every voxel has its own HU, so that a swapped axis cannot go unseen. */
export function smallVolume(size: Vec3 = [7, 5, 4], spacing: Vec3 = [0.7, 0.8, 2.5]): CtVolume {
  const data = Int16Array.from({ length: size[0] * size[1] * size[2] }, (_, index) => index - 1000);
  return {
    size,
    spacing,
    origin: [-120.5, -90.25, -300],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    data,
  };
}

/** The files of a volume, in k order. */
export function ctFiles(
  volume: CtVolume = smallVolume(),
  attributes: Partial<CtAttributes> = {},
  uidStart = 1,
): CtFile[] {
  const written = writeCtSeries(
    volume,
    { ...ATTRIBUTES, ...attributes },
    { now: new Date('2026-01-02T03:04:05Z'), newUid: countingUids(uidStart) },
  );
  return written.instances.map(({ bytes }, k) => ({ name: `slice-${k}.dcm`, bytes }));
}

/** The same file with some elements replaced or dropped. */
export function altered(file: CtFile, replace: NewDataSet, drop: readonly string[] = []): CtFile {
  const source = openSource(file);
  const uid = source.elements.find(({ tag }) => tag === TAG.SOPInstanceUID)!;
  const text = Buffer.from(source.bytes.subarray(uid.valueStart, uid.valueEnd))
    .toString('latin1')
    .replace(/\0$/, '');
  return {
    name: file.name,
    bytes: spliceDataSet(source, {
      replace: {
        [TAG.SOPClassUID]: { vr: 'UI', values: [SOP_CLASS.ctImage] },
        [TAG.SOPInstanceUID]: { vr: 'UI', values: [text] },
        ...replace,
      },
      drop: new Set(drop),
      append: new Set(),
    }),
  };
}

/** The same file with another transfer syntax named in its meta information; the data set is left as it is. */
export function relabelled(file: CtFile, transferSyntaxUID: string): CtFile {
  const meta = walkElements(file.bytes, {
    explicit: true,
    start: 132,
    end: file.bytes.length,
    lastTag: '0002FFFF',
    name: file.name,
  });
  const syntax = meta.find(({ tag }) => tag === TAG.TransferSyntaxUID)!;
  const value = Buffer.from(
    transferSyntaxUID.padEnd(transferSyntaxUID.length + (transferSyntaxUID.length % 2), '\0'),
  );
  const header = Buffer.from(file.bytes.subarray(syntax.start, syntax.valueStart));
  header.writeUInt16LE(value.length, 6);
  const parts = [file.bytes.subarray(0, syntax.start), header, value, file.bytes.subarray(syntax.end)];
  const bytes = new Uint8Array(Buffer.concat(parts));
  // Group length of the meta information: the first element, value at byte 140.
  const view = new DataView(bytes.buffer);
  view.setUint32(140, view.getUint32(140, true) + value.length - (syntax.valueEnd - syntax.valueStart), true);
  return { name: file.name, bytes };
}

/** The same file in Implicit VR Little Endian (files with sequences are not handled). */
export function implicit(file: CtFile): CtFile {
  const part10 = openPart10(file.bytes, file.name);
  const parts = dataSetElements(part10).flatMap((element) => {
    const value = file.bytes.subarray(element.valueStart, element.valueEnd);
    const header = Buffer.from(file.bytes.slice(element.start, element.start + 8));
    header.writeUInt32LE(value.length, 4);
    return [header, value];
  });
  const bytes = new Uint8Array(Buffer.concat([file.bytes.subarray(0, part10.dataSetStart), ...parts]));
  return relabelled({ name: file.name, bytes }, '1.2.840.10008.1.2');
}
