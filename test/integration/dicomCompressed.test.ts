/** Compressed CT input against independent encoders (DCMTK, GDCM) and an independent decoder (OpenJPEG's program, pydicom). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/ctSeries.ts';
import type { NewDataSet } from '../../server/src/dicom/dcmjsFacade.ts';
import { writeDerivedCt, type BoxChange } from '../../server/src/dicom/derivedCt.ts';
import { isDicom } from '../../server/src/dicom/sniff.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { verifyDerived } from '../../server/src/dicom/verifyDerived.ts';
import { createOrthancClient } from '../../server/src/pacs/index.ts';
import {
  codestreamOf,
  decodedByOpenJpeg,
  encapsulated,
  encoded,
  htCodestream,
  type Encoder,
} from '../support/compressedCt.ts';
import { altered, countingUids, ctFiles, smallVolume, type CtFile } from '../support/ctFiles.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { orthancMissing, startTestOrthanc, type TestOrthanc } from '../support/orthanc.ts';
import { aProvenance } from '../support/provenance.ts';

const COLUMNS = 40;
const ROWS = 24;
const SIZE = [COLUMNS, ROWS, 3] as const;

interface Layout {
  readonly bits: number;
  readonly signed: boolean;
  readonly intercept: number;
}

const LAYOUTS: readonly (readonly [string, Layout])[] = [
  ['16 signed bits', { bits: 16, signed: true, intercept: -1024 }],
  ['12 signed bits', { bits: 12, signed: true, intercept: 0 }],
  ['16 unsigned bits', { bits: 16, signed: false, intercept: -1024 }],
  ['12 unsigned bits', { bits: 12, signed: false, intercept: -1000 }],
];

/** Smooth ground, noise, and every stored value that is hard: both ends of the range, and steps between them. */
function pixelsOf({ bits, signed }: Layout, k: number): Uint8Array {
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const high = low + 2 ** bits - 1;
  const bytes = new Uint8Array(COLUMNS * ROWS * 2);
  const view = new DataView(bytes.buffer);
  let noise = 12345 + k;
  for (let i = 0; i < COLUMNS * ROWS; i++) {
    noise = (Math.imul(noise, 1103515245) + 12345) & 0x7fffffff;
    const smooth = Math.round((high - low) * (0.3 + 0.2 * Math.sin(i / 37 + k))) + (noise % 41);
    const hard = i % 97 === 0 ? high : i % 89 === 0 ? low : low + smooth;
    view.setInt16(2 * i, hard, true);
  }
  return bytes;
}

const us = (value: number): NewDataSet[string] => ({ vr: 'US', values: [value] });

function filesOf(layout: Layout): CtFile[] {
  return ctFiles(smallVolume([...SIZE])).map((file, k) =>
    altered(file, {
      [TAG.BitsStored]: us(layout.bits),
      [TAG.HighBit]: us(layout.bits - 1),
      [TAG.PixelRepresentation]: us(layout.signed ? 1 : 0),
      [TAG.RescaleIntercept]: { vr: 'DS', values: [String(layout.intercept)] },
      [TAG.PixelData]: { vr: 'OW', values: [pixelsOf(layout, k)] },
    }),
  );
}

const storedBytes = (series: CtSeries): Buffer =>
  Buffer.concat(
    series.slices.map(({ bytes, pixelOffset }) =>
      bytes.subarray(pixelOffset, pixelOffset + 2 * COLUMNS * ROWS),
    ),
  );

/** The stored bits alone: OpenJPEG's program leaves the sign of fewer than 16 bits to its reader. */
const wordsOf = (bytes: Buffer, bits: number): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i) & (2 ** bits - 1));

