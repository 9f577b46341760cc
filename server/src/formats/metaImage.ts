/**
 * Reads MetaImage: `.mhd` with its voxels in a file beside it (`.raw`, `.zraw`), and `.mha` with header and voxels in one
 * (format: MetaIO documentation, "MetaImage"). World axes are LPS mm, as ITK writes them.
 *
 * Why the reader is our own: see nifti.ts.
 */
import type { Vec3 } from '../volume/ctVolume.ts';
import { failing } from './formatError.ts';
import type { Fail } from './formatError.ts';
import { fileBeside, headerLines, numbersIn, readVoxels, splitField } from './headerVolume.ts';
import type { VolumeHeader } from './headerVolume.ts';
import { checkedGeometry } from './scalarImage.ts';
import type { ScalarImage } from './scalarImage.ts';
import { bytesPerVoxel, voxelBytes } from './voxels.ts';
import type { VoxelType } from './voxels.ts';

const TYPES: Readonly<Record<string, VoxelType>> = {
  MET_CHAR: 'int8',
  MET_UCHAR: 'uint8',
  MET_SHORT: 'int16',
  MET_USHORT: 'uint16',
  MET_INT: 'int32',
  MET_UINT: 'uint32',
  MET_FLOAT: 'float32',
  MET_DOUBLE: 'float64',
};
const ORIGIN = ['Offset', 'Position', 'Origin'];
const MATRIX = ['TransformMatrix', 'Rotation', 'Orientation'];
const BYTE_ORDER = ['BinaryDataByteOrderMSB', 'ElementByteOrderMSB'];
const DATA_FILE = 'ElementDataFile';
const SAVE_AS_ONE = 'Save the volume as one .mha file, or as .mhd with one .raw file';

export function metaImageFail(name: string): Fail {
  return failing(name, 'MetaImage');
}

