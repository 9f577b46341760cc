import { z } from 'zod';
import { Id, Uid } from './primitives.ts';

export const JobKind = z.enum(['accept', 'import', 'train', 'dataset', 'insert']);
export type JobKind = z.infer<typeof JobKind>;

/** An object in a series of its own that belongs to a synthetic CT. */
export const WrittenObject = z.object({ seriesInstanceUID: Uid, sopInstanceUID: Uid });
export type WrittenObject = z.infer<typeof WrittenObject>;

/** What an ended accept job made. */
export const AcceptResult = z
  .object({
    studyInstanceUID: Uid,
    seriesInstanceUID: Uid,
    instances: z.int().positive().describe('slices of the CT'),
    segmentation: WrittenObject,
    report: WrittenObject,
    seconds: z.number(),
  })
  .meta({ id: 'AcceptResult' });
export type AcceptResult = z.infer<typeof AcceptResult>;

/** What an ended insert job made of each series. */
export const InsertManyResult = z
  .object({
    series: z.array(
      z.discriminatedUnion('written', [
        z.object({
          written: z.literal(true),
          host: Uid,
          result: AcceptResult,
          nodules: z.int().min(1),
        }),
        z.object({ written: z.literal(false), host: Uid, message: z.string() }),
      ]),
    ),
    written: z.int().min(0),
  })
  .meta({ id: 'InsertManyResult' });
export type InsertManyResult = z.infer<typeof InsertManyResult>;

/** What an ended import job brought in, and what it left out. */
export const ImportResult = z
  .object({
    series: z.array(
      z.object({
        seriesInstanceUID: Uid,
        studyInstanceUID: Uid,
        patientId: z.string(),
        modality: z.string(),
        instances: z.int().min(0),
        added: z.int().min(0).describe('instances that the archive did not have before'),
        nodules: z.int().min(0),
        nodulesFrom: z
          .enum(['xml', 'official'])
          .nullable()
          .describe('annotation XML, or the official segmentations and reports; null without nodules'),
      }),
    ),
    nodules: z.int().min(0),
    chestXrayXml: z.int().min(0).describe('XML of chest X-rays, which carry no CT series'),
    ignoredFiles: z.int().min(0),
    failures: z
      .array(z.object({ name: z.string(), message: z.string() }))
      .describe('files and series that could not be imported; everything else was'),
    problems: z
      .array(
        z.object({
          name: z.string(),
          where: z.string(),
          message: z.string(),
          leftOut: z.enum(['mark', 'outline', 'point', 'ratings']).nullable(),
        }),
      )
      .describe('parts of files that are doubtful or were left out; the rest of each file was read'),
    leftOut: z
      .object({
        marks: z.int().min(0),
        outlines: z.int().min(0),
        points: z.int().min(0),
        ratings: z.int().min(0),
      })
      .describe('how many of what the problems left out'),
    disagreements: z
      .array(z.object({ seriesInstanceUID: Uid, message: z.string() }))
      .describe('where XML and official segmentations or reports differ; the XML counts'),
  })
  .meta({ id: 'ImportResult' });
export type ImportResult = z.infer<typeof ImportResult>;

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
      secondsLeft: z
        .int()
        .min(0)
        .optional()
        .describe('by how fast it went so far; absent while nothing can be said'),
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
    // A model is new, or another one is preferred.
    z.object({ type: z.literal('models-changed') }),
  ])
  .meta({ id: 'ServerEvent' });
export type ServerEvent = z.infer<typeof ServerEvent>;
