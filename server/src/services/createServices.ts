/** The use cases behind both faces, HTTP and command line. */
import type { Health } from '@nodulelab/contract';
import { candidateChecks } from '../insertion/candidateChecks.ts';
import { knownPublicKeys } from '../security/provenanceKeys.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { acceptPreview, checkAcceptable } from './acceptance.ts';
import { createAnnotating } from './annotating.ts';
import { sliceSprite } from './candidateSlices.ts';
import { withConsensusContours } from './consensusContours.ts';
import type { ServiceContext } from './context.ts';
import { welcomeOf } from './demo.ts';
import type { ServicesFace } from './face.ts';
import { generateCandidates } from './generation.ts';
import { importPaths } from './importing/importPaths.ts';
import { insertMany } from './insertMany/insertMany.ts';
import { seriesProvenance } from './lineage/seriesProvenance.ts';
import { listNodules } from './noduleListing.ts';
import { compareModels } from './modelComparison/compareModels.ts';
import { createNearestTraining } from './nearestTraining/index.ts';
import { createTrainings } from './trainings/trainings.ts';
import { createPreviews } from './openPreviews.ts';
import { guardMapIn, proposePlaceIn, rankPlacesIn } from './placement.ts';
import { previewInsertion, previewRemoval } from './previewing.ts';
import { makeQuiz } from './quiz/makeQuiz.ts';
import { requireCandidate } from './requireCandidate.ts';
import { replaySeries } from './replay/replaySeries.ts';
import { verifyArchived, verifyPath } from './verification/verifySeries.ts';
import { derivedLedger } from './ledgers.ts';
import { createWithdrawal, type Withdrawal } from './withdrawal.ts';

export function createServices(context: ServiceContext): ServicesFace {
  const previews = createPreviews();
  const withdrawal = createWithdrawal(context, derivedLedger(context.store));
  const annotating = createAnnotating(context);
  const nearest = createNearestTraining(context);
  const services: ServicesFace = {
    health: () => health(context),
    welcome: () => welcomeOf(context),
    models: async () => ({ models: await context.models.list() }),
    currentModel: () => context.models.current(),
    async chooseModel({ name }) {
      const current = await context.models.choose(name, context.now());
      context.emit({ type: 'models-changed' });
      return current;
    },
    compareModels: (request) => compareModels(context.models, request),
    modelReport: (name) => context.models.reportOf(name),
    modelClassification: (name) => context.models.classificationOf(name),
    modelPicture: (name, picture) => context.models.pictureOf(name, picture),
    allNodules: async () => ({ nodules: await context.store.nodules.list() }),
    async nodules(seriesInstanceUID) {
      const list = await listNodules(context, seriesInstanceUID);
      // Who looks at the nodules of a CT will soon want a preview in it. Whatever fails here is told by that request.
      const original = list.synthetic[0]?.sourceSeriesInstanceUID ?? seriesInstanceUID;
      if (list.nodules.length > 0 || list.synthetic.length > 0)
        context.imaging.warm({ seriesInstanceUID: original }).catch(() => undefined);
      return { ...list, nodules: await withConsensusContours(context, original, list.nodules) };
    },
    annotate: (seriesInstanceUID, request) => annotating.add(seriesInstanceUID, request),
    changeAnnotation: (seriesInstanceUID, noduleId, change) =>
      annotating.change(seriesInstanceUID, noduleId, change),
    deleteAnnotation: (seriesInstanceUID, noduleId) => annotating.remove(seriesInstanceUID, noduleId),
    async generate(request) {
      const list = await generateCandidates(context, request);
      // A preview of one of them comes next, and its check against the training set is read ahead of it.
      const model = list.candidates[0]?.model;
      if (model !== undefined) nearest.warm(model).catch(() => undefined);
      return list;
    },
    async candidateChecks(candidateId) {
      const { candidate, voxels } = await requireCandidate(context.store, candidateId);
      const nearestTraining = await nearest.check(candidate.model, voxels);
      return { candidateId, checks: [...candidateChecks(voxels, candidate.support), nearestTraining] };
    },
    candidateSlices: async (candidateId, plane) =>
      sliceSprite((await requireCandidate(context.store, candidateId)).voxels, plane),
    place: (request) => proposePlaceIn(context, previews, request),
    proposals: (request) => rankPlacesIn(context, previews, request),
    guard: (request) => guardMapIn(context, request),
    preview: (request) => previewInsertion(context, previews, nearest.check, request),
    removal: (request) => previewRemoval(context, previews, request),
    discard: async (previewId) => previews.remove(previewId),
    acceptable: (previewId, confirmed) => checkAcceptable(context, previews, previewId, confirmed),
    accept: (previewId, confirmed, job) =>
      acceptPreview(context, previews, withdrawal, previewId, confirmed, job),
    insertMany: (request, job) => insertMany(context, services, request, job),
    replay: (seriesInstanceUID) => replaySeries(context, seriesInstanceUID),
    provenance: (seriesInstanceUID) => seriesProvenance(context, seriesInstanceUID),
    verify: async (request) => ({
      reports:
        'path' in request
          ? await verifyPath(request.path, {
              keys: await knownPublicKeys(context.dataDir),
              registry: context.store.fingerprints,
            })
          : await verifyArchived(context, request.seriesInstanceUID),
    }),
    quiz: (request) => makeQuiz(context, request),
    trainings: createTrainings(context),
    importPaths: async (paths, job) => ({ ...(await importPaths(context, paths, job)) }),
    async recover() {
      const swept = [await sweepOf(withdrawal), await sweepOf(annotating)];
      const left = (await context.store.derived.unfinished()).length + (await annotating.waiting());
      return { withdrawn: swept.flat(), waiting: left };
    },
    async close() {
      withdrawal.close();
      annotating.close();
      await nearest.close();
    },
  };
  return services;
}

/** @returns what was taken away; nothing where the archive is away: it is tried again by itself */
async function sweepOf({ sweep }: Pick<Withdrawal, 'sweep'>): Promise<readonly string[]> {
  try {
    return (await sweep()).withdrawn;
  } catch (error) {
    if (error instanceof NoduleLabError && error.kind === 'upstream') return [];
    throw error;
  }
}

async function health({ archive, models, configuration }: ServiceContext): Promise<Health> {
  const version = await archive.capabilities().then(
    (found) => found.version,
    () => null,
  );
  const [model] = await models.list();
  return {
    status: version !== null && model ? 'ok' : 'degraded',
    version: configuration.version,
    orthanc: { reachable: version !== null, version },
    engine: models.engine,
    model: model?.name ?? null,
  };
}