const ENCODERS: readonly (readonly [string, string, Encoder])[] = [
  ['JPEG Lossless, first-order prediction (DCMTK)', '1.2.840.10008.1.2.4.70', ['dcmcjpeg', '+e1']],
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (predictor) =>
      [
        `JPEG Lossless, predictor ${predictor} (DCMTK)`,
        '1.2.840.10008.1.2.4.57',
        ['dcmcjpeg', '+el', '+sv', String(predictor)],
      ] as const,
  ),
  ['JPEG Lossless (GDCM)', '1.2.840.10008.1.2.4.70', ['gdcmconv', '--jpeg']],
  ['JPEG-LS Lossless (DCMTK)', '1.2.840.10008.1.2.4.80', ['dcmcjpls']],
  ['JPEG-LS Lossless (GDCM)', '1.2.840.10008.1.2.4.80', ['gdcmconv', '--jpegls']],
  ['JPEG 2000 Lossless (GDCM)', '1.2.840.10008.1.2.4.90', ['gdcmconv', '--j2k']],
  ['RLE Lossless (DCMTK)', '1.2.840.10008.1.2.5', ['dcmcrle']],
  ['RLE Lossless (GDCM)', '1.2.840.10008.1.2.5', ['gdcmconv', '--rle']],
  ['Explicit VR Big Endian (DCMTK)', '1.2.840.10008.1.2.2', ['dcmconv', '+tb']],
  ['Deflated Explicit VR Little Endian (DCMTK)', '1.2.840.10008.1.2.1.99', ['dcmconv', '+td']],
  ['fragments of one kilobyte (DCMTK)', '1.2.840.10008.1.2.4.80', ['dcmcjpls', '+fs', '1']],
];

/** A box that reaches neither border of the range. */
function changeOf(source: CtSeries): BoxChange {
  const box = { min: [4, 3, 1], max: [9, 8, 2] } as const;
  const hu = new Int16Array(25).fill(Math.round((source.volume.data[200]! + source.volume.data[300]!) / 2));
  return { box, hu };
}

describe.each(LAYOUTS)('a CT of %s', (_, layout) => {
  const plain = readCtSeries(filesOf(layout));

  test.each(ENCODERS)('in %s has the voxels of the original', (__, syntax, encoder) => {
    const read = readCtSeries(filesOf(layout).map((file) => encoded(file, encoder)));
    expect(read.transferSyntaxUID).toBe(syntax);
    expect(storedBytes(read).equals(storedBytes(plain))).toBe(true);
    expect(read.volume).toEqual(plain.volume);
  });

  test.each([['1.2.840.10008.1.2.4.201'], ['1.2.840.10008.1.2.4.202'], ['1.2.840.10008.1.2.4.203']])(
    'in High-Throughput JPEG 2000 (%s) has the voxels that OpenJPEG decodes',
    async (syntax) => {
      const files = filesOf(layout);
      const frame = { columns: COLUMNS, rows: ROWS, ...layout };
      const streams = await Promise.all(files.map((_file, k) => htCodestream(pixelsOf(layout, k), frame)));
      expect(wordsOf(Buffer.concat(streams.map(decodedByOpenJpeg)), layout.bits)).toEqual(
        wordsOf(storedBytes(plain), layout.bits),
      );
      const read = readCtSeries(files.map((file, k) => encapsulated(file, streams[k]!, syntax)));
      expect(storedBytes(read).equals(storedBytes(plain))).toBe(true);
    },
  );

  test('compressed goes the whole way: read, changed, written, verified', () => {
    for (const encoder of [['dcmcjpeg', '+e1'], ['dcmcjpls'], ['gdcmconv', '--j2k'], ['dcmcrle']] as const) {
      const source = readCtSeries(filesOf(layout).map((file) => encoded(file, encoder)));
      const change = changeOf(source);
      const derived = writeDerivedCt(source, [change], aProvenance(), {
        now: new Date('2026-03-04T05:06:07Z'),
        newUid: countingUids(70_000),
      });
      const files = derived.instances.map(({ bytes }, k) => ({ name: `derived-${k}.dcm`, bytes }));
      // Verified against the uncompressed original, which the derived series must equal outside the box.
      expect(verifyDerived(plain, files, [change]).changedVoxels).toBeGreaterThan(20);
      expect(readCtSeries(files).transferSyntaxUID).toBe('1.2.840.10008.1.2.1');
    }
  });
});

