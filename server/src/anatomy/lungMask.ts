/**
 * Lungs of a thorax CT by threshold and morphology: no model, no training, about a second for 512×512×133.
 * Body = largest piece of tissue, filled per slice; lungs = air inside it without the airways, closed modestly so that
 * vessels, nodules and shallow pleural notches belong to the lung.
 */
import type { CtVolume, IndexBox, ScalarVolume, Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { findAirways } from './airways.ts';
import type { CoarseCt } from './grid.ts';
import { coarsen } from './grid.ts';
import {
  boundingBox,
  close,
  connectedComponents,
  depthInMask,
  dilate,
  fillHolesPerSlice,
  stepInPlane,
} from './morphology.ts';

/** Voxel size in mm, along i, j, k, at which shapes are found. */
const WORKING_MM: Vec3 = [1.6, 1.6, 2.2];
const TISSUE_HU = -400;
const LUNG_HU = -500;
/** Wall of the large airways, added to the lumen before the lungs are taken. */
const AIRWAY_WALL_MM = 2;
const CLOSING_MM = 7;
/** Larger holes in a slice are mediastinum enclosed by touching lungs, not a nodule. */
const MAX_HOLE_MM2 = 1500;
/** A second lung smaller than this share of the first is not a lung (bowel gas, stomach). */
const MIN_LUNG_SHARE = 0.12;
const MIN_LUNG_ML = 150;
/** Gas outside the lungs (stomach, bowel) is darker on average than any lung. */
const GAS_MEAN_HU = -960;
const DEPTH_LIMIT_MM = 60;

export interface LungAnatomy {
  /** 1 = lung (vessels and nodules inside it included), on the host's grid, i fastest. */
  readonly mask: Uint8Array;
  /** 1 = lumen of trachea and large bronchi, on the host's grid. */
  readonly airway: Uint8Array;
  /** Box around the lungs with a voxel to spare, host indices. */
  readonly box: IndexBox;
  readonly volumeMl: number;
  /** Distance in mm to the border of the lung (0 outside), on a coarse grid of its own in the same LPS space. */
  readonly depth: ScalarVolume;
}

/**
 * Segments the lungs.
 *
 * @param volume thorax CT in HU; padding such as -2048 or -3024 counts as air.
 * @throws NoduleLabError `unusable` where no lung is found.
 */
export function lungMask(volume: CtVolume): LungAnatomy {
  const ct = coarsen(volume, WORKING_MM);
  const { size, spacing } = ct;
  const body = findBody(ct);
  const air = new Uint8Array(ct.data.length);
  for (let at = 0; at < air.length; at++) air[at] = body[at] !== 0 && ct.data[at]! < LUNG_HU ? 1 : 0;
  const airwayLumen = findAirways(ct, air);
  const airways = dilate(airwayLumen, size, spacing, AIRWAY_WALL_MM);
  const candidates = air.slice();
  for (let at = 0; at < candidates.length; at++) if (airways[at] !== 0) candidates[at] = 0;
  const aerated = keepLungs(ct, candidates);
  const lung = fillHolesPerSlice(
    close(aerated, size, spacing, CLOSING_MM),
    size,
    MAX_HOLE_MM2 / (spacing[0] * spacing[1]),
  );
  for (let at = 0; at < lung.length; at++) if (airways[at] !== 0 || body[at] === 0) lung[at] = 0;
  const depth = depthInMask(lung, size, spacing, DEPTH_LIMIT_MM);
  const mask = refine(volume, ct, lung, depth);
  const airway = refineAirway(volume, ct, airwayLumen);
  const [dx, dy, dz] = volume.spacing;
  let voxels = 0;
  for (let at = 0; at < mask.length; at++) voxels += mask[at]!;
  return {
    mask,
    airway,
    box: boundingBox(mask, volume.size, volume.spacing, 0),
    volumeMl: (voxels * dx * dy * dz) / 1000,
    depth: { data: depth, size, spacing, origin: ct.origin, direction: ct.direction },
  };
}

/** Largest connected tissue, filled per slice; an opening cuts thin bridges to the table first. */
function findBody(ct: CoarseCt): Uint8Array {
  const { size } = ct;
  const tissue = new Uint8Array(ct.data.length);
  for (let at = 0; at < tissue.length; at++) tissue[at] = ct.data[at]! > TISSUE_HU ? 1 : 0;
  const core = stepInPlane(tissue, size, 'shrink');
  const { labels, counts } = connectedComponents(core, size);
  const largest = indexOfMax(counts);
  if (largest === 0) return core;
  for (let at = 0; at < core.length; at++) core[at] = labels[at] === largest ? 1 : 0;
  return fillHolesPerSlice(stepInPlane(core, size, 'grow'), size);
}

/** Keeps the one or two components that are lungs by volume and mean HU. */
function keepLungs(ct: CoarseCt, candidates: Uint8Array): Uint8Array {
  const { labels, counts } = connectedComponents(candidates, ct.size);
  const sums = new Float64Array(counts.length);
  for (let at = 0; at < labels.length; at++) sums[labels[at]!]! += ct.data[at]!;
  const voxelMl = (ct.spacing[0] * ct.spacing[1] * ct.spacing[2]) / 1000;
  const lungs = counts
    .map((count, label) => ({ label, ml: count * voxelMl, meanHu: sums[label]! / Math.max(1, count) }))
    .filter(({ label, ml, meanHu }) => label > 0 && ml >= MIN_LUNG_ML && meanHu > GAS_MEAN_HU)
    .sort((a, b) => b.ml - a.ml)
    .filter(({ ml }, rank, all) => rank < 2 && ml >= MIN_LUNG_SHARE * all[0]!.ml);
  if (lungs.length === 0)
    throw new NoduleLabError(
      'unusable',
      'No lung found in this CT: it needs air-filled lungs of at least 150 ml inside the body. Use a thorax CT in Hounsfield units.',
    );
  const keep = new Uint8Array(counts.length);
  for (const { label } of lungs) keep[label] = 1;
  const kept = new Uint8Array(labels.length);
  for (let at = 0; at < labels.length; at++) kept[at] = keep[labels[at]!]!;
  return kept;
}

/** Carries the coarse lung to the host's grid; at the border the host's own HU decide. */
function refine(volume: CtVolume, ct: CoarseCt, lung: Uint8Array, depth: Float32Array): Uint8Array {
  const near = stepInPlane(lung, ct.size, 'grow');
  const border = 1.5 * Math.max(ct.spacing[0], ct.spacing[1]);
  const mask = new Uint8Array(volume.data.length);
  eachHostVoxel(volume, ct, near, (host, coarse) => {
    if (lung[coarse] === 0)
      mask[host] = volume.data[host]! < LUNG_HU && ct.data[coarse]! < TISSUE_HU / 2 ? 1 : 0;
    else
      mask[host] =
        depth[coarse]! > border || volume.data[host]! < TISSUE_HU || ct.data[coarse]! > LUNG_HU ? 1 : 0;
  });
  return mask;
}

function refineAirway(volume: CtVolume, ct: CoarseCt, lumen: Uint8Array): Uint8Array {
  const mask = new Uint8Array(volume.data.length);
  eachHostVoxel(volume, ct, lumen, (host) => {
    mask[host] = volume.data[host]! < LUNG_HU ? 1 : 0;
  });
  return mask;
}

/** Visits every host voxel whose coarse voxel is in `where`. */
function eachHostVoxel(
  volume: CtVolume,
  ct: CoarseCt,
  where: Uint8Array,
  visit: (host: number, coarse: number) => void,
): void {
  const [sx, sy] = volume.size;
  const [fx, fy, fz] = ct.factor;
  const [nx, ny, nz] = ct.size;
  for (let k = 0; k < nz * fz; k++)
    for (let j = 0; j < ny * fy; j++) {
      const coarseRow = nx * (Math.floor(j / fy) + ny * Math.floor(k / fz));
      const hostRow = sx * (j + sy * k);
      for (let i = 0; i < nx; i++) {
        if (where[coarseRow + i] === 0) continue;
        for (let d = 0; d < fx; d++) visit(hostRow + i * fx + d, coarseRow + i);
      }
    }
}

function indexOfMax(values: readonly number[]): number {
  let best = 0;
  for (let n = 1; n < values.length; n++) if (values[n]! > values[best]!) best = n;
  return best;
}
