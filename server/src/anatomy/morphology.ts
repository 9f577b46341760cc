/** Binary morphology on grids stored i fastest; masks are Uint8Array with 0 = out, anything else = in. Pure. */
import type { IndexBox, Vec3 } from '../volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, hypot, max, min } = Math;

export interface Components {
  /** Component number per voxel, 0 = background, 1… in order of discovery. */
  readonly labels: Int32Array;
  /** Voxels of each component; index 0 is unused. */
  readonly counts: readonly number[];
}

/** Face-connected components (6 neighbours in 3D, 4 neighbours where the grid has one slice). */
export function connectedComponents(mask: Uint8Array, size: Vec3): Components {
  const [nx, ny, nz] = size;
  const slice = nx * ny;
  const labels = new Int32Array(mask.length);
  const queue = new Int32Array(mask.length);
  const counts = [0];
  for (let seed = 0; seed < mask.length; seed++) {
    if (mask[seed] === 0 || labels[seed] !== 0) continue;
    const label = counts.length;
    let head = 0;
    let tail = 0;
    queue[tail++] = seed;
    labels[seed] = label;
    const visit = (at: number): void => {
      if (mask[at] === 0 || labels[at] !== 0) return;
      labels[at] = label;
      queue[tail++] = at;
    };
    while (head < tail) {
      const at = queue[head++]!;
      const i = at % nx;
      const inSlice = at % slice;
      if (i > 0) visit(at - 1);
      if (i < nx - 1) visit(at + 1);
      if (inSlice >= nx) visit(at - nx);
      if (inSlice < slice - nx) visit(at + nx);
      if (at >= slice) visit(at - slice);
      if (at < slice * (nz - 1)) visit(at + slice);
    }
    counts.push(tail);
  }
  return { labels, counts };
}

/** Fills, slice by slice, what cannot be reached from the slice's border; holes above `maxVoxels` stay open. */
export function fillHolesPerSlice(mask: Uint8Array, size: Vec3, maxVoxels = Infinity): Uint8Array {
  const [nx, ny, nz] = size;
  const slice = nx * ny;
  const filled = mask.slice();
  const seen = new Uint8Array(slice);
  const queue = new Int32Array(slice);
  for (let k = 0; k < nz; k++) {
    const base = k * slice;
    for (let p = 0; p < slice; p++) seen[p] = mask[base + p] === 0 ? 0 : 1;
    const flood = (start: number): { reached: number; touchesBorder: boolean } => {
      let head = 0;
      let tail = 0;
      let touchesBorder = false;
      queue[tail++] = start;
      seen[start] = 1;
      while (head < tail) {
        const at = queue[head++]!;
        const i = at % nx;
        if (i === 0 || i === nx - 1 || at < nx || at >= slice - nx) touchesBorder = true;
        const push = (to: number): void => {
          if (seen[to] !== 0) return;
          seen[to] = 1;
          queue[tail++] = to;
        };
        if (i > 0) push(at - 1);
        if (i < nx - 1) push(at + 1);
        if (at >= nx) push(at - nx);
        if (at < slice - nx) push(at + nx);
      }
      return { reached: tail, touchesBorder };
    };
    for (let p = 0; p < slice; p++) {
      if (seen[p] !== 0) continue;
      const { reached, touchesBorder } = flood(p);
      if (!touchesBorder && reached <= maxVoxels)
        for (let q = 0; q < reached; q++) filled[base + queue[q]!] = 1;
    }
  }
  return filled;
}

/**
 * Distance in mm from each voxel to the nearest voxel of the mask (0 inside it), by two chamfer sweeps over the 26
 * neighbours with true neighbour distances (Borgefors 1986); over-estimates the Euclidean distance by up to a quarter where
 * slices are 2.5 times as far apart as pixels, less otherwise.
 * Voxels farther than `limitMm`, or outside `box`, hold `limitMm`.
 */
