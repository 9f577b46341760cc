/**
 * Vessels of the lung on a coarse CT, by shape and connection: there is no contrast agent to tell them by. Large ones
 * are soft tissue in the lung that a ball of 5 mm fits into and that hangs together with the hilum; the tree is all soft
 * tissue in the lung that is long.
 */
import { keepComponents, labelRuns, type LabelledRuns } from '../volume/components.ts';
import type { CoarseCt } from './grid.ts';
import { depthInMask, dilate } from './morphology.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { PI, floor, hypot, max, min } = Math;

/** Mean HU of a coarse voxel that is mostly vessel. */
const VESSEL_HU = -400;
/** Radius of the ball that fits into a large vessel. */
const LARGE_RADIUS_MM = 2.3;
/**
 * What a ball of this radius fits into inside the lung is a mass: the pulmonary arteries are thinner once they are in it, and
 * thinner still away from the hilum.
 */
const MASS_RADIUS_MM = { atHilum: 8, beyond: 5.5 } as const;
/** Spicules and rim of a mass beyond that ball. */
const MASS_RIM_MM = 4;
/**
 * A tube is longer than this many of its greatest radii (a sphere's box has a diagonal of 3.5), and than this; and it fills no
 * more than this of the cylinder of that radius and length (the radius comes out low; a wide flat mass fills twice as much).
 */
const TUBE = { radii: 7, mm: 18, filling: 1.6 } as const;
/** A tube has most of its voxels deeper than this in the lung: otherwise it is a fold or a scar of the pleura. */
const TUBE_DEPTH_MM = 6;
/** Soft tissue beside the lung that lies this close to a bronchus is hilum. */
const HILUM_MM = 15;
/** Mean HU of a coarse voxel that a vessel of about 2 mm runs through. */
const TREE_HU = -600;
/** Soft tissue that is shorter is a nodule, or a vessel seen end on: neither shows where a vessel leads. */
const TREE_LENGTH_MM = 16;

export interface Vessels {
  /** 1 = large vessel inside the lung. */
  readonly large: Uint8Array;
  /** 1 = any vessel inside the lung, the large ones among them. */
  readonly tree: Uint8Array;
}

/**
 * @param ct coarse CT around the lungs.
 * @param lung the closed lung on the same grid.
 * @param lungDepth distance to the border of the lung, mm.
 * @param rim the lung and a few mm around it, on the same grid: no tissue beyond is looked at.
 * @param bronchi lumen of the bronchi below the carina, on the same grid; without it no vessel counts as large.
 */
export function findVessels(
  ct: CoarseCt,
  lung: Uint8Array,
  lungDepth: Float32Array,
  rim: Uint8Array,
  bronchi: Uint8Array,
): Vessels {
  const large = largeVessels(ct, lung, lungDepth, rim, bronchi);
  const tissue = new Uint8Array(lung.length);
  for (let at = 0; at < lung.length; at++) if (lung[at] !== 0 && ct.data[at]! > TREE_HU) tissue[at] = 1;
  const runs = labelRuns(tissue, ct.size, 26);
  const lengths = lengthsOf(runs, ct);
  const tree = keepComponents(runs, lung.length, (label) => lengths[label]! >= TREE_LENGTH_MM);
  for (let at = 0; at < lung.length; at++) if (large[at] !== 0) tree[at] = 1;
  return { large, tree };
}

