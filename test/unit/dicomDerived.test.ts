import { describe, expect, test } from '@jest/globals';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/ctSeries.ts';
import { decodeHeader } from '../../server/src/dicom/dcmjsFacade.ts';
import { writeDerivedCt, type BoxChange, type DerivedCt } from '../../server/src/dicom/derivedCt.ts';
import { walkElements, walkItems } from '../../server/src/dicom/elementWalk.ts';
import { codeItem } from '../../server/src/dicom/provenance.ts';
import { openSource } from '../../server/src/dicom/splice.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { verifyDerived } from '../../server/src/dicom/verifyDerived.ts';
import { altered, countingUids, ctFiles, implicit, smallVolume, type CtFile } from '../support/ctFiles.ts';
import { anInsertEdit, aProvenance } from '../support/provenance.ts';

const PROVENANCE = aProvenance(anInsertEdit({ details: { note: 'Größe' } }));
const NOW = new Date('2026-03-04T05:06:07Z');
/** Voxels (2..3, 1..2, 1..2) get 100, 101, ... HU. */
const CHANGE: BoxChange = {
  box: { min: [2, 1, 1], max: [4, 3, 3] },
  hu: Int16Array.from({ length: 8 }, (_, i) => 100 + i),
};

const derive = (
  source: CtSeries,
  changes: readonly BoxChange[] = [CHANGE],
  provenance = PROVENANCE,
): DerivedCt => writeDerivedCt(source, changes, provenance, { now: NOW, newUid: countingUids(9000) });
const filesOf = (derived: DerivedCt): CtFile[] =>
  derived.instances.map(({ bytes }, k) => ({ name: `derived-${k}.dcm`, bytes }));
const headerOf = (file: CtFile) => decodeHeader(file.bytes, file.name);

/** Stored bytes of each element of a file. */
function stored(file: CtFile): Map<string, string> {
  const { bytes, elements } = openSource(file);
  return new Map(
    elements.map(({ tag, start, end }) => [tag, Buffer.from(bytes.subarray(start, end)).toString('latin1')]),
  );
}

