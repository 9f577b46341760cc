/** Nodules of a whole CT series, as import knows them, as a source of patches. */
import { createHash } from 'node:crypto';
import { NoduleLabError } from '../volume/errors.ts';
import type { CtVolume } from '../volume/ctVolume.ts';
import { caseFlags } from '../lidc/flags.ts';
import type { LidcNodule } from '../lidc/nodules.ts';
import type { SourceNodule } from './source.ts';

/**
 * @param loadCt the volume of the nodule's series, in whose voxels its mask is given
 * @throws NoduleLabError `unusable` where no reader rated the nodule: it belongs to no class
 */
export function seriesNodule(
  patientId: string,
  nodule: LidcNodule,
  loadCt: () => Promise<CtVolume>,
): SourceNodule {
  const { characteristics, mask } = nodule;
  if (characteristics === null)
    throw new NoduleLabError(
      'unusable',
      `Nodule ${nodule.id} of series ${nodule.seriesInstanceUID} has no ratings, so it belongs to no class: leave it out.`,
      { noduleId: nodule.id },
    );
  return {
    patientId,
    seriesUID: nodule.seriesInstanceUID,
    noduleId: nodule.id,
    characteristics,
    malignancyRatings: nodule.marks.flatMap((mark) => mark.characteristics?.malignancy ?? []),
    ratingSource: 'readers',
    readers: nodule.readers,
    maskOf: nodule.maskOf,
    flags: [...caseFlags(patientId)],
    load: async () => {
      const ct = await loadCt();
      const voxels = new Uint8Array(ct.data.buffer, ct.data.byteOffset, ct.data.byteLength);
      const box = JSON.stringify([mask.box.min, mask.box.max]);
      return {
        ct,
        mask,
        sha256: createHash('sha256').update(voxels).update(box).update(mask.bits).digest('hex'),
      };
    },
  };
}
