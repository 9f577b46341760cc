/**
 * Finds where else in the same scan the lung looks as if it continued the lung around a hole: the place whose lung,
 * moved there, fits the ring around the hole best. Moves are by whole voxels, so that texture and its correlation
 * between voxels and slices stay the scanner's own.
 */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, floor, hypot, max, min, round, sqrt } = Math;

/** Host indices of the voxels that a donor must fill and of those that it should resemble. */
export interface Hole {
  readonly fill: Int32Array;
  readonly ring: Int32Array;
  /** Voxels of the host that no donor may come from, on `box`: the nodule itself. */
  readonly forbidden: Uint8Array;
  readonly box: IndexBox;
}

/** A move in voxels, and what speaks against it (mean squared difference to the ring, HU²; plus what it brings along). */
export interface Donor {
  readonly offset: Vec3;
  readonly cost: number;
}

/** Near lung first: perfusion, noise and blur change over the chest. Then the whole lungs. */
const NEAR_MM = 40;
const STEP_MM = 2.6;
const FIRST_LOOK = 48;
const RING_POINTS = 320;
const CONTENT_POINTS = 400;
const SHORT_LIST = 40;
/** Donors this much worse than the best are as good for the eye; the seed chooses among them. */
const ALIKE = 1.08;
const MOST_ALIKE = 4;
/** Vessels and bright voxels are those above. */
const BRIGHT_HU = -550;
/** Differences beyond this are the same: vessel or no vessel. */
const CLIP_HU = { low: -1000, high: -350 } as const;
/** Cost in HU² of filling wholly with vessels, beyond the share that the ring has. */
const BRIGHT_COST = 400_000;
/** Solid tissue in a donor may be another nodule or a great vessel. */
const SOLID_HU = -250;
const MOST_SOLID = 0.02;
/** Cost of noise that is stronger or weaker than around the hole, times the squared difference in HU. */
const GRAIN_COST = 30;
/** Second differences run over lung without vessels. */
const AERATED_HU = -600;
/** Cost in HU² per mm of way. */
const WAY_COST = 15;

/** The best donors, best first: those that are as good as the best one. Empty where the lungs hold none. */
export function findDonors(host: CtVolume, lung: LungAnatomy, hole: Hole): Donor[] {
  const near = search(host, lung, hole, NEAR_MM);
  if (near.length > 0) return near;
  return search(host, lung, hole, Infinity);
}

function search(host: CtVolume, lung: LungAnatomy, hole: Hole, reachMm: number): Donor[] {
  const [nx, ny] = host.size;
  const { fill } = hole;
  const ring = thinned(hole.ring, RING_POINTS);
  const first = thinned(fill, FIRST_LOOK);
  const extent = extentOf(fill, nx, ny);
  const brightInRing = shareAbove(host.data, hole.ring, 0, BRIGHT_HU);
  const sample = thinned(fill, CONTENT_POINTS);
  const grainAround = grainOf(host.data, hole.ring, 0);
  const found: Donor[] = [];
  const steps = [0, 1, 2].map((axis) => {
    const a = axis as 0 | 1 | 2;
    const step = max(1, round(STEP_MM / host.spacing[a]));
    const low = max(lung.box.min[a] - extent.min[a], -floor(min(1e6, reachMm / host.spacing[a])));
    const high = min(lung.box.max[a] - 1 - extent.max[a], ceil(min(1e6, reachMm / host.spacing[a])));
    const values: number[] = [];
    for (let n = ceil(low / step) * step; n <= high; n += step) values.push(n);
    return values;
  }) as [number[], number[], number[]];
  for (const dk of steps[2])
    for (const dj of steps[1])
      for (const di of steps[0]) {
        const move = di + nx * (dj + ny * dk);
        if (!allLung(lung, first, move)) continue;
        const mm = hypot(di * host.spacing[0], dj * host.spacing[1], dk * host.spacing[2]);
        if (shareAbove(host.data, sample, move, SOLID_HU) > MOST_SOLID) continue;
        const bright = max(0, shareAbove(host.data, sample, move, BRIGHT_HU) - brightInRing);
        // Of two donors that fit alike the quieter one differs less from anything: its own noise is no merit.
        const grain = grainOf(host.data, sample, move);
        const cost =
          ringCost(host.data, ring, move) - grain * grain + GRAIN_COST * (grain - grainAround) ** 2;
        found.push({ offset: [di, dj, dk], cost: cost + BRIGHT_COST * bright + WAY_COST * mm });
      }
  found.sort((a, b) => a.cost - b.cost);
  const whole: Donor[] = [];
  let tried = 0;
  for (const donor of found) {
    if (whole.length > 0 && (donor.cost > ALIKE * whole[0]!.cost || ++tried > SHORT_LIST)) break;
    if (!isWhole(host, lung, hole, donor.offset)) continue;
    whole.push(donor);
    if (whole.length >= MOST_ALIKE) break;
  }
  return whole;
}

