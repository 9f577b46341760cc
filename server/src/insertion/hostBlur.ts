/** How sharp a host is: its point spread in the plane, measured at its own edges, and the width of its slices. */
import type { CtVolume } from '../volume/ctVolume.ts';
import { sigmaOfStep } from './gaussianEdge.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, max, min } = Math;

/** Blur of a standard chest kernel, used where the slice shows no edge to measure. */
const DEFAULT_BLUR_MM = 0.6;
const BLUR_MM = { low: 0.3, high: 1.2 } as const;
const EDGE_LOW_HU = -700;
const EDGE_HIGH_HU = -100;
/** Oblique edges look wider than they are and noise makes a few look steeper: this quantile is a straight edge. */
const STRAIGHT = 0.05;
/** The voxel in question lies in the middle of the step, to this share of its height. */
const MIDDLE = 0.15;
const LEAST_EDGES = 50;
/** A header that claims more overlap than this is not believed: thickness in slice distances. */
const MOST_OVERLAP = 4;

/**
 * In-plane blur of the host as the sigma of a Gaussian (mm), from the steepest lung-to-tissue edges along the rows of
 * one slice.
 */
export function measureBlur(host: CtVolume, k: number): number {
  const [nx, ny] = host.size;
  const sigmas: number[] = [];
  for (let j = 0; j < ny; j++)
    for (let i = 6, at = 6 + nx * (j + ny * k); i < nx - 6; i++, at++) {
      const share = shareOfStep(host.data, at);
      if (share > 0) sigmas.push(sigmaOfStep(share, host.spacing[0]));
    }
  if (sigmas.length < LEAST_EDGES) return DEFAULT_BLUR_MM;
  const sorted = Float64Array.from(sigmas).sort();
  return min(BLUR_MM.high, max(BLUR_MM.low, sorted[floor(sorted.length * STRAIGHT)]!));
}

/**
 * Width of the slices, mm: the thickness that the host's header gives, where slices overlap, else their distance. It
 * is not measured: few borders in a chest lie flat in a slice, and those move with heart and breath.
 */
export function sliceWidth({ sliceThicknessMm = 0, spacing }: CtVolume): number {
  return min(MOST_OVERLAP * spacing[2], max(spacing[2], sliceThicknessMm));
}

/** Share of the step from three pixels before to three behind that lies next to its middle; 0 where there is no edge. */
function shareOfStep(data: Int16Array, at: number): number {
  const before = data[at - 3]!;
  const after = data[at + 3]!;
  const low = min(before, after);
  const high = max(before, after);
  if (low > EDGE_LOW_HU || low < -1000 || high < EDGE_HIGH_HU || high > 300) return 0;
  if (abs(data[at]! - (low + high) / 2) > MIDDLE * (high - low)) return 0;
  return abs(data[at + 1]! - data[at - 1]!) / (high - low);
}
