/**
 * Joins a table of places and diameters with the LIDC XML of the same series.
 *
 * The XML names slices by patient z and by SOP Instance UID, and outlines by pixel. Converted volumes have no SOP
 * Instance UIDs, but they keep the pixel grid of the DICOM slices (converters turn the direction, not the pixels), so
 * that column and row are i and j, and z finds the slice, whichever way k runs.
 */
import { lidcNodules } from '../lidc/nodules.ts';
import type { LidcNodule } from '../lidc/nodules.ts';
import { sliceFinder } from '../lidc/sliceFinder.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { annotationsOfSeries } from './xmlFolder.ts';
import type { OpenedVolume, VolumeProblem } from './volumes/openedVolume.ts';

export interface SeriesMarks {
  readonly nodules: readonly LidcNodule[];
  /** Distance between slices, mm: how well a centre is known along the body. */
  readonly sliceMm: number;
}

/** The nodules in the XML files under a folder, for the series of these volumes. */
export async function marksOfSeries(
  volumes: ReadonlyMap<string, OpenedVolume>,
  xmlDir: string,
  signal: AbortSignal,
): Promise<{ marks: Map<string, SeriesMarks>; problems: VolumeProblem[] }> {
  const { annotations, problems } = await annotationsOfSeries(new Set(volumes.keys()), xmlDir, signal);
  const marks = new Map<string, SeriesMarks>();
  const unplaced: VolumeProblem[] = [];
  for (const [uid, volume] of volumes) {
    // Some series have the same annotations in two files.
    const [first] = annotations.get(uid) ?? [];
    if (first === undefined) continue;
    signal.throwIfAborted();
    try {
      const series = await seriesOf(volume);
      marks.set(uid, { nodules: lidcNodules(first, series), sliceMm: series.geometry.spacing[2] });
    } catch (error) {
      if (signal.aborted) throw error;
      unplaced.push({ name: first.name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { marks, problems: [...problems, ...unplaced] };
}

async function seriesOf(volume: OpenedVolume): Promise<Parameters<typeof lidcNodules>[1]> {
  const { geometry } = volume;
  if (geometry !== null) return { geometry, sliceIndexOf: sliceFinder([], geometry) };
  const { ct, sopInstanceUIDs = [], sliceThicknessMm } = await volume.load();
  return { geometry: ct, sliceThicknessMm, sliceIndexOf: sliceFinder(sopInstanceUIDs, ct) };
}

/** A place in a table, with how far from it the nodule's centre may lie. */
export interface Place {
  readonly centre: Vec3;
  readonly radiusMm: number;
}

/**
 * Which nodule lies at which place: the nearest pairs first, each nodule at one place only, none further off than the
 * place's radius (or the slice distance, where that is more: a centre is not known better along the body).
 *
 * @returns for each place its nodule, or undefined
 */
export function nodulesAt(
  places: readonly Place[],
  { nodules, sliceMm }: SeriesMarks,
): (LidcNodule | undefined)[] {
  const pairs = places.flatMap(({ centre, radiusMm }, place) =>
    nodules.flatMap((nodule) => {
      const [x, y, z] = nodule.centre;
      const mm = Math.hypot(x - centre[0], y - centre[1], z - centre[2]);
      return mm <= Math.max(radiusMm, sliceMm) ? [{ place, nodule, mm }] : [];
    }),
  );
  const found = new Array<LidcNodule | undefined>(places.length).fill(undefined);
  const taken = new Set<LidcNodule>();
  for (const { place, nodule } of pairs.toSorted((a, b) => a.mm - b.mm)) {
    if (found[place] !== undefined || taken.has(nodule)) continue;
    found[place] = nodule;
    taken.add(nodule);
  }
  return found;
}
