/**
 * Examples for the detector, in pairs: a nodule, and a place without one. Cut-outs are wide in the plane, tight along z
 * and centred on their nodules; whatever of that a network could tell a nodule by, besides the nodule, is the same in
 * both boxes of a pair by construction: the diameter asked about, the spacing of the voxels, where the centre lies
 * between them, and how much CT there is on each side before its border goes on. Pure.
 */
import { cropVolume } from '../volume/crop.ts';
import { indexToWorld, worldToIndex, type Vec3 } from '../volume/ctVolume.ts';
import type { Random } from '../nn/random.ts';
import { climb } from './brightPlaces.ts';
import { BOX_REACH, detectorBox } from './detectorBox.ts';
import type { DetectorVoi } from './detectorVois.ts';

const { abs, ceil, floor, hypot, log, max, min } = Math;

/** Where a box lies in its cut-out, and how much of the cut-out it may see. */
export interface Example {
  readonly voi: DetectorVoi;
  /** Fractional voxel index of the centre. */
  readonly index: Vec3;
  readonly diameterMm: number;
  /** Voxels that are there below and above the one that the centre's index begins with. */
  readonly below: Vec3;
  readonly above: Vec3;
}

/** A bright place near lung (vessel, fissure, chest wall), any place, or one just beside the nodule. */
export type NegativeKind = 'bright' | 'anywhere' | 'beside';

/** As often as they stand here. */
const KINDS: readonly NegativeKind[] = ['bright', 'bright', 'anywhere', 'beside'];

export interface Pair {
  readonly positive: Example;
  readonly negative: Example;
  readonly kind: NegativeKind;
}

/** Diameters asked about, in largest in-plane diameters of the nodule: a ball of its volume is smaller. */
const ASKED: readonly [low: number, high: number] = [0.75, 1.15];
/** How far the centre may lie off, in diameters, along each axis. */
const OFF_CENTRE = 0.12;
/** A place without a nodule is this far from all that is marked, in diameters asked about, and this many mm at least. */
const CLEAR = { diameters: 0.2, mm: 1.5 } as const;
/** CT on each side of a place, in diameters, at least: less shows too little of what is there. */
const LEAST_ROOM: Vec3 = [0.3, 0.3, 0.2];
/** How much the pixels of both boxes may differ. */
const LIKE_PIXELS = 0.1;
/** Bright places are sought upwards from lung, HU, and not further away than this, in diameters. */
const LUNG_HU = -500;
const NEAR = 1;
const SAME_CUT_OUT = 0.3;
const TRIES = 24;

/** @returns null where no place without a nodule fits the nodule's box */
export function drawPair(vois: readonly DetectorVoi[], voi: DetectorVoi, random: Random): Pair | null {
  const diameterMm = voi.diameterMm * (ASKED[0] + (ASKED[1] - ASKED[0]) * random.uniform());
  const off = (): number => (2 * random.uniform() - 1) * OFF_CENTRE * diameterMm;
  const centre: Vec3 = [voi.centre[0] + off(), voi.centre[1] + off(), voi.centre[2] + off()];
  const positive = exampleAt(voi, worldToIndex(voi.ct, centre), diameterMm);
  if (positive === null) return null;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const kind = KINDS[random.integer(KINDS.length)]!;
    const other = random.uniform() < SAME_CUT_OUT ? voi : vois[random.integer(vois.length)]!;
    const negative = alike(voi, other) ? negativeIn(other, positive, kind, random) : null;
    const pair = negative === null ? null : cropped(positive, negative, kind);
    if (pair !== null) return pair;
  }
  return null;
}

/** The box of an example: the cut-out is cut down to what the example may see. */
export function boxOf({ voi, index, diameterMm, below, above }: Example): Float32Array {
  const first = index.map(floor) as unknown as Vec3;
  const seen = cropVolume(voi.ct, {
    min: axes((axis) => first[axis] - below[axis]),
    max: axes((axis) => first[axis] + above[axis] + 1),
  });
  return detectorBox(seen, indexToWorld(voi.ct, index), diameterMm);
}

