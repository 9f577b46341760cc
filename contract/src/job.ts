import { z } from 'zod';
import { Id, Uid } from './primitives.ts';

export const JobKind = z.enum(['accept', 'import', 'train', 'dataset']);
export type JobKind = z.infer<typeof JobKind>;

/** What an ended accept job made. */
export const AcceptResult = z
  .object({
    studyInstanceUID: Uid,
    seriesInstanceUID: Uid,
    instances: z.int().positive(),
    seconds: z.number(),
  })
  .meta({ id: 'AcceptResult' });
export type AcceptResult = z.infer<typeof AcceptResult>;

const common = {
  id: Id,
  kind: JobKind,
  title: z.string(),
  createdAt: z.iso.datetime(),
};

/** A job is in exactly one state; fields of another state cannot be present. */
export const Job = z
  .discriminatedUnion('state', [
    z.strictObject({ ...common, state: z.literal('queued'), position: z.int().min(0) }),
    z.strictObject({
      ...common,
      state: z.literal('running'),
      progress: z.number().min(0).max(1),
      message: z.string(),
      detail: z.record(z.string(), z.unknown()).optional(),
    }),
    z.strictObject({
      ...common,
      state: z.literal('done'),
      endedAt: z.iso.datetime(),
      result: z.record(z.string(), z.unknown()),
    }),
    z.strictObject({
      ...common,
      state: z.literal('failed'),
      endedAt: z.iso.datetime(),
      error: z.object({ kind: z.string(), message: z.string() }),
    }),
    z.strictObject({ ...common, state: z.literal('cancelled'), endedAt: z.iso.datetime() }),
  ])
  .meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;
export const JobList = z.object({ jobs: z.array(Job) }).meta({ id: 'JobList' });

export const ImportRequest = z
  .object({ paths: z.array(z.string().min(1)).min(1).describe('files or folders on the server machine') })
  .meta({ id: 'ImportRequest' });
export type ImportRequest = z.infer<typeof ImportRequest>;

/** Server-sent events on GET /api/events; `event:` is the type, `data:` the JSON of the whole object. */
export const ServerEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('job'), job: Job }),
    z.object({
      type: z.literal('series-created'),
      studyInstanceUID: Uid,
      seriesInstanceUID: Uid,
      sourceSeriesInstanceUID: Uid,
    }),
  ])
  .meta({ id: 'ServerEvent' });
export type ServerEvent = z.infer<typeof ServerEvent>;