describe('a derived series', () => {
  test('has the new voxels inside the box and the source everywhere else', () => {
    const source = readCtSeries(ctFiles());
    const { data } = readCtSeries(filesOf(derive(source))).volume;
    const expected = smallVolume().data.slice();
    let next = 100;
    for (const k of [1, 2])
      for (const j of [1, 2]) for (const i of [2, 3]) expected[i + 7 * (j + 5 * k)] = next++;
    expect(data).toEqual(expected);
  });

  test('keeps every element byte for byte but those that identify it and say how it was made', () => {
    const source = readCtSeries(ctFiles());
    const files = filesOf(derive(source));
    const changed = (k: number): string[] => {
      const before = stored(source.slices[k]!);
      const after = stored(files[k]!);
      return [...new Set([...before.keys(), ...after.keys()])]
        .filter((tag) => before.get(tag) !== after.get(tag))
        .sort();
    };
    const marks = [
      TAG.ImageType,
      TAG.InstanceCreationDate,
      TAG.InstanceCreationTime,
      TAG.SOPInstanceUID,
      TAG.SeriesDate,
      TAG.ContentDate,
      TAG.SeriesTime,
      TAG.ContentTime,
      TAG.SeriesDescription,
      TAG.DerivationDescription,
      TAG.SourceImageSequence,
      TAG.DerivationCodeSequence,
      TAG.ContributingEquipmentSequence,
      TAG.SeriesInstanceUID,
      TAG.SeriesNumber,
      '00750010',
      '00751001',
    ].sort();
    expect(changed(0)).toEqual(marks);
    expect(changed(1)).toEqual([...marks, TAG.PixelData].sort());
  });

  test('is marked as derived, synthetic and new, in the same study and frame of reference', () => {
    const source = readCtSeries(ctFiles());
    const derived = derive(source);
    const headers = filesOf(derived).map(headerOf);
    expect(new Set(headers.map((h) => h.text(TAG.SOPInstanceUID))).size).toBe(4);
    expect(derived).toMatchObject({
      studyInstanceUID: source.studyInstanceUID,
      frameOfReferenceUID: source.frameOfReferenceUID,
      seriesNumber: 301,
      seriesDescription: 'SYNTHETIC - Test series',
      changedVoxels: 8,
      clippedVoxels: 0,
    });
    expect(derived.seriesInstanceUID).not.toBe(source.seriesInstanceUID);
    headers.forEach((header, k) => {
      expect(header.text(TAG.SyntheticData)).toBe('YES');
      expect(header.texts(TAG.ImageType)).toEqual(['DERIVED', 'SECONDARY', 'AXIAL']);
      expect(header.text(TAG.SeriesInstanceUID)).toBe(derived.seriesInstanceUID);
      expect(header.text(TAG.SOPInstanceUID)).toBe(derived.instances[k]!.sopInstanceUID);
      expect(header.text(TAG.StudyInstanceUID)).toBe(source.studyInstanceUID);
      expect(header.text(TAG.FrameOfReferenceUID)).toBe(source.frameOfReferenceUID);
      expect(header.text(TAG.SeriesDate)).toBe('20260304');
      expect(header.text(TAG.ContentTime)).toBe('050607');
      expect(header.text(TAG.StudyDate)).toBe('20260102');
    });
  });

  test('says from which image, by what and how it was made', () => {
    const source = readCtSeries(ctFiles());
    const file = filesOf(derive(source))[2]!;
    const { bytes, elements } = openSource(file);
    const value = (tag: string): string => {
      const element = elements.find((e) => e.tag === tag)!;
      return Buffer.from(bytes.subarray(element.valueStart, element.valueEnd)).toString('latin1');
    };
    expect(value(TAG.DerivationDescription)).toContain('seed 42, candidate 2');
    expect(value(TAG.DerivationDescription)).toContain('ab'.repeat(32));
    expect(value(TAG.DerivationDescription)).toContain(
      'centre LPS (-118.40, -88.65, -296.25) mm, diameter 11.50 mm',
    );
    expect(value(TAG.SourceImageSequence)).toContain(source.slices[2]!.sopInstanceUID);
    expect(value(TAG.SourceImageSequence)).toContain('121322');
    expect(value(TAG.DerivationCodeSequence)).toContain('113077');
    expect(value(TAG.ContributingEquipmentSequence)).toContain('109100');
    expect(value(TAG.ContributingEquipmentSequence)).toContain('20260304050607+0000');
    expect(JSON.parse(value('00751001'))).toEqual(PROVENANCE);
  });

  test('says of each model what it inserted, and of NoduleLab alone what it did without one', () => {
    const other = anInsertEdit({ model: { name: 'malignant-64', sha256: 'ef'.repeat(32) } });
    const { model: _, ...edit } = anInsertEdit();
    const provenance = aProvenance(anInsertEdit(), other, anInsertEdit(), { ...edit, model: null });
    const header = headerOf(filesOf(derive(readCtSeries(ctFiles()), [CHANGE], provenance))[0]!);
    expect(header.text(TAG.DerivationDescription)).toMatch(
      /^4 synthetic lung nodules inserted by NoduleLab 0\.1\.0; for research only\. Model seed-64,/,
    );
    expect(
      header
        .items(TAG.ContributingEquipmentSequence)
        .map((item) => [item.text(TAG.ManufacturerModelName), item.text(TAG.ContributionDescription)]),
    ).toEqual([
      ['seed-64', `2 synthetic lung nodules inserted; model SHA-256 ${'ab'.repeat(32)}`],
      ['malignant-64', `1 synthetic lung nodule inserted; model SHA-256 ${'ef'.repeat(32)}`],
      ['NoduleLab', '1 synthetic lung nodule inserted'],
    ]);
  });

  test('keeps the description within 1,024 characters and the full parameters beside it', () => {
    const provenance = aProvenance(...Array.from({ length: 12 }, (_, seed) => anInsertEdit({ seed })));
    const file = filesOf(derive(readCtSeries(ctFiles()), [CHANGE], provenance))[0]!;
    const header = headerOf(file);
    const description = header.text(TAG.DerivationDescription)!;
    expect(description.length).toBeLessThanOrEqual(1024);
    expect(description).toContain('See private block NODULELAB');
    expect(stored(file).get('00751001')).toContain('"seed":11,');
  });

  test('is the same, byte for byte, from the same input', () => {
    expect(derive(readCtSeries(ctFiles()))).toEqual(derive(readCtSeries(ctFiles())));
  });

  test('of an Implicit VR source keeps its voxels and values in Explicit VR', () => {
    const source = readCtSeries(ctFiles().map(implicit));
    const files = filesOf(derive(source));
    const explicitSource = ctFiles();
    expect(readCtSeries(files).transferSyntaxUID).toBe('1.2.840.10008.1.2.1');
    for (const tag of [TAG.PatientName, TAG.StudyInstanceUID, TAG.PixelSpacing, TAG.Rows])
      expect(stored(files[0]!).get(tag)).toBe(stored(explicitSource[0]!).get(tag));
    expect(verifyDerived(source, files, [CHANGE]).changedVoxels).toBe(8);
  });

  test('leaves text in a foreign character set as it is, and adds only text that any set can hold', () => {
    const files = ctFiles().map((file) => {
      const bytes = file.bytes.slice();
      // The name in Latin-1 bytes that are not valid UTF-8.
      const name = Buffer.from(bytes).indexOf('Phantom^Small');
      bytes.set([0xc4, 0xd6, 0xdc, 0xdf], name);
      return { ...file, bytes };
    });
    const source = readCtSeries(files);
    const derived = filesOf(derive(source));
    expect(stored(derived[0]!).get(TAG.PatientName)).toBe(stored(source.slices[0]!).get(TAG.PatientName));
    expect(stored(derived[0]!).get(TAG.PatientName)).toContain('\xc4\xd6\xdc\xdf');
    expect(stored(derived[0]!).get(TAG.SpecificCharacterSet)).toContain('ISO_IR 100');
    expect(stored(derived[0]!).get('00751001')).toContain('Gr\\u00f6\\u00dfe');
    expect(source.patientName).toBe('ÄÖÜßtom^Small');
  });

  test('drops what is no longer true and keeps what still is', () => {
    const withExtras = ctFiles().map((file) =>
      altered(file, {
        [TAG.SmallestImagePixelValue]: { vr: 'SS', values: [-1000] },
        [TAG.LargestPixelValueInSeries]: { vr: 'SS', values: [900] },
        [TAG.DigitalSignaturesSequence]: { vr: 'SQ', values: [{ '04000005': { vr: 'US', values: [1] } }] },
        [TAG.MACParametersSequence]: { vr: 'SQ', values: [{ '04000005': { vr: 'US', values: [1] } }] },
        [TAG.SeriesDescriptionCodeSequence]: { vr: 'SQ', values: [codeItem('1', '99TEST', 'test')] },
        '00290010': { vr: 'LO', values: ['VENDOR'] },
        '00291001': { vr: 'OB', values: [new Uint8Array(70_000).fill(7)] },
      }),
    );
    const source = readCtSeries(withExtras);
    const [untouched, touched] = filesOf(derive(source)).map(stored);
    for (const file of [untouched!, touched!]) {
      for (const tag of [
        TAG.LargestPixelValueInSeries,
        TAG.DigitalSignaturesSequence,
        TAG.MACParametersSequence,
        TAG.SeriesDescriptionCodeSequence,
      ])
        expect(file.has(tag)).toBe(false);
      expect(file.get('00291001')).toBe(stored(withExtras[0]!).get('00291001'));
    }
    expect(untouched!.has(TAG.SmallestImagePixelValue)).toBe(true);
    expect(touched!.has(TAG.SmallestImagePixelValue)).toBe(false);
  });

  test('adds itself to the equipment that contributed before, and takes a private block that is free', () => {
    const files = ctFiles().map((file) =>
      altered(file, {
        [TAG.ContributingEquipmentSequence]: {
          vr: 'SQ',
          values: [{ [TAG.Manufacturer]: { vr: 'LO', values: ['ACME'] } }],
        },
        '00750010': { vr: 'LO', values: ['SOMEBODY'] },
      }),
    );
    const file = filesOf(derive(readCtSeries(files)))[0]!;
    const { bytes, elements } = openSource(file);
    const sequence = elements.find(({ tag }) => tag === TAG.ContributingEquipmentSequence)!;
    const items = walkItems(bytes, sequence, { explicit: true, name: 'x' }).map(({ start, end }) =>
      walkElements(bytes, { explicit: true, start, end, name: 'x' }).map(({ tag }) => tag),
    );
    expect(items).toHaveLength(2);
    expect(items[0]).toEqual([TAG.Manufacturer]);
    expect(items[1]).toContain(TAG.PurposeOfReferenceCodeSequence);
    expect(stored(file).get('00750010')).toContain('SOMEBODY');
    expect(stored(file).get('00750011')).toContain('NODULELAB');
    expect(stored(file).has('00751101')).toBe(true);
  });

  test('gives dates and times at the offset from UTC that the source declares', () => {
    const files = ctFiles().map((file) =>
      altered(file, { [TAG.TimezoneOffsetFromUTC]: { vr: 'SH', values: ['-0600'] } }),
    );
    const header = headerOf(filesOf(derive(readCtSeries(files)))[0]!);
    expect([header.text(TAG.SeriesDate), header.text(TAG.SeriesTime)]).toEqual(['20260303', '230607']);
  });
});

