/**
 * Writes a CT series that equals its source except inside given boxes: new Series and SOP Instance UIDs in the same
 * study and frame of reference, marked as derived and synthetic. Pure given its dependencies.
 */
import type { IndexBox } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { CtSeries, CtSlice } from './ctSeries.ts';
import { decodeHeader, type Header, type NewDataSet } from './dcmjsFacade.ts';
import { elementHeader } from './elementHeader.ts';
import { dataSetElements, openPart10 } from './part10.ts';
import {
  derivationElements,
  dicomDateTime,
  plainText,
  privateProvenance,
  provenanceJson,
  synthesizersOf,
  synthesizingEquipment,
  type Provenance,
} from './provenance.ts';
import { signatureElement, type Signer } from './signature.ts';
import { openSource, spliceDataSet } from './splice.ts';
import {
  huToStored,
  interpretStored,
  isExactlyInvertible,
  isPadding,
  storedRange,
  storedToHu,
} from './storedPixels.ts';
import { TAG } from './tags.ts';

/** New HU of a box of voxels; `hu` has i fastest, then j, then k, counted from `box.min`. */
export interface BoxChange {
  readonly box: IndexBox;
  readonly hu: Int16Array;
}

export interface WriteDeps {
  readonly now: Date;
  readonly newUid: () => string;
  /** Signs each slice; without it nothing is signed. */
  readonly signer?: Signer | undefined;
  /** Series Numbers that the study has already: none of them is used again. */
  readonly seriesNumbers?: ReadonlySet<number> | undefined;
}

export interface WrittenInstance {
  readonly sopInstanceUID: string;
  /** A complete Part 10 file. */
  readonly bytes: Uint8Array;
}

export interface DerivedCt {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly frameOfReferenceUID: string;
  readonly seriesNumber: number;
  readonly seriesDescription: string;
  /** In k order, one per slice of the source. */
  readonly instances: readonly WrittenInstance[];
  /** Voxels whose stored value differs from the source's. */
  readonly changedVoxels: number;
  /** Voxels whose wanted HU the stored bits cannot hold; they got the nearest value. */
  readonly clippedVoxels: number;
}

/** Throws 'unusable' where a box leaves the volume or its HU do not fill it. */
export function requireBoxInside(source: CtSeries, { box, hu }: BoxChange): void {
  const { size } = source.volume;
  const inside = ([0, 1, 2] as const).every(
    (axis) => box.min[axis] >= 0 && box.max[axis] > box.min[axis] && box.max[axis] <= size[axis],
  );
  if (!inside)
    throw new NoduleLabError(
      'unusable',
      `The changed box [${box.min.join(', ')}] to [${box.max.join(', ')}] is not inside the ${size.join(' x ')} volume. Choose a place further from its border.`,
      { box, size },
    );
  const count = (box.max[0] - box.min[0]) * (box.max[1] - box.min[1]) * (box.max[2] - box.min[2]);
  if (hu.length !== count)
    throw new NoduleLabError('invalid-input', `A box of ${count} voxels came with ${hu.length} HU values.`, {
      box,
    });
}

/** Visits each voxel of the slice k that a change sets: pixel index within the slice, wanted HU. */
export function forEachChanged(
  change: BoxChange,
  columns: number,
  k: number,
  visit: (pixel: number, hu: number) => void,
): void {
  const { min, max } = change.box;
  if (k < min[2] || k >= max[2]) return;
  const width = max[0] - min[0];
  const height = max[1] - min[1];
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++)
      visit(min[0] + i + columns * (min[1] + j), change.hu[i + width * (j + height * (k - min[2]))]!);
}

interface SlicePatch {
  /** Byte offset within the pixel data → stored word. */
  readonly words: ReadonlyMap<number, number>;
  readonly clipped: number;
}

