/**
 * How large a nodule is once it lies in a CT. It is read from the voxels that insertion would write, by the rule that
 * measures real nodules in their CTs (insertion/halfMaximum.ts), and not from what insertion says of itself.
 */
import type { InsertedSize } from '../../../evaluation/adherence.ts';
import { halfMaximumRegion } from '../../../insertion/halfMaximum.ts';
import { insertNodule } from '../../../insertion/insertNodule.ts';
import { proposePlace } from '../../../insertion/placement.ts';
import { largestInPlaneDiameter, volumeEquivalentDiameter } from '../../../lidc/diameter.ts';
import type { Random } from '../../../nn/random.ts';
import type { CtVolume, IndexBox } from '../../../volume/ctVolume.ts';
import { NoduleLabError } from '../../../volume/errors.ts';
import type { LoadedHost } from '../../comparison/hosts.ts';

/** Chooses the noise of covered voxels; any will do. */
const NOISE_SEED = 1;

/**
 * The host's voxels are the same afterwards as before.
 *
 * @param patch size³ values in [0, 1], x fastest
 * @param diameterMm that the nodule is inserted at
 * @param random draws the place, which is clear parenchyma as far as the lung has room for the size
 * @returns null where the patch shows no nodule, the lung has no room, or the nodule does not stand out in the CT
 */
export function sizeInHost(
  { volume, lung, nodules }: LoadedHost,
  patch: Float32Array,
  diameterMm: number,
  random: Random,
): InsertedSize | null {
  try {
    const draw = (): number => random.uniform();
    const { centre } = proposePlace(volume, lung, diameterMm, draw, undefined, nodules ?? []);
    const { box, hu, footprint } = insertNodule(
      volume,
      { data: patch },
      { centre, diameterMm },
      { seed: NOISE_SEED, lung },
    );
    return withBox(volume, box, hu, () => {
      const region = halfMaximumRegion(volume, box, footprint);
      if (region === null) return null;
      const { min, max } = region.box;
      const geometry = {
        size: [max[0] - min[0], max[1] - min[1], max[2] - min[2]],
        spacing: volume.spacing,
      } as const;
      return {
        sphereMm: volumeEquivalentDiameter(geometry, region.mask),
        largestMm: largestInPlaneDiameter(geometry, region.mask),
      };
    });
  } catch (error) {
    if (error instanceof NoduleLabError && error.kind === 'unusable') return null;
    throw error;
  }
}

/** Calls `look` while the box of the host holds other voxels. */
function withBox<T>(
  { data, size: [nx, ny] }: CtVolume,
  { min, max }: IndexBox,
  hu: Int16Array,
  look: () => T,
): T {
  const width = max[0] - min[0];
  const before = new Int16Array(hu.length);
  const rows = (visit: (inHost: number, inBox: number) => void): void => {
    for (let k = min[2], at = 0; k < max[2]; k++)
      for (let j = min[1]; j < max[1]; j++, at += width) visit(min[0] + nx * (j + ny * k), at);
  };
  rows((inHost, inBox) => before.set(data.subarray(inHost, inHost + width), inBox));
  rows((inHost, inBox) => data.set(hu.subarray(inBox, inBox + width), inHost));
  try {
    return look();
  } finally {
    rows((inHost, inBox) => data.set(before.subarray(inBox, inBox + width), inHost));
  }
}
