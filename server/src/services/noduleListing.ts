/** Nodules of a series: those of its readers, and what NoduleLab did to it. */
import type { NoduleList } from '@nodulelab/contract';
import type { DerivedRow } from '../store/rows.ts';
import type { ServiceContext } from './context.ts';

/**
 * A synthetic series shows the nodules of its source too (same patient, same frame of reference), but not those that
 * were removed from it. A series that is still being written is no synthetic series yet.
 */
export async function listNodules(
  { store }: Pick<ServiceContext, 'store'>,
  seriesInstanceUID: string,
): Promise<NoduleList> {
  const row = await store.derived.get(seriesInstanceUID);
  const derived = row?.state === 'complete' ? row : undefined;
  const synthetic = derived ? editsOf(derived) : [];
  const removed = new Set(synthetic.map(({ noduleId }) => noduleId));
  const nodules = await store.nodules.ofSeries(derived?.sourceSeriesInstanceUID ?? seriesInstanceUID);
  return { seriesInstanceUID, nodules: nodules.filter(({ id }) => !removed.has(id)), synthetic };
}

function editsOf({ edits, earlier, sourceSeriesInstanceUID }: DerivedRow): NoduleList['synthetic'] {
  if (earlier !== null) {
    const { candidateId, centre, diameterMm } = earlier;
    return [{ kind: 'insert', candidateId, noduleId: null, centre, diameterMm, sourceSeriesInstanceUID }];
  }
  return edits.map(({ edit }) => ({
    kind: edit.kind,
    candidateId: edit.kind === 'insert' ? edit.candidateId : null,
    noduleId: edit.kind === 'remove' ? edit.noduleId : null,
    centre: edit.centre,
    diameterMm: edit.diameterMm,
    sourceSeriesInstanceUID,
  }));
}
