/** Which of a CT's nodules the list shows. */
import type { Nodule } from '@nodulelab/contract';

export interface NoduleFilter {
  /** At least so many readers. */
  readonly readers: number;
  /** By the readers' median: at most 2, at least 4, or between. */
  readonly malignancy: 'any' | 'benign' | 'indeterminate' | 'malignant';
  /** By the readers' median texture: below 2.5, up to 3.5 (part-solid), above. */
  readonly texture: 'any' | 'ground glass' | 'part-solid' | 'solid';
  /** At least so many mm. */
  readonly diameterMm: number;
}

export const NO_FILTER: NoduleFilter = { readers: 1, malignancy: 'any', texture: 'any', diameterMm: 0 };

/** Readers rate malignancy in LIDC as the classes of every data set here count it. */
export function malignancyClass(malignancy: number): NoduleFilter['malignancy'] {
  if (malignancy <= 2) return 'benign';
  return malignancy >= 4 ? 'malignant' : 'indeterminate';
}

export function textureClass(texture: number): NoduleFilter['texture'] {
  if (texture < 2.5) return 'ground glass';
  return texture <= 3.5 ? 'part-solid' : 'solid';
}

/** A nodule that nobody rated passes only where nothing is asked of its ratings. */
export function passes({ readers, diameterMm, consensus }: Nodule, filter: NoduleFilter): boolean {
  if (readers < filter.readers || diameterMm < filter.diameterMm) return false;
  if (
    filter.malignancy !== 'any' &&
    (!consensus || malignancyClass(consensus.malignancy) !== filter.malignancy)
  )
    return false;
  return (
    filter.texture === 'any' || (consensus !== null && textureClass(consensus.texture) === filter.texture)
  );
}

export const filtersAnything = (filter: NoduleFilter): boolean =>
  filter.readers > NO_FILTER.readers ||
  filter.diameterMm > NO_FILTER.diameterMm ||
  filter.malignancy !== 'any' ||
  filter.texture !== 'any';
