/**
 * Takes a patch's own grain away and keeps its shape: what a generator draws finer than a few voxels is its upsampling
 * and the noise of the scans it learnt from, and scaled to another size it looks like no scanner's noise. The host's
 * noise comes in its place.
 */
import type { HuPatch } from './patchShape.ts';
import { lineStarts } from './resamplePatch.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { max, min } = Math;

/** Half the edge of the cube that the guided filter averages over, voxels. */
const RADIUS = 2;
/** Differences well below this are grain, well above it structure (HU). */
const GRAIN_HU = 80;

/**
 * The patch without its grain: first a binomial filter, whose zero lies exactly at the two-voxel comb of stride-2
 * upsampling, then a guided filter with the patch as its own guide, which averages where there is little contrast and
 * leaves borders (K. He, J. Sun, X. Tang, "Guided image filtering", ECCV 2010).
 */
export function withoutGrain(patch: HuPatch): HuPatch {
  const { edge } = patch;
  const hu = binomial(patch.hu, edge);
  const mean = boxMean(hu, edge);
  const squares = boxMean(
    hu.map((value) => value * value),
    edge,
  );
  const slope = new Float32Array(hu.length);
  const offset = new Float32Array(hu.length);
  for (let at = 0; at < hu.length; at++) {
    const variance = max(0, squares[at]! - mean[at]! ** 2);
    slope[at] = variance / (variance + GRAIN_HU ** 2);
    offset[at] = (1 - slope[at]!) * mean[at]!;
  }
  const slopes = boxMean(slope, edge);
  const offsets = boxMean(offset, edge);
  return { edge, hu: hu.map((value, at) => slopes[at]! * value + offsets[at]!) };
}

/** (1 2 1) / 4 along each axis. */
function binomial(hu: Float32Array, edge: number): Float32Array {
  let from = hu;
  for (const stride of [1, edge, edge * edge]) {
    const to = new Float32Array(hu.length);
    for (const start of lineStarts(edge, stride)) {
      let before = from[start]!;
      let here = before;
      for (let n = 0; n < edge; n++) {
        const at = start + n * stride;
        const after = n === edge - 1 ? here : from[at + stride]!;
        to[at] = (before + 2 * here + after) / 4;
        before = here;
        here = after;
      }
    }
    from = to;
  }
  return from;
}

/** Mean over a cube of RADIUS voxels to each side, as far as the patch goes. */
function boxMean(values: Float32Array, edge: number): Float32Array {
  let from = values;
  for (const stride of [1, edge, edge * edge]) {
    const to = new Float32Array(values.length);
    for (const start of lineStarts(edge, stride)) {
      let sum = 0;
      for (let n = 0; n < RADIUS; n++) sum += from[start + n * stride]!;
      for (let n = 0; n < edge; n++) {
        if (n + RADIUS < edge) sum += from[start + (n + RADIUS) * stride]!;
        if (n - RADIUS > 0) sum -= from[start + (n - RADIUS - 1) * stride]!;
        to[start + n * stride] = sum / (min(edge - 1, n + RADIUS) - max(0, n - RADIUS) + 1);
      }
    }
    from = to;
  }
  return from;
}
