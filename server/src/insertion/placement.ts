/**
 * Where a nodule may go: the guard in front of every insertion, and the program's own proposal for `--at auto`.
 * Places are LPS mm; indices never leave this file.
 */
import type { PlacementSetting } from '@nodulelab/contract';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { indexToWorld, insideGrid, worldToIndex } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, max, min, round, sqrt } = Math;

export type { PlacementSetting };

export type PlacementRefusal =
  'outside-volume' | 'outside-lung' | 'airway' | 'vessel' | 'no-room' | 'other-setting';

export type Placement =
  | { readonly allowed: true; readonly setting: PlacementSetting; readonly lungShare: number }
  | {
      readonly allowed: false;
      readonly reason: PlacementRefusal;
      readonly message: string;
      /** Nearest place in the lung (LPS mm) where this nodule would be allowed. */
      readonly nearestAllowed?: Vec3;
    };

export interface ProposedPlace {
  /** LPS mm. */
  readonly centre: Vec3;
  readonly setting: PlacementSetting;
}

/** A pleural nodule still has to have most of its half inside the lung. */
const MIN_LUNG_SHARE = 0.4;
/** Where this much of the place is soft tissue already, nothing visible could be added. */
const MAX_TISSUE_SHARE = 0.6;
const TISSUE_HU = -400;
/** Vessels above this share make a proposed place a poor one. */
const QUIET_TISSUE_SHARE = 0.02;
const PROPOSALS = 80;
/** How far beyond the nearest lung a suggestion is looked for. */
const NEAREST_LIMIT_MM = 60;

/**
 * Decides whether a nodule of this diameter may be centred here.
 *
 * @param centre LPS mm.
 * @param diameterMm wanted diameter of the nodule.
 */
export function checkPlacement(
  host: CtVolume,
  lung: LungAnatomy,
  centre: Vec3,
  diameterMm: number,
  setting?: PlacementSetting,
): Placement {
  const judged = judge(host, lung, centre, diameterMm, setting);
  if (judged.allowed) return judged;
  const nearestAllowed = findNearest(host, lung, centre, diameterMm, setting);
  return nearestAllowed === null ? judged : { ...judged, nearestAllowed };
}

/** Throws `unusable` with the refusal's reason and the nearest allowed place; returns the setting otherwise. */
export function requirePlacement(
  host: CtVolume,
  lung: LungAnatomy,
  centre: Vec3,
  diameterMm: number,
  setting?: PlacementSetting,
): PlacementSetting {
  const placement = checkPlacement(host, lung, centre, diameterMm, setting);
  if (placement.allowed) return placement.setting;
  const hint =
    placement.nearestAllowed === undefined
      ? 'No place in this lung fits; ask for a smaller nodule.'
      : `The nearest allowed place is ${formatPoint(placement.nearestAllowed)}.`;
  throw new NoduleLabError('unusable', `${placement.message} ${hint}`, {
    reason: placement.reason,
    ...(placement.nearestAllowed === undefined ? {} : { nearestAllowed: placement.nearestAllowed }),
  });
}

/**
 * Proposes a place deep in aerated parenchyma and away from large vessels.
 *
 * @param random numbers in [0, 1); the same sequence gives the same place.
 * @throws NoduleLabError `unusable` where no place in this lung fits the diameter.
 */
export function proposePlace(
  host: CtVolume,
  lung: LungAnatomy,
  diameterMm: number,
  random: () => number,
  setting?: PlacementSetting,
): ProposedPlace {
  const { depth } = lung;
  const radius = diameterMm / 2;
  const depths =
    setting === 'juxta-pleural' ? [radius * 0.6, 1] : [radius + 6, radius + 2, radius, radius * 0.6];
  for (const wantedDepth of depths) {
    const deep: number[] = [];
    for (let at = 0; at < depth.data.length; at++) if (depth.data[at]! >= wantedDepth) deep.push(at);
    let best: { place: ProposedPlace; tissue: number } | null = null;
    for (let n = 0; n < PROPOSALS && deep.length > 0; n++) {
      const at = deep[floor(random() * deep.length)]!;
      const centre = pointOf(depth, at);
      const judged = judge(host, lung, centre, diameterMm, setting);
      if (!judged.allowed) continue;
      const place = { centre, setting: judged.setting };
      const tissue = sampleSphere(host, lung, centre, radius + 2).tissueShare;
      if (best === null || tissue < best.tissue) best = { place, tissue };
      if (tissue <= QUIET_TISSUE_SHARE) return place;
    }
    if (best !== null) return best.place;
  }
  throw new NoduleLabError(
    'unusable',
    `No place in this lung takes a nodule of ${diameterMm} mm: ask for a smaller diameter or give --at x,y,z.`,
  );
}

type Judged =
  | { allowed: true; setting: PlacementSetting; lungShare: number }
  | { allowed: false; reason: PlacementRefusal; message: string };

