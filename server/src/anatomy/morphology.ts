/**
 * Binary morphology with a ball in mm on grids stored i fastest; masks are Uint8Array with 0 = out, anything else = in.
 * Distances are Euclidean, between voxel centres. Pure.
 */
import { findRuns, labelRuns } from '../volume/components.ts';
import type { IndexBox, Vec3 } from '../volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, sqrt } = Math;

/** Larger than any squared distance in a body, and still exact when a step is added. */
const FAR = 1e12;

/** Fills, slice by slice, what cannot be reached from the slice's border; holes above `maxVoxels` stay open. */
export function fillHolesPerSlice(mask: Uint8Array, size: Vec3, maxVoxels = Infinity): Uint8Array {
  const [nx, ny] = size;
  const { starts, ends, labels, counts } = labelRuns(mask, size, 4, 'zero');
  const open = Uint8Array.from(counts, (count) => (count > maxVoxels ? 1 : 0));
  for (let run = 0; run < labels.length; run++) {
    const i = starts[run]! % nx;
    const j = ((starts[run]! - i) / nx) % ny;
    if (i === 0 || j === 0 || j === ny - 1 || i + ends[run]! - starts[run]! === nx) open[labels[run]!] = 1;
  }
  const filled = mask.slice();
  for (let run = 0; run < labels.length; run++)
    if (open[labels[run]!] === 0) filled.fill(1, starts[run], ends[run]);
  return filled;
}

/**
 * Distance in mm from each voxel of the mask to the nearest voxel outside it (0 outside); `limitMm` where that is
 * farther, or where the mask fills the grid. Beyond the grid counts as neither in nor out.
 *
 * Exact: one lower envelope of parabolas per line (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012). A voxel
 * outside is at distance 0, so it ends the envelope: each stretch of mask along a line is transformed on its own.
 */
export function depthInMask(mask: Uint8Array, size: Vec3, spacing: Vec3, limitMm: number): Float32Array {
  const [nx, ny, nz] = size;
  const slice = nx * ny;
  const squared = new Float32Array(mask.length);
  const [sx, sy, sz] = spacing;
  const box = boundingBox(mask, size, spacing, 0);
  for (let row = 0; row < ny * nz; row++) {
    const last = (row + 1) * nx;
    for (let at = row * nx; at < last; at++) {
      if (mask[at] === 0) continue;
      const start = at;
      while (at < last && mask[at] !== 0) at++;
      const before = start === row * nx ? FAR : 0;
      const after = at === last ? FAR : 0;
      for (let to = start; to < at; to++) {
        const left = before + (to - start + 1) * sx;
        const right = after + (at - to) * sx;
        const nearest = left < right ? left : right;
        squared[to] = nearest >= FAR ? FAR : nearest * nearest;
      }
    }
  }
  const transform = envelope(max(ny, nz));
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let i = box.min[0]; i < box.max[0]; i++) {
      const start = i + slice * k;
      eachStretch(mask, start, nx, box.min[1], box.max[1], (from, to) => {
        transform(squared, start, nx, from, to, sy, from > 0, to < ny);
      });
    }
  for (let j = box.min[1]; j < box.max[1]; j++)
    for (let i = box.min[0]; i < box.max[0]; i++) {
      const start = i + nx * j;
      eachStretch(mask, start, slice, box.min[2], box.max[2], (from, to) => {
        transform(squared, start, slice, from, to, sz, from > 0, to < nz);
      });
    }
  const limit = limitMm * limitMm;
  for (let at = 0; at < squared.length; at++) {
    const value = squared[at]!;
    if (value !== 0) squared[at] = value > limit ? limitMm : sqrt(value);
  }
  return squared;
}

function eachStretch(
  mask: Uint8Array,
  start: number,
  stride: number,
  low: number,
  high: number,
  visit: (from: number, to: number) => void,
): void {
  for (let q = low; q < high; q++) {
    if (mask[start + q * stride] === 0) continue;
    const from = q;
    while (q < high && mask[start + q * stride] !== 0) q++;
    visit(from, q);
  }
}

/** A transform of `[from, to)` of one line in place; the ends are zero where the mask ends there. */
function envelope(longest: number) {
  const values = new Float64Array(longest + 2);
  const vertices = new Int32Array(longest + 2);
  const borders = new Float64Array(longest + 3);
  return (
    squared: Float32Array,
    start: number,
    stride: number,
    from: number,
    to: number,
    mm: number,
    zeroBefore: boolean,
    zeroAfter: boolean,
  ): void => {
    const unit = mm * mm;
    let found = 0;
    const add = (q: number, value: number): void => {
      let cross = -Infinity;
      while (found > 0) {
        const p = vertices[found - 1]!;
        cross = (value + unit * q * q - (values[found - 1]! + unit * p * p)) / (2 * unit * (q - p));
        if (cross > borders[found - 1]!) break;
        found--;
      }
      borders[found] = found === 0 ? -Infinity : cross;
      vertices[found] = q;
      values[found] = value;
      found++;
    };
    if (zeroBefore) add(from - 1, 0);
    for (let q = from; q < to; q++) {
      const value = squared[start + q * stride]!;
      if (value < FAR) add(q, value);
    }
    if (zeroAfter) add(to, 0);
    if (found === 0) return;
    let piece = 0;
    for (let q = from; q < to; q++) {
      while (piece + 1 < found && borders[piece + 1]! < q) piece++;
      const steps = q - vertices[piece]!;
      squared[start + q * stride] = unit * steps * steps + values[piece]!;
    }
  };
}

