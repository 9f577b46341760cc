/** Nodules into one series of the archive: each preview stands on the one before it, and the last one is accepted. */
import type { InsertionOptions, PointLps, Preview } from '@nodulelab/contract';
import type { WantedConditions } from '../gan/support.ts';
import { placeSeedOf } from '../services/offline/insertOffline.ts';
import { requireConfirmed } from '../services/offline/confirmation.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import type { ArchiveServices } from './archiveServices.ts';
import { withArchive } from './archiveServices.ts';
import type { CommandContext } from './context.ts';
import { acceptedReport } from './editReport.ts';

export interface ArchivedInsertion {
  readonly seriesInstanceUID: string;
  /** One for each nodule, LPS mm. */
  readonly at: readonly (Vec3 | 'auto')[];
  /** Without it each candidate's own, where its model was asked for one. */
  readonly diameterMm: number | undefined;
  readonly options: InsertionOptions;
  readonly confirmed: readonly string[];
  readonly seed: number;
  readonly model: string | undefined;
  /** What new samples are asked for. */
  readonly conditions: WantedConditions | undefined;
  /** A candidate that is there already, instead of new samples. */
  readonly candidate: string | undefined;
  readonly researchArchive: boolean;
}

/** Places that are tried where the program chooses. */
const ATTEMPTS = 8;
/** Candidates of one request. */
const MOST_CANDIDATES = 16;

export async function insertArchived(context: CommandContext, insertion: ArchivedInsertion): Promise<void> {
  const { output } = context;
  await withArchive(context, insertion, async (services) => {
    const candidates = await candidatesFor(services, insertion);
    const previews: Preview[] = [];
    for (const [n, at] of insertion.at.entries()) {
      context.signal.throwIfAborted();
      const after = previews.at(-1)?.id;
      previews.push(await previewOne(services, insertion, at, candidates[n]!, n, after));
    }
    requireConfirmed(
      previews.flatMap(({ checks }) => checks),
      insertion.confirmed,
    );
    const result = await services.accept(previews.at(-1)!.id, insertion.confirmed);
    output.result(...acceptedReport(result, previews));
  });
}

async function candidatesFor(
  services: ArchiveServices,
  { at, candidate, seed, model, conditions }: ArchivedInsertion,
): Promise<string[]> {
  if (candidate !== undefined) return at.map(() => candidate);
  const ids: string[] = [];
  for (let batch = 0; ids.length < at.length; batch++) {
    const count = Math.min(MOST_CANDIDATES, at.length - ids.length);
    const request = { seed: (seed + batch) % 2 ** 31, count, model, conditions };
    ids.push(...(await services.generate(request)).candidates.map(({ id }) => id));
  }
  return ids;
}

/** Where the program chooses the place, another one is tried while a check is bad. */
async function previewOne(
  services: ArchiveServices,
  { seriesInstanceUID, diameterMm, options, confirmed, seed }: ArchivedInsertion,
  at: Vec3 | 'auto',
  candidateId: string,
  number: number,
  after: string | undefined,
): Promise<Preview> {
  const common = { seriesInstanceUID, candidateId, diameterMm, ...(after === undefined ? {} : { after }) };
  const previewAt = (centre: PointLps): Promise<Preview> => services.preview({ ...common, centre, options });
  if (at !== 'auto') return previewAt([...at]);
  const { setting } = options;
  for (let attempt = 0; ; attempt++) {
    const turn = number * ATTEMPTS + attempt;
    const { centre } = await services.place({
      ...{ ...common, seed: turn === 0 ? seed : placeSeedOf(seed, turn) },
      ...(setting === undefined ? {} : { setting }),
    });
    const preview = await previewAt(centre);
    const bad = preview.checks.some(({ name, verdict }) => verdict === 'bad' && !confirmed.includes(name));
    if (!bad || attempt + 1 === ATTEMPTS) return preview;
    await services.discard(preview.id);
  }
}
