/** Nodules that were put into a host before, which a further one keeps clear of. */
import type { Vec3 } from '../volume/ctVolume.ts';
import type { PlaceJudge } from './placeJudge.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { hypot } = Math;

export interface EarlierNodule {
  /** LPS mm. */
  readonly centre: Vec3;
  readonly diameterMm: number;
}

/** Nodules reach further than the sphere of their volume, by up to this part of its diameter. */
export const REACH = 0.8;

/** Judges as before, and refuses what could run into an earlier nodule. */
export function clearOf(
  judge: PlaceJudge,
  diameterMm: number,
  earlier: readonly EarlierNodule[],
): PlaceJudge {
  if (earlier.length === 0) return judge;
  const { at, centreOf } = judge;
  const taken = ([x, y, z]: Vec3): boolean =>
    earlier.some(
      ({ centre, diameterMm: other }) =>
        hypot(x - centre[0], y - centre[1], z - centre[2]) < REACH * (diameterMm + other),
    );
  return {
    ...judge,
    at: (i, j, k) => {
      const verdict = at(i, j, k);
      return verdict.refusal === null && taken(centreOf([i, j, k]))
        ? { refusal: 'no-room', setting: null, lungShare: verdict.lungShare }
        : verdict;
    },
  };
}
