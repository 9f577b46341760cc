/** Writes MetaImage and NRRD files for tests: header text with whatever a test wants to be different, and voxels. */
import { deflateSync, gzipSync } from 'node:zlib';
import type { VolumeGeometry } from '../../server/src/volume/ctVolume.ts';

export type Stored = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'float32' | 'float64';

export interface VolumeContent extends VolumeGeometry {
  readonly values: readonly number[];
  readonly type?: Stored;
  readonly bigEndian?: boolean;
  readonly packed?: boolean;
  /** Name of the voxels' file; without it they follow the header. */
  readonly dataFile?: string;
  /** Fields to replace, to add, or (undefined) to leave out. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

export interface VolumeFiles {
  readonly header: Uint8Array;
  /** Undefined where the voxels follow the header. */
  readonly data: Uint8Array | undefined;
}

const META_TYPES: Readonly<Record<Stored, string>> = {
  int8: 'MET_CHAR',
  uint8: 'MET_UCHAR',
  int16: 'MET_SHORT',
  uint16: 'MET_USHORT',
  int32: 'MET_INT',
  uint32: 'MET_UINT',
  float32: 'MET_FLOAT',
  float64: 'MET_DOUBLE',
};
const NRRD_TYPES: Readonly<Record<Stored, string>> = {
  ...{ int8: 'signed char', uint8: 'unsigned char', int16: 'short', uint16: 'unsigned short' },
  ...{ int32: 'int', uint32: 'unsigned int', float32: 'float', float64: 'double' },
};

/** A CT of a few voxels, each with its own HU. */
export const SMALL_CT: VolumeContent = {
  size: [4, 3, 2],
  spacing: [0.7, 0.8, 2.5],
  origin: [-120.5, -90.25, -300],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  values: Array.from({ length: 24 }, (_, at) => at * 10 - 1000),
};

export function metaImageFiles(content: VolumeContent): VolumeFiles {
  const { size, spacing, origin, direction, type = 'int16', packed = false, dataFile } = content;
  const voxels = storedBytes(content);
  const data = packed ? deflateSync(voxels) : voxels;
  const fields: Record<string, string | undefined> = {
    ObjectType: 'Image',
    NDims: '3',
    BinaryData: 'True',
    BinaryDataByteOrderMSB: content.bigEndian ? 'True' : 'False',
    CompressedData: packed ? 'True' : 'False',
    ...(packed ? { CompressedDataSize: String(data.length) } : {}),
    TransformMatrix: direction.flat().join(' '),
    Offset: origin.join(' '),
    CenterOfRotation: '0 0 0',
    ElementSpacing: spacing.join(' '),
    DimSize: size.join(' '),
    ElementType: META_TYPES[type],
    ...content.fields,
  };
  const text =
    lines(fields, ' = ') +
    `ElementDataFile = ${content.fields?.['ElementDataFile'] ?? dataFile ?? 'LOCAL'}\n`;
  return put(text, data, dataFile);
}

export function nrrdFiles(content: VolumeContent): VolumeFiles {
  const { size, spacing, origin, direction, type = 'int16', packed = false, dataFile } = content;
  const voxels = storedBytes(content);
  const vector = (values: readonly number[]): string => `(${values.join(',')})`;
  const fields: Record<string, string | undefined> = {
    type: NRRD_TYPES[type],
    dimension: '3',
    space: 'left-posterior-superior',
    sizes: size.join(' '),
    'space directions': direction
      .map((axis, at) => vector(axis.map((part) => part * (spacing[at] ?? 1))))
      .join(' '),
    kinds: 'domain domain domain',
    endian: content.bigEndian ? 'big' : 'little',
    encoding: packed ? 'gzip' : 'raw',
    'space origin': vector(origin),
    ...(dataFile === undefined ? {} : { 'data file': dataFile }),
    ...content.fields,
  };
  const text = `NRRD0004\n# made for a test\n${lines(fields, ': ')}\n`;
  return put(text, packed ? gzipSync(voxels) : voxels, dataFile);
}

function lines(fields: Readonly<Record<string, string | undefined>>, divider: string): string {
  return Object.entries(fields)
    .filter(([key, value]) => value !== undefined && key !== 'ElementDataFile')
    .map(([key, value]) => `${key}${divider}${value}\n`)
    .join('');
}

function put(text: string, data: Uint8Array, dataFile: string | undefined): VolumeFiles {
  const header = Buffer.from(text, 'latin1');
  if (dataFile !== undefined) return { header: new Uint8Array(header), data: new Uint8Array(data) };
  return { header: new Uint8Array(Buffer.concat([header, data])), data: undefined };
}

/** The numbers as they lie in a file. */
export function storedBytes({ values, type = 'int16', bigEndian = false }: VolumeContent): Uint8Array {
  const width = { int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, float32: 4, float64: 8 }[type];
  const view = new DataView(new ArrayBuffer(values.length * width));
  values.forEach((value, index) => {
    const at = index * width;
    const little = !bigEndian;
    switch (type) {
      case 'int8':
        return view.setInt8(at, value);
      case 'uint8':
        return view.setUint8(at, value);
      case 'int16':
        return view.setInt16(at, value, little);
      case 'uint16':
        return view.setUint16(at, value, little);
      case 'int32':
        return view.setInt32(at, value, little);
      case 'uint32':
        return view.setUint32(at, value, little);
      case 'float32':
        return view.setFloat32(at, value, little);
      case 'float64':
        return view.setFloat64(at, value, little);
    }
  });
  return new Uint8Array(view.buffer);
}
