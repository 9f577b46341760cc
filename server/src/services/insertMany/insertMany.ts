/**
 * Nodules into many series, each written by itself: one that fails does not end the others, and what is written stays
 * whatever comes after it. The same request again finds what it wrote and writes only the rest: samples and places follow
 * from the seed and the series.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AcceptResult, InsertManyRequest, InsertManyResult, Preview } from '@nodulelab/contract';
import { requireAskable } from '../../gan/askable.ts';
import { Random } from '../../nn/random.ts';
import type { DerivedRow } from '../../store/rows.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import type { JobContext, ServicesFace } from '../face.ts';

type Services = Pick<ServicesFace, 'generate' | 'place' | 'preview' | 'discard' | 'accept'>;
type Context = Pick<ServiceContext, 'store' | 'models'>;
type OneSeries = InsertManyResult['series'][number];

/** Places that are tried for a nodule, and after how many of them another sample is drawn. */
const ATTEMPTS = 8;
const ATTEMPTS_WITH_A_SAMPLE = 4;

/** @throws NoduleLabError `cancelled` with how many series are written; `invalid-input` for what the model cannot be asked for */
export async function insertMany(
  context: Context,
  services: Services,
  request: InsertManyRequest,
  job: JobContext,
): Promise<InsertManyResult> {
  const hosts = [...new Set(request.series)];
  if (request.conditions !== undefined) {
    // Once, rather than as the failure of each series.
    const { model, sampler } = await context.models.load(request.model);
    requireAskable(model.name, sampler.conditionNames, request.conditions);
  }
  const series: OneSeries[] = [];
  const writtenSoFar = (): number => series.filter(({ written }) => written).length;
  for (const [n, host] of hosts.entries()) {
    const progress: JobContext['progress'] = (fraction, message) =>
      job.progress((n + fraction) / hosts.length, `Series ${n + 1} of ${hosts.length}: ${message}`, {
        ...{ written: writtenSoFar(), failed: n - writtenSoFar(), host },
      });
    try {
      job.signal.throwIfAborted();
      series.push(await insertOne(context, services, request, host, { signal: job.signal, progress }));
    } catch (error) {
      if (job.signal.aborted)
        throw new NoduleLabError(
          'cancelled',
          `Stopped: ${writtenSoFar()} of ${hosts.length} series are written and stay. The same request again goes on with the others.`,
          { series },
          error,
        );
      // Whatever one series does wrong, the others have a right to their turn.
      series.push({ written: false, host, message: error instanceof Error ? error.message : String(error) });
    }
  }
  job.progress(1, `${writtenSoFar()} of ${hosts.length} series written`);
  return { series, written: writtenSoFar() };
}

async function insertOne(
  { store }: Pick<Context, 'store'>,
  services: Services,
  request: InsertManyRequest,
  host: string,
  job: JobContext,
): Promise<OneSeries> {
  const count = request.nodulesPerSeries;
  const previews: Preview[] = [];
  try {
    for (let nodule = 0; nodule < count; nodule++) {
      job.progress((0.3 * nodule) / count, `Placing nodule ${nodule + 1} of ${count}`);
      previews.push(await placeOne(services, request, host, nodule, previews.at(-1)?.id, job.signal));
    }
    const known = await writtenBefore(store, host, previews);
    if (known) {
      job.progress(1, 'Written by an earlier run');
      await discardAll(services, previews);
      return { written: true, host, result: known, nodules: count };
    }
    const result = await services.accept(previews.at(-1)!.id, [], {
      signal: job.signal,
      progress: (fraction, message) => job.progress(0.3 + 0.7 * fraction, message),
    });
    return { written: true, host, result, nodules: count };
  } catch (error) {
    await discardAll(services, previews);
    throw error;
  }
}

