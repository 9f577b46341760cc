/**
 * What has to be made anew so that nothing of a nodule is left: the readers' region, its rim of partial volume, its
 * spicules and halo, and a soft transition to the lung around. Where the lung ends after the nodule is gone is decided
 * here too, so that a nodule on the pleura leaves a smooth pleura.
 */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import { connectedComponents } from '../volume/components.ts';
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';
import { distanceTo } from '../volume/distance.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { measureBlur } from './hostBlur.ts';
import { gridAround, hostIndices, maskOn, smooth } from './localGrid.ts';
import type { LocalGrid } from './localGrid.ts';
import { lungHull } from './lungHull.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { cbrt, max, min, round, sqrt } = Math;

/** A nodule as voxels of its host. */
export interface NoduleRegion {
  readonly box: IndexBox;
  /** 1 = nodule; the voxels of the box, i fastest. */
  readonly mask: Uint8Array;
}

/** What is to be refilled, on a grid with room for the lung around it. */
export interface RemovalRegion {
  readonly grid: LocalGrid;
  /** Index in the host of each voxel of the grid. */
  readonly indices: Int32Array;
  /** Share of new lung in the finished voxel: 1 inside, falling to 0 over the transition and towards the chest wall. */
  readonly alpha: Float32Array;
  /** The same without the chest wall's share: where the new lung comes from matters up to here. */
  readonly blend: Float32Array;
  /** Distance in mm to what is replaced wholly. */
  readonly distance: Float32Array;
  /** 1 = aerated lung around the refilled region, at its level and in its texture. */
  readonly around: Uint8Array;
  /** Median HU of that lung and the robust standard deviation of its voxels. */
  readonly lungHu: number;
  readonly sigmaHu: number;
}

/** Partial volume and halo beyond what readers outline. */
const RIM_MM = 2;
/** Spicules end within this distance; what goes on is a vessel. */
const SPICULE_MM = 5;
/** The transition from new lung to the host's own. */
const FEATHER_MM = 2.5;
/** Lung around the transition that the filling is matched to. */
const RING_MM = 5;
/** Lung without vessels lies below. */
const AERATED_HU = -600;
/** Tissue rather than lung. */
const SOLID_HU = -500;
const BONE_HU = 150;
/** Padding beyond the scanner's field of view. */
const PADDING_HU = -1100;
/** A spicule or halo stands out of the lung by this many standard deviations, and at least by so many HU. */
const STANDS_OUT = { sigmas: 3, hu: 90 } as const;
/** Nodules measure up to 30 mm, readers' outlines in LIDC up to 40 mm and a little more. */
const WIDEST_MM = 50;
/** At least this much of the nodule must lie where lung would be. */
const LEAST_IN_LUNG = 0.5;
/** Of the surface of the refilled region, at least this much must meet lung. */
const LEAST_LUNG_AROUND = 0.2;