describe('stored values', () => {
  const ds = (value: number) => ({ vr: 'DS', values: [String(value)] });

  test('follow rescale slope and intercept of the slice', () => {
    const files = ctFiles().map((file) =>
      altered(file, { [TAG.RescaleSlope]: ds(0.5), [TAG.RescaleIntercept]: ds(-200) }),
    );
    const source = readCtSeries(files);
    const change: BoxChange = { box: { min: [0, 0, 0], max: [1, 1, 1] }, hu: Int16Array.of(-77) };
    const derived = filesOf(derive(source, [change]));
    expect(readCtSeries(derived).volume.data[0]).toBe(-77);
    expect(stored(derived[0]!).get(TAG.PixelData)!.slice(12, 14)).toBe(String.fromCharCode(246, 0));
  });

  test('are clipped to what the bits hold, and the clipping is counted', () => {
    const files = ctFiles().map((file) =>
      altered(file, {
        [TAG.BitsStored]: { vr: 'US', values: [12] },
        [TAG.HighBit]: { vr: 'US', values: [11] },
      }),
    );
    const source = readCtSeries(files);
    const change: BoxChange = { box: { min: [0, 0, 0], max: [2, 1, 1] }, hu: Int16Array.of(3000, -3000) };
    const derived = derive(source, [change]);
    expect(derived.clippedVoxels).toBe(2);
    expect([...readCtSeries(filesOf(derived)).volume.data.slice(0, 2)]).toEqual([2047, -2048]);
    expect(() => verifyDerived(source, filesOf(derived), [change])).not.toThrow();
  });

  test('of voxels that get the HU they have keep their bits', () => {
    const source = readCtSeries(ctFiles());
    const same: BoxChange = { box: { min: [0, 0, 0], max: [7, 5, 1] }, hu: source.volume.data.slice(0, 35) };
    const derived = derive(source, [same]);
    expect(derived.changedVoxels).toBe(0);
    expect(stored(filesOf(derived)[0]!).get(TAG.PixelData)).toBe(
      stored(source.slices[0]!).get(TAG.PixelData),
    );
  });

  test('cannot be written where the rescale is not invertible', () => {
    const files = ctFiles().map((file) => altered(file, { [TAG.RescaleSlope]: ds(1.7) }));
    expect(() => derive(readCtSeries(files))).toThrow(/slice-1\.dcm: with Rescale Slope 1\.7.*slope is 1/);
  });

  test('are not written over padding', () => {
    const pad = -1000 + 2 + 7 + 35;
    const files = ctFiles().map((file) =>
      altered(file, { [TAG.PixelPaddingValue]: { vr: 'SS', values: [pad] } }),
    );
    expect(() => derive(readCtSeries(files))).toThrow(/outside the scanned field of view/);
  });

  test.each([
    [
      'leaves the volume',
      { box: { min: [5, 0, 0], max: [8, 1, 1] }, hu: new Int16Array(3) },
      /not inside the 7 x 5 x 4 volume/,
    ],
    ['starts before it', { box: { min: [-1, 0, 0], max: [1, 1, 1] }, hu: new Int16Array(2) }, /not inside/],
    [
      'is not filled',
      { box: { min: [0, 0, 0], max: [2, 2, 1] }, hu: new Int16Array(3) },
      /4 voxels came with 3/,
    ],
  ] satisfies [string, BoxChange, RegExp][])('are refused for a box that %s', (_, change, message) => {
    expect(() => derive(readCtSeries(ctFiles()), [change])).toThrow(message);
  });
});

