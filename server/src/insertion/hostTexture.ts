/** The host's own character: how sharp its edges are in the plane, and what its noise looks like in soft tissue. */
import type { CtVolume, IndexBox } from '../volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, hypot, imul, max, min, sqrt } = Math;

/** Blur of a standard chest kernel, used where the slice shows no edge to measure. */
const DEFAULT_BLUR_MM = 0.6;
const EDGE_LOW_HU = -700;
const EDGE_HIGH_HU = -100;
/** Soft tissue (muscle, heart, liver), whose texture is noise rather than structure. */
const TISSUE_HU = { low: -60, high: 160 } as const;
/** Edge of the window that noise is taken from, pixels: smaller where pixels are coarse, or it would not fit a muscle. */
const windowOf = (host: CtVolume): number => (host.spacing[0] <= 1.2 ? 16 : 8);
const STRIDE = 8;
/** More than the noise of a low-dose scan: such a window holds structure. */
const MAX_DEVIATION_HU = 65;
const MAX_SLICES_AWAY = 12;
/** Windows are equally good up to this factor of the best one's cost. */
const ALIKE = 1.3;
const SMOOTHING_RADIUS = 3;
/** A residual beyond this many standard deviations is structure, not noise. */
const OUTLIER_SIGMAS = 2.5;

/**
 * In-plane blur of the host as the sigma of a Gaussian (mm), from the steepest lung-to-tissue edges along the rows of
 * one slice: for a blurred step of height h the steepest slope is h / (sigma · √(2π)).
 */
export function measureBlur(host: CtVolume, k: number): number {
  const [nx, ny] = host.size;
  const sigmas: number[] = [];
  for (let j = 0; j < ny; j += 2) {
    const row = nx * (j + ny * k);
    for (let i = 6; i < nx - 6; i++) {
      const before = host.data[row + i - 3]!;
      const after = host.data[row + i + 3]!;
      const low = min(before, after);
      const high = max(before, after);
      if (low > EDGE_LOW_HU || low < -1000 || high < EDGE_HIGH_HU || high > 300) continue;
      const slope = abs(host.data[row + i + 1]! - host.data[row + i - 1]!) / (2 * host.spacing[0]);
      if (slope > 0) sigmas.push((high - low) / (slope * sqrt(2 * Math.PI)));
    }
  }
  if (sigmas.length < 50) return DEFAULT_BLUR_MM;
  sigmas.sort((a, b) => a - b);
  // Oblique edges look wider than they are and noise makes a few look steeper: the tenth percentile is a straight edge.
  const measured = sigmas[floor(sigmas.length * 0.1)]!;
  return min(1.2, max(0.3, measured));
}

/**
 * Noise of the host's soft tissue for the voxels of a box: the high-pass residual of the most homogeneous soft-tissue
 * window of each slice (or of the nearest slice that has one), mirrored to fill the box. Correlation in the plane stays
 * the scanner's own.
 *
 * @param seed picks among equally good windows, so that two candidates at one place do not share their noise.
 * @returns HU per voxel of the box, mean about 0; all 0 where the host holds no homogeneous soft tissue.
 */
export function hostNoise(host: CtVolume, box: IndexBox, seed: number): Float32Array {
  const [nx, ny] = host.size;
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const edge = windowOf(host);
  const noise = new Float32Array(width * height * (box.max[2] - box.min[2]));
  const around = { i: (box.min[0] + box.max[0]) / 2, j: (box.min[1] + box.max[1]) / 2 };
  for (let k = box.min[2]; k < box.max[2]; k++) {
    const window = nearestQuietWindow(host, k, around, seed);
    if (window === null) continue;
    const residual = highPass(host.data, nx, nx * ny * window.k, window.i, window.j, edge);
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++)
        noise[i + width * (j + height * (k - box.min[2]))] =
          residual[mirror(i + window.shift, edge) + edge * mirror(j + window.shift, edge)]!;
  }
  return noise;
}

