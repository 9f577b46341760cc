/** One look-up for everything that moves voxels: symmetry, rotation, scaling and elastic displacement together. */
import type { Matrix } from './affine.ts';
import { blendSlabs, type ControlGrid } from './elastic.ts';

// Bound once: looking a global up in a loop is slow where scripts run in contexts of their own.
const { ceil, floor, imul, min } = Math;

export interface Warp {
  /** Source − centre = matrix · (target − centre + displacement), in (z, y, x); the centre is (size − 1) / 2. */
  readonly matrix: Matrix;
  readonly elastic?: ControlGrid;
}

/**
 * Values that must follow a patch in memory (any finite ones): the look-up reads the neighbours of border voxels with
 * weight 0 rather than asking each time whether there are any.
 */
export const tailOf = (size: number): number => size * size + size + 1;

/**
 * Writes the warped patch to `target` from `at` on: trilinear, and beyond the outermost voxels the nearest one goes on,
 * so that a constant ground stays constant up to the border. Exact where positions fall on voxels.
 *
 * Along a row a cubic B-spline is one cubic per grid cell, and a cubic at equal steps is three running sums: this is
 * what keeps the loop at three additions per axis.
 *
 * @param source holds the patch of size³ values from `from` on, and {@link tailOf} more values.
 */
export function warpPatch(
  source: Float32Array,
  from: number,
  size: number,
  { matrix, elastic }: Warp,
  target: Float32Array,
  at: number,
): void {
  if (elastic === undefined) return warpStraight(source, from, size, matrix, target, at);
  const centre = (size - 1) / 2;
  const { spacing, points } = elastic;
  const grid = inSource(matrix, elastic);
  const plane = new Float64Array(3 * points ** 2);
  const row = new Float64Array(3 * points);
  const step = 1 / spacing;
  const dz = matrix[2];
  const dy = matrix[5];
  const dx = matrix[8];
  let offset = at;
  for (let k = 0; k < size; k++) {
    const cellZ = floor(k * step);
    blendSlabs(grid, cellZ, k * step - cellZ, plane);
    for (let j = 0; j < size; j++) {
      const cellY = floor(j * step);
      blendSlabs(plane, cellY, j * step - cellY, row);
      // Source position of this row's voxel 0 without displacement.
      const z0 = centre + matrix[0] * (k - centre) + matrix[1] * (j - centre) - matrix[2] * centre;
      const y0 = centre + matrix[3] * (k - centre) + matrix[4] * (j - centre) - matrix[5] * centre;
      const x0 = centre + matrix[6] * (k - centre) + matrix[7] * (j - centre) - matrix[8] * centre;
      for (let cell = 0, i = 0; i < size; cell++) {
        const end = min(size, ceil((cell + 1) * spacing));
        const t = i * step - cell;
        cubic(row, 3 * cell, t, step, z0 + dz * i, dz, forZ);
        cubic(row, 3 * cell + 1, t, step, y0 + dy * i, dy, forY);
        cubic(row, 3 * cell + 2, t, step, x0 + dx * i, dx, forX);
        run(source, from, size, target, offset, end - i);
        offset += end - i;
        i = end;
      }
    }
  }
}

/** Value and first, second and third difference of a position along a row. */
const forZ = new Float64Array(4);
const forY = new Float64Array(4);
const forX = new Float64Array(4);

/** A cell's cubic as running sums: four control values of `row` from `at` on, the straight part added. */
function cubic(
  row: Float64Array,
  at: number,
  t: number,
  h: number,
  start: number,
  slope: number,
  sums: Float64Array,
): void {
  const r0 = row[at]!;
  const r1 = row[at + 3]!;
  const r2 = row[at + 6]!;
  const r3 = row[at + 9]!;
  const c0 = (r0 + 4 * r1 + r2) / 6;
  const c1 = (r2 - r0) / 2;
  const c2 = (r0 - 2 * r1 + r2) / 2;
  const c3 = (r3 - r0 + 3 * (r1 - r2)) / 6;
  sums[0] = start + c0 + t * (c1 + t * (c2 + t * c3));
  sums[1] = slope + h * (c1 + c2 * (2 * t + h) + c3 * (3 * t * t + 3 * t * h + h * h));
  sums[2] = h * h * (2 * c2 + 6 * c3 * (t + h));
  sums[3] = 6 * c3 * h ** 3;
}

