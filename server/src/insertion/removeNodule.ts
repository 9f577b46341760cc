/**
 * Removes a nodule from a CT: the healthy twin. Its region, with its rim of partial volume, halo and spicules, is
 * refilled with real lung of the same scan; chest wall, mediastinum and bronchi stay as they are. Only voxels with
 * alpha > 0 differ from the host.
 */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, IndexBox } from '../volume/ctVolume.ts';
import type { Insertion } from './insertNodule.ts';
import { sphereDiameter } from './patchShape.ts';
import { removalChecks } from './qualityChecks.ts';
import { refillLung } from './refillLung.ts';
import { removalRegion } from './removalRegion.ts';
import type { NoduleRegion, RemovalRegion } from './removalRegion.ts';

export type { NoduleRegion } from './removalRegion.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor, max, min, round } = Math;

export interface RemovalOptions {
  /** Chooses among equally fitting textures; same seed, same voxels. */
  readonly seed: number;
  readonly lung: LungAnatomy;
  /** What the series' stored values can hold, HU; 12 bits from -1024 on where absent. */
  readonly storedHu?: { readonly low: number; readonly high: number };
}

const DEFAULT_HU = { low: -1024, high: 3071 } as const;

/**
 * @returns as an insertion does; `footprint` is what was refilled (at least half new), and `measured` is of it.
 * @throws NoduleLabError `unusable`, with the reason, where the region cannot be refilled honestly: most of it is not
 *   lung, it has hardly any lung around it, or it is wider than any healthy lung of the scan.
 */
export function removeNodule(host: CtVolume, nodule: NoduleRegion, options: RemovalOptions): Insertion {
  const region = removalRegion(host, nodule, options.lung);
  const filled = refillLung(region, options.lung, options.seed);
  const box = changedBox(region);
  const limits = options.storedHu ?? DEFAULT_HU;
  const low = max(limits.low, DEFAULT_HU.low);
  const size = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]] as const;
  const hu = new Int16Array(size[0] * size[1] * size[2]);
  const alpha = new Uint8Array(hu.length);
  const footprint = new Uint8Array(hu.length);
  const [gi, gj] = region.grid.size;
  const [oi, oj, ok] = [0, 1, 2].map(
    (axis) => box.min[axis as 0 | 1 | 2] - region.grid.box.min[axis as 0 | 1 | 2],
  ) as [number, number, number];
  let voxels = 0;
  let sum = 0;
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        const from = i + oi + gi * (j + oj + gj * (k + ok));
        const before = host.data[region.indices[from]!]!;
        const step = round(255 * region.alpha[from]!);
        hu[at] = before;
        if (step === 0) continue;
        // `filled` is new lung already mixed with the host's own; what is left is the share of the chest wall.
        const wall = 1 - region.alpha[from]! / region.blend[from]!;
        alpha[at] = step;
        hu[at] = round(min(limits.high, max(low, wall * before + (1 - wall) * filled[from]!)));
        if (step < 128) continue;
        footprint[at] = 1;
        voxels++;
        sum += hu[at]!;
      }
  const volumeMm3 = voxels * host.spacing[0] * host.spacing[1] * host.spacing[2];
  const result = { box, hu, alpha, footprint };
  return {
    ...result,
    measured: {
      diameterMm: sphereDiameter(volumeMm3),
      volumeMm3,
      meanHu: voxels === 0 ? region.lungHu : sum / voxels,
    },
    checks: removalChecks({
      host,
      ...result,
      lung: options.lung,
      ...(options.storedHu === undefined ? {} : { storedHu: options.storedHu }),
    }),
  };
}

/** The smallest box that holds every voxel with new lung, with one voxel around it. */
function changedBox({ grid, alpha }: RemovalRegion): IndexBox {
  const { size, box, host } = grid;
  const low = [size[0], size[1], size[2]];
  const high = [0, 0, 0];
  for (let at = 0; at < alpha.length; at++) {
    if (round(255 * alpha[at]!) === 0) continue;
    const index = [at % size[0], floor(at / size[0]) % size[1], floor(at / (size[0] * size[1]))];
    for (const axis of [0, 1, 2] as const) {
      low[axis] = min(low[axis]!, index[axis]!);
      high[axis] = max(high[axis]!, index[axis]! + 1);
    }
  }
  const from = (axis: 0 | 1 | 2): number => max(0, box.min[axis] + low[axis]! - 1);
  const to = (axis: 0 | 1 | 2): number => min(host.size[axis], box.min[axis] + high[axis]! + 1);
  return { min: [from(0), from(1), from(2)], max: [to(0), to(1), to(2)] };
}
