/** What is kept of an edit's voxels, to recognise them in a series that says nothing of itself. Pure. */
import { createHash } from 'node:crypto';
import type { Edit } from '@nodulelab/contract';
import type { CtSeries, CtSlice } from '../../dicom/ctSeries.ts';
import { forEachChanged, requireBoxInside, type BoxChange } from '../../dicom/derivedCt.ts';
import { huToStored, storedToHu } from '../../dicom/storedPixels.ts';
import type { EditFingerprint, SliceFingerprint } from '../../store/fingerprintTable.ts';
import { worldToIndex } from '../../volume/ctVolume.ts';

/** Fewer voxels, or voxels of fewer values, could be the same in another scan by chance. */
const LEAST_VOXELS = 16;
const LEAST_VALUES = 8;
const PROBES = 8;

/**
 * Fingerprints of edits, from the HU that the written series holds in the end.
 *
 * @param source the original
 * @param changes one for each edit, in their order; each is made in what the ones before it left
 */
export function fingerprintsOf(
  source: CtSeries,
  changes: readonly BoxChange[],
  edits: readonly Edit[],
): EditFingerprint[] {
  for (const change of changes) requireBoxInside(source, change);
  const [columns, rows] = source.volume.size;
  const slices: SliceFingerprint[][] = changes.map(() => []);
  for (let k = 0; k < source.slices.length; k++) {
    if (!changes.some(({ box }) => k >= box.min[2] && k < box.max[2])) continue;
    const before = source.volume.data.subarray(columns * rows * k, columns * rows * (k + 1));
    const after = before.slice();
    const touched = changes.map((change) => {
      const pixels: number[] = [];
      forEachChanged(change, columns, k, (pixel, hu) => {
        if (after[pixel] === hu) return;
        after[pixel] = hu;
        pixels.push(pixel);
      });
      return pixels;
    });
    touched.forEach((pixels, edit) => {
      // A later edit may have put the original's voxel back.
      const kept = pixels.filter((pixel) => after[pixel] !== before[pixel]);
      const hu = Int16Array.from(kept, (pixel) => asWritten(after[pixel]!, source.slices[k]!));
      if (kept.length < LEAST_VOXELS || new Set(hu).size < LEAST_VALUES) return;
      slices[edit]!.push({
        ...{ slice: k, voxels: kept.length, runs: runsOf(kept), sha256: hashOfHu(hu) },
        probes: probesOf(kept, hu, before),
      });
    });
  }
  return edits.map((edit, n) => ({
    ...{ edit, columns, rows, slices: slices[n]! },
    centreVoxel: [...worldToIndex(source.volume, edit.centre)],
    sliceDistanceMm: source.volume.spacing[2],
  }));
}

/** What a wanted HU is when it is read again: stored bits may not hold it. */
const asWritten = (hu: number, { pixelFormat }: CtSlice): number =>
  storedToHu(huToStored(hu, pixelFormat), pixelFormat);

/** @param hu in the order of the runs */
export const hashOfHu = (hu: Int16Array): string =>
  createHash('sha256')
    .update(new Uint8Array(hu.buffer, hu.byteOffset, hu.byteLength))
    .digest('hex');

/** @param pixels growing */
function runsOf(pixels: readonly number[]): string {
  const runs: number[] = [];
  for (const pixel of pixels)
    if (runs.length > 0 && runs.at(-2)! + runs.at(-1)! === pixel) runs[runs.length - 1]!++;
    else runs.push(pixel, 1);
  return Buffer.from(Uint32Array.from(runs).buffer).toString('base64');
}

/** The voxels that were changed most: other scans, the original among them, differ there. */
function probesOf(pixels: readonly number[], hu: Int16Array, before: Int16Array): [number, number][] {
  return pixels
    .map((pixel, at): [number, number] => [pixel, hu[at]!])
    .toSorted(([p, a], [q, b]) => Math.abs(b - before[q]!) - Math.abs(a - before[p]!) || p - q)
    .slice(0, PROBES);
}

/** Whether these voxels lie in a slice. */
export function matches({ runs, probes, voxels, sha256 }: SliceFingerprint, slice: Int16Array): boolean {
  for (const [pixel, hu] of probes) if (slice[pixel] !== hu) return false;
  const bytes = Buffer.from(runs, 'base64');
  const pairs = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const hu = new Int16Array(voxels);
  let at = 0;
  for (let run = 0; run < pairs.length; run += 2) {
    const from = pairs[run]!;
    const length = pairs[run + 1]!;
    if (from + length > slice.length || at + length > voxels) return false;
    hu.set(slice.subarray(from, from + length), at);
    at += length;
  }
  return at === voxels && hashOfHu(hu) === sha256;
}
