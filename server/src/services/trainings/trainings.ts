/** Trainings as use cases: begin, run, resume, look at, make a model of. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ExportTraining,
  Model,
  StartTraining,
  Training,
  TrainingOverview,
  TrainingProgress,
} from '@nodulelab/contract';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { type CheckpointInfo, listCheckpoints, stemOf } from '../../nn/checkpoint.ts';
import { newestGoodCheckpoint } from '../../nn/trainingState.ts';
import { readManifest } from '../../dataset/patchFile.ts';
import { ENGINE_NAMES } from '../../engine/registry.ts';
import type { ProgressEvent, TrainingEvent } from '../../gan/events.ts';
import { exportModel } from '../../gan/model.ts';
import { trainedOn } from '../../gan/modelCard.ts';
import { presetNamed } from '../../gan/presets.ts';
import { REPORT_FILE } from '../../gan/report/recorder.ts';
import type { TrainWorkerConfig } from '../../gan/trainWorker.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import type { JobContext } from '../face.ts';
import {
  datasetDir,
  existingTrainingDir,
  makeTrainingDir,
  readRequest,
  trainingDir,
  writeJobId,
  writeRequest,
  type TrainingRequest,
} from './folder.ts';
import { overviewOf, pictureFile, pictureStem, trainingOf, type JobLookup } from './reading.ts';
import { runTrainWorker } from './worker.ts';

const CONFIG_FILE = 'worker.json';
/** pg-boss fails a job after 24 hours: a longer training is done in slices, each resuming the one before. */
const SLICE_MS = 20 * 3600_000;

export interface Trainings {
  overview(lookUp: JobLookup): Promise<TrainingOverview>;
  /** @throws not-found */
  get(name: string, lookUp: JobLookup): Promise<Training>;
  /** Checks the request and makes the folder. @throws not-found, conflict */
  begin(request: StartTraining): Promise<{ name: string; title: string }>;
  /** @throws not-found; conflict where it runs or has nothing left to do */
  prepareResume(
    name: string,
    limits: TrainingRequest['limits'] | undefined,
    lookUp: JobLookup,
  ): Promise<{ title: string }>;
  /** Notes the job that does it. */
  queued(name: string, jobId: string): Promise<void>;
  /** Forgets a training that could not be queued. */
  forget(name: string): Promise<void>;
  /** Trains, or goes on. @returns `again`: the slice is over, not the training */
  run(
    name: string,
    job: JobContext,
  ): Promise<{ training: string; update: number; reason: string; again: boolean }>;
  /** @throws not-found, also of the checkpoint; conflict where the model's name is taken */
  makeModel(name: string, wanted: ExportTraining): Promise<Model>;
  /** PNG. @throws not-found */
  picture(name: string, picture: string): Promise<Uint8Array>;
  /** HTML. @throws not-found */
  report(name: string): Promise<Uint8Array>;
}

type Context = Pick<ServiceContext, 'dataDir' | 'models' | 'configuration' | 'now' | 'emit'>;