describe('what is stored with loss', () => {
  const [, { bits, ...unsigned }] = LAYOUTS[3]!;
  const files = filesOf({ bits, ...unsigned });
  const lossy = (encoder: Encoder): CtFile[] => files.map((file) => encoded(file, encoder));
  const marked = { [TAG.LossyImageCompression]: { vr: 'CS', values: ['01'] } };

  test('near-lossless JPEG-LS is read as DCMTK decodes it, and what is derived from it stays marked as lossy', () => {
    const near = lossy(['dcmcjpls', '+en', '+md', '3']);
    const read = readCtSeries(near);
    const independent = readCtSeries(near.map((file) => decodedByDcmtk(file)));
    expect(storedBytes(read).equals(storedBytes(independent))).toBe(true);
    expect(storedBytes(read).equals(storedBytes(readCtSeries(files)))).toBe(false);
    const derived = writeDerivedCt(read, [changeOf(read)], aProvenance(), {
      now: new Date('2026-03-04T05:06:07Z'),
      newUid: countingUids(80_000),
    });
    expect(
      Buffer.from(derived.instances[0]!.bytes).includes(Buffer.from('(\0\x10!CS\x02\x0001', 'latin1')),
    ).toBe(true);
  });

  test('near-lossless JPEG-LS whose header hides it is refused', () => {
    const hidden = files.map((file, k) =>
      encapsulated(file, codestreamOf(lossy(['dcmcjpls', '+en', '+md', '3'])[k]!), '1.2.840.10008.1.2.4.81'),
    );
    expect(() => readCtSeries(hidden)).toThrow(/JPEG-LS Near-Lossless.*does not say so.*stored without loss/);
    expect(() =>
      readCtSeries(hidden.map((file) => encapsulated(file, codestreamOf(file), '1.2.840.10008.1.2.4.80'))),
    ).toThrow(/JPEG-LS Lossless.*near-lossless, not lossless/);
  });

  test('JPEG 2000 is read where it is reversible and not marked as lossy, else refused', () => {
    const lossless = lossy(['gdcmconv', '--j2k']);
    const as91 = (list: CtFile[]): CtFile[] =>
      list.map((file, k) => encapsulated(files[k]!, codestreamOf(file), '1.2.840.10008.1.2.4.91'));
    expect(storedBytes(readCtSeries(as91(lossless))).equals(storedBytes(readCtSeries(files)))).toBe(true);
    const refused = /JPEG 2000 and cannot be used: it is lossy.*stored without loss/;
    expect(() => readCtSeries(lossy(['gdcmconv', '--j2k', '--lossy', '-q', '30']))).toThrow(refused);
    const owned = files.map((file, k) =>
      encapsulated(altered(file, marked), codestreamOf(lossless[k]!), '1.2.840.10008.1.2.4.91'),
    );
    expect(() => readCtSeries(owned)).toThrow(refused);
  });

  test('JPEG with a cosine transform has no decoder, and is refused by name', () => {
    const baseline = files.map((file) => encoded(file, ['dcmcjpeg', '+ee']));
    expect(() => readCtSeries(baseline)).toThrow(
      /slice-0\.dcm is stored as JPEG Extended \(lossy\).*no decoder/,
    );
  });
});

describe('a compressed file that is damaged', () => {
  const [, layout] = LAYOUTS[0]!;
  const [file, ...rest] = filesOf(layout);

  test.each([
    ['JPEG Lossless', '1.2.840.10008.1.2.4.70', ['dcmcjpeg', '+e1']],
    ['JPEG-LS Lossless', '1.2.840.10008.1.2.4.80', ['dcmcjpls']],
    ['JPEG 2000 Lossless', '1.2.840.10008.1.2.4.90', ['gdcmconv', '--j2k']],
    ['RLE Lossless', '1.2.840.10008.1.2.5', ['dcmcrle']],
  ] as const)(
    '%s: a codestream that ends too soon is noticed, and the next file is read',
    (name, syntax, encoder) => {
      const whole = codestreamOf(encoded(file!, encoder));
      for (const part of [0, 1, 10, 30, 80, Math.floor(whole.length / 2), whole.length - 40]) {
        const cut = encapsulated(file!, whole.subarray(0, part), syntax);
        expect(() => readCtSeries([cut, ...rest])).toThrow(
          new RegExp(`slice-0\\.dcm: the image is stored as ${name}.*cannot be used`),
        );
      }
      expect(readCtSeries([encapsulated(file!, whole, syntax), ...rest]).volume.size).toEqual([...SIZE]);
    },
  );

  test.each([
    ['JPEG Lossless', ['dcmcjpeg', '+e1']],
    ['JPEG-LS Lossless', ['dcmcjpls']],
    ['JPEG 2000 Lossless', ['gdcmconv', '--j2k']],
  ] as const)('%s of another size than the header says is refused', (name, encoder) => {
    const stream = codestreamOf(encoded(file!, encoder));
    const syntax = {
      'JPEG Lossless': '1.2.840.10008.1.2.4.70',
      'JPEG-LS Lossless': '1.2.840.10008.1.2.4.80',
      'JPEG 2000 Lossless': '1.2.840.10008.1.2.4.90',
    }[name];
    for (const [rows, columns] of [
      [ROWS / 2, COLUMNS],
      [ROWS * 2, COLUMNS],
      [COLUMNS, ROWS],
    ] as const) {
      const lying = altered(file!, { [TAG.Rows]: us(rows), [TAG.Columns]: us(columns) });
      expect(() => readCtSeries([encapsulated(lying, stream, syntax), ...rest])).toThrow(/40 x 24 pixels/);
    }
  });
});