/** @throws NoduleLabError `unusable` with the reason where the region cannot be lung. */
export function removalRegion(host: CtVolume, region: NoduleRegion, lung: LungAnatomy): RemovalRegion {
  const grid = gridAround(host, region.box, SPICULE_MM + FEATHER_MM + RING_MM);
  const { size, spacing, voxels } = grid;
  const indices = hostIndices(grid);
  const nodule = maskOn(grid, region.box, region.mask);
  const count = nodule.reduce((sum, value) => sum + value, 0);
  if (count === 0)
    throw new NoduleLabError(
      'unusable',
      'The nodule has no voxels in this CT, so there is nothing to remove: check that its outlines belong to this series.',
    );
  const hu = (at: number): number => host.data[indices[at]!]!;
  const inLung = (at: number): boolean => lung.mask[indices[at]!] !== 0;
  // Along thick slices the next slice holds the rim, however far away it is.
  const alongK = max(RIM_MM, 1.01 * spacing[2]);
  const rimSpacing: Vec3 = [spacing[0], spacing[1], (spacing[2] * RIM_MM) / alongK];
  const core = spread(nodule, size, rimSpacing, RIM_MM);
  const level = levelAround(grid, hu, inLung, core);
  addSpicules(grid, core, hu, inLung, level);

  const radiusMm = cbrt((3 * count * spacing[0] * spacing[1] * spacing[2]) / (4 * Math.PI));
  if (2 * radiusMm > WIDEST_MM)
    throw new NoduleLabError(
      'unusable',
      `The region is ${round(2 * radiusMm)} mm wide, wider than a nodule (${WIDEST_MM} mm and less): what the lung would be like behind such a mass is not known, so it cannot be removed.`,
    );
  const hull = lungHull(grid, lung, core, radiusMm);
  const wall = new Float32Array(voxels);
  let kept = 0;
  for (let at = 0; at < voxels; at++) {
    const replaceable = core[at] !== 0 && hull[at]! > 0 && (nodule[at] !== 0 || hu(at) < BONE_HU);
    if (!inLung(at) && !replaceable) wall[at] = 1;
    if (lung.airway[indices[at]!] !== 0 || hu(at) < PADDING_HU) wall[at] = 1;
    if (nodule[at] !== 0 && wall[at] === 0) kept++;
  }
  if (kept < LEAST_IN_LUNG * count)
    throw new NoduleLabError(
      'unusable',
      `Only ${round((100 * kept) / count)} % of the nodule lies where lung would be without it; the rest is chest wall or mediastinum, which NoduleLab does not invent. It cannot be removed.`,
    );
  // Where the nodule lay on the wall, the wall's new surface is as soft as any: half of its blur lies in the wall itself.
  const solid = wall.slice();
  for (let at = 0; at < voxels; at++) if (core[at] !== 0 && hu(at) > SOLID_HU) solid[at] = 1;
  const share = wallShare(grid, wall, core);
  const before = wallShare(grid, solid, core);

  const distance = distanceTo(core, size, spacing);
  const alpha = new Float32Array(voxels);
  const blend = new Float32Array(voxels);
  const around = new Uint8Array(voxels);
  for (let at = 0; at < voxels; at++) {
    const d = distance[at]!;
    const near = max(0, 1 - d / FEATHER_MM);
    if (wall[at] === 0) {
      blend[at] = near;
      alpha[at] = near * (1 - share[at]!);
    } else if (lung.airway[indices[at]!] === 0 && hu(at) > PADDING_HU && hu(at) < BONE_HU) {
      alpha[at] = near * max(0, before[at]! - share[at]!);
      blend[at] = alpha[at]! > 0 ? 1 : 0;
    }
    if (d > 0 && d <= FEATHER_MM + RING_MM && inLung(at) && hu(at) < AERATED_HU && hu(at) > PADDING_HU)
      around[at] = 1;
  }
  requireLungAround(grid, core, inLung);
  return { grid, indices, alpha, blend, distance, around, ...level };
}

function spread(mask: Uint8Array, size: Vec3, spacing: Vec3, mm: number): Uint8Array {
  const distance = distanceTo(mask, size, spacing, [0, 1, 2], mm);
  return Uint8Array.from(distance, (d) => (d <= mm ? 1 : 0));
}

/** Level and spread of the lung around, vessels left out. */
function levelAround(
  { size, spacing, voxels }: LocalGrid,
  hu: (at: number) => number,
  inLung: (at: number) => boolean,
  core: Uint8Array,
): { lungHu: number; sigmaHu: number } {
  const distance = distanceTo(core, size, spacing);
  const found: number[] = [];
  for (let at = 0; at < voxels; at++)
    if (distance[at]! > 1 && inLung(at) && hu(at) < AERATED_HU && hu(at) > PADDING_HU) found.push(hu(at));
  if (found.length < 100)
    throw new NoduleLabError(
      'unusable',
      'There is hardly any aerated lung around the nodule, so no texture to refill it with: it cannot be removed.',
    );
  const sorted = Int16Array.from(found).sort();
  const at = (share: number): number => sorted[round(share * (sorted.length - 1))]!;
  // Lower half only: vessels make the upper one longer.
  return { lungHu: at(0.5), sigmaHu: max(10, (at(0.5) - at(0.159)) * 1) };
}

