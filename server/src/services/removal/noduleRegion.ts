/** Which voxels of a CT are a nodule for its removal: all that any reader called nodule. */
import type { Nodule } from '@nodulelab/contract';
import type { CtSeries } from '../../dicom/ctSeries.ts';
import type { NoduleRegion } from '../../insertion/removeNodule.ts';
import { consensusMask } from '../../lidc/consensus.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { storedNodule } from '../storedNodule.ts';

/**
 * The union of the readers' outlines. An outline's own pixels are the first ones outside the lesion and stay out; only
 * where no reader's outline encloses a voxel do they stand for the nodule.
 *
 * @param series the CT that the nodule was marked in, not one derived from it: marks name its slices.
 * @throws NoduleLabError `invalid-input` where the nodule belongs to another series, `not-found` where a marked slice is
 *   missing from this one
 */
export function noduleRegion(series: CtSeries, nodule: Nodule): NoduleRegion {
  if (nodule.seriesInstanceUID !== series.seriesInstanceUID)
    throw new NoduleLabError(
      'invalid-input',
      `Nodule ${nodule.id} was marked in series ${nodule.seriesInstanceUID}, not in ${series.seriesInstanceUID}: remove it in its own series.`,
      { noduleId: nodule.id, seriesInstanceUID: series.seriesInstanceUID },
    );
  const { marks, mask } = storedNodule(nodule, {
    ct: series.volume,
    sopInstanceUIDs: series.slices.map(({ sopInstanceUID }) => sopInstanceUID),
    ...(series.sliceThickness === undefined ? {} : { sliceThicknessMm: series.sliceThickness }),
  });
  const union = consensusMask(
    marks.flatMap((mark) => (mark.mask === undefined ? [] : [{ reader: mark.reader, mask: mark.mask }])),
    0,
  );
  const { box, bits } = union ?? mask;
  return { box, mask: bits };
}