/** Parses a header from the first bytes of its file (64 KiB hold it). */
export function parseMetaHeader(head: Uint8Array, name: string): VolumeHeader {
  const fail = metaImageFail(name);
  const fields = fieldsOf(head, fail);
  const { text, number, numbers, flag } = fields;
  if ((text(['ObjectType']) ?? 'Image') !== 'Image') throw fields.wrong(['ObjectType'], 'is no image');
  if (number(['NDims']) !== 3) throw fields.wrong(['NDims'], 'is not 3', SAVE_AS_ONE);
  if (flag(['BinaryData']) === false)
    throw fields.wrong(['BinaryData'], 'means voxels as text, which are not read', SAVE_AS_ONE);
  if ((number(['ElementNumberOfChannels']) ?? 1) !== 1)
    throw fields.wrong(['ElementNumberOfChannels'], 'is not 1', 'Save one channel per file');
  if (
    (number(['ElementToIntensityFunctionSlope']) ?? 1) !== 1 ||
    (number(['ElementToIntensityFunctionOffset']) ?? 0) !== 0
  )
    throw fail('it scales its voxels by ElementToIntensityFunction', 'Save the values themselves');

  const size = vec3(fields.required(numbers(['DimSize'], 3), ['DimSize']));
  const typeName = fields.required(text(['ElementType']), ['ElementType']);
  const type = Object.hasOwn(TYPES, typeName) ? TYPES[typeName] : undefined;
  if (type === undefined)
    throw fields.wrong(
      ['ElementType'],
      `is none of ${Object.keys(TYPES).join(', ')}`,
      'Save it as one of them',
    );
  const unpacked = voxelBytes(size, type, fail);
  const spacing = numbers(['ElementSpacing'], 3) ?? numbers(['ElementSize'], 3);
  const matrix = numbers(MATRIX, 9) ?? [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const geometry = checkedGeometry(
    {
      size,
      spacing: vec3(fields.required(spacing, ['ElementSpacing'])),
      origin: vec3(fields.required(numbers(ORIGIN, 3), ORIGIN)),
      // Three numbers for each axis of the image, one axis after the other.
      direction: [vec3(matrix.slice(0, 3)), vec3(matrix.slice(3, 6)), vec3(matrix.slice(6, 9))],
    },
    fail,
  );
  const headerSize = number(['HeaderSize']) ?? 0;
  if (headerSize !== -1 && !(Number.isSafeInteger(headerSize) && headerSize >= 0))
    throw fields.wrong(['HeaderSize'], 'is neither -1 nor a number of bytes');
  const packed = flag(['CompressedData']) ?? false;
  if (packed && headerSize !== 0)
    throw fields.wrong(['HeaderSize'], 'is not read for packed voxels', SAVE_AS_ONE);
  const packedBytes = packed ? number(['CompressedDataSize']) : undefined;
  return {
    geometry,
    type,
    // Files that do not say are taken as little endian: every machine that writes them today is.
    littleEndian: bytesPerVoxel(type) === 1 || !(flag(BYTE_ORDER) ?? false),
    voxelBytes: unpacked,
    packed,
    ...(packedBytes === undefined ? {} : { packedBytes }),
    headerBytes: fields.bytes,
    dataFile: dataFileOf(fields.required(text([DATA_FILE]), [DATA_FILE]), fail),
    skip: headerSize === -1 ? 'last' : headerSize,
  };
}

/**
 * Parses a volume.
 *
 * @param bytes of the `.mhd` or `.mha` file
 * @param data of the file that the header names; undefined where the voxels follow the header
 */
export function parseMetaImage(bytes: Uint8Array, data: Uint8Array | undefined, name: string): ScalarImage {
  const header = parseMetaHeader(bytes, name);
  const fail = metaImageFail(name);
  const voxels = header.dataFile === undefined ? bytes.subarray(header.headerBytes) : data;
  if (voxels === undefined) throw fail(`its voxels lie in ${header.dataFile}, which was not given`);
  return readVoxels(header, voxels, fail);
}

function dataFileOf(text: string, fail: Fail): string | undefined {
  if (text === 'LOCAL') return undefined;
  if (/^LIST\b/.test(text) || text.includes('%'))
    throw fail(`its voxels lie in several files (${DATA_FILE} = ${text.slice(0, 80)})`, SAVE_AS_ONE);
  return fileBeside(text, fail);
}

function vec3(numbers: readonly number[]): Vec3 {
  return [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
}

/** The fields by name; several names are synonyms of one thing. */
interface Fields {
  readonly bytes: number;
  readonly text: (names: readonly string[]) => string | undefined;
  readonly number: (names: readonly string[]) => number | undefined;
  readonly numbers: (names: readonly string[], count: number) => number[] | undefined;
  readonly flag: (names: readonly string[]) => boolean | undefined;
  readonly required: <T>(value: T | undefined, names: readonly string[]) => T;
  readonly wrong: (names: readonly string[], what: string, advice?: string) => Error;
}

function fieldsOf(head: Uint8Array, fail: Fail): Fields {
  const { lines, bytes, complete } = headerLines(head, (text) => /^\s*ElementDataFile\s*=/.test(text));
  if (!/^\s*[A-Za-z]+\s*=/.test(lines[0]?.text ?? ''))
    throw fail('it does not begin with a MetaImage header');
  if (!complete) throw fail(`its header ends at line ${lines.length} without ${DATA_FILE}`);
  const fields = new Map<string, { line: number; value: string }>();
  for (const { line, text } of lines) {
    if (text.trim() === '') continue;
    const { key, value } = splitField(text, '=') ?? { key: '', value: '' };
    if (!/^\w+$/.test(key)) throw fail(`line ${line} is not "name = value"`);
    if (fields.has(key)) throw fail(`line ${line} says ${key} a second time`);
    fields.set(key, { line, value });
  }
  const find = (names: readonly string[]): { line: number; name: string; value: string } | undefined => {
    const given = names.flatMap((name) => {
      const field = fields.get(name);
      return field === undefined ? [] : [{ name, ...field }];
    });
    const [first] = given;
    const other = given.find(({ value }) => value !== first?.value);
    if (first !== undefined && other !== undefined)
      throw fail(
        `lines ${first.line} (${first.name}) and ${other.line} (${other.name}) contradict each other`,
      );
    return first;
  };
  const wrong: Fields['wrong'] = (names, what, advice) => {
    const field = find(names);
    if (field === undefined) return fail(`its header has no ${names.join(' or ')}`);
    return fail(`line ${field.line}: ${field.name} = ${field.value.slice(0, 80)} ${what}`, advice);
  };
  const numbers: Fields['numbers'] = (names, count) => {
    const field = find(names);
    if (field === undefined) return undefined;
    return numbersIn(field.value, count, (why) => fail(`line ${field.line}: ${field.name}: ${why}`));
  };
  return {
    bytes,
    numbers,
    wrong,
    text: (names) => find(names)?.value,
    number: (names) => numbers(names, 1)?.[0],
    flag: (names) => {
      const value = find(names)?.value.toLowerCase();
      if (value === undefined || value === 'true' || value === 'false')
        return value === undefined ? undefined : value === 'true';
      throw wrong(names, 'is neither True nor False');
    },
    required: (value, names) => {
      if (value !== undefined) return value;
      throw fail(
        `its header has no ${names.join(' or ')}`,
        'Save it again with size, type, spacing and place in the patient',
      );
    },
  };
}
