/** Principal axes of a set of voxels. */
import type { Region } from './region.ts';

const { acos, cos, max, min, PI, sqrt } = Math;

/** Sample variances (n − 1) of the voxel centres along the principal axes, the largest first, in voxels². */
export function principalVariances({ size: [nx, ny], voxels }: Region): readonly [number, number, number] {
  let [x, y, z, xx, yy, zz, xy, xz, yz] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const voxel of voxels) {
    const i = voxel % nx;
    const j = ((voxel / nx) | 0) % ny;
    const k = (voxel / (nx * ny)) | 0;
    x += i;
    y += j;
    z += k;
    xx += i * i;
    yy += j * j;
    zz += k * k;
    xy += i * j;
    xz += i * k;
    yz += j * k;
  }
  const n = voxels.length;
  [x, y, z] = [x / n, y / n, z / n];
  const sample = (meanProduct: number, product: number): number =>
    ((meanProduct - product) * n) / max(1, n - 1);
  return eigenvalues(
    [sample(xx / n, x * x), sample(yy / n, y * y), sample(zz / n, z * z)],
    [sample(xy / n, x * y), sample(xz / n, x * z), sample(yz / n, y * z)],
  );
}

/**
 * Eigenvalues of a symmetric 3×3 matrix, the largest first (O. Smith, Comm. ACM 4(4), 1961).
 *
 * @param diagonal xx, yy, zz
 * @param off xy, xz, yz
 */
export function eigenvalues(
  [a, b, c]: readonly [number, number, number],
  [d, e, f]: readonly [number, number, number],
): readonly [number, number, number] {
  const mean = (a + b + c) / 3;
  const spread = sqrt(
    ((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2 + 2 * (d * d + e * e + f * f)) / 6,
  );
  if (spread === 0) return [mean, mean, mean];
  const [p, q, r] = [(a - mean) / spread, (b - mean) / spread, (c - mean) / spread];
  const [s, t, u] = [d / spread, e / spread, f / spread];
  const half = (p * (q * r - u * u) - s * (s * r - u * t) + t * (s * u - q * t)) / 2;
  const angle = acos(max(-1, min(1, half))) / 3;
  const largest = mean + 2 * spread * cos(angle);
  const least = mean + 2 * spread * cos(angle + (2 * PI) / 3);
  return [largest, 3 * mean - largest - least, least];
}