function largeVessels(
  ct: CoarseCt,
  lung: Uint8Array,
  lungDepth: Float32Array,
  rim: Uint8Array,
  bronchi: Uint8Array,
): Uint8Array {
  const { size, spacing } = ct;
  const tissue = new Uint8Array(lung.length);
  for (let at = 0; at < lung.length; at++) if (rim[at] !== 0 && ct.data[at]! > VESSEL_HU) tissue[at] = 1;
  const depth = depthInMask(tissue, size, spacing, 2 * MASS_RADIUS_MM.atHilum);
  // Depth counts from the centre of the first voxel outside: half a voxel more than what is tissue.
  const half = (spacing[0] + spacing[1]) / 4;
  const nearBronchi = dilate(bronchi, size, spacing, HILUM_MM);
  const core = new Uint8Array(lung.length);
  const massCore = new Uint8Array(lung.length);
  for (let at = 0; at < lung.length; at++) {
    if (tissue[at] === 0) continue;
    if (depth[at]! >= LARGE_RADIUS_MM + half) core[at] = 1;
    const massRadius = nearBronchi[at] === 0 ? MASS_RADIUS_MM.beyond : MASS_RADIUS_MM.atHilum;
    if (lung[at] !== 0 && depth[at]! >= massRadius + half) massCore[at] = 1;
  }
  const wide = dilate(core, size, spacing, LARGE_RADIUS_MM);
  const mass = dilate(massCore, size, spacing, MASS_RADIUS_MM.atHilum + half + MASS_RIM_MM);
  const candidates = new Uint8Array(lung.length);
  for (let at = 0; at < lung.length; at++)
    if (wide[at] !== 0 && tissue[at] !== 0 && (lung[at] !== 0 || nearBronchi[at] !== 0)) candidates[at] = 1;
  const runs = labelRuns(candidates, size, 6);
  const lengths = lengthsOf(runs, ct);
  const radii = new Float32Array(lengths.length);
  const deep = new Int32Array(lengths.length);
  const vessel = new Uint8Array(lengths.length);
  for (let run = 0; run < runs.labels.length; run++) {
    const label = runs.labels[run]!;
    for (let at = runs.starts[run]!; at < runs.ends[run]!; at++) {
      if (lung[at] === 0) vessel[label] = 1;
      else if (lungDepth[at]! > TUBE_DEPTH_MM) deep[label]!++;
      if (depth[at]! - half > radii[label]!) radii[label] = depth[at]! - half;
    }
  }
  const voxelMm3 = spacing[0] * spacing[1] * spacing[2];
  for (let label = 1; label < vessel.length; label++) {
    const length = lengths[label]!;
    const radius = radii[label]!;
    const volume = runs.counts[label]! * voxelMm3;
    const long = length > max(TUBE.mm, TUBE.radii * radius);
    const slim = volume < TUBE.filling * PI * radius * radius * length;
    if (long && slim && 2 * deep[label]! > runs.counts[label]!) vessel[label] = 1;
  }
  const large = keepComponents(runs, lung.length, (label) => vessel[label] === 1);
  for (let at = 0; at < lung.length; at++) if (lung[at] === 0 || mass[at] !== 0) large[at] = 0;
  return large;
}

/** Diagonal of the box around each component, mm. */
function lengthsOf(
  { starts, ends, labels, counts }: LabelledRuns,
  { size, spacing }: CoarseCt,
): Float64Array {
  const [nx, ny] = size;
  const low = counts.map(() => [Infinity, Infinity, Infinity] as [number, number, number]);
  const high = counts.map(() => [-Infinity, -Infinity, -Infinity] as [number, number, number]);
  for (let run = 0; run < labels.length; run++) {
    const first = starts[run]!;
    const i = first % nx;
    const j = floor(first / nx) % ny;
    const k = floor(first / (nx * ny));
    const from = low[labels[run]!]!;
    const to = high[labels[run]!]!;
    from[0] = min(from[0], i);
    from[1] = min(from[1], j);
    from[2] = min(from[2], k);
    to[0] = max(to[0], i + ends[run]! - first);
    to[1] = max(to[1], j + 1);
    to[2] = max(to[2], k + 1);
  }
  return Float64Array.from(counts, (_, label) =>
    label === 0
      ? 0
      : hypot(
          ...([0, 1, 2] as const).map((axis) => (high[label]![axis] - low[label]![axis]) * spacing[axis]),
        ),
  );
}
