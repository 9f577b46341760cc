/** Changes the voxels of a box in a NIfTI file and nothing else: header, extensions and all other voxels stay byte for byte. */
import { gzipSync } from 'node:zlib';
import type { IndexBox } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { isGzip } from './inflate.ts';
import { unpackNifti } from './nifti.ts';
import { bytesPerVoxel } from './voxels.ts';
import type { VoxelType } from './voxels.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { abs, fround, max, round } = Math;

export interface SplicedNifti {
  /** Packed with gzip where the source was. */
  readonly bytes: Uint8Array;
  /** Voxels whose stored number is new. */
  readonly changedVoxels: number;
  /** Voxels whose HU the file's slope cannot hold: the nearest value that it can is stored. */
  readonly roundedVoxels: number;
  /** The furthest that such a voxel is from what was asked, HU. */
  readonly greatestRoundingHu: number;
}

/**
 * @param change HU of the box, i fastest; a voxel that has this HU already (rounded to a whole one, as volumes are read)
 *   keeps its stored number, fractions included
 * @throws NoduleLabError `unusable` where a value lies outside what the file's voxel type holds, `invalid-input` where the
 *   box leaves the image or the file cannot be read
 */
export function spliceNifti(
  bytes: Uint8Array,
  change: { readonly box: IndexBox; readonly hu: Int16Array },
  name: string,
): SplicedNifti {
  const { header, raw } = unpackNifti(bytes, name);
  const { geometry, type, littleEndian, voxelsAt, scale = { slope: 1, intercept: 0 } } = header;
  const { min, max: end } = change.box;
  const [ni, nj, nk] = geometry.size;
  const [wide, high, deep] = [end[0] - min[0], end[1] - min[1], end[2] - min[2]];
  if (
    [...min, ...end].some((index) => !Number.isInteger(index) || index < 0) ||
    ![wide > 0, high > 0, deep > 0, end[0] <= ni, end[1] <= nj, end[2] <= nk].every(Boolean) ||
    change.hu.length !== wide * high * deep
  )
    throw new NoduleLabError(
      'invalid-input',
      `The box from (${min.join(', ')}) to (${end.join(', ')}) with ${change.hu.length} voxels does not fit into ${name} of ${ni}×${nj}×${nk} voxels.`,
      { name },
    );
  const changed = new Uint8Array(raw);
  const { read, write, low, high: top } = accessTo(new DataView(changed.buffer), type, littleEndian);
  const width = bytesPerVoxel(type);
  // As the reader computes it, so that a voxel which is not meant to change compares equal.
  const huOf = (stored: number): number => round(fround(stored * scale.slope + scale.intercept));
  const counts = { changedVoxels: 0, roundedVoxels: 0, greatestRoundingHu: 0 };
  let next = 0;
  for (let k = min[2]; k < end[2]; k++)
    for (let j = min[1]; j < end[1]; j++)
      for (let i = min[0]; i < end[0]; i++) {
        const hu = change.hu[next++] ?? 0;
        const at = voxelsAt + width * (i + ni * (j + nj * k));
        if (huOf(read(at)) === hu) continue;
        const exact = (hu - scale.intercept) / scale.slope;
        const stored = top === Infinity ? exact : round(exact);
        if (stored < low || stored > top)
          throw new NoduleLabError(
            'unusable',
            `${name} cannot hold ${hu} HU at voxel (${i}, ${j}, ${k}): its type ${type} with slope ${scale.slope} and ` +
              `intercept ${scale.intercept} would need ${exact}. Convert it to int16 in HU first.`,
            { name, voxel: [i, j, k], hu },
          );
        write(at, stored);
        counts.changedVoxels++;
        const off = abs(huOf(read(at)) - hu);
        if (off > 0) counts.roundedVoxels++;
        counts.greatestRoundingHu = max(counts.greatestRoundingHu, off);
      }
  return { bytes: isGzip(bytes) ? gzipSync(changed, { level: 1 }) : changed, ...counts };
}

interface Access {
  readonly read: (at: number) => number;
  readonly write: (at: number, value: number) => void;
  /** Range of the type; infinite for floating point, which is not rounded. */
  readonly low: number;
  readonly high: number;
}

function accessTo(view: DataView, type: VoxelType, little: boolean): Access {
  const whole = (bits: number, signed: boolean): Pick<Access, 'low' | 'high'> =>
    signed ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : { low: 0, high: 2 ** bits - 1 };
  const real = { low: -Infinity, high: Infinity };
  switch (type) {
    case 'int8':
      return { read: (at) => view.getInt8(at), write: (at, v) => view.setInt8(at, v), ...whole(8, true) };
    case 'uint8':
      return { read: (at) => view.getUint8(at), write: (at, v) => view.setUint8(at, v), ...whole(8, false) };
    case 'int16':
      return {
        read: (at) => view.getInt16(at, little),
        write: (at, v) => view.setInt16(at, v, little),
        ...whole(16, true),
      };
    case 'uint16':
      return {
        read: (at) => view.getUint16(at, little),
        write: (at, v) => view.setUint16(at, v, little),
        ...whole(16, false),
      };
    case 'int32':
      return {
        read: (at) => view.getInt32(at, little),
        write: (at, v) => view.setInt32(at, v, little),
        ...whole(32, true),
      };
    case 'uint32':
      return {
        read: (at) => view.getUint32(at, little),
        write: (at, v) => view.setUint32(at, v, little),
        ...whole(32, false),
      };
    case 'float32':
      return {
        read: (at) => view.getFloat32(at, little),
        write: (at, v) => view.setFloat32(at, v, little),
        ...real,
      };
    case 'float64':
      return {
        read: (at) => view.getFloat64(at, little),
        write: (at, v) => view.setFloat64(at, v, little),
        ...real,
      };
    default:
      return type satisfies never;
  }
}