interface QuietWindow {
  readonly i: number;
  readonly j: number;
  readonly k: number;
  readonly shift: number;
}

function nearestQuietWindow(
  host: CtVolume,
  k: number,
  around: { i: number; j: number },
  seed: number,
): QuietWindow | null {
  const away = [0, ...Array.from({ length: MAX_SLICES_AWAY }, (_, n) => [n + 1, -n - 1]).flat()];
  for (const offset of away) {
    const slice = k + offset;
    const window = slice < 0 || slice >= host.size[2] ? null : quietWindow(host, slice, around, mix(seed, k));
    if (window !== null) return window;
  }
  return null;
}

/** One of the (up to four) quietest soft-tissue windows of a slice, nearer ones preferred. */
function quietWindow(
  host: CtVolume,
  k: number,
  around: { i: number; j: number },
  pick: number,
): QuietWindow | null {
  const [nx, ny] = host.size;
  const base = nx * ny * k;
  const margin = SMOOTHING_RADIUS;
  const edge = windowOf(host);
  const found: { i: number; j: number; cost: number }[] = [];
  for (let j = margin; j + edge + margin < ny; j += STRIDE)
    for (let i = margin; i + edge + margin < nx; i += STRIDE) {
      const corner = host.data[base + i + nx * j]!;
      if (corner < TISSUE_HU.low - 150 || corner > TISSUE_HU.high + 150) continue;
      let sum = 0;
      let squares = 0;
      let n = 0;
      for (let dj = -margin; dj < edge + margin; dj += 2)
        for (let di = -margin; di < edge + margin; di += 2) {
          n++;
          const hu = host.data[base + i + di + nx * (j + dj)]!;
          sum += hu;
          squares += hu * hu;
        }
      const mean = sum / n;
      if (mean < TISSUE_HU.low || mean > TISSUE_HU.high) continue;
      const deviation = sqrt(max(0, squares / n - mean * mean));
      if (deviation > MAX_DEVIATION_HU) continue;
      const distance = hypot((i - around.i) / nx, (j - around.j) / ny);
      found.push({ i, j, cost: deviation * (1 + distance) });
    }
  if (found.length === 0) return null;
  found.sort((a, b) => a.cost - b.cost);
  const good = found.filter(({ cost }, rank) => rank < 4 && cost <= ALIKE * found[0]!.cost);
  const chosen = good[pick % good.length]!;
  return { i: chosen.i, j: chosen.j, k, shift: (pick >>> 8) % edge };
}

/** Window minus its local mean, scaled so that the mean's own share of the noise is not lost; outliers are cut. */
function highPass(
  data: Int16Array,
  nx: number,
  base: number,
  i0: number,
  j0: number,
  edge: number,
): Float32Array {
  const residual = new Float32Array(edge * edge);
  const span = 2 * SMOOTHING_RADIUS + 1;
  const scale = sqrt(1 / (1 - 1 / (span * span)));
  let squares = 0;
  for (let j = 0; j < edge; j++)
    for (let i = 0; i < edge; i++) {
      let sum = 0;
      for (let dj = -SMOOTHING_RADIUS; dj <= SMOOTHING_RADIUS; dj++)
        for (let di = -SMOOTHING_RADIUS; di <= SMOOTHING_RADIUS; di++)
          sum += data[base + i0 + i + di + nx * (j0 + j + dj)]!;
      const value = scale * (data[base + i0 + i + nx * (j0 + j)]! - sum / (span * span));
      residual[i + edge * j] = value;
      squares += value * value;
    }
  const limit = OUTLIER_SIGMAS * sqrt(squares / residual.length);
  for (let at = 0; at < residual.length; at++) residual[at] = min(limit, max(-limit, residual[at]!));
  return residual;
}

function mirror(n: number, period: number): number {
  const m = n % (2 * period);
  return m < period ? m : 2 * period - 1 - m;
}

/** A 32-bit hash of two numbers (finaliser of MurmurHash3). */
function mix(a: number, b: number): number {
  let h = imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ imul(b + 1, 0xc2b2ae35);
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