function judge(
  host: CtVolume,
  lung: LungAnatomy,
  centre: Vec3,
  diameterMm: number,
  wanted?: PlacementSetting,
): Judged {
  const refuse = (reason: PlacementRefusal, message: string): Judged => ({ allowed: false, reason, message });
  const index = worldToIndex(host, centre);
  const where = formatPoint(centre);
  if (!insideGrid(host, index))
    return refuse(
      'outside-volume',
      `The place ${where} is outside the CT volume: choose a point inside the lung.`,
    );
  const radius = diameterMm / 2;
  const reach = ([0, 1, 2] as const).every((axis) => {
    const voxels = radius / host.spacing[axis];
    return index[axis] - voxels >= -0.5 && index[axis] + voxels <= host.size[axis] - 0.5;
  });
  if (!reach)
    return refuse(
      'outside-volume',
      `A nodule of ${diameterMm} mm at ${where} would reach beyond the CT volume: move it inwards or make it smaller.`,
    );
  const at = flatIndex(host, index);
  if (lung.airway[at] !== 0)
    return refuse(
      'airway',
      `The place ${where} is inside the trachea or a large bronchus: choose lung tissue.`,
    );
  if (lung.mask[at] === 0)
    return refuse('outside-lung', `The place ${where} is outside the lung: choose a point inside it.`);
  const { lungShare, tissueShare } = sampleSphere(host, lung, centre, radius);
  if (lungShare < MIN_LUNG_SHARE)
    return refuse(
      'outside-lung',
      `Only ${round(lungShare * 100)} % of a nodule of ${diameterMm} mm at ${where} would lie in the lung: move it inwards or make it smaller.`,
    );
  if (tissueShare > MAX_TISSUE_SHARE)
    return refuse(
      'no-room',
      `At ${where} there is soft tissue already (vessel, nodule or consolidation): choose aerated lung.`,
    );
  const inside = host.data[at]! > TISSUE_HU ? 'vessel-attached' : 'parenchyma';
  const setting = lungShare < 0.98 ? 'juxta-pleural' : inside;
  if (wanted !== undefined && setting !== wanted)
    return refuse(
      'other-setting',
      `A nodule of ${diameterMm} mm at ${where} would be ${setting}, not ${wanted} as asked.`,
    );
  return { allowed: true, setting, lungShare };
}

/** Shares of a sphere that are lung, and that are soft tissue inside the lung. */
function sampleSphere(
  host: CtVolume,
  lung: LungAnatomy,
  centre: Vec3,
  radiusMm: number,
): { lungShare: number; tissueShare: number } {
  const index = worldToIndex(host, centre);
  const span = (axis: 0 | 1 | 2): readonly [number, number] => [
    max(0, round(index[axis] - radiusMm / host.spacing[axis])),
    min(host.size[axis] - 1, round(index[axis] + radiusMm / host.spacing[axis])),
  ];
  const [i0, i1] = span(0);
  const [j0, j1] = span(1);
  const [k0, k1] = span(2);
  let all = 0;
  let inLung = 0;
  let tissue = 0;
  for (let k = k0; k <= k1; k++)
    for (let j = j0; j <= j1; j++)
      for (let i = i0; i <= i1; i++) {
        const dx = (i - index[0]) * host.spacing[0];
        const dy = (j - index[1]) * host.spacing[1];
        const dz = (k - index[2]) * host.spacing[2];
        if (dx * dx + dy * dy + dz * dz > radiusMm * radiusMm) continue;
        const at = i + host.size[0] * (j + host.size[1] * k);
        all++;
        if (lung.mask[at] === 0) continue;
        inLung++;
        if (host.data[at]! > TISSUE_HU) tissue++;
      }
  return all === 0
    ? { lungShare: 1, tissueShare: 0 }
    : { lungShare: inLung / all, tissueShare: tissue / max(1, inLung) };
}

/** Nearest coarse lung voxel that is deep enough and passes the same judgement, looked for in widening shells. */
function findNearest(
  host: CtVolume,
  lung: LungAnatomy,
  centre: Vec3,
  diameterMm: number,
  setting?: PlacementSetting,
): Vec3 | null {
  const { depth } = lung;
  const [nx, ny, nz] = depth.size;
  const from = worldToIndex(depth, centre);
  const radius = diameterMm / 2;
  for (const wantedDepth of [max(2, radius), max(2, radius * 0.5)]) {
    const squares = new Float32Array(depth.data.length).fill(Infinity);
    let nearest = Infinity;
    let at = 0;
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++, at++) {
          if (depth.data[at]! < wantedDepth) continue;
          const dx = (i - from[0]) * depth.spacing[0];
          const dy = (j - from[1]) * depth.spacing[1];
          const dz = (k - from[2]) * depth.spacing[2];
          const square = dx * dx + dy * dy + dz * dz;
          squares[at] = square;
          if (square < nearest) nearest = square;
        }
    if (nearest === Infinity) continue;
    let inner = -1;
    const last = sqrt(nearest) + NEAREST_LIMIT_MM;
    for (let outer = sqrt(nearest) + 3; inner < last; outer = inner * 1.3 + 3) {
      const shell: number[] = [];
      for (let voxel = 0; voxel < squares.length; voxel++)
        if (squares[voxel]! > inner * abs(inner) && squares[voxel]! <= outer * outer) shell.push(voxel);
      shell.sort((a, b) => squares[a]! - squares[b]!);
      for (const voxel of shell) {
        const place = pointOf(depth, voxel);
        if (judge(host, lung, place, diameterMm, setting).allowed) return place;
      }
      inner = outer;
    }
  }
  return null;
}

function pointOf(depth: LungAnatomy['depth'], at: number): Vec3 {
  const [nx, ny] = depth.size;
  return indexToWorld(depth, [at % nx, floor(at / nx) % ny, floor(at / (nx * ny))]);
}

function flatIndex(host: CtVolume, index: Vec3): number {
  const clamp = (axis: 0 | 1 | 2): number => min(host.size[axis] - 1, max(0, round(index[axis])));
  return clamp(0) + host.size[0] * (clamp(1) + host.size[1] * clamp(2));
}

function formatPoint(point: Vec3): string {
  return `(${point.map((value) => value.toFixed(1)).join(', ')}) mm LPS`;
}
