/** The options of `nodulelab insert`, and what they mean together. */
import type { InsertionOptions, PlacementSetting } from '@nodulelab/contract';
import type { WantedConditions } from '../gan/support.ts';
import type { WantedPlace } from '../services/wantedPlace.ts';
import { UsageError, type PlaceOption } from './options.ts';

export interface InsertOptions {
  readonly series?: readonly string[];
  readonly seriesFile?: string;
  readonly dicom?: string;
  readonly nifti?: string;
  readonly out?: string;
  readonly nodule?: readonly string[];
  readonly candidate?: string;
  readonly at?: readonly PlaceOption[];
  readonly count?: number;
  readonly diameter?: number;
  readonly setting?: PlacementSetting;
  readonly rotate?: [number, number, number];
  readonly hu?: number;
  readonly confirm?: readonly string[];
  readonly seed: number;
  readonly model?: string;
  readonly condition?: WantedConditions;
  readonly researchArchive: boolean;
}

export function insertionOptions({ setting, rotate, hu }: InsertOptions): InsertionOptions {
  return {
    ...(setting === undefined ? {} : { setting }),
    ...(rotate === undefined ? {} : { rotationDeg: rotate }),
    ...(hu === undefined ? {} : { meanHu: hu }),
  };
}

/** One for each nodule of a series. */
export function placesOf({ at, count, nodule, series, seriesFile }: InsertOptions): readonly PlaceOption[] {
  const many = seriesFile !== undefined || (series?.length ?? 0) > 1;
  if (count !== undefined && at !== undefined && (at.length > 1 || at[0] !== 'auto'))
    throw new UsageError('--count proposes so many places: it goes without --at, or with --at auto');
  if (at === undefined && count === undefined && !many)
    throw new UsageError('say where: --at PLACE (auto proposes one), or --count NUMBER for proposed places');
  const places =
    count === undefined && at !== undefined ? at : Array.from({ length: count ?? 1 }, () => 'auto' as const);
  if (nodule !== undefined && nodule.length > 1 && nodule.length !== places.length)
    throw new UsageError(
      `${nodule.length} --nodule files for ${places.length} places: give one for all, or one for each`,
    );
  return places;
}

/** @param plain what three numbers alone are */
export function wanted(at: PlaceOption, plain: 'lps' | 'ijk'): WantedPlace {
  if (at === 'auto') return 'auto';
  return (at.frame === 'plain' ? plain : at.frame) === 'lps' ? { lps: at.at } : { ijk: at.at };
}
