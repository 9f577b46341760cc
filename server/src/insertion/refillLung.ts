/**
 * New lung for a hole: real lung of the same scan, moved there, its level brought to that of the lung around the hole
 * by interpolating the difference along the border (the idea of mean-value cloning, Farbman et al., ACM TOG 2009; the
 * weights are inverse distances here). Where two textures meet, they are mixed so that noise keeps its power: plain
 * averaging would leave a smooth band, which the eye sees first.
 */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { findDonors } from './lungDonors.ts';
import type { RemovalRegion } from './removalRegion.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor, imul, max, min, sqrt } = Math;

/** Voxels with less new lung than this need no donor. */
const MATTERS = 0.02;
/** Pieces of a hole that no single place can fill overlap by this much. */
const OVERLAP_MM = 4;
const LEAST_PIECE_MM = 7;
/** The level of the lung is a mean over a ball of this radius, aerated voxels only. */
const LEVEL_RADIUS_MM = 3;
const AERATED_HU = -500;
const LEVEL_SAMPLES = 260;
/** Softens the interpolation next to a sample. */
const SOFT_MM = 2;

/** A part of the hole: mm from the grid's corner; `ramp` says at which faces it meets another part. */
interface Piece {
  readonly low: Vec3;
  readonly high: Vec3;
  readonly ramp: readonly [Ramp, Ramp, Ramp];
}
interface Ramp {
  readonly low: boolean;
  readonly high: boolean;
}

interface Sample {
  readonly at: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/**
 * HU of the finished region, before rounding; voxels with `blend` 0 keep the host's.
 *
 * @throws NoduleLabError `unusable` where the lungs hold nothing that could fill the hole.
 */
export function refillLung(region: RemovalRegion, lung: LungAnatomy, seed: number): Float32Array {
  const { grid, indices, blend } = region;
  const { host, size, spacing } = grid;
  const samples = levelSamples(region);
  const hostLevel = samples.map(({ at }) => localLevel(region, lung, at, 0));
  const [mm, none] = [
    [size[0] * spacing[0], size[1] * spacing[1], size[2] * spacing[2]] as const,
    { low: false, high: false },
  ];
  const pieces = settle(region, lung, { low: [0, 0, 0], high: mm, ramp: [none, none, none] }, seed);
  const filled = new Float32Array(grid.voxels);
  const nearness = new Float64Array(samples.length);
  const levels = pieces.map(({ move }) => samples.map(({ at }) => localLevel(region, lung, at, move)));
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        const before = host.data[indices[at]!]!;
        filled[at] = before;
        const share = blend[at]!;
        if (share <= 0) continue;
        const [x, y, z] = [i * spacing[0], j * spacing[1], k * spacing[2]];
        let total = 0;
        for (let n = 0; n < samples.length; n++) {
          const s = samples[n]!;
          const q = (s.x - x) ** 2 + (s.y - y) ** 2 + (s.z - z) ** 2 + SOFT_MM * SOFT_MM;
          const near = 1 / (q * q);
          nearness[n] = near;
          total += near;
        }
        const level = weighted(hostLevel, nearness, total);
        let texture = 0;
        let power = 0;
        for (let p = 0; p < pieces.length; p++) {
          const piece = pieces[p]!;
          const weight = weightOf(piece, x, y, z);
          if (weight <= 0) continue;
          const from = indices[at]! + piece.move;
          const donor = host.data[from] ?? 0;
          // Where only the wall's share is left the donor may be no lung, and does not matter.
          if (lung.mask[from] !== 1) continue;
          texture += weight * (donor - weighted(levels[p]!, nearness, total));
          power += weight * weight;
        }
        const own = (1 - share) * (before - level);
        const norm = sqrt((1 - share) ** 2 + share * share * power);
        filled[at] = norm === 0 ? level : level + (own + share * texture) / norm;
      }
  return filled;
}

interface SettledPiece extends Piece {
  /** Added to a host index it gives the donor's. */
  readonly move: number;
}