function exampleAt(voi: DetectorVoi, index: Vec3, diameterMm: number): Example | null {
  const { size, spacing } = voi.ct;
  const first = axes((axis) => floor(index[axis]));
  if (first.some((at, axis) => at < 0 || at >= size[axis as 0 | 1 | 2])) return null;
  // Voxels that the box does not reach make no difference.
  const reach = axes((axis) => ceil((BOX_REACH[axis] * diameterMm) / spacing[axis]) + 2);
  return {
    ...{ voi, index, diameterMm },
    below: axes((axis) => min(reach[axis], first[axis])),
    above: axes((axis) => min(reach[axis], size[axis] - 1 - first[axis])),
  };
}

/** Slices as far apart, and pixels of nearly one size. */
const alike = ({ ct: a }: DetectorVoi, { ct: b }: DetectorVoi): boolean =>
  abs(a.spacing[2] - b.spacing[2]) < 0.01 &&
  abs(log(a.spacing[0] / b.spacing[0])) < LIKE_PIXELS &&
  abs(log(a.spacing[1] / b.spacing[1])) < LIKE_PIXELS;

/** A place without a nodule, its centre as far between voxels as that of `like`. */
function negativeIn(voi: DetectorVoi, like: Example, kind: NegativeKind, random: Random): Example | null {
  const { size, spacing } = voi.ct;
  const { diameterMm } = like;
  const clear = max(CLEAR.mm, CLEAR.diameters * diameterMm);
  const clearanceAt = ([i, j, k]: Vec3): number => voi.clearanceMm[i + size[0] * (j + size[1] * k)]!;
  const margin = axes((axis) => floor((LEAST_ROOM[axis] * diameterMm) / spacing[axis]));
  const span = axes((axis) => size[axis] - 2 * margin[axis]);
  if (span.some((voxels) => voxels < 1)) return null;
  const allowed = (index: Vec3): boolean =>
    clearanceAt(index) >= clear &&
    index.every((at, axis) => at >= margin[axis]! && at < margin[axis]! + span[axis]!);
  let place: Vec3 = axes((axis) => margin[axis] + random.integer(span[axis]));
  if (!allowed(place)) return null;
  if (kind === 'beside' && clearanceAt(place) > clear + 0.4 * diameterMm) return null;
  if (kind === 'bright') {
    const start = place;
    if (voi.ct.data[start[0] + size[0] * (start[1] + size[1] * start[2])]! > LUNG_HU) return null;
    const near = (index: Vec3): boolean =>
      hypot(...axes((axis) => (index[axis] - start[axis]) * spacing[axis])) <= NEAR * diameterMm;
    const wanted = 0.2 * diameterMm;
    const { field } = voi.fields.reduce((a, b) =>
      abs(log(b.sigmaMm / wanted)) < abs(log(a.sigmaMm / wanted)) ? b : a,
    );
    place = climb(field, start, (index) => near(index) && allowed(index));
  }
  const found = place;
  const between = axes((axis) => like.index[axis] - floor(like.index[axis]));
  return exampleAt(
    voi,
    axes((axis) => found[axis] + between[axis]),
    diameterMm,
  );
}

/** Both cut down to what both have; null where that is too little. */
function cropped(positive: Example, negative: Example, kind: NegativeKind): Pair | null {
  const below = axes((axis) => min(positive.below[axis], negative.below[axis]));
  const above = axes((axis) => min(positive.above[axis], negative.above[axis]));
  const { spacing } = positive.voi.ct;
  const enough = ([0, 1, 2] as const).every(
    (axis) =>
      (min(below[axis], above[axis]) + 0.5) * spacing[axis] >=
      LEAST_ROOM[axis] * positive.diameterMm - spacing[axis],
  );
  if (!enough) return null;
  return { positive: { ...positive, below, above }, negative: { ...negative, below, above }, kind };
}

const axes = (value: (axis: 0 | 1 | 2) => number): Vec3 => [value(0), value(1), value(2)];