export function distanceToMask(
  mask: Uint8Array,
  size: Vec3,
  spacing: Vec3,
  limitMm: number,
  box: IndexBox = { min: [0, 0, 0], max: size },
): Float32Array {
  const [nx, ny] = size;
  const distance = new Float32Array(mask.length);
  for (let at = 0; at < mask.length; at++) distance[at] = mask[at] === 0 ? limitMm : 0;
  const steps: { di: number; dj: number; dk: number; mm: number; offset: number }[] = [];
  for (let dk = -1; dk <= 0; dk++)
    for (let dj = -1; dj <= 1; dj++)
      for (let di = -1; di <= 1; di++) {
        if (dk > -1 && (dj > 0 || (dj === 0 && di >= 0))) continue;
        const mm = hypot(di * spacing[0], dj * spacing[1], dk * spacing[2]);
        steps.push({ di, dj, dk, mm, offset: di + nx * (dj + ny * dk) });
      }
  const offsets = Int32Array.from(steps, (step) => step.offset);
  const costs = Float32Array.from(steps, (step) => step.mm);
  const [wx, wy, wz] = ([0, 1, 2] as const).map((axis) => box.max[axis] - box.min[axis]) as [
    number,
    number,
    number,
  ];
  // (a, b, c) count from the corner where the sweep starts, so that one set of neighbours serves both sweeps.
  const sweep = (sign: 1 | -1): void => {
    const corner = sign === 1 ? box.min : ([box.max[0] - 1, box.max[1] - 1, box.max[2] - 1] as const);
    for (let c = 0; c < wz; c++)
      for (let b = 0; b < wy; b++) {
        const row = corner[0] + nx * (corner[1] + sign * b + ny * (corner[2] + sign * c));
        const innerRow = b > 0 && b < wy - 1 && c > 0;
        for (let a = 0; a < wx; a++) {
          const at = row + sign * a;
          let best = distance[at]!;
          if (best === 0) continue;
          const inner = innerRow && a > 0 && a < wx - 1;
          for (let s = 0; s < offsets.length; s++) {
            if (!inner) {
              const step = steps[s]!;
              const aa = a + step.di;
              const bb = b + step.dj;
              if (aa < 0 || aa >= wx || bb < 0 || bb >= wy || c + step.dk < 0) continue;
            }
            const candidate = distance[at + sign * offsets[s]!]! + costs[s]!;
            if (candidate < best) best = candidate;
          }
          distance[at] = best;
        }
      }
  };
  sweep(1);
  sweep(-1);
  return distance;
}

/** Voxels within `radiusMm` of the mask. */
export function dilate(mask: Uint8Array, size: Vec3, spacing: Vec3, radiusMm: number): Uint8Array {
  const box = boundingBox(mask, size, spacing, radiusMm);
  const distance = distanceToMask(mask, size, spacing, radiusMm + 1, box);
  const grown = new Uint8Array(mask.length);
  for (let at = 0; at < grown.length; at++) grown[at] = distance[at]! <= radiusMm ? 1 : 0;
  return grown;
}

/** Distance in mm from each voxel of the mask to the nearest voxel outside it (0 outside), up to `limitMm`. */
export function depthInMask(mask: Uint8Array, size: Vec3, spacing: Vec3, limitMm: number): Float32Array {
  const outside = new Uint8Array(mask.length);
  for (let at = 0; at < mask.length; at++) outside[at] = mask[at] === 0 ? 1 : 0;
  const box = boundingBox(mask, size, spacing, 0);
  return distanceToMask(outside, size, spacing, limitMm, box);
}

/** Voxels of the mask that are farther than `radiusMm` from anything outside it. */
export function erode(mask: Uint8Array, size: Vec3, spacing: Vec3, radiusMm: number): Uint8Array {
  const depth = depthInMask(mask, size, spacing, radiusMm + 1);
  const core = new Uint8Array(mask.length);
  for (let at = 0; at < core.length; at++) core[at] = depth[at]! > radiusMm ? 1 : 0;
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
  const spreading = to === 'grow' ? 1 : 0;
  const stepped = mask.slice();
  for (let at = 0; at < mask.length; at++) {
    if ((mask[at] === 0 ? 0 : 1) === spreading) continue;
    const i = at % nx;
    const inSlice = at % slice;
    const meets = (to: number): boolean => (mask[to] === 0 ? 0 : 1) === spreading;
    if (
      (i > 0 && meets(at - 1)) ||
      (i < nx - 1 && meets(at + 1)) ||
      (inSlice >= nx && meets(at - nx)) ||
      (inSlice < slice - nx && meets(at + nx))
    )
      stepped[at] = spreading;
  }
  return stepped;
}

/** Smallest box around the mask, widened by `marginMm` and one voxel, cut to the grid; empty for an empty mask. */
export function boundingBox(mask: Uint8Array, size: Vec3, spacing: Vec3, marginMm: number): IndexBox {
  const low = [...size];
  const high = [0, 0, 0];
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++) {
        if (mask[at++] === 0) continue;
        if (i < low[0]!) low[0] = i;
        if (i >= high[0]!) high[0] = i + 1;
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
