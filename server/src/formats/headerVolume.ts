/** What MetaImage and NRRD share: a text header that says where the voxels lie, and the voxels, beside it or behind it. */
import { posix } from 'node:path';
import type { VolumeGeometry } from '../volume/ctVolume.ts';
import type { Fail } from './formatError.ts';
import { inflateExactly, isGzip } from './inflate.ts';
import type { ScalarImage } from './scalarImage.ts';
import { decodeVoxels, imageData } from './voxels.ts';
import type { VoxelType } from './voxels.ts';

/** Longer headers than any volume needs are damage. */
export const MOST_HEADER_BYTES = 2 ** 16;

export interface VolumeHeader {
  readonly geometry: VolumeGeometry;
  readonly type: VoxelType;
  readonly littleEndian: boolean;
  /** Of the unpacked voxels. */
  readonly voxelBytes: number;
  /** Deflated, as zlib or gzip stream. */
  readonly packed: boolean;
  /** Where the header says how long the packed voxels are. */
  readonly packedBytes?: number;
  /** Length of the header: where the voxels begin if they lie in the same file. */
  readonly headerBytes: number;
  /** Name of the voxels' file in the header's folder; undefined where they follow the header. */
  readonly dataFile: string | undefined;
  /** Bytes before the voxels; `last`: the voxels are the last bytes of the file. */
  readonly skip: number | 'last';
}

/** The name of a file in the header's own folder: a header must not lead a reader to any other place. */
export function fileBeside(text: string, fail: Fail): string {
  const name = text.startsWith('./') ? text.slice(2) : text;
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name))
    throw fail(
      `its voxels' file "${text}" does not lie in its own folder`,
      "Put both files into one folder and name the voxels' file without a path",
    );
  return posix.basename(name);
}

/**
 * Refuses a voxels' file of the wrong length; of a packed one only the stream itself tells.
 *
 * @param length of what holds the voxels: the voxels' file, or all that follows the header
 */
export function requireLength(
  { geometry, type, voxelBytes, packed, packedBytes, skip }: VolumeHeader,
  length: number,
  fail: Fail,
): void {
  const voxels = `${geometry.size.join('×')} voxels of type ${type}`;
  if (packed) {
    if (packedBytes === undefined || packedBytes === length) return;
    throw fail(`its packed voxels take ${length} bytes where its header says ${packedBytes}`);
  }
  const needed = voxelBytes + (skip === 'last' ? 0 : skip);
  if (length < needed) throw fail(`its voxels are cut short: ${length} bytes where ${voxels} need ${needed}`);
  if (length > needed && skip !== 'last')
    throw fail(
      `its voxels take ${length} bytes where ${voxels} need ${needed}: the header is of another file`,
    );
}

/** @param bytes the voxels' file, or all that follows the header */
export function readVoxels(header: VolumeHeader, bytes: Uint8Array, fail: Fail): ScalarImage {
  const { geometry, type, littleEndian, voxelBytes, packed, skip } = header;
  requireLength(header, bytes.length, fail);
  const start = skip === 'last' ? bytes.length - voxelBytes : skip;
  const raw = packed
    ? inflateExactly(bytes, voxelBytes, isGzip(bytes) ? 'gzip' : 'zlib', fail)
    : bytes.subarray(start);
  return { ...geometry, data: imageData(decodeVoxels(raw, type, littleEndian), geometry.size, fail) };
}

/** One line of a text header. */
export interface HeaderLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/**
 * The lines of a header, up to and including the one that `isLast` finds.
 *
 * @returns the lines without their ends, and how many bytes they take
 */
export function headerLines(
  head: Uint8Array,
  isLast: (text: string) => boolean,
): { lines: HeaderLine[]; bytes: number; complete: boolean } {
  const text = new TextDecoder('latin1').decode(head.subarray(0, MOST_HEADER_BYTES));
  const lines: HeaderLine[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const raw = text.slice(at, end < 0 ? text.length : end);
    const line = { line: lines.length + 1, text: raw.endsWith('\r') ? raw.slice(0, -1) : raw };
    lines.push(line);
    at = end < 0 ? text.length : end + 1;
    if (isLast(line.text)) return { lines, bytes: at, complete: true };
  }
  return { lines, bytes: at, complete: false };
}

/** Numbers divided by spaces (or by what `divider` says); fails unless there are `count` and all are finite. */
export function numbersIn(
  text: string,
  count: number,
  fail: (why: string) => Error,
  divider: RegExp = /\s+/,
): number[] {
  const parts = text.trim().split(divider);
  const numbers = parts.map((part) => (isNumber(part.trim()) ? Number(part) : Number.NaN));
  if (numbers.length !== count || !numbers.every(Number.isFinite))
    throw fail(`"${text.slice(0, 80)}" is not ${count} ${count === 1 ? 'number' : 'numbers'}`);
  return numbers;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** No number is written with more characters; the pattern would take long over thousands of digits. */
const LONGEST_NUMBER = 64;

function isNumber(text: string): boolean {
  return text.length <= LONGEST_NUMBER && NUMBER.test(text);
}

/** `name <divider> value` without the spaces around both; undefined where the divider is missing. */
export function splitField(text: string, divider: string): { key: string; value: string } | undefined {
  const at = text.indexOf(divider);
  return at < 0
    ? undefined
    : { key: text.slice(0, at).trim(), value: text.slice(at + divider.length).trim() };
}
