/**
 * The best places of a lung for a nodule, ranked: every place that the guard allows gets a score for its setting, and the
 * best of them are taken that lie well apart. Nothing in here is drawn: the same lung gives the same places.
 */
import type { PlacementSetting } from '@nodulelab/contract';
import { ballOf, type Ball } from '../anatomy/lungContents.ts';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import { pleuralDistanceMm } from '../anatomy/pleura.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { clearOf, REACH, type EarlierNodule } from './earlierNodules.ts';
import { nearestVoxel } from './nearestPlace.ts';
import { shareOf } from './placeContents.ts';
import { placeJudge, type PlaceJudge, type Verdict } from './placeJudge.ts';
import {
  CROWDED_SHARE,
  HILUM_MM,
  noPlace,
  PLEURAL_SHARE,
  QUIET_TISSUE_SHARE,
  RUNS_ON_SHARE,
  SHELL_MM,
  type ProposedPlace,
} from './proposePlace.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, hypot, max, min, round } = Math;

export interface RankedPlace extends ProposedPlace {
  /** From the surface of the nodule's sphere, mm; below 0 where it reaches beyond. */
  readonly clearanceMm: {
    /** Null where the CT holds nothing but lung. */
    readonly pleura: number | null;
    /** To the nearest vessel that was found; null where there is none. */
    readonly vessel: number | null;
  };
  /** Share of the nodule that lies in the lung. */
  readonly lungShare: number;
  /** 0 to 1: how well it is a place of its setting. */
  readonly score: number;
}

/** Every other voxel of the coarse grid (3 to 4 mm) is looked at where that leaves this many places for each wanted one. */
const ENOUGH = 50;
/** Places this far apart are shown first, as long as they are nearly as good as the best: not one lobe alone. */
const SPREAD_MM = [60, 30] as const;
const NEARLY_AS_GOOD = 0.85;
/** Room to the pleura, and to all that is soft, beyond which more is not better in clear parenchyma. */
const ROOM_MM = 12;
const CLEAR_MM = 6;
/** A pleural place whose share in the lung is at the end of the usual ones is worth this part of one in their middle. */
const AT_THE_END = 0.8;
/** On a wall about half of a wider ball is lung; in a narrow recess there is less, and the nodule would fill it. */
const OPEN_MM = 12;
const OPEN_SHARE = 0.5;
/** From this share of vessel in the nodule on it plainly hangs on one; the least that the guard calls attached hardly shows. */
const WELL_ATTACHED_SHARE = 0.08;
/** How far from clear each flaw halves the score of a place. */
const HALVES = { tissue: 2 * QUIET_TISSUE_SHARE, share: 0.1, hilum: 0.02, crowd: CROWDED_SHARE } as const;

interface Scored {
  readonly voxel: Vec3;
  readonly setting: PlacementSetting;
  readonly lungShare: number;
  readonly score: number;
}

/**
 * @param count how many at most
 * @param setting the only setting that is wanted; any where absent
 * @param earlier nodules that the new one must not run into
 * @returns best first, so far from each other that nodules of this size can go into all of them
 * @throws NoduleLabError `unusable` where no place in this lung fits diameter and setting
 */
export function rankPlaces(
  host: CtVolume,
  lung: LungAnatomy,
  diameterMm: number,
  count: number,
  setting?: PlacementSetting,
  earlier: readonly EarlierNodule[] = [],
): RankedPlace[] {
  const judge = clearOf(placeJudge(host, lung, diameterMm), diameterMm, earlier);
  const score = scoreOf(lung, judge, diameterMm / 2);
  const coarse = scoredPlaces(judge, score, setting, 2);
  const places = coarse.length < ENOUGH * count ? scoredPlaces(judge, score, setting, 1) : coarse;
  if (places.length === 0) throw noPlace(diameterMm, setting, earlier);
  return apart(places, judge, count, 2 * REACH * diameterMm).map(({ voxel, ...place }) => {
    const centre = judge.centreOf(voxel);
    return {
      ...{
        centre,
        setting: place.setting,
        lungShare: place.lungShare,
        score: round(1000 * place.score) / 1000,
      },
      clearanceMm: clearance(host, lung, judge, centre, diameterMm / 2),
    };
  });
}

/** Best first; of equal ones the first on the grid. */
function scoredPlaces(
  judge: PlaceJudge,
  score: (voxel: Vec3, verdict: Verdict, setting: PlacementSetting) => number,
  wanted: PlacementSetting | undefined,
  step: number,
): Scored[] {
  const [nx, ny, nz] = judge.size;
  const found: Scored[] = [];
  for (let k = 0; k < nz; k += step)
    for (let j = 0; j < ny; j += step)
      for (let i = 0; i < nx; i += step) {
        const verdict = judge.at(i, j, k);
        const { setting, lungShare } = verdict;
        if (setting === null || (wanted !== undefined && setting !== wanted)) continue;
        const voxel: Vec3 = [i, j, k];
        found.push({ voxel, setting, lungShare: min(1, lungShare), score: score(voxel, verdict, setting) });
      }
  return found.sort((a, b) => b.score - a.score);
}