describe('verification on read-back', () => {
  const source = readCtSeries(ctFiles());
  const good = filesOf(derive(source));

  test('accepts what was written and counts every voxel', () => {
    expect(verifyDerived(source, [...good].reverse(), [CHANGE])).toEqual({
      seriesInstanceUID: derive(source).seriesInstanceUID,
      slices: 4,
      identicalVoxels: 7 * 5 * 4 - 8,
      changedVoxels: 8,
    });
  });

  const withPixel = (file: CtFile, pixel: number, low: number): CtFile => {
    const bytes = file.bytes.slice();
    bytes[bytes.length - 70 + 2 * pixel] = low;
    return { ...file, bytes };
  };
  test.each<[string, (files: CtFile[]) => CtFile[], RegExp]>([
    [
      'one bit outside the box',
      (f) => [f[0]!, withPixel(f[1]!, 0, 0xff), f[2]!, f[3]!],
      /slice 1 differs from its source outside/,
    ],
    [
      'another value inside the box',
      (f) => [f[0]!, withPixel(f[1]!, 9, 0x01), f[2]!, f[3]!],
      /slice 1 has 1 HU at pixel 9 where 100 HU/,
    ],
    ['a lost slice', (f) => f.slice(0, 3), /3 slices instead of 4/],
    ['the source itself', () => ctFiles(), /Series Instance UID of its source/],
    [
      'a lost mark',
      (f) => f.map((file) => altered(file, {}, [TAG.SyntheticData])),
      /not marked as synthetic/,
    ],
    [
      'another patient',
      (f) => [altered(f[0]!, { [TAG.PatientID]: { vr: 'LO', values: ['OTHER'] } }), ...f.slice(1)],
      /patient module of slice 0/,
    ],
    [
      'another study',
      (f) => f.map((file) => altered(file, { [TAG.StudyInstanceUID]: { vr: 'UI', values: ['2.25.5'] } })),
      /another study/,
    ],
    [
      'the UID of an original',
      (f) => [
        altered(f[0]!, { [TAG.SOPInstanceUID]: { vr: 'UI', values: [source.slices[0]!.sopInstanceUID] } }),
        ...f.slice(1),
      ],
      /SOP Instance UID of an original/,
    ],
  ])('notices %s', (_, tamper, message) => {
    expect(() => verifyDerived(source, tamper(good), [CHANGE])).toThrow(message);
  });
});
