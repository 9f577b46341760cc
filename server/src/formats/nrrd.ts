/**
 * Reads NRRD: `.nrrd` with header and voxels in one file, `.nhdr` with its voxels in a file beside it (format: "Definition
 * of NRRD File Format", teem.sourceforge.net/nrrd/format.html). Read are three-dimensional scalars in a space that names
 * the patient's axes, encoded raw or gzip.
 *
 * Why the reader is our own: see nifti.ts.
 */
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { failing } from './formatError.ts';
import type { Fail } from './formatError.ts';
import { fileBeside, headerLines, numbersIn, readVoxels, splitField } from './headerVolume.ts';
import type { VolumeHeader } from './headerVolume.ts';
import { geometryOfSteps } from './scalarImage.ts';
import type { ScalarImage } from './scalarImage.ts';
import { bytesPerVoxel, voxelBytes } from './voxels.ts';
import type { VoxelType } from './voxels.ts';

const TYPE_NAMES: readonly (readonly [VoxelType, readonly string[]])[] = [
  ['int8', ['signed char', 'int8', 'int8_t']],
  ['uint8', ['uchar', 'unsigned char', 'uint8', 'uint8_t']],
  ['int16', ['short', 'short int', 'signed short', 'signed short int', 'int16', 'int16_t']],
  ['uint16', ['ushort', 'unsigned short', 'unsigned short int', 'uint16', 'uint16_t']],
  ['int32', ['int', 'signed int', 'int32', 'int32_t']],
  ['uint32', ['uint', 'unsigned int', 'uint32', 'uint32_t']],
  ['float32', ['float']],
  ['float64', ['double']],
];
/** Signs that turn x and y of a space into L and P. */
const SPACES: Readonly<Record<string, readonly [number, number]>> = {
  'left-posterior-superior': [1, 1],
  lps: [1, 1],
  'right-anterior-superior': [-1, -1],
  ras: [-1, -1],
  'left-anterior-superior': [1, -1],
  las: [1, -1],
};
const KNOWN_FIELDS = new Set(
  (
    'dimension,type,block size,encoding,endian,content,min,max,old min,old max,data file,line skip,byte skip,number,' +
    'sample units,sizes,spacings,thicknesses,axis mins,axis maxs,centerings,labels,units,kinds,space,space dimension,' +
    'space units,space origin,space directions,measurement frame'
  ).split(','),
);
/** Old spellings that the format still allows. */
const SPELLINGS: Readonly<Record<string, string>> = {
  datafile: 'data file',
  lineskip: 'line skip',
  byteskip: 'byte skip',
  blocksize: 'block size',
  axismins: 'axis mins',
  axismaxs: 'axis maxs',
  centers: 'centerings',
  oldmin: 'old min',
  oldmax: 'old max',
  sampleunits: 'sample units',
};
const SPATIAL_KINDS = ['domain', 'space', '???', 'none'];
const SAVE_PLAIN = 'Save the volume as one .nrrd file, raw or gzip, with space directions and space origin';

export function nrrdFail(name: string): Fail {
  return failing(name, 'NRRD');
}

/** Parses a header from the first bytes of its file (64 KiB hold it). */
export function parseNrrdHeader(head: Uint8Array, name: string): VolumeHeader {
  const fail = nrrdFail(name);
  const { fields, bytes } = fieldsOf(head, fail);
  const wrong = (key: string, what: string, advice = SAVE_PLAIN): Error => {
    const field = fields.get(key);
    return field === undefined
      ? fail(`its header has no "${key}"`, advice)
      : fail(`line ${field.line}: "${key}: ${field.value.slice(0, 80)}" ${what}`, advice);
  };
  const text = (key: string): string => {
    const field = fields.get(key);
    if (field === undefined) throw wrong(key, '');
    return field.value;
  };
  const numbers = (key: string, count: number): number[] =>
    numbersIn(text(key), count, (why) => wrong(key, `is wrong: ${why}`));

  if (numbers('dimension', 1)[0] !== 3)
    throw wrong('dimension', 'is not 3', 'Save one scalar volume per file');
  const typeName = text('type').toLowerCase();
  const type = TYPE_NAMES.find(([, names]) => names.includes(typeName))?.[0];
  if (type === undefined)
    throw wrong('type', 'is not read', 'Save whole numbers of up to 32 bits, float or double');
  const kinds = fields.get('kinds')?.value.toLowerCase().split(/\s+/) ?? [];
  if (kinds.some((kind) => !SPATIAL_KINDS.includes(kind)))
    throw wrong('kinds', 'names an axis that is none of space', 'Save one scalar volume per file');
  const [ni = 0, nj = 0, nk = 0] = numbers('sizes', 3);
  const size: Vec3 = [ni, nj, nk];
  const unpacked = voxelBytes(size, type, fail);

  const encoding = text('encoding').toLowerCase();
  const packed = encoding === 'gzip' || encoding === 'gz';
  if (!packed && encoding !== 'raw') throw wrong('encoding', 'is neither raw nor gzip');
  const endian = bytesPerVoxel(type) === 1 ? 'little' : text('endian').toLowerCase();
  if (endian !== 'little' && endian !== 'big') throw wrong('endian', 'is neither little nor big');
  if (fields.has('line skip') && numbers('line skip', 1)[0] !== 0) throw wrong('line skip', 'is not read');
  const skip = fields.has('byte skip') ? (numbers('byte skip', 1)[0] ?? 0) : 0;
  if (!Number.isSafeInteger(skip) || skip < -1 || (packed && skip !== 0))
    throw wrong('byte skip', 'is not read');
  return {
    geometry: geometryOf(size, text, wrong, fields.has('space units'), fail),
    type,
    littleEndian: endian === 'little',
    voxelBytes: unpacked,
    packed,
    headerBytes: bytes,
    dataFile: fields.has('data file') ? dataFileOf(text('data file'), fail) : undefined,
    skip: skip === -1 ? 'last' : skip,
  };
}

