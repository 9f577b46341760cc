/** Each route of the contract in terms of the services and the job queue. */
import type { Job } from '@nodulelab/contract';
import type { Request } from 'express';
import { NoduleLabError } from '../volume/errors.ts';
import type { AcceptInput, ImportInput, InsertInput, TrainInput } from '../jobs/handlers.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Accounts } from '../services/accounts.ts';
import type { ServicesFace } from '../services/face.ts';
import type { RouteHandlers } from './api.ts';
import { type Access, callerOf, LOCAL_CALLER, whoAmI } from './accountGuard.ts';
import { isLocal } from './requestGuards.ts';

/** @param accounts null where the server has none */
export function routeHandlers(
  services: ServicesFace,
  jobs: Jobs,
  accounts: Accounts | null,
  access: Access,
): RouteHandlers {
  const kept = (): Accounts => {
    if (accounts) return accounts;
    throw new NoduleLabError(
      'conflict',
      'This server has no accounts: start it with "nodulelab serve --accounts".',
    );
  };
  // Behind another web server every request comes from this machine: with accounts only the token of its file proves it.
  const isHere = (request: Request): boolean =>
    access.on ? callerOf(request) === LOCAL_CALLER : isLocal(request);
  /** What only an admin may begin, only an admin may end or begin again. */
  const demandFor = async (id: string, request: Request): Promise<void> => {
    const { kind } = await jobs.get(id);
    if (kind !== 'import' && kind !== 'train') return;
    await access.demand(request, 'admin');
    if (kind === 'import' && access.on && !isHere(request)) throw notHere();
  };
  const by = (request: Request): string => callerOf(request)?.name ?? 'unknown';

  const lookUp = (id: string): Promise<Job | undefined> => jobs.get(id).catch(() => undefined);

  const train = async (name: string, title: string): Promise<Job> => {
    const job = await jobs.enqueue('train', title, { training: name } satisfies TrainInput);
    await services.trainings.queued(name, job.id);
    return job;
  };

  return {
    whoAmI: ({ request }) => Promise.resolve(whoAmI(request, access)),
    accounts: async () => ({ accounts: await kept().list() }),
    addAccount: ({ body, request }) => kept().add(body, by(request)),
    revokeAccount: ({ params, request }) => kept().revoke(params.name, by(request)),
    health: () => services.health(),
    welcome: () => services.welcome(),
    models: () => services.models(),
    currentModel: () => services.currentModel(),
    chooseModel: ({ body }) => services.chooseModel(body),
    compareModels: ({ body }) => services.compareModels(body),
    modelReport: ({ params }) => services.modelReport(params.name),
    modelClassification: ({ params }) => services.modelClassification(params.name),
    modelPicture: ({ params }) => services.modelPicture(params.name, params.picture),
    allNodules: () => services.allNodules(),
    nodules: ({ params }) => services.nodules(params.seriesInstanceUID),
    annotate: ({ params, body }) => services.annotate(params.seriesInstanceUID, body),
    changeAnnotation: ({ params, body }) =>
      services.changeAnnotation(params.seriesInstanceUID, params.noduleId, body),
    async deleteAnnotation({ params }) {
      await services.deleteAnnotation(params.seriesInstanceUID, params.noduleId);
      return null;
    },
    generate: ({ body }) => services.generate(body),
    candidateChecks: ({ params }) => services.candidateChecks(params.id),
    candidateSlices: ({ params }) => services.candidateSlices(params.id, params.plane),
    place: ({ body }) => services.place(body),
    proposals: ({ body }) => services.proposals(body),
    preview: ({ body }) => services.preview(body),
    removal: ({ body }) => services.removal(body),
    guard: ({ body }) => services.guard(body),
    async discard({ params }) {
      await services.discard(params.id);
      return null;
    },
    async accept({ params: { id }, body: { confirmed } }) {
      const { title } = await services.acceptable(id, confirmed);
      return jobs.enqueue('accept', title, { previewId: id, confirmed } satisfies AcceptInput);
    },
    insertMany({ body }) {
      const { length } = body.series;
      const title = `Nodules into ${length === 1 ? 'one series' : `${length} series`}`;
      return jobs.enqueue('insert', title, { request: body } satisfies InsertInput);
    },
    replay: ({ params }) => services.replay(params.seriesInstanceUID),
    provenance: ({ params }) => services.provenance(params.seriesInstanceUID),
    async verify({ body, request }) {
      if ('path' in body && !isHere(request))
        throw new NoduleLabError(
          'refused',
          'Files on the server machine are open to that machine only. Run `nodulelab verify PATH` there, or give a series of the archive.',
        );
      return services.verify(body);
    },
    async import({ body, request }) {
      // The paths are read with the rights of the server: only who sits at its machine may name them.
      if (!isHere(request)) throw notHere();
      const [first, ...others] = body.paths;
      const title = `Import ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`;
      return jobs.enqueue('import', title, { paths: body.paths } satisfies ImportInput);
    },
    quiz: ({ body }) => services.quiz(body),
    trainings: () => services.trainings.overview(lookUp),
    training: ({ params }) => services.trainings.get(params.name, lookUp),
    async startTraining({ body }) {
      const { name, title } = await services.trainings.begin(body);
      try {
        return await train(name, title);
      } catch (error) {
        await services.trainings.forget(name);
        throw error;
      }
    },
    async resumeTraining({ params, body }) {
      const { title } = await services.trainings.prepareResume(params.name, body.limits, lookUp);
      return train(params.name, title);
    },
    exportTraining: ({ params, body }) => services.trainings.makeModel(params.name, body),
    trainingPicture: ({ params }) => services.trainings.picture(params.name, params.picture),
    trainingReport: ({ params }) => services.trainings.report(params.name),
    jobs: async () => ({ jobs: await jobs.list() }),
    job: ({ params }) => jobs.get(params.id),
    async cancel({ params, request }) {
      await demandFor(params.id, request);
      return jobs.cancel(params.id);
    },
    async retry({ params, request }) {
      await demandFor(params.id, request);
      return jobs.retry(params.id);
    },
  };
}

const notHere = (): NoduleLabError =>
  new NoduleLabError(
    'refused',
    'Import takes paths on the server machine and is open to that machine only. Run `nodulelab import` there.',
  );
