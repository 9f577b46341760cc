/** The program's own proposal of a place, for whoever does not point at one. */
import type { PlacementSetting } from '@nodulelab/contract';
import { ballOf } from '../anatomy/lungContents.ts';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { clearOf, type EarlierNodule } from './earlierNodules.ts';
import { shareOf } from './placeContents.ts';
import { placeJudge, type PlaceJudge } from './placeJudge.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { PI, cos, floor, max, round, sin, sqrt } = Math;

export interface ProposedPlace {
  /** LPS mm. */
  readonly centre: Vec3;
  readonly setting: PlacementSetting;
}

/** Places that are tried before the best of them is taken. */
const PROPOSALS = 80;
/** Parenchyma is clear where less than this of it is soft tissue. */
export const QUIET_TISSUE_SHARE = 0.02;
/** How much of a proposed pleural nodule lies in the lung: it sits on the pleura, and is seen. */
export const PLEURAL_SHARE = { low: 0.6, high: 0.92 } as const;
/** Distance of its centre from the pleura, in radii. */
const PLEURAL_DEPTH = { low: 0.3, high: 0.85 } as const;
/** A nodule on a vessel hangs on it with this part of a radius between its centre and the vessel. */
const VESSEL_OFFSET = { low: 0.4, high: 0.85 } as const;
/** A vessel runs on beyond the nodule if this much of a shell around it is vessel. */
export const RUNS_ON_SHARE = 0.012;
export const SHELL_MM = 3;
/** More soft tissue than this and the nodule would fill a branching of the vessels, not hang on one. */
export const CROWDED_SHARE = 0.2;
/** Hilum is kept away from pleural places: no large vessel or bronchus this near. */
export const HILUM_MM = 5;

/** One draw: a voxel, and how poor it is as a place of its setting (0 or less: good enough to stop). */
type Draw = () => { readonly voxel: Vec3; readonly flaw: number } | null;

interface Search {
  readonly lung: LungAnatomy;
  readonly judge: PlaceJudge;
  readonly radius: number;
  readonly random: () => number;
}

/**
 * Proposes a place. Without a setting it is deep in clear parenchyma as far as the lung has such a place for the size.
 *
 * @param random numbers in [0, 1); the same sequence gives the same place.
 * @param setting the wanted setting: clear lung around; on the pleura with most of it in the lung; a vessel runs into it.
 * @param earlier nodules that the new one must not run into
 * @throws NoduleLabError `unusable` where no place in this lung fits diameter and setting.
 */
export function proposePlace(
  host: CtVolume,
  lung: LungAnatomy,
  diameterMm: number,
  random: () => number,
  setting?: PlacementSetting,
  earlier: readonly EarlierNodule[] = [],
): ProposedPlace {
  const judge = clearOf(placeJudge(host, lung, diameterMm), diameterMm, earlier);
  const search: Search = { lung, judge, radius: diameterMm / 2, random };
  const voxel = goodPlace(search, setting ?? 'parenchyma') ?? anyPlace(search, setting);
  if (voxel === null) throw noPlace(diameterMm, setting, earlier);
  const placed = judge.at(...voxel).setting;
  if (placed === null) throw new Error('a place that the guard refuses was proposed');
  return { centre: judge.centreOf(voxel), setting: placed };
}

export function noPlace(
  diameterMm: number,
  setting: PlacementSetting | undefined,
  earlier: readonly EarlierNodule[],
): NoduleLabError {
  return new NoduleLabError(
    'unusable',
    `No${setting === undefined ? '' : ` ${setting}`} place in this lung takes a nodule of ${diameterMm} mm${earlier.length > 0 ? ' clear of those inserted before' : ''}: ask for a smaller diameter, another setting or give --at x,y,z.`,
  );
}

function goodPlace(search: Search, setting: PlacementSetting): Vec3 | null {
  for (const draw of drawsOf(search, setting)) {
    let best: { readonly voxel: Vec3; readonly flaw: number } | null = null;
    for (let n = 0; n < PROPOSALS; n++) {
      const drawn = draw();
      if (drawn === null || search.judge.at(...drawn.voxel).setting !== setting) continue;
      if (drawn.flaw <= 0) return drawn.voxel;
      if (best === null || drawn.flaw < best.flaw) best = drawn;
    }
    if (best !== null) return best.voxel;
  }
  return null;
}

