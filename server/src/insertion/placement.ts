/**
 * The guard in front of every insertion: whether a nodule may go to a place, and the nearest one where it may.
 * Places are LPS mm; indices never leave this room. A place is judged on the coarse grid of the lung (about 1.5 mm): all
 * points in one of its voxels are judged alike, and as `guardMap` shows them.
 */
import type { PlacementSetting } from '@nodulelab/contract';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { nearestVoxel } from './nearestPlace.ts';
import { placeJudge, refusalOf, type Verdict } from './placeJudge.ts';

export type { PlacementSetting };
export { type EarlierNodule } from './earlierNodules.ts';
export { proposePlace, type ProposedPlace } from './proposePlace.ts';
export { rankPlaces, type RankedPlace } from './rankPlaces.ts';

export type PlacementRefusal =
  'outside-volume' | 'outside-lung' | 'airway' | 'vessel' | 'no-room' | 'other-setting';

export type Placement =
  | { readonly allowed: true; readonly setting: PlacementSetting; readonly lungShare: number }
  | {
      readonly allowed: false;
      readonly reason: PlacementRefusal;
      readonly message: string;
      /** Nearest place in the lung (LPS mm) where this nodule would be allowed, in the wanted setting. */
      readonly nearestAllowed?: Vec3;
    };

/**
 * Decides whether a nodule of this diameter may be centred here.
 *
 * @param centre LPS mm.
 * @param diameterMm wanted diameter of the nodule.
 * @param setting the only setting that is allowed; any where absent.
 */
export function checkPlacement(
  host: CtVolume,
  lung: LungAnatomy,
  centre: Vec3,
  diameterMm: number,
  setting?: PlacementSetting,
): Placement {
  const judge = placeJudge(host, lung, diameterMm);
  const verdict = judge.atPoint(centre);
  const refusal = refusalOf(verdict, setting);
  if (refusal === null && verdict.setting !== null)
    return { allowed: true, setting: verdict.setting, lungShare: verdict.lungShare };
  const reason = refusal === null || refusal === 'near-border' ? 'outside-lung' : refusal;
  const message = messageOf(refusal ?? 'outside-lung', verdict, centre, diameterMm, setting);
  const nearest = nearestVoxel(
    judge,
    lung,
    centre,
    (i, j, k) => refusalOf(judge.at(i, j, k), setting) === null,
  );
  return {
    allowed: false,
    reason,
    message,
    ...(nearest === null ? {} : { nearestAllowed: judge.centreOf(nearest) }),
  };
}

/**
 * Returns the setting of the place.
 *
 * @throws NoduleLabError `unusable` where it is refused, with the reason and the nearest allowed place.
 */
export function requirePlacement(
  host: CtVolume,
  lung: LungAnatomy,
  centre: Vec3,
  diameterMm: number,
  setting?: PlacementSetting,
): PlacementSetting {
  const placement = checkPlacement(host, lung, centre, diameterMm, setting);
  if (placement.allowed) return placement.setting;
  const wanted = setting === undefined ? '' : ` ${setting}`;
  const hint =
    placement.nearestAllowed === undefined
      ? `No${wanted} place in this lung fits; ask for a smaller nodule${setting === undefined ? '' : ' or another setting'}.`
      : `The nearest allowed${wanted} place is ${formatPoint(placement.nearestAllowed)}.`;
  throw new NoduleLabError('unusable', `${placement.message} ${hint}`, {
    reason: placement.reason,
    ...(placement.nearestAllowed === undefined ? {} : { nearestAllowed: placement.nearestAllowed }),
  });
}

function messageOf(
  refusal: NonNullable<ReturnType<typeof refusalOf>>,
  { setting, lungShare }: Verdict,
  centre: Vec3,
  diameterMm: number,
  wanted: PlacementSetting | undefined,
): string {
  const where = formatPoint(centre);
  switch (refusal) {
    case 'outside-volume':
      return `A nodule of ${diameterMm} mm at ${where} would lie or reach outside the CT volume: choose a point further inside the lung.`;
    case 'outside-lung':
      return `The place ${where} is outside the lung: choose a point inside it.`;
    case 'near-border':
      return `Only ${Math.round(lungShare * 100)} % of a nodule of ${diameterMm} mm at ${where} would lie in the lung, the rest outside the lung: move it inwards or make it smaller.`;
    case 'airway':
      return `A nodule of ${diameterMm} mm at ${where} would lie in the trachea or a bronchus: choose lung tissue.`;
    case 'vessel':
      return `A nodule of ${diameterMm} mm at ${where} would lie in a large vessel: move it beside the vessel.`;
    case 'no-room':
      return `At ${where} there is soft tissue already (vessel, nodule or consolidation): choose aerated lung.`;
    case 'other-setting':
      return `A nodule of ${diameterMm} mm at ${where} would be ${setting ?? 'elsewhere'}, not ${wanted ?? 'there'} as asked for.`;
  }
}

function formatPoint(point: Vec3): string {
  return `(${point.map((value) => value.toFixed(1)).join(', ')}) mm LPS`;
}
