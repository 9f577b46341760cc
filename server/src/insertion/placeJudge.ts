/**
 * The judgement behind the placement guard: may a nodule of this size be centred in this voxel of the lung's coarse grid,
 * and in which setting would it lie? One place, a proposal and a whole map of places all ask here, so they never disagree.
 */
import type { PlacementSetting } from '@nodulelab/contract';
import { ballOf, contentsOfBall, CONTENT, type Ball } from '../anatomy/lungContents.ts';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { indexToWorld, insideGrid, worldToIndex } from '../volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { hypot, round } = Math;

export type PlacementRefusal =
  | 'outside-volume'
  | 'outside-lung'
  /** The centre is in the lung, but too much of the nodule would lie outside it. */
  | 'near-border'
  | 'airway'
  | 'vessel'
  | 'no-room';

/** A pleural nodule still has to have a good part inside the lung. */
const MIN_LUNG_SHARE = 0.4;
/** Where this much of the place is soft tissue already, nothing visible could be added. */
const MAX_TISSUE_SHARE = 0.6;
/** A nodule does not go into the middle of another: of the core of this part of its diameter no more may be soft tissue. */
const CORE = { diameter: 0.5, maxTissueShare: 0.6 } as const;
/** More of the nodule than this must not lie in the lumen of a bronchus, or in a large vessel. */
const MAX_AIRWAY_SHARE = 0.08;
const MAX_VESSEL_SHARE = 0.15;
/** From this share of vessel in the ball on, a nodule is seen to hang on a vessel. */
const ATTACHED_SHARE = 0.025;

export interface Verdict {
  readonly refusal: PlacementRefusal | null;
  /** Only where nothing refuses. */
  readonly setting: PlacementSetting | null;
  /** Share of the nodule that would lie in the lung; 0 where it was not asked. */
  readonly lungShare: number;
}

export interface PlaceJudge {
  readonly size: Vec3;
  readonly ball: Ball;
  /** Judges a nodule that is centred at this point (LPS mm), as the voxel that holds it is judged. */
  atPoint(point: Vec3): Verdict;
  /** Centre of a voxel of the coarse grid, LPS mm. */
  centreOf(voxel: Vec3): Vec3;
  /** Judges a nodule that is centred in this voxel. */
  at(i: number, j: number, k: number): Verdict;
}

const refused = (refusal: PlacementRefusal, lungShare = 0): Verdict => ({
  refusal,
  setting: null,
  lungShare,
});
const OUTSIDE_LUNG = refused('outside-lung');
const OUTSIDE_VOLUME = refused('outside-volume');
const IN_AIRWAY = refused('airway');
const IN_VESSEL = refused('vessel');

export function placeJudge(host: CtVolume, lung: LungAnatomy, diameterMm: number): PlaceJudge {
  const { depth, contents } = lung;
  const { size, spacing } = depth;
  const [nx, ny, nz] = size;
  const { counts, hostVoxels } = contents;
  const radius = diameterMm / 2;
  const ball = ballOf(radius, spacing);
  const all = ball.voxels * hostVoxels;
  const core = ballOf(CORE.diameter * radius, spacing);
  const most = hostVoxels / 2;
  // Depth counts to the centre of the first voxel outside: half a voxel more than to the border.
  const half = (spacing[0] + spacing[1]) / 4;
  const diagonal = hypot(...spacing);
  const { low, high } = reachWithin(host, depth, radius);
  const inRange = (i: number, j: number, k: number): boolean =>
    i >= low[0] && i <= high[0] && j >= low[1] && j <= high[1] && k >= low[2] && k <= high[2];
  const sums = new Int32Array(5);

  const at = (i: number, j: number, k: number): Verdict => {
    const voxel = i + nx * (j + ny * k);
    if (!inRange(i, j, k)) return OUTSIDE_VOLUME;
    if (counts.airway[voxel]! >= most) return IN_AIRWAY;
    if (counts.lung[voxel]! + counts.airway[voxel]! < most) return OUTSIDE_LUNG;
    if (counts.vessel[voxel]! >= most) return IN_VESSEL;
    const toPleura = depth.data[voxel]! - half;
    contentsOfBall(contents, ball, i, j, k, sums);
    const airway = sums[CONTENT.airway]!;
    const tree = sums[CONTENT.tree]!;
    // Far from the pleura only lumina and rounding could make it less than all.
    const lungShare = toPleura > radius + diagonal ? 1 : (sums[CONTENT.lung]! + airway) / all;
    if (lungShare < MIN_LUNG_SHARE) return refused('near-border', lungShare);
    if (airway > MAX_AIRWAY_SHARE * all) return IN_AIRWAY;
    if (sums[CONTENT.vessel]! > MAX_VESSEL_SHARE * all) return IN_VESSEL;
    if (sums[CONTENT.tissue]! > MAX_TISSUE_SHARE * lungShare * all) return refused('no-room', lungShare);
    contentsOfBall(contents, core, i, j, k, sums);
    if (sums[CONTENT.tissue]! > CORE.maxTissueShare * core.voxels * hostVoxels)
      return refused('no-room', lungShare);
    if (toPleura <= radius) return { refusal: null, setting: 'juxta-pleural', lungShare };
    const setting = tree >= ATTACHED_SHARE * all ? 'vessel-attached' : 'parenchyma';
    return { refusal: null, setting, lungShare };
  };
  const atPoint = (point: Vec3): Verdict => {
    if (!insideGrid(host, worldToIndex(host, point))) return OUTSIDE_VOLUME;
    const [i, j, k] = worldToIndex(depth, point).map(round) as [number, number, number];
    if (i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz) return at(i, j, k);
    return inRange(i, j, k) ? OUTSIDE_LUNG : OUTSIDE_VOLUME;
  };
  return { size, ball, at, atPoint, centreOf: (voxel) => indexToWorld(depth, voxel) };
}

/** Why a place of this verdict is refused to who wants this setting; null where it is allowed. */
export function refusalOf(
  { refusal, setting }: Verdict,
  wanted: PlacementSetting | undefined,
): Verdict['refusal'] | 'other-setting' {
  if (refusal !== null) return refusal;
  return wanted === undefined || setting === wanted ? null : 'other-setting';
}

/** Coarse indices between which a ball stays in the host's volume. */
function reachWithin(
  host: CtVolume,
  grid: LungAnatomy['depth'],
  radiusMm: number,
): { low: Vec3; high: Vec3 } {
  const first = worldToIndex(host, grid.origin);
  const ends = ([0, 1, 2] as const).map((axis) => {
    const step = grid.spacing[axis] / host.spacing[axis];
    const reach = radiusMm / host.spacing[axis];
    return [
      (reach - 0.5 - first[axis]) / step,
      (host.size[axis] - 0.5 - reach - first[axis]) / step,
    ] as const;
  });
  const of = (side: 0 | 1): Vec3 => [ends[0]![side], ends[1]![side], ends[2]![side]];
  return { low: of(0), high: of(1) };
}
