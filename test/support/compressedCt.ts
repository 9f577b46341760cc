/** CT files in other transfer syntaxes, encoded by DCMTK, GDCM and (High-Throughput JPEG 2000) OpenJPH. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explicitHeader, itemBytes } from '../../server/src/dicom/explicitSyntax.ts';
import { dataSetElements, openPart10 } from '../../server/src/dicom/part10.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { relabelled, type CtFile } from './ctFiles.ts';

export type Encoder = readonly [
  program: 'dcmcjpeg' | 'dcmcjpls' | 'dcmcrle' | 'dcmconv' | 'gdcmconv',
  ...string[],
];

/** The file as an independent program writes it. */
export function encoded(file: CtFile, [program, ...options]: Encoder): CtFile {
  const dir = mkdtempSync(join(tmpdir(), 'nodulelab-encoded-'));
  try {
    const [from, to] = [join(dir, 'from.dcm'), join(dir, 'to.dcm')];
    writeFileSync(from, file.bytes);
    execFileSync(program, [...options, from, to], { stdio: 'ignore' });
    return { name: file.name, bytes: new Uint8Array(readFileSync(to)) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface HtEncoder {
  getDecodedBuffer(info: object): Uint8Array;
  setQuality(reversible: boolean, step: number): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  delete(): void;
}

/** A High-Throughput JPEG 2000 codestream without loss. */
export async function htCodestream(
  pixels: Uint8Array,
  frame: { readonly columns: number; readonly rows: number; readonly signed: boolean; readonly bits: number },
): Promise<Uint8Array> {
  const load = createRequire(join(import.meta.dirname, '../../server/package.json'))(
    '@cornerstonejs/codec-openjph/wasmjs',
  ) as () => Promise<{ HTJ2KEncoder: new () => HtEncoder }>;
  const encoder = new (await load()).HTJ2KEncoder();
  encoder
    .getDecodedBuffer({
      width: frame.columns,
      height: frame.rows,
      bitsPerSample: frame.bits,
      componentCount: 1,
      isSigned: frame.signed,
      isUsingColorTransform: false,
    })
    .set(pixels);
  encoder.setQuality(true, 0);
  encoder.encode();
  const stream = encoder.getEncodedBuffer().slice();
  encoder.delete();
  return stream;
}

/** What OpenJPEG's own program decodes from a codestream: little-endian words. */
export function decodedByOpenJpeg(stream: Uint8Array): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), 'nodulelab-openjpeg-'));
  try {
    const [from, to] = [join(dir, 'image.j2c'), join(dir, 'image.rawl')];
    writeFileSync(from, stream);
    execFileSync('opj_decompress', ['-i', from, '-o', to], { stdio: 'ignore' });
    return new Uint8Array(readFileSync(to));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same image with this codestream as its pixel data. */
export function encapsulated(file: CtFile, stream: Uint8Array, transferSyntaxUID: string): CtFile {
  const pixels = dataSetElements(openPart10(file.bytes, file.name), TAG.PixelData).at(-1)!;
  const header = explicitHeader(TAG.PixelData, 'OB', 0);
  header.fill(0xff, 8, 12);
  const even = stream.length % 2 === 0 ? stream : new Uint8Array([...stream, 0]);
  const bytes = Buffer.concat([
    file.bytes.subarray(0, pixels.start),
    header,
    itemBytes(new Uint8Array(0)),
    itemBytes(even),
    Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
    file.bytes.subarray(pixels.end),
  ]);
  return relabelled({ name: file.name, bytes: new Uint8Array(bytes) }, transferSyntaxUID);
}

/** The codestream of a file with one fragment. */
export function codestreamOf(file: CtFile): Uint8Array {
  const pixels = dataSetElements(openPart10(file.bytes, file.name), TAG.PixelData).at(-1)!;
  const view = new DataView(file.bytes.buffer, file.bytes.byteOffset);
  const first = pixels.valueStart + 8 + view.getUint32(pixels.valueStart + 4, true);
  return file.bytes.subarray(first + 8, first + 8 + view.getUint32(first + 4, true));
}
