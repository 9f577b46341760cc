import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readCtSlice } from '../../server/src/dicom/ctSlice.ts';
import { readDicomHeader } from '../../server/src/dicom/header.ts';
import { openPart10 } from '../../server/src/dicom/part10.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { altered, ctFiles, relabelled } from '../support/ctFiles.ts';

const [file] = ctFiles();

/** The file with a sequence put before its data set's first element. */
function withSequence(value: Uint8Array): { name: string; bytes: Uint8Array } {
  const { dataSetStart } = openPart10(file!.bytes, file!.name);
  // (0008,0006) Language Code Sequence, undefined length.
  const start = Buffer.from([0x08, 0, 0x06, 0, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
  const { bytes } = file!;
  return {
    name: 'nested.dcm',
    bytes: new Uint8Array(
      Buffer.concat([bytes.subarray(0, dataSetStart), start, value, end, bytes.subarray(dataSetStart)]),
    ),
  };
}

describe('damaged DICOM headers', () => {
  test('sequences nested without end are refused before they exhaust the stack', () => {
    // An item of undefined length with the same sequence in it, forty thousand times.
    const level = Buffer.from([
      ...[0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff],
      ...[0x08, 0, 0x06, 0, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff],
    ]);
    const bomb = withSequence(Buffer.concat(Array<Buffer>(40_000).fill(level)));
    for (const read of [() => readCtSlice(bomb), () => readDicomHeader(bomb.bytes, bomb.name)])
      expect(read).toThrow(/nested\.dcm: its sequences are nested more than 32 deep/);
  });

  test('an item that is damaged inside is refused, though its sequence has the right length', () => {
    const element = Buffer.from([0x08, 0, 0x00, 0x01, 0x53, 0x48, 200, 0, 0x41, 0x42]);
    const item = Buffer.from([0xfe, 0xff, 0x00, 0xe0, element.length, 0, 0, 0]);
    expect(() => readCtSlice(withSequence(Buffer.concat([item, element])))).toThrow(
      /nested\.dcm: the DICOM file is cut short \(it ends inside element \(0008,0100\)\)/,
    );
    const whole = altered(file!, { [TAG.SourceImageSequence]: { vr: 'SQ', values: [{}] } });
    expect(() => readCtSlice(whole)).not.toThrow();
  });

  test('meta information that lies about its length is refused', () => {
    const bytes = Uint8Array.from(file!.bytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(140, view.getUint32(140, true) + 8, true);
    expect(() => readDicomHeader(bytes, 'x.dcm')).toThrow(
      /x\.dcm: the DICOM meta information takes \d+ bytes and says/,
    );
  });

  test('a deflated data set that unpacks to more than any CT image takes is refused', () => {
    const relabel = relabelled(file!, '1.2.840.10008.1.2.1.99');
    const { dataSetStart } = openPart10(relabel.bytes, 'x.dcm');
    const bomb = deflateRawSync(Buffer.alloc(65 * 2 ** 20));
    const bytes = new Uint8Array(Buffer.concat([relabel.bytes.subarray(0, dataSetStart), bomb]));
    for (const read of [
      readDicomHeader,
      (all: Uint8Array, name: string) => readCtSlice({ name, bytes: all }),
    ])
      expect(() => read(bytes, 'x.dcm')).toThrow(/x\.dcm: the deflated data set unpacks to more than 64 MiB/);
  });

  test('a transfer syntax that is no UID is damage', () => {
    const broken = relabelled(file!, '1.2.840\u001b[31m');
    expect(() => readDicomHeader(broken.bytes, 'x.dcm')).toThrow(
      /x\.dcm: the DICOM file names no transfer syntax/,
    );
  });
});
