/** Where a CT series comes from: what the registry knows of it, what its slices say, and what was made of it. */
import type { Provenance, SeriesLink, SeriesProvenance } from '@nodulelab/contract';
import { editsInWords } from '../../dicom/provenance.ts';
import type { DerivedRow } from '../../store/rows.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import { look, type Look } from './lookAtSlices.ts';

type Context = Pick<ServiceContext, 'store' | 'archive' | 'dataDir'>;
type Synthetic = Extract<SeriesProvenance, { kind: 'synthetic' }>;

/**
 * @throws NoduleLabError `not-found` for a series that neither registry nor archive knows, `conflict` for one that is being
 *   written, `unusable` where it is no CT, `upstream` where the archive does not answer
 */
export async function seriesProvenance(
  context: Context,
  seriesInstanceUID: string,
): Promise<SeriesProvenance> {
  const row = await context.store.derived.get(seriesInstanceUID);
  if (row?.state === 'writing')
    throw new NoduleLabError(
      'conflict',
      `Series ${seriesInstanceUID} is being written: wait for its job to end.`,
      { seriesInstanceUID },
    );
  const seen = await look(context, seriesInstanceUID);
  if (row) return registered(context, row, seen);
  if (seen === null)
    throw new NoduleLabError(
      'not-found',
      `The archive has no series ${seriesInstanceUID}: import it, or choose one of the study list.`,
      { seriesInstanceUID },
    );
  const made = await linksOf(context, await context.store.derived.ofSource(seriesInstanceUID));
  const { edited, markedSynthetic } = seen;
  if (!edited) return { kind: 'original', seriesInstanceUID, markedSynthetic, madeOfIt: made };
  return foreign(context, seriesInstanceUID, seen, made);
}

async function registered(context: Context, row: DerivedRow, seen: Look | null): Promise<Synthetic> {
  const { seriesInstanceUID, sourceSeriesInstanceUID, segmentation, report, codeVersion, createdAt } = row;
  const others = (await context.store.derived.ofSource(sourceSeriesInstanceUID)).filter(
    (other) => other.seriesInstanceUID !== seriesInstanceUID,
  );
  const base = others
    .filter((other) => beginsWith(row, other))
    .reduce<DerivedRow | undefined>(
      (best, other) => (best && best.edits.length >= other.edits.length ? best : other),
      undefined,
    );
  const [goesOnFrom = null] = base ? await linksOf(context, [base]) : [];
  const { earlier } = row;
  return {
    ...{ kind: 'synthetic', seriesInstanceUID, registered: true, goesOnFrom, codeVersion },
    source: await sourceOf(context, sourceSeriesInstanceUID),
    summary: wordsOf(row),
    edits: earlier === null ? row.edits.map(({ edit }) => edit) : null,
    earlier:
      earlier === null
        ? null
        : { candidateId: earlier.candidateId, centre: earlier.centre, diameterMm: earlier.diameterMm },
    ...{ writtenAt: createdAt, segmentation, report, verification: seen?.verification ?? null },
    madeOfIt: await linksOf(
      context,
      others.filter((other) => beginsWith(other, row)),
    ),
  };
}

/** A series that another data folder wrote, or whose registry is gone: its own slices are all that speaks. */
async function foreign(
  context: Context,
  seriesInstanceUID: string,
  { provenance, verification }: Look,
  madeOfIt: SeriesLink[],
): Promise<Synthetic> {
  return {
    ...{ kind: 'synthetic', seriesInstanceUID, registered: false, goesOnFrom: null, earlier: null },
    source: provenance === null ? null : await sourceOf(context, provenance.sourceSeriesInstanceUID),
    summary: foreignWords(provenance),
    edits: provenance?.edits ?? null,
    codeVersion: provenance?.codeVersion ?? null,
    ...{ writtenAt: null, segmentation: null, report: null, verification, madeOfIt },
  };
}

const foreignWords = (provenance: Provenance | null): string =>
  provenance === null
    ? 'Marked as synthetic; what was done is not said in a way that NoduleLab reads.'
    : sentence(editsInWords(provenance.edits));

async function sourceOf(
  { store, archive }: Context,
  seriesInstanceUID: string,
): Promise<Synthetic['source']> {
  const [known, inArchive] = await Promise.all([
    store.series.get(seriesInstanceUID),
    archive.hasSeries(seriesInstanceUID),
  ]);
  return { seriesInstanceUID, description: known?.description ?? null, inArchive };
}

/** Whether a series holds all edits of another one, the same ones, and more after them. */
function beginsWith({ edits }: DerivedRow, { edits: first }: DerivedRow): boolean {
  return (
    first.length > 0 &&
    first.length < edits.length &&
    first.every(({ trackingUid }, index) => trackingUid === edits[index]!.trackingUid)
  );
}

const linksOf = ({ store }: Context, rows: readonly DerivedRow[]): Promise<SeriesLink[]> =>
  Promise.all(
    rows.map(async (row) => ({
      seriesInstanceUID: row.seriesInstanceUID,
      studyInstanceUID: row.studyInstanceUID,
      description: (await store.series.get(row.seriesInstanceUID))?.description ?? '',
      summary: wordsOf(row),
      writtenAt: row.createdAt,
    })),
  );

const wordsOf = ({ edits, earlier }: DerivedRow): string =>
  earlier === null
    ? sentence(editsInWords(edits.map(({ edit }) => edit)))
    : '1 synthetic lung nodule inserted, by an earlier NoduleLab.';

const sentence = (words: string): string => `${words}.`;