/** 1 without the flaw, a half at `half` of it. */
const without = (flaw: number, half: number): number => half / (half + max(0, flaw));

function scoreOf(
  lung: LungAnatomy,
  { ball, size }: PlaceJudge,
  radius: number,
): (voxel: Vec3, verdict: Verdict, setting: PlacementSetting) => number {
  const { data, spacing } = lung.depth;
  const half = (spacing[0] + spacing[1]) / 4;
  const near = ballOf(radius + 2, spacing);
  const clear = ballOf(radius + CLEAR_MM, spacing);
  const open = ballOf(radius + OPEN_MM, spacing);
  const shell = ballOf(radius + SHELL_MM, spacing);
  const wide = ballOf(radius + HILUM_MM, spacing);
  const share = (kind: Parameters<typeof shareOf>[1], around: Ball, voxel: Vec3): number =>
    shareOf(lung, kind, around, voxel);
  return (voxel, { lungShare }, setting) => {
    switch (setting) {
      case 'parenchyma': {
        const toPleura = data[voxel[0] + size[0] * (voxel[1] + size[1] * voxel[2])]! - half - radius;
        const room = min(1, max(0, toPleura / ROOM_MM));
        return (
          (0.5 + 0.5 * room) *
          without(share('tissue', near, voxel), HALVES.tissue) *
          without(share('tissue', clear, voxel), 2 * HALVES.tissue)
        );
      }
      case 'juxta-pleural': {
        const { low, high } = PLEURAL_SHARE;
        const off = max(0, low - lungShare, lungShare - high);
        const fromMiddle = min(1, abs(2 * lungShare - low - high) / (high - low));
        const hilum = share('vessel', wide, voxel) + share('airway', wide, voxel);
        return (
          min(1, share('lung', open, voxel) / OPEN_SHARE) *
          (1 - (1 - AT_THE_END) * fromMiddle) *
          without(off, HALVES.share) *
          without(hilum, HALVES.hilum) *
          without(share('tissue', ball, voxel), HALVES.tissue)
        );
      }
      case 'vessel-attached': {
        const inTree = share('tree', ball, voxel);
        const ofShell =
          (share('tree', shell, voxel) * shell.voxels - inTree * ball.voxels) / (shell.voxels - ball.voxels);
        return (
          min(1, max(0, ofShell) / RUNS_ON_SHARE) *
          min(1, inTree / WELL_ATTACHED_SHARE) *
          without(share('tissue', ball, voxel) - WELL_ATTACHED_SHARE, HALVES.crowd)
        );
      }
    }
  };
}

/**
 * The best places, far apart as long as they are nearly as good, at least `leastMm` apart in any case. Scores compare
 * within a setting, so each one has its share of the places as far as it has good ones.
 */
function apart(
  places: readonly Scored[],
  { centreOf }: PlaceJudge,
  count: number,
  leastMm: number,
): Scored[] {
  const taken: (Scored & { readonly centre: Vec3 })[] = [];
  const take = (from: readonly Scored[], upTo: number): void => {
    const best = from[0]?.score ?? 0;
    for (const [spread, least] of [
      ...SPREAD_MM.map((mm) => [max(mm, leastMm), NEARLY_AS_GOOD * best] as const),
      [leastMm, 0] as const,
    ])
      for (const place of from) {
        if (taken.length >= upTo || place.score < least) break;
        const centre = centreOf(place.voxel);
        const free = taken.every(
          ({ centre: [x, y, z] }) => hypot(x - centre[0], y - centre[1], z - centre[2]) >= spread,
        );
        if (free) taken.push({ ...place, centre });
      }
  };
  const kinds = [...Map.groupBy(places, ({ setting }) => setting).values()];
  for (const kind of kinds) take(kind, min(count, taken.length + ceil(count / kinds.length)));
  take(places, count);
  return taken.sort((a, b) => b.score - a.score);
}

function clearance(
  host: CtVolume,
  lung: LungAnatomy,
  judge: PlaceJudge,
  centre: Vec3,
  radius: number,
): RankedPlace['clearanceMm'] {
  const { counts } = lung.contents;
  const [nx, ny] = judge.size;
  // Both distances count to the centre of a voxel: half of one more than to its border.
  const toPleura = pleuralDistanceMm(host, lung, centre) - (host.spacing[0] + host.spacing[1]) / 4;
  const vessel = nearestVoxel(judge, lung, centre, (i, j, k) => {
    const at = i + nx * (j + ny * k);
    return counts.tree[at]! > 0 || counts.vessel[at]! > 0;
  });
  const { spacing } = lung.depth;
  const [x, y, z] = vessel === null ? centre : judge.centreOf(vessel);
  const toVessel = hypot(x - centre[0], y - centre[1], z - centre[2]) - (spacing[0] + spacing[1]) / 4;
  return {
    pleura: Number.isFinite(toPleura) ? tenths(toPleura - radius) : null,
    vessel: vessel === null ? null : tenths(toVessel - radius),
  };
}

const tenths = (mm: number): number => round(10 * mm) / 10;
