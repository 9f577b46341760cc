import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unpackBits } from '../../server/src/dicom/bitFrames.ts';
import { encodePart10 } from '../../server/src/dicom/dcmjsFacade.ts';
import { frameBits, readSegmentation } from '../../server/src/dicom/segmentation.ts';
import { SOP_CLASS, TAG } from '../../server/src/dicom/tags.ts';
import { packBits, segFile, type SegToWrite } from '../support/segFile.ts';

/** 7 x 5 pixels a frame: no frame but the first begins with a byte. */
const SEG: SegToWrite = {
  sopInstanceUID: '1.2.3.9',
  seriesNumber: 12,
  frameOfReferenceUID: '1.2.3.5',
  referencedSeries: '1.2.3.4',
  rows: 5,
  columns: 7,
  pixelSpacing: [0.8, 0.7],
  segments: [
    { number: 1, label: 'Nodule 1 - Annotation 0', trackingId: 'Nodule 1', trackingUid: '1.2.3.6' },
    { number: 2, label: 'Nodule 1 - Annotation 8' },
  ],
  frames: [
    { segment: 1, position: [-120.5, -90.25, -300], source: '1.2.3.4.1', bits: pixels(3, 4, 10) },
    { segment: 1, position: [-120.5, -90.25, -297.5], source: '1.2.3.4.2', bits: pixels(34) },
    { segment: 2, position: [-120.5, -90.25, -297.5], bits: pixels(0, 33) },
  ],
};

function pixels(...set: number[]): Uint8Array {
  return Uint8Array.from({ length: 35 }, (_, at) => (set.includes(at) ? 1 : 0));
}

const read = (change: Partial<SegToWrite> = {}) => readSegmentation(segFile({ ...SEG, ...change }));

describe('a binary segmentation', () => {
  test('is read with its segments, and each frame with its place, its sources and its pixels', () => {
    const seg = read();
    expect(seg).toMatchObject({
      sopInstanceUID: '1.2.3.9',
      seriesNumber: 12,
      frameOfReferenceUID: '1.2.3.5',
      referencedSeries: ['1.2.3.4'],
      rows: 5,
      columns: 7,
      segments: [
        { number: 1, label: 'Nodule 1 - Annotation 0', trackingId: 'Nodule 1', trackingUid: '1.2.3.6' },
        { number: 2, label: 'Nodule 1 - Annotation 8', trackingId: undefined, trackingUid: undefined },
      ],
    });
    expect(seg.frames.map(({ segment, position, sources }) => ({ segment, position, sources }))).toEqual([
      { segment: 1, position: [-120.5, -90.25, -300], sources: ['1.2.3.4.1'] },
      { segment: 1, position: [-120.5, -90.25, -297.5], sources: ['1.2.3.4.2'] },
      { segment: 2, position: [-120.5, -90.25, -297.5], sources: [] },
    ]);
    expect(seg.frames.map((_, at) => frameBits(seg, at))).toEqual(SEG.frames.map(({ bits }) => bits));
    expect(seg.frames[0]).toMatchObject({ orientation: [1, 0, 0, 0, 1, 0], pixelSpacing: [0.8, 0.7] });
  });

  test('has the pixels that were packed, wherever in a byte a frame begins', () => {
    const frames = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 6 }))
      .chain(([size, count]) =>
        fc.array(fc.uint8Array({ min: 0, max: 1, minLength: size, maxLength: size }), {
          minLength: count,
          maxLength: count,
        }),
      );
    fc.assert(
      fc.property(frames, (all) => {
        const packed = packBits(all);
        const size = all[0]?.length ?? 0;
        expect(all.map((_, at) => unpackBits(packed, at * size, size))).toEqual(all);
      }),
    );
  });
});

describe('a segmentation is refused by name', () => {
  const refused = (change: Partial<SegToWrite>, ...words: (string | RegExp)[]) => {
    const act = (): unknown => read({ name: 'broken.dcm', ...change });
    for (const word of ['broken.dcm', ...words]) expect(act).toThrow(word);
  };
  const without = (tag: string) => ({ replace: { [tag]: { vr: 'SQ', values: [] } } });

  test('where it is fractional, with what to do about it', () => {
    refused(
      { replace: { [TAG.SegmentationType]: { vr: 'CS', values: ['FRACTIONAL'] } } },
      'fractional',
      /threshold .* export it as BINARY/,
    );
  });

  test('where it is of a type that does not exist yet', () => {
    refused({ replace: { [TAG.SegmentationType]: { vr: 'CS', values: ['LABELMAP'] } } }, 'LABELMAP');
  });

  test('where it says another number of frames than it describes', () => {
    refused({ replace: { [TAG.NumberOfFrames]: { vr: 'IS', values: ['4'] } } }, '4 frames but describes 3');
  });

  test('where its pixel data is shorter or longer than its frames', () => {
    refused(
      { replace: { [TAG.PixelData]: { vr: 'OB', values: [new Uint8Array(12)] } } },
      '12 bytes',
      'need 14',
    );
    refused(
      { replace: { [TAG.PixelData]: { vr: 'OB', values: [new Uint8Array(16)] } } },
      '16 bytes',
      'need 14',
    );
  });

  test('where its pixels are not of one bit', () => {
    refused({ replace: { [TAG.BitsAllocated]: { vr: 'US', values: [8] } } }, 'one bit');
  });

  test('where a frame is of a segment that is not there, or of none', () => {
    const [first] = SEG.frames;
    refused({ frames: [{ ...first!, segment: 3 }] }, 'frame 1', 'segment 3');
  });

  test('where a frame has no place', () => {
    refused(without(TAG.SharedFunctionalGroupsSequence), 'frame 1', 'Image Orientation');
    refused({ frames: [{ ...SEG.frames[0]!, position: [] }] }, 'frame 1', 'Image Position');
  });

  test('where it has no segments, or two of one number', () => {
    refused(without(TAG.SegmentSequence), 'no segment');
    refused({ segments: [...SEG.segments, { number: 1, label: 'again' }] }, 'same number');
  });

  test('where the file is cut short, at any place', () => {
    const whole = segFile(SEG);
    for (let length = 0; length < whole.bytes.length; length++) {
      const file = { name: 'cut.dcm', bytes: whole.bytes.subarray(0, length) };
      expect(() => readSegmentation(file)).toThrow('cut.dcm');
    }
  });

  test('where it is another DICOM object', () => {
    const bytes = encodePart10({
      [TAG.SOPClassUID]: { vr: 'UI', values: [SOP_CLASS.ctImage] },
      [TAG.SOPInstanceUID]: { vr: 'UI', values: ['1.2.3'] },
    });
    expect(() => readSegmentation({ name: 'ct.dcm', bytes })).toThrow(/ct\.dcm is no DICOM Segmentation/);
  });
});
