/** A box of a CT volume as a volume of its own, in the same place of the patient. */
import { indexToWorld } from './ctVolume.ts';
import type { CtVolume, IndexBox } from './ctVolume.ts';

/** @param box within the volume */
export function cropVolume(volume: CtVolume, box: IndexBox): CtVolume {
  const [ni, nj, nk] = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]];
  const data = new Int16Array(ni * nj * nk);
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) {
      const from = box.min[0] + volume.size[0] * (box.min[1] + j + volume.size[1] * (box.min[2] + k));
      data.set(volume.data.subarray(from, from + ni), ni * (j + nj * k));
    }
  const { spacing, direction } = volume;
  return { size: [ni, nj, nk], spacing, direction, origin: indexToWorld(volume, box.min), data };
}
