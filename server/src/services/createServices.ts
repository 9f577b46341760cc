/** The use cases behind both faces, HTTP and command line. */
import type { Health } from '@nodulelab/contract';
import { acceptPreview, checkAcceptable } from './acceptance.ts';
import type { ServiceContext } from './context.ts';
import { welcomeOf } from './demo.ts';
import type { ServicesFace } from './face.ts';
import { generateCandidates } from './generation.ts';
import { importPaths } from './importing/importPaths.ts';
import { listNodules } from './noduleListing.ts';
import { createTrainings } from './trainings/trainings.ts';
import { createPreviews, previewInsertion, proposePlaceIn } from './placement.ts';

export function createServices(context: ServiceContext): ServicesFace {
  const previews = createPreviews();
  return {
    health: () => health(context),
    welcome: () => welcomeOf(context),
    models: async () => ({ models: await context.models.list() }),
    allNodules: async () => ({ nodules: await context.store.nodules.list() }),
    async nodules(seriesInstanceUID) {
      const list = await listNodules(context, seriesInstanceUID);
      // Who looks at the nodules of a CT will soon want a preview in it. Whatever fails here is told by that request.
      const original = list.nodules.length > 0 && list.synthetic.length === 0;
      if (original) context.imaging.warm({ seriesInstanceUID }).catch(() => undefined);
      return list;
    },
    generate: (request) => generateCandidates(context, request),
    place: (request) => proposePlaceIn(context, request),
    preview: (request) => previewInsertion(context, previews, request),
    discard: async (previewId) => previews.remove(previewId),
    acceptable: (previewId) => checkAcceptable(context, previews, previewId),
    accept: (previewId, job) => acceptPreview(context, previews, previewId, job),
    trainings: createTrainings(context),
    importPaths: async (paths, job) => ({ ...(await importPaths(context, paths, job)) }),
  };
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
