/**
 * Lungs of a thorax CT by threshold and morphology: no model, no training, about a second for 512×512×241.
 * Body = largest piece of tissue, filled per slice; lungs = air inside it without the airways, closed modestly so that
 * vessels, nodules and shallow pleural notches belong to the lung.
 */
import { keepComponents, labelRuns } from '../volume/components.ts';
import type { CtVolume, IndexBox, ScalarVolume, Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { findAirways } from './airways.ts';
import { coarseLumen, splitBronchi } from './bronchi.ts';
import { findBody } from './body.ts';
import type { CoarseCt } from './grid.ts';
import { coarsen, cropCoarse, cropGrid } from './grid.ts';
import { hostMasks } from './hostMasks.ts';
import { lungContents, type LungContents } from './lungContents.ts';
import { boundingBox, depthInMask, dilate, erode, fillHolesPerSlice } from './morphology.ts';
import { findVessels } from './vessels.ts';

/** Voxel size in mm, along i, j, k, at which shapes are found. */
const WORKING_MM: Vec3 = [1.6, 1.6, 2.2];
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
  /** 1 = lung (vessels and nodules inside it included, airways not), on the host's grid, i fastest. */
  readonly mask: Uint8Array;
  /** 1 = lumen of trachea and bronchi, as far as they can be followed, on the host's grid. */
  readonly airway: Uint8Array;
  /** 1 = vessel wider than about 5 mm inside the lung, on the host's grid. */
  readonly vessel: Uint8Array;
  /** Box around the lungs with a voxel to spare, host indices. */
  readonly box: IndexBox;
  readonly volumeMl: number;
  /** Distance in mm to the border of the lung (0 outside), on a coarse grid around the lungs in the same LPS space. */
  readonly depth: ScalarVolume;
  /** What each voxel of that grid holds. */
  readonly contents: LungContents;
}

/**
 * Segments the lungs, their airways and their large vessels.
 *
 * @param volume thorax CT in HU; padding such as -2048 or -3024 counts as air.
 * @throws NoduleLabError `unusable` where no lung is found.
 */
export function lungMask(volume: CtVolume): LungAnatomy {
  const whole = coarsen(volume, WORKING_MM);
  const body = findBody(whole);
  const air = new Uint8Array(body.length);
  for (let at = 0; at < air.length; at++) if (body[at] !== 0 && whole.data[at]! < LUNG_HU) air[at] = 1;
  const { mask: airway, voxels: airwayVoxels } = findAirways(volume, whole, air);
  const lumen = coarseLumen(whole, volume.size, airwayVoxels);
  const { size: wholeSize, spacing } = whole;
  const walled = dilate(lumen, wholeSize, spacing, AIRWAY_WALL_MM);
  for (let at = 0; at < air.length; at++) if (walled[at] !== 0) air[at] = 0;
  const aerated = keepLungs(whole, air);

  // From here on only the part around the lungs and their airways counts.
  const around = boxAround(aerated, lumen, wholeSize, spacing);
  const ct = cropCoarse(whole, around);
  const crop = (mask: Uint8Array): Uint8Array => cropGrid(mask, wholeSize, around);
  const inBody = crop(body);
  const { size } = ct;
  const bronchi = splitBronchi(ct, crop(lumen));
  const largeAirways = dilate(bronchi.large, size, spacing, AIRWAY_WALL_MM);
  const air2 = crop(aerated);
  const rim = dilate(air2, size, spacing, CLOSING_MM);
  const closed = erode(rim, size, spacing, CLOSING_MM);
  for (let at = 0; at < closed.length; at++) if (air2[at] !== 0) closed[at] = 1;
  const lung = fillHolesPerSlice(closed, size, MAX_HOLE_MM2 / (spacing[0] * spacing[1]));
  for (let at = 0; at < lung.length; at++) if (largeAirways[at] !== 0 || inBody[at] === 0) lung[at] = 0;
  const depth = depthInMask(lung, size, spacing, DEPTH_LIMIT_MM);
  const vessels = findVessels(ct, lung, depth, rim, bronchi.below);
  const { mask, vessel, voxels, box, counts } = hostMasks(volume, ct, lung, depth, vessels.large, airway);
  const [dx, dy, dz] = volume.spacing;
  return {
    mask,
    airway,
    vessel,
    box,
    volumeMl: (voxels * dx * dy * dz) / 1000,
    depth: { data: depth, size, spacing, origin: ct.origin, direction: ct.direction },
    contents: lungContents(ct, counts, vessels.tree),
  };
}

/** Keeps the one or two components that are lungs by volume and mean HU. */
function keepLungs(ct: CoarseCt, candidates: Uint8Array): Uint8Array {
  const runs = labelRuns(candidates, ct.size, 6);
  const sums = new Float64Array(runs.counts.length);
  for (let run = 0; run < runs.labels.length; run++)
    for (let at = runs.starts[run]!; at < runs.ends[run]!; at++) sums[runs.labels[run]!]! += ct.data[at]!;
  const voxelMl = (ct.spacing[0] * ct.spacing[1] * ct.spacing[2]) / 1000;
  const lungs = runs.counts
    .map((count, label) => ({ label, ml: count * voxelMl, meanHu: sums[label]! / Math.max(1, count) }))
    .filter(({ label, ml, meanHu }) => label > 0 && ml >= MIN_LUNG_ML && meanHu > GAS_MEAN_HU)
    .sort((a, b) => b.ml - a.ml)
    .filter(({ ml }, rank, all) => rank < 2 && ml >= MIN_LUNG_SHARE * all[0]!.ml);
  if (lungs.length === 0)
    throw new NoduleLabError(
      'unusable',
      'No lung found in this CT: it needs air-filled lungs of at least 150 ml inside the body. Use a thorax CT in Hounsfield units.',
    );
  const labels = new Set(lungs.map(({ label }) => label));
  return keepComponents(runs, candidates.length, (label) => labels.has(label));
}

/** Box around lungs and airways, with room for what closing adds. */
function boxAround(aerated: Uint8Array, lumen: Uint8Array, size: Vec3, spacing: Vec3): IndexBox {
  const boxes = [
    boundingBox(aerated, size, spacing, CLOSING_MM),
    boundingBox(lumen, size, spacing, AIRWAY_WALL_MM),
  ];
  const used = boxes.filter(({ max: high }) => high[0] > 0);
  const edge = (pick: (box: IndexBox) => Vec3, best: (...values: number[]) => number): Vec3 => {
    const along = (axis: 0 | 1 | 2): number => best(...used.map((box) => pick(box)[axis]));
    return [along(0), along(1), along(2)];
  };
  return { min: edge((box) => box.min, Math.min), max: edge((box) => box.max, Math.max) };
}
