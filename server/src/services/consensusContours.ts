/** Consensus outlines of nodules that were stored before these were kept: made once, from the CT and the stored marks. */
import type { Nodule } from '@nodulelab/contract';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';

const lacksOutline = ({ consensusContours, marks }: Nodule): boolean =>
  consensusContours.length === 0 && marks.some(({ contours }) => contours.length > 0);

/** The nodules of one series, each with its outline; as they are where the CT cannot be read now. */
export async function withConsensusContours(
  { store, imaging }: Pick<ServiceContext, 'store' | 'imaging'>,
  seriesInstanceUID: string,
  nodules: readonly Nodule[],
): Promise<Nodule[]> {
  const lacking = nodules.filter(lacksOutline);
  if (lacking.length === 0) return [...nodules];
  try {
    const outlines = await imaging.outline({ seriesInstanceUID, nodules: lacking });
    const made = new Map(lacking.map(({ id }, index) => [id, outlines[index] ?? []]));
    for (const [id, contours] of made) await store.nodules.outline(id, contours);
    return nodules.map((nodule) => ({
      ...nodule,
      consensusContours: made.get(nodule.id) ?? nodule.consensusContours,
    }));
  } catch (error) {
    // The list is worth more than the outline: it is made the next time.
    if (error instanceof NoduleLabError) return [...nodules];
    throw error;
  }
}