/**
 * Voxels within `radiusMm` of the mask. Row by row: a row grows by as much as the ball leaves it at each distance
 * between rows.
 */
export function dilate(mask: Uint8Array, size: Vec3, spacing: Vec3, radiusMm: number): Uint8Array {
  const [nx, ny, nz] = size;
  const { starts, ends } = findRuns(mask, size);
  const grown = mask.slice();
  const reachJ = floor(radiusMm / spacing[1]);
  const reachK = floor(radiusMm / spacing[2]);
  const steps: { dj: number; dk: number; width: number }[] = [];
  for (let dk = -reachK; dk <= reachK; dk++)
    for (let dj = -reachJ; dj <= reachJ; dj++) {
      const rest = radiusMm ** 2 - (dj * spacing[1]) ** 2 - (dk * spacing[2]) ** 2;
      if (rest >= 0) steps.push({ dj, dk, width: floor(sqrt(rest) / spacing[0]) });
    }
  for (let run = 0; run < starts.length; run++) {
    const i0 = starts[run]! % nx;
    const row = (starts[run]! - i0) / nx;
    const j = row % ny;
    const k = (row - j) / ny;
    const i1 = i0 + ends[run]! - starts[run]!;
    for (const { dj, dk, width } of steps) {
      if (j + dj < 0 || j + dj >= ny || k + dk < 0 || k + dk >= nz) continue;
      const base = nx * (j + dj + ny * (k + dk));
      grown.fill(1, base + max(0, i0 - width), base + min(nx, i1 + width));
    }
  }
  return grown;
}

/** Voxels of the mask that are farther than `radiusMm` from anything outside it. */
export function erode(mask: Uint8Array, size: Vec3, spacing: Vec3, radiusMm: number): Uint8Array {
  const depth = depthInMask(mask, size, spacing, radiusMm + 1);
  const core = new Uint8Array(mask.length);
  for (let at = 0; at < core.length; at++) if (depth[at]! > radiusMm) core[at] = 1;
  return core;
}

/** Dilation, then erosion: bridges gaps and notches narrower than twice the radius. */
export function close(mask: Uint8Array, size: Vec3, spacing: Vec3, radiusMm: number): Uint8Array {
  const closed = erode(dilate(mask, size, spacing, radiusMm), size, spacing, radiusMm);
  for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) closed[at] = 1;
  return closed;
}

/** One in-plane step to the four neighbours: grows the mask, or shrinks it, by a voxel. */
export function stepInPlane(mask: Uint8Array, size: Vec3, to: 'grow' | 'shrink'): Uint8Array {
  const [nx, ny] = size;
  const slice = nx * ny;
  const stepped = mask.slice();
  // Where a run begins and ends in its row, and above and below each of its voxels, something may spread.
  const { starts, ends } = findRuns(mask, size, to === 'grow' ? 'set' : 'zero');
  const value = to === 'grow' ? 1 : 0;
  for (let run = 0; run < starts.length; run++) {
    const start = starts[run]!;
    const end = ends[run]!;
    const inSlice = start % slice;
    if (start % nx > 0) stepped[start - 1] = value;
    if (end % nx > 0) stepped[end] = value;
    if (inSlice >= nx) stepped.fill(value, start - nx, end - nx);
    if (inSlice < slice - nx) stepped.fill(value, start + nx, end + nx);
  }
  return stepped;
}

/** Smallest box around the mask, widened by `marginMm` and one voxel, cut to the grid; empty for an empty mask. */
export function boundingBox(mask: Uint8Array, size: Vec3, spacing: Vec3, marginMm: number): IndexBox {
  const [nx, ny, nz] = size;
  const low = [nx, ny, nz];
  const high = [0, 0, 0];
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const row = nx * (j + ny * k);
      let first = 0;
      while (first < nx && mask[row + first] === 0) first++;
      if (first === nx) continue;
      let last = nx;
      while (mask[row + last - 1] === 0) last--;
      if (first < low[0]!) low[0] = first;
      if (last > high[0]!) high[0] = last;
      if (j < low[1]!) low[1] = j;
      if (j >= high[1]!) high[1] = j + 1;
      if (k < low[2]!) low[2] = k;
      high[2] = k + 1;
    }
  if (high[0] === 0) return { min: [0, 0, 0], max: [0, 0, 0] };
  const margin = (axis: 0 | 1 | 2): number => 1 + ceil(marginMm / spacing[axis]);
  const from = (axis: 0 | 1 | 2): number => max(0, low[axis]! - margin(axis));
  const to = (axis: 0 | 1 | 2): number => min(size[axis], high[axis]! + margin(axis));
  return { min: [from(0), from(1), from(2)], max: [to(0), to(1), to(2)] };
}
