/** Each route of the contract in terms of the services and the job queue. */
import { NoduleLabError } from '../volume/errors.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { ServicesFace } from '../services/face.ts';
import type { RouteHandlers } from './api.ts';
import { isLocal } from './requestGuards.ts';

/** Inputs of the jobs that come from HTTP, as their handlers read them. */
export interface AcceptInput {
  readonly previewId: string;
}
export interface ImportInput {
  readonly paths: readonly string[];
}

export function routeHandlers(services: ServicesFace, jobs: Jobs): RouteHandlers {
  return {
    health: () => services.health(),
    welcome: () => services.welcome(),
    models: () => services.models(),
    allNodules: () => services.allNodules(),
    nodules: ({ params }) => services.nodules(params.seriesInstanceUID),
    generate: ({ body }) => services.generate(body),
    place: ({ body }) => services.place(body),
    preview: ({ body }) => services.preview(body),
    async discard({ params }) {
      await services.discard(params.id);
      return null;
    },
    async accept({ params }) {
      const { title } = await services.acceptable(params.id);
      return jobs.enqueue('accept', title, { previewId: params.id } satisfies AcceptInput);
    },
    async import({ body, request }) {
      // The paths are read with the rights of the server: only who sits at its machine may name them.
      if (!isLocal(request))
        throw new NoduleLabError(
          'refused',
          'Import takes paths on the server machine and is open to that machine only. Run `nodulelab import` there.',
        );
      const [first, ...others] = body.paths;
      const title = `Import ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`;
      return jobs.enqueue('import', title, { paths: body.paths } satisfies ImportInput);
    },
    jobs: async () => ({ jobs: await jobs.list() }),
    job: ({ params }) => jobs.get(params.id),
    cancel: ({ params }) => jobs.cancel(params.id),
  };
}
