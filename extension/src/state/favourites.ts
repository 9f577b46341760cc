/** Candidates that a person keeps: the server has their voxels by their id, so that any of them can be placed later. */
import { Candidate } from '@nodulelab/contract';

/** Kept by the browser, which has room for a few megabytes: a candidate with its three pictures takes about ten kilobytes. */
export const MOST_FAVOURITES = 40;
const KEY = 'nodulelab.favourites';

/** The part of the browser's storage that is used. */
export type Kept = Pick<Storage, 'getItem' | 'setItem'>;

export const isFavourite = (favourites: readonly Candidate[], id: string): boolean =>
  favourites.some((favourite) => favourite.id === id);

/** Newest first; the oldest one goes where there is no room. */
export const toggledFavourite = (
  favourites: readonly Candidate[],
  candidate: Candidate,
): readonly Candidate[] =>
  isFavourite(favourites, candidate.id)
    ? favourites.filter(({ id }) => id !== candidate.id)
    : [candidate, ...favourites].slice(0, MOST_FAVOURITES);

/** What was kept; nothing where the browser keeps nothing, or what an older version kept is not understood any more. */
export function readFavourites(storage: Kept | null): readonly Candidate[] {
  try {
    const parsed = Candidate.array().safeParse(JSON.parse(storage?.getItem(KEY) ?? '[]'));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}

/** @returns false where the browser does not keep it: it is forgotten with the page */
export function keepFavourites(storage: Kept | null, favourites: readonly Candidate[]): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify(favourites));
    return storage !== null;
  } catch {
    return false;
  }
}
