/** What each kind of job does, in terms of the services; its input is checked, for it was read from a database. */
import { InsertManyRequest, type JobKind } from '@nodulelab/contract';
import { z } from 'zod';
import type { ServicesFace } from '../services/face.ts';
import type { JobHandler, Jobs } from './jobs.ts';

export const AcceptInput = z.object({ previewId: z.string(), confirmed: z.array(z.string()).default([]) });
export type AcceptInput = z.infer<typeof AcceptInput>;
export const InsertInput = z.object({ request: InsertManyRequest });
export type InsertInput = z.infer<typeof InsertInput>;
export const ImportInput = z.object({ paths: z.array(z.string()) });
export type ImportInput = z.infer<typeof ImportInput>;
export const TrainInput = z.object({ training: z.string() });
export type TrainInput = z.infer<typeof TrainInput>;

/** @param jobs the queue itself, which a training that has to begin again is put into */
export function jobHandlers(
  services: ServicesFace,
  jobs: () => Pick<Jobs, 'enqueue'>,
): Record<Exclude<JobKind, 'dataset'>, JobHandler> {
  return {
    async accept(input, job) {
      const { previewId, confirmed } = AcceptInput.parse(input);
      return { ...(await services.accept(previewId, confirmed, job)) };
    },
    insert: async (input, job) => ({
      ...(await services.insertMany(InsertInput.parse(input).request, job)),
    }),
    import: (input, job) => services.importPaths(ImportInput.parse(input).paths, job),
    async train(input, job) {
      const { training } = TrainInput.parse(input);
      const { again, ...result } = await services.trainings.run(training, job);
      if (again) {
        const next = await jobs().enqueue('train', `Train ${training}`, { training } satisfies TrainInput);
        await services.trainings.queued(training, next.id);
      }
      return result;
    },
  };
}