/** @throws NoduleLabError `unusable` where no place was found at which all checks pass */
async function placeOne(
  services: Services,
  request: InsertManyRequest,
  host: string,
  nodule: number,
  after: string | undefined,
  signal: AbortSignal,
): Promise<Preview> {
  const { diameterMm, options, seed } = request;
  const draw = (...name: readonly (string | number)[]): number =>
    Random.of('insert many', seed, host, nodule, ...name).next() % 2 ** 31;
  const stands = after === undefined ? {} : { after };
  let last: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    signal.throwIfAborted();
    const candidateId =
      request.candidateId ??
      (await sample(services, request, draw('sample', Math.floor(attempt / ATTEMPTS_WITH_A_SAMPLE))));
    const { centre } = await services.place({
      ...{ seriesInstanceUID: host, candidateId, diameterMm, seed: draw('place', attempt), ...stands },
      ...(options?.setting === undefined ? {} : { setting: options.setting }),
    });
    let preview: Preview;
    try {
      preview = await services.preview({
        ...{ seriesInstanceUID: host, candidateId, centre, diameterMm, ...stands },
        ...(options === undefined ? {} : { options }),
      });
    } catch (error) {
      // Another place or sample may do: this one shows no nodule, or stands where nothing can be written.
      if (!(error instanceof NoduleLabError) || error.kind !== 'unusable') throw error;
      last = error;
      continue;
    }
    const bad = preview.checks.filter(({ verdict }) => verdict === 'bad');
    if (bad.length === 0) return preview;
    await services.discard(preview.id);
    const names = bad.map(({ name, explanation }) => `${name} (${explanation})`).join('; ');
    last = new NoduleLabError('unusable', `bad at the last place that was tried: ${names}`);
  }
  throw new NoduleLabError(
    'unusable',
    `No place was found for nodule ${nodule + 1} in ${ATTEMPTS} attempts: ${last instanceof Error ? last.message : String(last)}. Try another diameter, candidate or seed.`,
    { seriesInstanceUID: host },
    last,
  );
}

async function sample(
  services: Services,
  { model, conditions }: InsertManyRequest,
  seed: number,
): Promise<string> {
  const { candidates } = await services.generate({ seed, count: 1, model, conditions });
  return candidates[0]!.id;
}

/** Last ones first: nothing may stand on what is discarded. */
async function discardAll(services: Services, previews: readonly Preview[]): Promise<void> {
  for (const { id } of previews.toReversed())
    await services.discard(id).catch((error: unknown) => {
      // It may have been pushed out by newer ones.
      if (!(error instanceof NoduleLabError)) throw error;
    });
}

/** The series that already holds exactly these nodules, on top of what the host holds. */
async function writtenBefore(
  store: Context['store'],
  host: string,
  previews: readonly Preview[],
): Promise<AcceptResult | undefined> {
  const base = await store.derived.get(host);
  const original = base?.sourceSeriesInstanceUID ?? host;
  for (const row of await store.derived.ofSource(original)) {
    if (!holds(row, base?.edits ?? [], previews) || !row.segmentation || !row.report) continue;
    const series = await store.series.get(row.seriesInstanceUID);
    if (!series) continue;
    const { studyInstanceUID, seriesInstanceUID, segmentation, report } = row;
    return {
      ...{ studyInstanceUID, seriesInstanceUID, segmentation, report },
      ...{ instances: series.instances, seconds: 0 },
    };
  }
  return undefined;
}

function holds(row: DerivedRow, before: DerivedRow['edits'], previews: readonly Preview[]): boolean {
  if (row.edits.length !== before.length + previews.length) return false;
  if (before.some(({ edit }, n) => row.edits[n]!.edit.huSha256 !== edit.huSha256)) return false;
  return previews.every((preview, n) => {
    const { edit } = row.edits[before.length + n]!;
    if (edit.kind !== 'insert' || preview.edit.kind !== 'insert') return false;
    return (
      edit.candidateId === preview.edit.candidateId &&
      edit.diameterMm === preview.diameterMm &&
      edit.centre.every((mm, axis) => mm === preview.centre[axis]) &&
      isDeepStrictEqual(edit.options, preview.edit.options)
    );
  });
}