/** @param sliceMs after so long a training writes a checkpoint and asks for another job */
export function createTrainings(
  { dataDir, models, configuration, now, emit }: Context,
  sliceMs = SLICE_MS,
): Trainings {
  const read = async (name: string, file: string, what: string): Promise<Uint8Array> => {
    const dir = existingTrainingDir(dataDir, name);
    return readFile(join(dir, file)).catch((error: unknown) => {
      throw new NoduleLabError('not-found', `The training ${name} has no such ${what} yet.`, { name }, error);
    });
  };

  return {
    overview: (lookUp) => overviewOf(dataDir, lookUp),
    get: (name, lookUp) => trainingOf(dataDir, name, lookUp),

    async begin({ name: wanted, ...request }) {
      presetNamed(request.preset);
      if (!existsSync(datasetDir(dataDir, request.dataset)))
        throw new NoduleLabError(
          'not-found',
          `There is no data set named ${request.dataset}: build one with "nodulelab dataset build --out ${datasetDir(dataDir, request.dataset)}".`,
        );
      await readManifest(datasetDir(dataDir, request.dataset));
      const name = wanted ?? `${request.preset}-${timeName(now())}`;
      await makeTrainingDir(dataDir, name, request);
      return { name, title: `Train ${name}` };
    },

    async prepareResume(name, limits, lookUp) {
      const { state } = await trainingOf(dataDir, name, lookUp);
      const dir = trainingDir(dataDir, name);
      const request = await readRequest(dir);
      if (request === undefined)
        throw new NoduleLabError(
          'conflict',
          `${name} was begun by the command line: resume it there, with nodulelab train.`,
        );
      if (state === 'queued' || state === 'running')
        throw new NoduleLabError('conflict', `The training ${name} is ${state} already.`);
      if (state === 'complete')
        throw new NoduleLabError(
          'conflict',
          `The training ${name} is complete: there is nothing left to do.`,
        );
      if (state === 'limit' && limits === undefined)
        throw new NoduleLabError(
          'conflict',
          `The training ${name} has reached its limit: give it another one.`,
        );
      if (limits !== undefined) await writeRequest(dir, { ...request, limits });
      return { title: `Train ${name}` };
    },

    queued: (name, jobId) => writeJobId(trainingDir(dataDir, name), jobId),
    forget: (name) => rm(trainingDir(dataDir, name), { recursive: true }),

    async run(name, job) {
      const dir = existingTrainingDir(dataDir, name);
      const request = await readRequest(dir);
      if (request === undefined)
        throw new NoduleLabError('invalid-input', `The training ${name} has no request: begin it again.`);
      const { preset, widthDivisor, batchSize, seed, limits } = request;
      const engine = ENGINE_NAMES.find((known) => known === models.engine);
      const config: TrainWorkerConfig = {
        ...{ preset, widthDivisor, batchSize, seed, limits: withoutAbsent(limits) },
        ...{ dataset: datasetDir(dataDir, request.dataset), outDir: dir },
        // What the server was told to compute with.
        ...(engine === undefined ? {} : { engine }),
      };
      const configFile = join(dir, CONFIG_FILE);
      await writeJsonAtomically(configFile, config);
      const slice = AbortSignal.timeout(sliceMs);
      job.progress(0, 'Reading the patches', progressOf(name, undefined, 0));
      const tell = teller(name, job);
      const last = await runTrainWorker(configFile, AbortSignal.any([job.signal, slice]), tell);
      if (job.signal.aborted)
        throw new NoduleLabError('cancelled', `The training ${name} was stopped; its checkpoint is kept.`);
      const finished = last?.type === 'finished' ? last : undefined;
      return {
        training: name,
        update: finished?.update ?? 0,
        reason: finished?.reason ?? 'aborted',
        again: slice.aborted && finished?.reason === 'aborted',
      };
    },

    async makeModel(name, { model, description, license, checkpoint, current }) {
      const dir = existingTrainingDir(dataDir, name);
      const source =
        checkpoint === undefined
          ? await newestGoodCheckpoint(dir)
          : await checkpointOf(dir, name, checkpoint);
      if (source === undefined)
        throw new NoduleLabError(
          'conflict',
          `The training ${name} has no checkpoint yet: wait for the first one.`,
        );
      const folder = join(dataDir, 'models', model);
      if (existsSync(folder) || (await models.list()).some((known) => known.name === model))
        throw new NoduleLabError('conflict', `There is a model named ${model} already: choose another name.`);
      const request = await readRequest(dir);
      const manifest =
        request && (await readManifest(datasetDir(dataDir, request.dataset)).catch(() => undefined));
      await exportModel(source, folder, {
        ...{ name: model, data: description, license, faults: [], codeVersion: configuration.version },
        ...trainedOn(manifest),
      });
      if (current) await models.choose(model, now());
      emit({ type: 'models-changed' });
      return (await models.list()).find((known) => known.name === model)!;
    },

    picture: (name, picture) => read(name, pictureFile(picture), 'picture'),
    report: (name) => read(name, REPORT_FILE, 'report'),
  };
}

/** @throws not-found: checkpoints that are no milestones are taken away after a while */
async function checkpointOf(dir: string, name: string, stem: string): Promise<CheckpointInfo> {
  const found = (await listCheckpoints(dir)).find((one) => pictureStem(stemOf(one)) === stem);
  if (found !== undefined) return found;
  throw new NoduleLabError(
    'not-found',
    `The training ${name} does not keep the checkpoint ${stem} any more.`,
    {
      ...{ name, checkpoint: stem },
    },
  );
}

/** Turns the worker's events into a job's progress. */
function teller(name: string, job: JobContext): (event: TrainingEvent) => void {
  let checkpoints = 0;
  let point: ProgressEvent | undefined;
  return (event) => {
    if (event.type === 'checkpoint') checkpoints += 1;
    if (event.type === 'progress') point = event;
    job.progress(fractionOf(point), lineOf(event, point), progressOf(name, point, checkpoints));
  };
}

const progressOf = (
  training: string,
  event: ProgressEvent | undefined,
  checkpoints: number,
): TrainingProgress => {
  if (event === undefined) return { training, point: null, secondsLeft: null, checkpoints };
  const { type: _, secondsLeft, ...point } = event;
  return { training, point, secondsLeft, checkpoints };
};

/** How far the stage is, from the time that it has left; unknown is shown as nothing done. */
function fractionOf(event: ProgressEvent | undefined): number {
  if (event === undefined || event.secondsLeft === null) return 0;
  const left = event.secondsLeft / Math.max(event.secondsPerUpdate, 1e-9);
  return Math.min(0.999, event.update / (event.update + left));
}

function lineOf(event: TrainingEvent, point: ProgressEvent | undefined): string {
  if (event.type === 'stage') return `${event.resolution}³ at update ${event.update}`;
  return point === undefined ? 'Starting' : `${point.resolution}³, update ${point.update}`;
}

/** The time as part of a name: 20261122-204530. */
const timeName = (time: Date): string =>
  time.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');

function withoutAbsent({
  maxUpdates,
  maxMinutes,
  epochs,
}: TrainingRequest['limits']): TrainWorkerConfig['limits'] {
  return {
    ...(maxUpdates === undefined ? {} : { maxUpdates }),
    ...(maxMinutes === undefined ? {} : { maxMinutes }),
    ...(epochs === undefined ? {} : { epochs }),
  };
}