function drawsOf(search: Search, setting: PlacementSetting): Iterable<Draw> {
  switch (setting) {
    case 'parenchyma':
      return parenchymaDraws(search);
    case 'juxta-pleural':
      return [pleuralDraw(search)];
    case 'vessel-attached':
      return [vesselDraw(search)];
  }
}

/** Deep places first. */
function* parenchymaDraws({ lung, radius, random }: Search): Iterable<Draw> {
  const around = ballOf(radius + 2, lung.depth.spacing);
  for (const wanted of [radius + 6, radius + 2, radius, 0]) {
    const pick = pickOf(lung, random, (at) => lung.depth.data[at]! >= wanted && lung.depth.data[at]! > 0);
    yield () => {
      const voxel = pick();
      return voxel === null
        ? null
        : { voxel, flaw: shareOf(lung, 'tissue', around, voxel) - QUIET_TISSUE_SHARE };
    };
  }
}

function pleuralDraw({ lung, judge, radius, random }: Search): Draw {
  const { data, spacing } = lung.depth;
  const half = (spacing[0] + spacing[1]) / 4;
  const low = PLEURAL_DEPTH.low * radius + half;
  const high = max(PLEURAL_DEPTH.high * radius, half) + half;
  const around = ballOf(radius + HILUM_MM, spacing);
  const pick = pickOf(lung, random, (at) => data[at]! >= low && data[at]! <= high);
  return () => {
    const voxel = pick();
    if (voxel === null) return null;
    const { lungShare } = judge.at(...voxel);
    const off = max(0, PLEURAL_SHARE.low - lungShare, lungShare - PLEURAL_SHARE.high);
    const hilum = shareOf(lung, 'vessel', around, voxel) + shareOf(lung, 'airway', around, voxel);
    const tissue = max(0, shareOf(lung, 'tissue', judge.ball, voxel) - 2 * QUIET_TISSUE_SHARE);
    return { voxel, flaw: off + hilum + tissue };
  };
}

/** From a voxel of the vessel tree a step in any direction. */
function vesselDraw({ lung, judge, radius, random }: Search): Draw {
  const { spacing, size, data } = lung.depth;
  const { tree, vessel } = lung.contents.counts;
  const shell = ballOf(radius + SHELL_MM, spacing);
  const pick = pickOf(lung, random, (at) => tree[at]! > 0 && vessel[at] === 0 && data[at]! > radius);
  return () => {
    const from = pick();
    if (from === null) return null;
    const up = 2 * random() - 1;
    const turn = 2 * PI * random();
    const offset = radius * (VESSEL_OFFSET.low + (VESSEL_OFFSET.high - VESSEL_OFFSET.low) * random());
    const flat = sqrt(1 - up * up);
    const step: Vec3 = [flat * cos(turn) * offset, flat * sin(turn) * offset, up * offset];
    const along = (axis: 0 | 1 | 2): number => round(from[axis] + step[axis] / spacing[axis]);
    const voxel: Vec3 = [along(0), along(1), along(2)];
    if (voxel.some((n, axis) => n < 0 || n >= size[axis as 0 | 1 | 2])) return null;
    const inside = shareOf(lung, 'tissue', judge.ball, voxel);
    const ofShell =
      (shareOf(lung, 'tree', shell, voxel) * shell.voxels -
        shareOf(lung, 'tree', judge.ball, voxel) * judge.ball.voxels) /
      (shell.voxels - judge.ball.voxels);
    return { voxel, flaw: max(0, RUNS_ON_SHARE - ofShell) + max(0, inside - CROWDED_SHARE) };
  };
}

/** Where nothing good was drawn: any place that the guard allows. */
function anyPlace({ judge, random }: Search, setting: PlacementSetting | undefined): Vec3 | null {
  const [nx, ny, nz] = judge.size;
  const allowed: Vec3[] = [];
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const found = judge.at(i, j, k).setting;
        if (found !== null && (setting === undefined || found === setting)) allowed.push([i, j, k]);
      }
  return allowed[floor(random() * allowed.length)] ?? null;
}

/** Picks one of the voxels that are wanted, each as likely as the other; null where there is none. */
function pickOf(
  { depth }: LungAnatomy,
  random: () => number,
  wanted: (at: number) => boolean,
): () => Vec3 | null {
  const [nx, ny] = depth.size;
  const voxels: number[] = [];
  for (let at = 0; at < depth.data.length; at++) if (wanted(at)) voxels.push(at);
  return () => {
    const at = voxels[floor(random() * voxels.length)];
    return at === undefined ? null : [at % nx, floor(at / nx) % ny, floor(at / (nx * ny))];
  };
}
