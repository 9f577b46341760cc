/** Nodules of a series: those of its readers, and those that NoduleLab put there. */
import type { NoduleList } from '@nodulelab/contract';
import type { ServiceContext } from './context.ts';

/** A synthetic series shows the nodules of its source too: same patient, same frame of reference. */
export async function listNodules(
  { store }: Pick<ServiceContext, 'store'>,
  seriesInstanceUID: string,
): Promise<NoduleList> {
  const derived = await store.derived.get(seriesInstanceUID);
  const source = derived?.sourceSeriesInstanceUID ?? seriesInstanceUID;
  const nodules = await store.nodules.ofSeries(source);
  return {
    seriesInstanceUID,
    nodules,
    synthetic: derived
      ? [
          {
            candidateId: derived.candidateId,
            centre: derived.centre,
            diameterMm: derived.diameterMm,
            sourceSeriesInstanceUID: derived.sourceSeriesInstanceUID,
          },
        ]
      : [],
  };
}