/**
 * Parses a volume.
 *
 * @param bytes of the `.nrrd` or `.nhdr` file
 * @param data of the file that the header names; undefined where the voxels follow the header
 */
export function parseNrrd(bytes: Uint8Array, data: Uint8Array | undefined, name: string): ScalarImage {
  const header = parseNrrdHeader(bytes, name);
  const fail = nrrdFail(name);
  const voxels = header.dataFile === undefined ? bytes.subarray(header.headerBytes) : data;
  if (voxels === undefined) throw fail(`its voxels lie in ${header.dataFile}, which was not given`);
  return readVoxels(header, voxels, fail);
}

function geometryOf(
  size: Vec3,
  text: (key: string) => string,
  wrong: (key: string, what: string) => Error,
  hasUnits: boolean,
  fail: Fail,
): VolumeGeometry {
  const space = text('space').toLowerCase();
  const signs = Object.hasOwn(SPACES, space) ? SPACES[space] : undefined;
  if (signs === undefined)
    throw wrong('space', 'does not name axes of the patient that are read (LPS, RAS or LAS)');
  if (hasUnits && !/^("mm"\s*)*$/.test(text('space units')))
    throw wrong('space units', 'is not mm on each axis');
  const toLps = ([x, y, z]: Vec3): Vec3 => [x === 0 ? 0 : x * signs[0], y === 0 ? 0 : y * signs[1], z];
  const vectors = (key: string, count: number): Vec3[] => {
    const value = text(key).trim();
    if (!/^(\([^()]*\)\s*)+$/.test(value)) throw wrong(key, 'is not a list of vectors such as (1,0,0)');
    const found = [...value.matchAll(/\(([^()]*)\)/g)].map(([, inner = '']): Vec3 => {
      const [x = 0, y = 0, z = 0] = numbersIn(inner, 3, (why) => wrong(key, `is wrong: ${why}`), /,/);
      return toLps([x, y, z]);
    });
    if (found.length !== count) throw wrong(key, `has ${found.length} vectors, not ${count}`);
    return found;
  };
  const [i, j, k] = vectors('space directions', 3);
  const [origin] = vectors('space origin', 1);
  if (i === undefined || j === undefined || k === undefined || origin === undefined)
    throw wrong('space directions', 'is incomplete');
  return geometryOfSteps(size, [i, j, k], origin, fail);
}

function dataFileOf(text: string, fail: Fail): string {
  if (/^LIST\b/.test(text) || text.includes('%'))
    throw fail(`its voxels lie in several files (data file: ${text.slice(0, 80)})`, SAVE_PLAIN);
  return fileBeside(text, fail);
}

/** The fields by lower-case name. Comments and key/value pairs (`:=`) are left out. */
function fieldsOf(
  head: Uint8Array,
  fail: Fail,
): { fields: Map<string, { line: number; value: string }>; bytes: number } {
  const { lines, bytes, complete } = headerLines(head, (text) => text === '');
  const [magic, ...rest] = lines;
  if (!/^NRRD000[1-5]$/.test(magic?.text ?? '')) throw fail('it does not begin with NRRD0001 to NRRD0005');
  const fields = new Map<string, { line: number; value: string }>();
  for (const { line, text } of rest) {
    if (text === '' || text.startsWith('#') || /^[^:]*:=/.test(text)) continue;
    const { key: name, value } = splitField(text, ':') ?? { key: '', value: '' };
    if (name === '') throw fail(`line ${line} is not "field: value"`);
    const written = name.toLowerCase();
    const key = Object.hasOwn(SPELLINGS, written) ? (SPELLINGS[written] ?? written) : written;
    if (!KNOWN_FIELDS.has(key)) throw fail(`line ${line}: the format has no field "${key.slice(0, 40)}"`);
    if (fields.has(key)) throw fail(`line ${line} says "${key}" a second time`);
    fields.set(key, { line, value });
  }
  // A detached header may end with its last field.
  if (!complete && !fields.has('data file')) throw fail('its header has no end (an empty line)');
  return { fields, bytes };
}
