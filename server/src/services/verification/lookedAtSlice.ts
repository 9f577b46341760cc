/** What one CT image says of itself, and its voxels where they can be read. */
import { Provenance } from '@nodulelab/contract';
import { readCtSlice, type DicomFile, type SliceFrame } from '../../dicom/ctSlice.ts';
import { decodeHeader, type Header } from '../../dicom/dcmjsFacade.ts';
import { dataSetElements, openPart10 } from '../../dicom/part10.ts';
import { readPrivateBlock } from '../../dicom/privateBlock.ts';
import { checkSignature, type SignatureCheck } from '../../dicom/signature.ts';
import { huLookup, pixelWords, type PixelFormat } from '../../dicom/storedPixels.ts';
import { TAG } from '../../dicom/tags.ts';
import type { Vec3 } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';

/** Voxels of a slice on its own grid. */
export interface SliceVoxels {
  /** HU, columns fastest. */
  readonly hu: Int16Array;
  readonly frame: SliceFrame;
  /** Centre of the first voxel, LPS mm. */
  readonly position: Vec3;
}

export interface LookedAtSlice {
  readonly name: string;
  /** Synthetic Data (0008,001C) is YES. */
  readonly syntheticData: boolean;
  /** NoduleLab stands among the contributing equipment. */
  readonly equipment: boolean;
  /** Undefined where there is none; null where it is there and cannot be understood. */
  readonly provenance: Provenance | null | undefined;
  /** Undefined where the pixels cannot be read. */
  readonly signature: SignatureCheck | undefined;
  readonly voxels: SliceVoxels | undefined;
  /** Why there are no voxels. */
  readonly problem: string | undefined;
}

/** Tables of the formats met so far: a series has one, or a few. */
export type HuTables = Map<string, Int16Array>;

/** @throws NoduleLabError where not even the header can be read */
export function lookAt(file: DicomFile, tables: HuTables): LookedAtSlice {
  const block = readPrivateBlock(file);
  const provenance =
    block?.provenance === undefined ? (block === undefined ? undefined : null) : parsed(block.provenance);
  const { name } = file;
  try {
    const { slice, frame, header } = readCtSlice(file);
    const count = frame.columns * frame.rows;
    const pixels = slice.bytes.subarray(slice.pixelOffset, slice.pixelOffset + 2 * count);
    const table = tableOf(slice.pixelFormat, tables);
    const words = pixelWords(slice.bytes, slice.pixelOffset, count);
    const hu = new Int16Array(count);
    for (let at = 0; at < count; at++) hu[at] = table[words[at]!]!;
    return {
      ...{ name, ...marksOf(header), provenance, problem: undefined },
      signature: checkSignature(block, header, pixels),
      voxels: { hu, frame, position: slice.imagePositionPatient },
    };
  } catch (error) {
    if (!(error instanceof NoduleLabError)) throw error;
    const end = dataSetElements(openPart10(file.bytes, name), TAG.PixelData).at(-1)!.start;
    const header = decodeHeader(file.bytes.subarray(0, end), name);
    return {
      ...{ name, ...marksOf(header), provenance, problem: error.message },
      ...{ signature: undefined, voxels: undefined },
    };
  }
}

/** A damaged file, which says nothing: the others of its series are looked at all the same. */
export const unreadableSlice = (name: string, problem: string): LookedAtSlice => ({
  ...{ name, syntheticData: false, equipment: false, provenance: undefined, problem },
  ...{ signature: undefined, voxels: undefined },
});

function marksOf(header: Header): Pick<LookedAtSlice, 'syntheticData' | 'equipment'> {
  return {
    syntheticData: header.text(TAG.SyntheticData) === 'YES',
    equipment: header
      .items(TAG.ContributingEquipmentSequence)
      .some((item) => item.text(TAG.Manufacturer) === 'NoduleLab'),
  };
}

function parsed(json: string): Provenance | null {
  try {
    return Provenance.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

function tableOf(format: PixelFormat, tables: HuTables): Int16Array {
  const key = JSON.stringify(format);
  const table = tables.get(key) ?? huLookup(format);
  tables.set(key, table);
  return table;
}