/** New stored words of one slice. A voxel whose wanted HU is what it has already keeps its stored bits. */
function patchSlice(slice: CtSlice, columns: number, k: number, changes: readonly BoxChange[]): SlicePatch {
  const { pixelFormat: format, bytes, pixelOffset, name } = slice;
  const words = new Map<number, number>();
  const { low, high } = storedRange(format);
  let clipped = 0;
  for (const change of changes)
    forEachChanged(change, columns, k, (pixel, hu) => {
      const offset = 2 * pixel;
      const raw = bytes[pixelOffset + offset]! | (bytes[pixelOffset + offset + 1]! << 8);
      const stored = interpretStored(raw, format);
      if (storedToHu(stored, format) === hu) {
        words.delete(offset);
        return;
      }
      if (isPadding(stored, format))
        throw new NoduleLabError(
          'unusable',
          `${name}: the change reaches voxels outside the scanned field of view (pixel padding). Choose a place inside the scan.`,
          { file: name },
        );
      if (!isExactlyInvertible(format))
        throw new NoduleLabError(
          'unusable',
          `${name}: with Rescale Slope ${format.slope} and Rescale Intercept ${format.intercept} not every HU has a stored value, so a change cannot be written exactly. Use a series whose slope is 1.`,
          { file: name, slope: format.slope, intercept: format.intercept },
        );
      const value = huToStored(hu, format);
      const exact = (hu - format.intercept) / format.slope;
      if (exact < low - 0.5 || exact > high + 0.5 || isPadding(Math.round(exact), format)) clipped++;
      words.set(offset, value & 0xffff);
    });
  return { words, clipped };
}

/** IS as Series Number: positive here, and below 2^31 (PS3.5 Table 6.2-1). */
const NUMBER_END = 2 ** 31;

/**
 * The first free of n01, n04, n07, ... beside the source's n; the two numbers after it are free too, for the segmentation
 * and the report that go with the series.
 */
function derivedSeriesNumber(source: number | undefined, taken: ReadonlySet<number>): number {
  const wanted = (source ?? 90) * 100 + 1;
  let first = wanted > 0 && wanted < NUMBER_END - 10_000 ? wanted : 9001;
  while ([0, 1, 2].some((ahead) => taken.has(first + ahead))) first += 3;
  return first;
}

/** Says in the study list which synthetic series are healthy twins: those where nodules were only taken away. */
function derivedDescription(source: CtSeries, { edits }: Provenance): string {
  const plain = /^[\x20-\x5b\x5d-\x7e]+$/.test(source.seriesDescription);
  const twin = edits.every(({ kind }) => kind === 'remove') ? 'nodule removed - ' : '';
  return plainText(`SYNTHETIC - ${twin}${plain ? source.seriesDescription : 'edited CT'}`, 64);
}

/** Elements of the source that are no longer true of any derived image. */
const ALWAYS_DROPPED = [
  TAG.InstanceCreatorUID,
  TAG.SeriesDescriptionCodeSequence,
  TAG.SmallestPixelValueInSeries,
  TAG.LargestPixelValueInSeries,
  TAG.MACParametersSequence,
  TAG.DigitalSignaturesSequence,
];
/** ... and those of an image whose pixels changed. */
const DROPPED_WHEN_CHANGED = [TAG.SmallestImagePixelValue, TAG.LargestImagePixelValue, TAG.IconImageSequence];

function derivedImageType(header: Header): string[] {
  const [, , ...rest] = header.texts(TAG.ImageType);
  return ['DERIVED', 'SECONDARY', ...(rest.length > 0 ? rest : ['AXIAL'])];
}

interface SeriesIdentity {
  readonly seriesInstanceUID: string;
  readonly seriesNumber: number;
  readonly seriesDescription: string;
}

function newElements(
  slice: CtSlice,
  header: Header,
  identity: SeriesIdentity,
  sopInstanceUID: string,
  provenance: Provenance,
  now: Date,
): NewDataSet {
  const { date, time, zone } = dicomDateTime(now, header.text(TAG.TimezoneOffsetFromUTC));
  const da = { vr: 'DA', values: [date] };
  const tm = { vr: 'TM', values: [time] };
  return {
    [TAG.SOPClassUID]: { vr: 'UI', values: [slice.sopClassUID] },
    [TAG.SOPInstanceUID]: { vr: 'UI', values: [sopInstanceUID] },
    [TAG.SeriesInstanceUID]: { vr: 'UI', values: [identity.seriesInstanceUID] },
    [TAG.SeriesNumber]: { vr: 'IS', values: [String(identity.seriesNumber)] },
    [TAG.SeriesDescription]: { vr: 'LO', values: [identity.seriesDescription] },
    [TAG.ImageType]: { vr: 'CS', values: derivedImageType(header) },
    [TAG.InstanceCreationDate]: da,
    [TAG.InstanceCreationTime]: tm,
    [TAG.SeriesDate]: da,
    [TAG.SeriesTime]: tm,
    [TAG.ContentDate]: da,
    [TAG.ContentTime]: tm,
    ...derivationElements(provenance, slice),
    [TAG.ContributingEquipmentSequence]: {
      vr: 'SQ',
      values: synthesizersOf(provenance).map((one) => synthesizingEquipment(one, `${date}${time}${zone}`)),
    },
  };
}

