import { describe, expect, test } from '@jest/globals';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { readDicomHeader } from '../../server/src/dicom/header.ts';
import { isDicom } from '../../server/src/dicom/sniff.ts';
import { PADDING_HU } from '../../server/src/dicom/storedPixels.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { makeUidGenerator } from '../../server/src/dicom/uid.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import { altered, ctFiles, implicit, relabelled, smallVolume, type CtFile } from '../support/ctFiles.ts';

function failure(run: () => unknown): NoduleLabError {
  try {
    run();
  } catch (error) {
    if (error instanceof NoduleLabError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const ds = (...values: number[]) => ({ vr: 'DS', values: values.map(String) });

describe('a CT series that was written is read back', () => {
  test('with the same voxels, geometry and identity, whatever the order of the files', () => {
    const volume = smallVolume();
    const files = ctFiles(volume);
    const series = readCtSeries([files[2]!, files[0]!, files[3]!, files[1]!]);
    expect(series.volume).toEqual(volume);
    expect(series.slices.map((slice) => slice.name)).toEqual(files.map((file) => file.name));
    expect(series).toMatchObject({
      patientId: 'TEST-1',
      seriesNumber: 3,
      seriesDescription: 'Test series',
      patientIdentityRemoved: true,
      syntheticData: true,
      manufacturer: 'NoduleLab',
      convolutionKernel: 'STANDARD',
      sliceThickness: 2.5,
      transferSyntaxUID: '1.2.840.10008.1.2.1',
    });
  });

  test('from an oblique stack', () => {
    const c = Math.cos(0.3);
    const s = Math.sin(0.3);
    const volume = {
      ...smallVolume(),
      direction: [
        [c, s, 0],
        [-s, c, 0],
        [0, 0, 1],
      ] as const,
    };
    const read = readCtSeries(ctFiles(volume)).volume;
    expect(read.data).toEqual(volume.data);
    read.direction.flat().forEach((value, i) => expect(value).toBeCloseTo(volume.direction.flat()[i]!, 10));
  });

  test('from Implicit VR Little Endian', () => {
    const series = readCtSeries(ctFiles().map(implicit));
    expect(series.transferSyntaxUID).toBe('1.2.840.10008.1.2');
    expect(series.volume).toEqual(smallVolume());
  });

  test('with slice distance from the positions, not from Slice Thickness', () => {
    const files = ctFiles().map((file) => altered(file, { [TAG.SliceThickness]: ds(5) }));
    const series = readCtSeries(files);
    expect(series.volume.spacing[2]).toBeCloseTo(2.5, 10);
    expect(series.sliceThickness).toBe(5);
  });

  test('with rescale applied slice by slice', () => {
    const files = ctFiles();
    files[1] = altered(files[1]!, { [TAG.RescaleSlope]: ds(2), [TAG.RescaleIntercept]: ds(-10) });
    const { data } = readCtSeries(files).volume;
    const original = smallVolume().data;
    expect(data[0]).toBe(original[0]);
    expect(data[35]).toBe(2 * original[35]! - 10);
  });

  test('with 12 unsigned bits, whatever lies in the bits above them', () => {
    const files = ctFiles(smallVolume([4, 3, 2])).map((file) => {
      const bytes = file.bytes.slice();
      const pixels = bytes.subarray(bytes.length - 24);
      pixels.forEach((_, i) => (pixels[i] = i % 2 === 0 ? i : 0xf1));
      return altered(
        { ...file, bytes },
        {
          [TAG.BitsStored]: { vr: 'US', values: [12] },
          [TAG.HighBit]: { vr: 'US', values: [11] },
          [TAG.PixelRepresentation]: { vr: 'US', values: [0] },
          [TAG.RescaleIntercept]: ds(-1024),
        },
      );
    });
    expect([...readCtSeries(files).volume.data.slice(0, 3)]).toEqual([256 - 1024, 258 - 1024, 260 - 1024]);
  });

  test('with padding as air, also where the padding value of signed pixels is given as unsigned', () => {
    const files = ctFiles().map((file) =>
      altered(file, { [TAG.PixelPaddingValue]: { vr: 'US', values: [65536 - 1000] } }),
    );
    const { data } = readCtSeries(files).volume;
    expect(data[0]).toBe(PADDING_HU);
    expect(data[1]).toBe(-999);
  });

  test('leaving out what is no CT image of the stack', () => {
    const scout = altered(ctFiles(smallVolume([9, 9, 2]), {}, 500)[0]!, {
      [TAG.ImageType]: { vr: 'CS', values: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] },
    });
    const xml = { name: '069.xml', bytes: new TextEncoder().encode('<LidcReadMessage/>') };
    const sr = altered(ctFiles(smallVolume(), {}, 900)[0]!, {
      [TAG.SOPClassUID]: { vr: 'UI', values: ['1.2.840.10008.5.1.4.1.1.88.33'] },
    });
    expect(readCtSeries([xml, sr, scout, ...ctFiles()]).volume.size).toEqual([7, 5, 4]);
  });

  test('marked as identified where a single slice is', () => {
    const files = ctFiles();
    files[2] = altered(files[2]!, {}, [TAG.PatientIdentityRemoved]);
    expect(readCtSeries(files).patientIdentityRemoved).toBe(false);
  });
});

describe('input that cannot be a volume is refused with one clear error', () => {
  const cases: [string, (files: CtFile[]) => CtFile[], NoduleLabError['kind'], RegExp][] = [
    ['no files at all', () => [], 'invalid-input', /no files.*Give the folder/],
    [
      'no CT among the files',
      () => [{ name: 'notes.txt', bytes: new Uint8Array(300) }],
      'invalid-input',
      /no CT image among 1 files \(notes\.txt\)/,
    ],
    [
      'a file cut in its header',
      (f) => [...f.slice(1), { name: 'cut.dcm', bytes: f[0]!.bytes.subarray(0, 700) }],
      'invalid-input',
      /cut\.dcm.*cut short.*again/,
    ],
    [
      'a file cut in its pixels',
      (f) => [...f.slice(1), { name: 'cut.dcm', bytes: f[0]!.bytes.subarray(0, f[0]!.bytes.length - 20) }],
      'invalid-input',
      /cut\.dcm.*cut short.*\(7FE0,0010\)/,
    ],
    [
      'pixel data shorter than rows x columns',
      (f) => [...f.slice(1), altered(f[0]!, { [TAG.Rows]: { vr: 'US', values: [6] } })],
      'invalid-input',
      /slice-0\.dcm: the pixel data is cut short: 70 bytes where 6 x 7 pixels need 84/,
    ],
    [
      'no pixel data',
      (f) => [...f.slice(1), altered(f[0]!, {}, [TAG.PixelData])],
      'invalid-input',
      /slice-0.*no pixel data/,
    ],
    [
      'a missing slice',
      (f) => [f[0]!, f[1]!, f[3]!],
      'unusable',
      /lacks about 1 slice: between slice-1\.dcm and slice-3\.dcm/,
    ],
    [
      'the same file twice',
      (f) => [...f, { name: 'copy.dcm', bytes: f[1]!.bytes }],
      'invalid-input',
      /same image twice: slice-1\.dcm and copy\.dcm/,
    ],
    [
      'two slices at one place',
      (f) => [...f, altered(f[1]!, { [TAG.SOPInstanceUID]: { vr: 'UI', values: ['2.25.77'] } })],
      'unusable',
      /two slices at the same place/,
    ],
    [
      'uneven steps',
      (f) =>
        f.map((file, k) =>
          k === 1 ? altered(file, { [TAG.ImagePositionPatient]: ds(-120.5, -90.25, -296.7) }) : file,
        ),
      'unusable',
      /not evenly spaced: slice-1\.dcm/,
    ],
    [
      'a gantry tilt',
      (f) =>
        f.map((file, k) =>
          altered(file, { [TAG.ImagePositionPatient]: ds(-120.5, -90.25 + 0.67 * k, -300 + 2.5 * k) }),
        ),
      'unusable',
      /gantry tilt of about 15\.\d degrees/,
    ],
    [
      'two series',
      (f) => [...f, ...ctFiles(smallVolume(), {}, 400)],
      'invalid-input',
      /2 CT series: .*\(4 images\).*one series at a time/,
    ],
    [
      'mixed sizes',
      (f) => [...f, altered(ctFiles(smallVolume([8, 5, 5]), {}, 1)[4]!, {})],
      'unusable',
      /slice-4\.dcm has another size \(8 x 5 instead of 7 x 5\)/,
    ],
    [
      'mixed orientation',
      (f) => [...f.slice(0, 3), altered(f[3]!, { [TAG.ImageOrientationPatient]: ds(0, 1, 0, 1, 0, 0) })],
      'unusable',
      /another orientation/,
    ],
    ['a single slice', (f) => [f[0]!], 'unusable', /one CT slice only.*at least two/],
    [
      'a transfer syntax without a decoder',
      (f) => f.map((file) => relabelled(file, '1.2.840.10008.1.2.4.51')),
      'unusable',
      /slice-0\.dcm is stored as JPEG Extended \(lossy\).*no decoder.*IngestTranscoding/,
    ],
    [
      'a compressed transfer syntax over pixels that are not',
      (f) => f.map((file) => relabelled(file, '1.2.840.10008.1.2.4.90')),
      'invalid-input',
      /slice-0\.dcm: the image is stored as JPEG 2000 Lossless and cannot be used: its pixel data are not encapsulated/,
    ],
    [
      'no rescale intercept: its HU would be a guess',
      (f) => [altered(f[0]!, {}, [TAG.RescaleIntercept]), ...f.slice(1)],
      'invalid-input',
      /slice-0\.dcm: the CT image has no usable Rescale Slope and Rescale Intercept/,
    ],
    [
      'an Enhanced CT object',
      (f) => [
        altered(f[0]!, { [TAG.SOPClassUID]: { vr: 'UI', values: ['1.2.840.10008.5.1.4.1.1.2.1'] } }),
        ...f.slice(1),
      ],
      'unusable',
      /slice-0\.dcm is an Enhanced \(multi-frame\) CT object.*single-frame CT images/,
    ],
    [
      'no position',
      (f) => [altered(f[0]!, {}, [TAG.ImagePositionPatient]), ...f.slice(1)],
      'invalid-input',
      /slice-0\.dcm: the CT image has no usable Image Position/,
    ],
    [
      'eight bits a pixel',
      (f) => f.map((file) => altered(file, { [TAG.BitsAllocated]: { vr: 'US', values: [8] } })),
      'unusable',
      /16 bits per pixel/,
    ],
  ];
  test.each(cases)('%s', (_, change, kind, message) => {
    const error = failure(() => readCtSeries(change(ctFiles())));
    expect(error.message).toMatch(message);
    expect(error.kind).toBe(kind);
  });

  test('every possible cut of a file is noticed', () => {
    const [first, ...rest] = ctFiles();
    for (let length = 132; length < first!.bytes.length; length += 7)
      expect(() =>
        readCtSeries([...rest, { name: 'cut.dcm', bytes: first!.bytes.subarray(0, length) }]),
      ).toThrow(NoduleLabError);
  });
});

describe('identification', () => {
  test('reads a header without the rest of the file', () => {
    const file = ctFiles()[0]!;
    const header = readDicomHeader(file.bytes.subarray(0, file.bytes.length - 60), file.name);
    expect(header).toMatchObject({
      kind: 'ct',
      modality: 'CT',
      patientId: 'TEST-1',
      studyDescription: 'Test study',
      seriesDescription: 'Test series',
      seriesNumber: 3,
      patientIdentityRemoved: true,
      syntheticData: true,
    });
    expect(header.sopInstanceUID).toMatch(/^2\.25\.\d+$/);
  });

  test.each([
    ['1.2.840.10008.5.1.4.1.1.66.4', 'SEG', 'seg'],
    ['1.2.840.10008.5.1.4.1.1.88.33', 'SR', 'sr'],
    ['1.2.840.10008.5.1.4.1.1.1', 'CR', 'other'],
  ])('%s is sorted as %s', (sopClass, modality, kind) => {
    const file = altered(ctFiles()[0]!, {
      [TAG.SOPClassUID]: { vr: 'UI', values: [sopClass] },
      [TAG.Modality]: { vr: 'CS', values: [modality] },
    });
    expect(readDicomHeader(file.bytes, file.name).kind).toBe(kind);
  });

  test('DICOM is known by its preamble', () => {
    expect(isDicom(ctFiles()[0]!.bytes)).toBe(true);
    expect(isDicom(new Uint8Array(131))).toBe(false);
    expect(isDicom(new TextEncoder().encode('DICM'.repeat(50).slice(1)))).toBe(false);
  });

  test('identifiers are UUID-derived, at most 64 characters and follow the random bytes', () => {
    const zeros = makeUidGenerator((count) => new Uint8Array(count));
    const ones = makeUidGenerator((count) => new Uint8Array(count).fill(255));
    expect(zeros()).toBe(`2.25.${(0x4n << 76n) | (0x8n << 60n)}`);
    expect(ones().length).toBeLessThanOrEqual(64);
    expect(ones()).not.toBe(zeros());
  });
});