/** Every voxel is lung and none belongs to the nodule. */
function isWhole(host: CtVolume, lung: LungAnatomy, { fill, forbidden, box }: Hole, offset: Vec3): boolean {
  const [nx, ny] = host.size;
  const move = offset[0] + nx * (offset[1] + ny * offset[2]);
  const [bi, bj] = [box.max[0] - box.min[0], box.max[1] - box.min[1]];
  for (const from of fill) {
    const at = from + move;
    if (lung.mask[at] !== 1) return false;
    const i = at % nx;
    const j = floor(at / nx) % ny;
    const k = floor(at / (nx * ny));
    if (i < box.min[0] || j < box.min[1] || k < box.min[2]) continue;
    if (i >= box.max[0] || j >= box.max[1] || k >= box.max[2]) continue;
    if (forbidden[i - box.min[0] + bi * (j - box.min[1] + bj * (k - box.min[2]))] !== 0) return false;
  }
  return true;
}

function allLung(lung: LungAnatomy, points: Int32Array, move: number): boolean {
  for (let n = 0; n < points.length; n++) if (lung.mask[points[n]! + move] !== 1) return false;
  return true;
}

/** Mean squared difference between the ring and the donor's, after their mean difference. */
function ringCost(data: Int16Array, ring: Int32Array, move: number): number {
  let sum = 0;
  let squares = 0;
  for (let n = 0; n < ring.length; n++) {
    const at = ring[n]!;
    const here = min(CLIP_HU.high, max(CLIP_HU.low, data[at]!));
    const there = min(CLIP_HU.high, max(CLIP_HU.low, data[at + move] ?? CLIP_HU.high));
    const difference = there - here;
    sum += difference;
    squares += difference * difference;
  }
  const mean = sum / ring.length;
  // A level that has to be shifted far belongs to other lung (emphysema, dependent lung): half of it counts.
  return squares / ring.length - 0.5 * mean * mean + abs(mean);
}

/** Standard deviation of the noise along the rows (HU), from the mean size of second differences; lung only. */
function grainOf(data: Int16Array, points: Int32Array, move: number): number {
  let sum = 0;
  let count = 0;
  for (let n = 0; n < points.length; n++) {
    const at = points[n]! + move;
    const before = data[at - 1]!;
    const here = data[at]!;
    const after = data[at + 1]!;
    if (!(before < AERATED_HU && here < AERATED_HU && after < AERATED_HU)) continue;
    sum += abs(2 * here - before - after);
    count++;
  }
  // Of white noise of variance 1: the mean size of a normal (0.798) of variance 6.
  return count === 0 ? 0 : sum / count / (0.798 * sqrt(6));
}

function shareAbove(data: Int16Array, points: Int32Array, move: number, hu: number): number {
  let above = 0;
  for (let n = 0; n < points.length; n++) if (data[points[n]! + move]! > hu) above++;
  return above / max(1, points.length);
}

/** At most so many of the points, spread evenly over them in an order that does not follow rows. */
function thinned(points: Int32Array, most: number): Int32Array {
  if (points.length <= most) return points;
  return Int32Array.from({ length: most }, (_, n) => points[floor(((n + 0.5) * points.length) / most)]!);
}

function extentOf(points: Int32Array, nx: number, ny: number): IndexBox {
  const low = [Infinity, Infinity, Infinity];
  const high = [0, 0, 0];
  for (const at of points)
    [at % nx, floor(at / nx) % ny, floor(at / (nx * ny))].forEach((n, axis) => {
      low[axis] = min(low[axis]!, n);
      high[axis] = max(high[axis]!, n);
    });
  return { min: [low[0]!, low[1]!, low[2]!], max: [high[0]!, high[1]!, high[2]!] };
}
