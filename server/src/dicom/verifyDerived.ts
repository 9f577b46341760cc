/** Proves, on files read back from where they were stored, that a derived series is what it must be. */
import { NoduleLabError } from '../volume/errors.ts';
import { readCtSeries, type CtSeries, type DicomFile } from './ctSeries.ts';
import { forEachChanged, requireBoxInside, type BoxChange } from './derivedCt.ts';
import { dataSetElements, openPart10 } from './part10.ts';
import { openSource } from './splice.ts';
import { huToStored, pixelWords, storedToHu } from './storedPixels.ts';

export interface DerivedVerification {
  readonly seriesInstanceUID: string;
  readonly slices: number;
  /** Voxels outside the boxes: each one's stored bits equal the source's. */
  readonly identicalVoxels: number;
  /** Voxels inside the boxes whose stored bits differ from the source's. */
  readonly changedVoxels: number;
}

function fail(series: string, what: string): never {
  throw new NoduleLabError(
    'upstream',
    `The derived series ${series} is not what was sent: ${what}. It must not be used; delete it and accept the nodule again.`,
    { seriesInstanceUID: series },
  );
}

function sameWords(a: Uint16Array, b: Uint16Array): boolean {
  return (
    Buffer.compare(
      Buffer.from(a.buffer, a.byteOffset, a.byteLength),
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    ) === 0
  );
}

const LAST_PATIENT_TAG = '0012FFFF';

/** Patient (0010,xxxx) and clinical trial / de-identification (0012,xxxx) elements as they are stored. */
function patientBytes(file: DicomFile): Buffer {
  const part10 = openPart10(file.bytes, file.name);
  // An implicit file must be rewritten to be compared; of an explicit one the first groups are looked at, where they lie.
  const { bytes, elements } = part10.explicit
    ? { bytes: part10.bytes, elements: dataSetElements(part10, LAST_PATIENT_TAG) }
    : openSource(file);
  return Buffer.concat(
    elements
      .filter(({ tag }) => (tag.startsWith('0010') || tag.startsWith('0012')) && !tag.endsWith('0000'))
      .map(({ start, end }) => bytes.subarray(start, end)),
  );
}

/**
 * @param readBack all files of the derived series, in any order, as the archive gives them
 * @param changes the boxes that were written; outside them every stored bit must equal the source's
 * @throws NoduleLabError 'upstream' with the first difference found
 */
export function verifyDerived(
  source: CtSeries,
  readBack: readonly DicomFile[],
  changes: readonly BoxChange[],
): DerivedVerification {
  for (const change of changes) requireBoxInside(source, change);
  const derived = readCtSeries(readBack);
  const series = derived.seriesInstanceUID;
  if (series === source.seriesInstanceUID) fail(series, 'it has the Series Instance UID of its source');
  if (derived.studyInstanceUID !== source.studyInstanceUID) fail(series, 'it is in another study');
  if (derived.frameOfReferenceUID !== source.frameOfReferenceUID)
    fail(series, 'it is in another frame of reference');
  if (!derived.syntheticData) fail(series, 'it is not marked as synthetic');
  if (derived.slices.length !== source.slices.length)
    fail(series, `it has ${derived.slices.length} slices instead of ${source.slices.length}`);
  const sourceUids = new Set(source.slices.map((slice) => slice.sopInstanceUID));
  const [columns, rows] = source.volume.size;
  let changedVoxels = 0;
  let identicalVoxels = 0;
  derived.slices.forEach((slice, k) => {
    const original = source.slices[k]!;
    if (sourceUids.has(slice.sopInstanceUID))
      fail(series, `slice ${k} has the SOP Instance UID of an original`);
    if (slice.imagePositionPatient.some((mm, axis) => mm !== original.imagePositionPatient[axis]))
      fail(series, `slice ${k} lies elsewhere than its source`);
    if (!patientBytes(slice).equals(patientBytes(original)))
      fail(series, `the patient module of slice ${k} was changed`);
    const before = pixelWords(original.bytes, original.pixelOffset, columns * rows);
    const after = pixelWords(slice.bytes, slice.pixelOffset, columns * rows);
    const expected = new Map<number, number>();
    for (const change of changes) forEachChanged(change, columns, k, (pixel, hu) => expected.set(pixel, hu));
    if (expected.size === 0 && sameWords(before, after)) {
      identicalVoxels += before.length;
      return;
    }
    for (let pixel = 0; pixel < before.length; pixel++) {
      const same = before[pixel] === after[pixel];
      if (!expected.has(pixel)) {
        if (!same)
          fail(series, `slice ${k} differs from its source outside the changed box (pixel ${pixel})`);
        identicalVoxels++;
      } else if (!same) changedVoxels++;
    }
    for (const [pixel, hu] of expected) {
      const format = original.pixelFormat;
      const got = derived.volume.data[pixel + columns * rows * k]!;
      const unchanged = source.volume.data[pixel + columns * rows * k]! === hu;
      if (got !== (unchanged ? hu : storedToHu(huToStored(hu, format), format)))
        fail(series, `slice ${k} has ${got} HU at pixel ${pixel} where ${hu} HU was written`);
    }
  });
  return { seriesInstanceUID: series, slices: derived.slices.length, identicalVoxels, changedVoxels };
}
