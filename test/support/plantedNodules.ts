/** Nodules planted into a phantom's lung, whose healthy twin is therefore known. */
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import type { NoduleRegion } from '../../server/src/insertion/removeNodule.ts';
import { Random } from '../../server/src/nn/random.ts';
import { makePhantom } from '../../server/src/phantom/phantom.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';

/** A thorax with vessels, noise and no nodule; about two thirds of life size. */
export function healthyThorax(): CtVolume {
  return makePhantom({
    size: [224, 224, 88],
    spacing: [1, 1, 2],
    nodules: [],
    noiseHu: 17,
    terminals: 500,
    seed: 5,
  }).volume;
}

export interface Planted {
  readonly volume: CtVolume;
  /** As a reader would outline it: above half maximum. */
  readonly region: NoduleRegion;
}

export const voxelOf = ({ size }: CtVolume, [i, j, k]: Vec3): number => i + size[0] * (j + size[1] * k);

/** A ball with a border as soft as the scanner's; soft tissue and bone that are there already stay. */
export function plant(healthy: CtVolume, centre: Vec3, diameterMm: number, hu = 20): Planted {
  const { size, spacing } = healthy;
  const data = healthy.data.slice();
  const noise = Random.of('planted', diameterMm);
  const reach = spacing.map((mm) => Math.ceil((diameterMm / 2 + 4) / mm));
  const min = centre.map((n, axis) => Math.max(0, n - reach[axis]!)) as unknown as Vec3;
  const max = centre.map((n, axis) => Math.min(size[axis]!, n + reach[axis]! + 1)) as unknown as Vec3;
  const mask = new Uint8Array((max[0] - min[0]) * (max[1] - min[1]) * (max[2] - min[2]));
  for (let k = min[2], at = 0; k < max[2]; k++)
    for (let j = min[1]; j < max[1]; j++)
      for (let i = min[0]; i < max[0]; i++, at++) {
        const mm = Math.hypot(...[i, j, k].map((n, axis) => (n - centre[axis]!) * spacing[axis]!));
        const share = 1 / (1 + Math.exp((mm - diameterMm / 2) / 0.5));
        const voxel = voxelOf(healthy, [i, j, k]);
        const before = healthy.data[voxel]!;
        if (share > 0.5) mask[at] = 1;
        if (share > 0.004 && before < hu)
          data[voxel] = Math.round(before + share * (hu - before + 17 * noise.gaussian()));
      }
  return { volume: { ...healthy, data }, region: { box: { min, max }, mask } };
}

/** The deepest voxel of the lung that keeps `mm` of lung on all sides, drawn by a seed. */
export function deepPlace(volume: CtVolume, lung: LungAnatomy, mm: number, seed: number): Vec3 {
  const random = Random.of('place', seed);
  for (let tries = 0; tries < 20_000; tries++) {
    const at = [0, 1, 2].map(
      (axis) => lung.box.min[axis as 0] + random.integer(lung.box.max[axis as 0] - lung.box.min[axis as 0]),
    ) as unknown as Vec3;
    const around: Vec3[] = [];
    for (const [x, y, z] of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0.6, 0.6, 0.5],
      [0.6, -0.6, 0.5],
      [-0.6, 0.6, 0.5],
    ])
      for (const sign of [-1, 1])
        around.push(
          [x!, y!, z!].map(
            (d, a) => at[a]! + Math.round((sign * d * mm) / volume.spacing[a]!),
          ) as unknown as Vec3,
        );
    if ([at, ...around].every((point) => lung.mask[voxelOf(volume, point)] === 1)) return at;
  }
  throw new Error(`no place ${mm} mm deep`);
}