/**
 * Writes the derived series.
 *
 * @param changes HU of boxes of voxel indices of `source.volume`; later ones win where they overlap
 * @throws NoduleLabError 'unusable' where a box leaves the volume or the scanned field of view, or where the rescale
 *   of a changed slice cannot be inverted exactly
 */
export function writeDerivedCt(
  source: CtSeries,
  changes: readonly BoxChange[],
  provenance: Provenance,
  deps: WriteDeps,
): DerivedCt {
  for (const change of changes) requireBoxInside(source, change);
  const identity: SeriesIdentity = {
    seriesInstanceUID: deps.newUid(),
    seriesNumber: derivedSeriesNumber(source.seriesNumber, deps.seriesNumbers ?? new Set()),
    seriesDescription: derivedDescription(source, provenance),
  };
  let changedVoxels = 0;
  let clippedVoxels = 0;
  const instances = source.slices.map((slice, k): WrittenInstance => {
    const patch = patchSlice(slice, source.volume.size[0], k, changes);
    changedVoxels += patch.words.size;
    clippedVoxels += patch.clipped;
    const dataSet = openSource(slice);
    const header = elementHeader(dataSet.bytes, dataSet.elements, () =>
      decodeHeader(slice.bytes.subarray(0, slice.headerEnd), slice.name),
    );
    const sopInstanceUID = deps.newUid();
    const signature =
      deps.signer &&
      signatureElement(
        deps.signer,
        { studyInstanceUID: source.studyInstanceUID, ...identity, sopInstanceUID },
        { provenance: provenanceJson(provenance), pixels: newPixels(source, slice, patch), header },
      );
    const bytes = spliceDataSet(dataSet, {
      replace: {
        ...newElements(slice, header, identity, sopInstanceUID, provenance, deps.now),
        ...privateProvenance(provenance, new Set(dataSet.elements.map(({ tag }) => tag)), signature),
      },
      drop: new Set([...ALWAYS_DROPPED, ...(patch.words.size > 0 ? DROPPED_WHEN_CHANGED : [])]),
      append: new Set([TAG.ContributingEquipmentSequence]),
    });
    if (patch.words.size > 0) {
      const pixelStart = pixelDataStart(bytes, slice.name);
      for (const [offset, word] of patch.words) {
        bytes[pixelStart + offset] = word & 0xff;
        bytes[pixelStart + offset + 1] = word >> 8;
      }
    }
    return { sopInstanceUID, bytes };
  });
  return {
    studyInstanceUID: source.studyInstanceUID,
    frameOfReferenceUID: source.frameOfReferenceUID,
    ...identity,
    instances,
    changedVoxels,
    clippedVoxels,
  };
}

/** The pixel data of a slice as it will be written. */
function newPixels(source: CtSeries, { bytes, pixelOffset }: CtSlice, { words }: SlicePatch): Uint8Array {
  const [columns, rows] = source.volume.size;
  const old = bytes.subarray(pixelOffset, pixelOffset + 2 * columns * rows);
  if (words.size === 0) return old;
  const pixels = old.slice();
  for (const [offset, word] of words) {
    pixels[offset] = word & 0xff;
    pixels[offset + 1] = word >> 8;
  }
  return pixels;
}

function pixelDataStart(bytes: Uint8Array, name: string): number {
  const file = openPart10(bytes, name);
  return dataSetElements(file, TAG.PixelData).at(-1)!.valueStart;
}