/** One donor for the whole piece; where the lungs hold none, the piece is halved along its longest side. */
function settle(region: RemovalRegion, lung: LungAnatomy, piece: Piece, seed: number): SettledPiece[] {
  const { grid, indices, alpha, around, distance } = region;
  const { host, size, spacing, box } = grid;
  const fill: number[] = [];
  const ring: number[] = [];
  const forbidden = new Uint8Array(grid.voxels);
  const low = [Infinity, Infinity, Infinity];
  const high = [0, 0, 0];
  const whole = !piece.ramp.some((ramp) => ramp.low || ramp.high);
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        if (distance[at]! <= 0) forbidden[at] = 1;
        const [x, y, z] = [i * spacing[0], j * spacing[1], k * spacing[2]];
        if (around[at] !== 0 || (alpha[at]! > 0 && distance[at]! > 0)) {
          // A piece resembles the ring that it touches.
          if (whole || weightOf(piece, x, y, z) > 0) ring.push(indices[at]!);
        }
        if (alpha[at]! < MATTERS || weightOf(piece, x, y, z) <= 0) continue;
        fill.push(indices[at]!);
        [x, y, z].forEach((value, axis) => {
          low[axis] = min(low[axis]!, value);
          high[axis] = max(high[axis]!, value);
        });
      }
  if (fill.length === 0) return [];
  const donors = findDonors(host, lung, {
    fill: Int32Array.from(fill),
    ring: Int32Array.from(ring.length >= 40 ? ring : ringOf(region)),
    forbidden,
    box,
  });
  if (donors.length > 0) {
    const [di, dj, dk] = donors[pick(seed, fill.length) % donors.length]!.offset;
    return [{ ...piece, move: di + host.size[0] * (dj + host.size[1] * dk) }];
  }
  const lengths = low.map((value, axis) => high[axis]! - value);
  const axis = lengths.indexOf(max(...lengths)) as 0 | 1 | 2;
  if (lengths[axis]! < LEAST_PIECE_MM)
    throw new NoduleLabError(
      'unusable',
      'The lungs of this CT hold no place whose texture could fill the nodule: it is wider than the healthy lung around it. It cannot be removed.',
    );
  const middle = (low[axis]! + high[axis]!) / 2;
  const half = (side: 'low' | 'high'): Piece => ({
    low: piece.low.map((value, a) => (a === axis && side === 'high' ? middle : value)) as unknown as Vec3,
    high: piece.high.map((value, a) => (a === axis && side === 'low' ? middle : value)) as unknown as Vec3,
    ramp: piece.ramp.map((ramp, a) =>
      a === axis ? { ...ramp, [side === 'low' ? 'high' : 'low']: true } : ramp,
    ) as unknown as Piece['ramp'],
  });
  return [...settle(region, lung, half('low'), seed), ...settle(region, lung, half('high'), seed + 1)];
}

function ringOf({ indices, around }: RemovalRegion): number[] {
  const ring: number[] = [];
  for (let at = 0; at < around.length; at++) if (around[at] !== 0) ring.push(indices[at]!);
  return ring;
}

/** 1 inside a piece, falling linearly across the faces where it meets another; both pieces' shares add up to 1. */
function weightOf({ low, high, ramp }: Piece, x: number, y: number, z: number): number {
  return (
    side(x, low[0], high[0], ramp[0]) * side(y, low[1], high[1], ramp[1]) * side(z, low[2], high[2], ramp[2])
  );
}

function side(n: number, low: number, high: number, ramp: Ramp): number {
  const from = ramp.low ? min(1, max(0, (n - low) / OVERLAP_MM + 0.5)) : 1;
  const to = ramp.high ? min(1, max(0, (high - n) / OVERLAP_MM + 0.5)) : 1;
  return from * to;
}

/** Voxels of the lung around, spread evenly, at which levels are compared. */
function levelSamples({ grid, around, distance }: RemovalRegion): Sample[] {
  const { size, spacing } = grid;
  const candidates: number[] = [];
  for (let at = 0; at < around.length; at++) if (around[at] !== 0 && distance[at]! > 1.5) candidates.push(at);
  const count = min(LEVEL_SAMPLES, candidates.length);
  return Array.from({ length: count }, (_, n) => {
    const at = candidates[floor(((n + 0.5) * candidates.length) / count)]!;
    const i = at % size[0];
    const j = floor(at / size[0]) % size[1];
    const k = floor(at / (size[0] * size[1]));
    return { at, x: i * spacing[0], y: j * spacing[1], z: k * spacing[2] };
  });
}

/** Mean HU of the aerated lung within a few mm of a voxel of the grid, or of where a move takes it. */
function localLevel(
  { grid, indices, around, lungHu }: RemovalRegion,
  lung: LungAnatomy,
  at: number,
  move: number,
) {
  const { host, size, spacing } = grid;
  const [nx, ny] = host.size;
  const reach = spacing.map((mm) => floor(LEVEL_RADIUS_MM / mm)) as [number, number, number];
  const i0 = at % size[0];
  const j0 = floor(at / size[0]) % size[1];
  const k0 = floor(at / (size[0] * size[1]));
  let sum = 0;
  let count = 0;
  for (let dk = -reach[2]; dk <= reach[2]; dk++)
    for (let dj = -reach[1]; dj <= reach[1]; dj++)
      for (let di = -reach[0]; di <= reach[0]; di++) {
        const [i, j, k] = [i0 + di, j0 + dj, k0 + dk];
        if (i < 0 || j < 0 || k < 0 || i >= size[0] || j >= size[1] || k >= size[2]) continue;
        if (around[i + size[0] * (j + size[1] * k)] === 0) continue;
        const from = indices[at]! + move + di + nx * (dj + ny * dk);
        const hu = host.data[from] ?? 0;
        if (lung.mask[from] !== 1 || hu > AERATED_HU) continue;
        sum += hu;
        count++;
      }
  return count < 5 ? lungHu : sum / count;
}

function weighted(values: readonly number[], weights: Float64Array, total: number): number {
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += values[n]! * weights[n]!;
  return sum / total;
}

/** A 32-bit hash of two numbers (finaliser of MurmurHash3). */
function pick(a: number, b: number): number {
  let h = imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ imul(b + 1, 0xc2b2ae35);
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