/** Looks `count` voxels up at the positions that the running sums give. */
function run(
  source: Float32Array,
  from: number,
  size: number,
  target: Float32Array,
  at: number,
  count: number,
): void {
  const area = size * size;
  const last = size - 1;
  let z = forZ[0]!;
  let z1 = forZ[1]!;
  let z2 = forZ[2]!;
  const z3 = forZ[3]!;
  let y = forY[0]!;
  let y1 = forY[1]!;
  let y2 = forY[2]!;
  const y3 = forY[3]!;
  let x = forX[0]!;
  let x1 = forX[1]!;
  let x2 = forX[2]!;
  const x3 = forX[3]!;
  for (let i = at; i < at + count; i++) {
    const pz = z < 0 ? 0 : z > last ? last : z;
    const py = y < 0 ? 0 : y > last ? last : y;
    const px = x < 0 ? 0 : x > last ? last : x;
    // Whole parts: positions are not negative and small.
    const iz = pz | 0;
    const iy = py | 0;
    const ix = px | 0;
    const fx = px - ix;
    const fy = py - iy;
    // imul: an ordinary product is checked for overflow, which takes a third of the whole loop.
    const near = (from + imul(iz, area) + imul(iy, size) + ix) | 0;
    const far = (near + area) | 0;
    const s0 = source[near]!;
    const s1 = source[near + size]!;
    const s2 = source[far]!;
    const s3 = source[far + size]!;
    const a = s0 + (source[near + 1]! - s0) * fx;
    const b = s1 + (source[near + size + 1]! - s1) * fx;
    const c = s2 + (source[far + 1]! - s2) * fx;
    const d = s3 + (source[far + size + 1]! - s3) * fx;
    const front = a + (b - a) * fy;
    target[i] = front + (c + (d - c) * fy - front) * (pz - iz);
    z += z1;
    z1 += z2;
    z2 += z3;
    y += y1;
    y1 += y2;
    y2 += y3;
    x += x1;
    x1 += x2;
    x2 += x3;
  }
}

/**
 * Without displacement positions stand at equal steps along a row. The sums and the look-up are those of {@link run}, bit
 * for bit, without the differences that are 0; written out again, because a shared function takes a tenth longer.
 */
function warpStraight(
  source: Float32Array,
  from: number,
  size: number,
  matrix: Matrix,
  target: Float32Array,
  at: number,
): void {
  const area = size * size;
  const last = size - 1;
  const centre = last / 2;
  const [, , dz, , , dy, , , dx] = matrix;
  let i = at;
  for (let k = 0; k < size; k++)
    for (let j = 0; j < size; j++) {
      let z = centre + matrix[0] * (k - centre) + matrix[1] * (j - centre) - dz * centre;
      let y = centre + matrix[3] * (k - centre) + matrix[4] * (j - centre) - dy * centre;
      let x = centre + matrix[6] * (k - centre) + matrix[7] * (j - centre) - dx * centre;
      for (const end = i + size; i < end; i++) {
        const pz = z < 0 ? 0 : z > last ? last : z;
        const py = y < 0 ? 0 : y > last ? last : y;
        const px = x < 0 ? 0 : x > last ? last : x;
        const iz = pz | 0;
        const iy = py | 0;
        const ix = px | 0;
        const fx = px - ix;
        const fy = py - iy;
        const near = (from + imul(iz, area) + imul(iy, size) + ix) | 0;
        const far = (near + area) | 0;
        const s0 = source[near]!;
        const s1 = source[near + size]!;
        const s2 = source[far]!;
        const s3 = source[far + size]!;
        const a = s0 + (source[near + 1]! - s0) * fx;
        const b = s1 + (source[near + size + 1]! - s1) * fx;
        const c = s2 + (source[far + 1]! - s2) * fx;
        const d = s3 + (source[far + size + 1]! - s3) * fx;
        const front = a + (b - a) * fy;
        target[i] = front + (c + (d - c) * fy - front) * (pz - iz);
        z += dz;
        y += dy;
        x += dx;
      }
    }
}

/** The grid's displacements as the source sees them: turned and scaled by the matrix. */
function inSource(m: Matrix, { displacements }: ControlGrid): Float64Array {
  const result = new Float64Array(displacements.length);
  for (let i = 0; i < result.length; i += 3) {
    const z = displacements[i]!;
    const y = displacements[i + 1]!;
    const x = displacements[i + 2]!;
    result[i] = m[0] * z + m[1] * y + m[2] * x;
    result[i + 1] = m[3] * z + m[4] * y + m[5] * x;
    result[i + 2] = m[6] * z + m[7] * y + m[8] * x;
  }
  return result;
}