function decodedByDcmtk(file: CtFile): CtFile {
  const dir = mkdtempSync(join(tmpdir(), 'nodulelab-decoded-'));
  try {
    const [from, to] = [join(dir, 'from.dcm'), join(dir, 'to.dcm')];
    writeFileSync(from, file.bytes);
    execFileSync('dcmdjpls', [from, to], { stdio: 'ignore' });
    return { name: file.name, bytes: new Uint8Array(readFileSync(to)) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Identifiers of their own for each series in the archive. */
let uids = 200_000;
const missing = orthancMissing();
const describeWithOrthanc = missing === undefined ? describe : describe.skip;

describeWithOrthanc(
  `an Orthanc that keeps what it gets${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let orthanc: TestOrthanc;
    beforeAll(async () => {
      orthanc = await startTestOrthanc({ transcodes: false });
    });
    afterAll(() => orthanc?.stop());

    test.each([
      ['JPEG Lossless', ['dcmcjpeg', '+e1']],
      ['JPEG-LS', ['dcmcjpls']],
      ['JPEG 2000', ['gdcmconv', '--j2k']],
      ['RLE', ['dcmcrle']],
    ] as const)(
      'gives a %s series back byte for byte, and its derived one with every pixel',
      async (_, encoder) => {
        const client = createOrthancClient({
          baseUrl: orthanc.baseUrl,
          auth: { user: orthanc.auth.username, password: orthanc.auth.password },
        });
        const [, layout] = LAYOUTS[0]!;
        const start = (uids += 1000);
        const files = ctFiles(smallVolume([...SIZE]), {}, start).map((file, k) =>
          encoded(altered(file, { [TAG.PixelData]: { vr: 'OW', values: [pixelsOf(layout, k)] } }), encoder),
        );
        const source = readCtSeries(files);
        await client.storeSeries(
          files.map(({ bytes }, k) => ({ bytes, sopInstanceUID: source.slices[k]!.sopInstanceUID })),
        );
        const back = await client.downloadSeries(source.seriesInstanceUID);
        expect(new Set(back.map(({ bytes }) => Buffer.from(bytes).toString('base64')))).toEqual(
          new Set(files.map(({ bytes }) => Buffer.from(bytes).toString('base64'))),
        );
        const again = readCtSeries(back);
        expect(storedBytes(again).equals(storedBytes(source))).toBe(true);
        const change = changeOf(again);
        const derived = writeDerivedCt(again, [change], aProvenance(), {
          now: new Date('2026-03-04T05:06:07Z'),
          newUid: countingUids(start + 500),
        });
        await client.storeSeries(derived.instances);
        const derivedBack = await client.downloadSeries(derived.seriesInstanceUID);
        expect(verifyDerived(source, derivedBack, [change]).changedVoxels).toBeGreaterThan(20);
      },
    );
  },
);

describe('a real scan', () => {
  testWithLidc(
    ['LIDC-IDRI-0001'],
    'decodes to the same pixels from every compressed form, as pydicom reads the original',
    (dir) => {
      const slices = readdirSync(dir, { recursive: true, encoding: 'utf8' })
        .filter((name) => /1-0[67][0-9]\.dcm$/.test(name))
        .sort()
        .slice(0, 2)
        .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(dir, name))) }))
        .filter(({ bytes }) => isDicom(bytes));
      expect(slices).toHaveLength(2);
      const plain = readCtSeries(slices);
      for (const [, , encoder] of ENCODERS) {
        const read = readCtSeries(slices.map((file) => encoded(file, encoder)));
        expect(Buffer.from(read.volume.data.buffer).equals(Buffer.from(plain.volume.data.buffer))).toBe(true);
      }
    },
    120_000,
  );
});
