/**
 * Where the lung would reach without the nodule: the lung closed with a ball much wider than the nodule, so that the
 * dent that a nodule on the pleura makes is bridged, and the pleura runs on smoothly.
 */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { distanceTo } from '../volume/distance.ts';
import type { LocalGrid } from './localGrid.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, round } = Math;

/** Voxel of the working grid: fine enough for a surface that is smooth on the scale of the ball. */
const STEP_MM = 1.6;
/** A ball four times as wide as the dent sinks into it by an eighth of its depth. */
const BALL = { times: 4, leastMm: 12, mostMm: 36 } as const;

/**
 * @param core voxels of the grid that are the nodule; they count neither as lung nor as wall.
 * @returns depth below the closed surface in mm for each voxel of the grid; above 0 inside the lung.
 */
export function lungHull(
  grid: LocalGrid,
  lung: LungAnatomy,
  core: Uint8Array,
  radiusMm: number,
): Float32Array {
  const ball = min(BALL.mostMm, max(BALL.leastMm, BALL.times * radiusMm));
  const { host, box, size, spacing } = grid;
  const margin = 2 * ball + STEP_MM;
  const extent = (axis: 0 | 1 | 2): number => ceil((size[axis] * spacing[axis] + 2 * margin) / STEP_MM);
  const coarse: Vec3 = [extent(0), extent(1), extent(2)];
  const hostAt = (axis: 0 | 1 | 2, n: number): number =>
    min(host.size[axis] - 1, max(0, round(box.min[axis] + (n * STEP_MM - margin) / spacing[axis])));
  const across = [0, 1, 2].map((axis) =>
    Int32Array.from({ length: coarse[axis as 0 | 1 | 2] }, (_, n) => hostAt(axis as 0 | 1 | 2, n)),
  ) as [Int32Array, Int32Array, Int32Array];
  const aerated = new Uint8Array(coarse[0] * coarse[1] * coarse[2]);
  for (let c = 0, at = 0; c < coarse[2]; c++)
    for (let b = 0; b < coarse[1]; b++)
      for (let a = 0; a < coarse[0]; a++, at++) {
        const [i, j, k] = [across[0][a]!, across[1][b]!, across[2][c]!];
        if (lung.mask[i + host.size[0] * (j + host.size[1] * k)] === 0) continue;
        const [li, lj, lk] = [i - box.min[0], j - box.min[1], k - box.min[2]];
        const inside = li >= 0 && lj >= 0 && lk >= 0 && li < size[0] && lj < size[1] && lk < size[2];
        if (inside && core[li + size[0] * (lj + size[1] * lk)] !== 0) continue;
        aerated[at] = 1;
      }
  const mm: Vec3 = [STEP_MM, STEP_MM, STEP_MM];
  const outside = Uint8Array.from(distanceTo(aerated, coarse, mm, [0, 1, 2], ball), (d) =>
    d > ball ? 1 : 0,
  );
  const depth = distanceTo(outside, coarse, mm);
  const hull = new Float32Array(grid.voxels);
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        const x = (i * spacing[0] + margin) / STEP_MM;
        const y = (j * spacing[1] + margin) / STEP_MM;
        const z = (k * spacing[2] + margin) / STEP_MM;
        // Distances run between voxel centres; the surface lies half a voxel further out.
        hull[at] = sample(depth, coarse, x, y, z) - ball + STEP_MM / 2;
      }
  return hull;
}

function sample(values: Float32Array, [nx, ny]: Vec3, x: number, y: number, z: number): number {
  const [i, j, k] = [floor(x), floor(y), floor(z)];
  const [u, v, w] = [x - i, y - j, z - k];
  let sum = 0;
  for (let c = 0; c < 8; c++) {
    const [a, b, d] = [c & 1, (c >> 1) & 1, c >> 2];
    const weight = (a ? u : 1 - u) * (b ? v : 1 - v) * (d ? w : 1 - w);
    if (weight > 0) sum += weight * min(1e4, values[i + a + nx * (j + b + ny * (k + d))]!);
  }
  return sum;
}