/** Adds what stands out of the lung, is joined to the core and ends nearby: spicules and halo, not vessels. */
function addSpicules(
  { size, spacing, voxels }: LocalGrid,
  core: Uint8Array,
  hu: (at: number) => number,
  inLung: (at: number) => boolean,
  { lungHu, sigmaHu }: { lungHu: number; sigmaHu: number },
): void {
  const limit = lungHu + max(STANDS_OUT.hu, STANDS_OUT.sigmas * sigmaHu);
  const distance = distanceTo(core, size, spacing);
  const bright = new Uint8Array(voxels);
  const reach = SPICULE_MM - RIM_MM;
  for (let at = 0; at < voxels; at++) {
    const d = distance[at]!;
    if (d > 0 && d <= reach && inLung(at) && hu(at) > limit) bright[at] = 1;
  }
  const { labels, counts } = connectedComponents(bright, size);
  const joined = new Uint8Array(counts.length);
  const leaves = new Uint8Array(counts.length);
  const step = max(...spacing) * 1.01;
  for (let at = 0; at < voxels; at++) {
    const label = labels[at]!;
    if (label === 0) continue;
    if (distance[at]! <= step) joined[label] = 1;
    if (distance[at]! > reach - step / 2) leaves[label] = 1;
  }
  const spicules = new Uint8Array(voxels);
  let any = false;
  for (let at = 0; at < voxels; at++)
    if (labels[at] !== 0 && joined[labels[at]!] !== 0 && leaves[labels[at]!] === 0) {
      spicules[at] = 1;
      any = true;
    }
  if (!any) return;
  const grown = spread(spicules, size, spacing, 1);
  for (let at = 0; at < voxels; at++) if (grown[at] !== 0 && (inLung(at) || spicules[at] !== 0)) core[at] = 1;
}

/** Share of the wall in each voxel after smoothing: even along the surface, as sharp across it as the scanner is. */
function wallShare(grid: LocalGrid, wall: Float32Array, core: Uint8Array): Float32Array {
  const { host, box, spacing } = grid;
  const even = smooth(wall, grid, [1.2 / spacing[0], 1.2 / spacing[1], 1.2 / spacing[2]]);
  const settled = wall.slice();
  for (let at = 0; at < wall.length; at++) if (core[at] !== 0) settled[at] = even[at]! > 0.5 ? 1 : 0;
  const blurMm = measureBlur(host, round((box.min[2] + box.max[2]) / 2));
  return smooth(settled, grid, [blurMm / spacing[0], blurMm / spacing[1], min(0.5, blurMm / spacing[2])]);
}

function requireLungAround(
  { size, spacing }: LocalGrid,
  core: Uint8Array,
  inLung: (at: number) => boolean,
): void {
  const distance = distanceTo(core, size, spacing, [0, 1, 2], 3);
  let lungVoxels = 0;
  let all = 0;
  const far = 2 * sqrt(spacing[0] ** 2 + spacing[1] ** 2);
  for (let at = 0; at < core.length; at++) {
    if (distance[at]! <= 0 || distance[at]! > max(far, spacing[2])) continue;
    all++;
    if (inLung(at)) lungVoxels++;
  }
  if (lungVoxels < LEAST_LUNG_AROUND * all)
    throw new NoduleLabError(
      'unusable',
      `Lung meets only ${round((100 * lungVoxels) / max(1, all))} % of the nodule's surface: what lies behind such a mass cannot be told from the lung around it, so it cannot be removed.`,
    );
}
