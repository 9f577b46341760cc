/** How trainings stand, from what their folders and their jobs say. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Training, TrainingOverview, TrainingPoint, TrainingSummary } from '@nodulelab/contract';
import { readManifest } from '../../dataset/patchFile.ts';
import { PRESETS } from '../../gan/presets.ts';
import { readCurve } from '../../gan/report/curveFile.ts';
import { readRun, type Run } from '../../gan/report/runFile.ts';
import { REAL_FILE, samplesFileOf } from '../../gan/report/sampleGrid.ts';
import { listCheckpoints, stemOf } from '../../nn/checkpoint.ts';
import {
  datasetDir,
  existingTrainingDir,
  foldersIn,
  readJobId,
  readRequest,
  trainingDir,
  trainingsDir,
  type TrainingRequest,
} from './folder.ts';

/** The job with this id, if it is still known. */
export type JobLookup = (id: string) => Promise<Job | undefined>;

const MOST_POINTS = 400;

export async function overviewOf(dataDir: string, lookUp: JobLookup): Promise<TrainingOverview> {
  const trainings: TrainingSummary[] = [];
  for (const name of await foldersIn(trainingsDir(dataDir))) {
    const facts = await factsOf(dataDir, name, lookUp);
    if (facts !== undefined) trainings.push(summaryOf(facts));
  }
  const datasets: TrainingOverview['datasets'] = [];
  for (const name of await foldersIn(join(dataDir, 'datasets'))) {
    // A set that is being built, or was damaged, is no choice.
    const manifest = await readManifest(datasetDir(dataDir, name)).catch(() => undefined);
    if (manifest !== undefined)
      datasets.push({
        name,
        patches: manifest.count,
        summary: `${manifest.class}, ${manifest.form}, ${manifest.fold} fold`,
      });
  }
  const newest = (a: TrainingSummary, b: TrainingSummary): number =>
    (b.started ?? '9').localeCompare(a.started ?? '9') || b.name.localeCompare(a.name);
  return { trainings: trainings.toSorted(newest), datasets, presets: Object.keys(PRESETS) };
}

/** @throws not-found */
export async function trainingOf(dataDir: string, name: string, lookUp: JobLookup): Promise<Training> {
  const dir = existingTrainingDir(dataDir, name);
  const facts = (await factsOf(dataDir, name, lookUp)) ?? {
    name,
    run: null,
    request: undefined,
    job: undefined,
  };
  const { run } = facts;
  const checkpoints = await listCheckpoints(dir);
  return {
    ...summaryOf(facts),
    engineReason: run?.engine.reason ?? null,
    patches: run?.dataset.patches ?? null,
    codeVersion: run?.codeVersion ?? null,
    points: thinned(await readCurve(dir)),
    checkpoints: checkpoints.map((checkpoint) => ({
      stem: pictureStem(stemOf(checkpoint)),
      update: checkpoint.update,
      milestone: checkpoint.milestone,
      picture: existsSync(join(dir, samplesFileOf(stemOf(checkpoint)))),
    })),
    warnings: (run?.warnings ?? []).map(({ update, message }) => ({ update, message })),
    realPicture: existsSync(join(dir, REAL_FILE)),
  };
}

/** The file of a picture that the contract names. */
export const pictureFile = (picture: string): string =>
  picture === 'real' ? REAL_FILE : samplesFileOf(`checkpoint-${picture}`);

/** How the contract names a checkpoint. */
export const pictureStem = (stem: string): string => stem.replace(/^checkpoint-/, '');

interface Facts {
  readonly name: string;
  readonly request: TrainingRequest | undefined;
  readonly run: Run | null;
  readonly job: Job | undefined;
}

/** Undefined where the folder holds no training. */
async function factsOf(dataDir: string, name: string, lookUp: JobLookup): Promise<Facts | undefined> {
  const dir = trainingDir(dataDir, name);
  const request = await readRequest(dir);
  // A description of another version says nothing here; the training itself does not need it.
  const run = await readRun(dir).catch(() => null);
  if (request === undefined && run === null) return undefined;
  const id = await readJobId(dir);
  return { name, request, run, job: id === undefined ? undefined : await lookUp(id) };
}

function summaryOf({ name, request, run, job }: Facts): TrainingSummary {
  const state = stateOf(run, job);
  return {
    name,
    state,
    resumable: request !== undefined && ['stopped', 'interrupted', 'failed'].includes(state),
    jobId: state === 'queued' || state === 'running' ? (job?.id ?? null) : null,
    preset: run?.preset.name ?? request?.preset ?? 'unknown',
    dataset: request?.dataset ?? run?.dataset.name ?? 'unknown',
    seed: run?.seed ?? request?.seed ?? 0,
    started: run?.started ?? job?.createdAt ?? null,
    update: run?.update ?? 0,
    seconds: run?.seconds ?? 0,
    engine: run?.engine.name ?? null,
    error: state === 'failed' ? (run?.error?.message ?? errorOf(job)) : null,
  };
}

/** The job says whether anybody is at it now; the training's own word counts for how it ended. */
function stateOf(run: Run | null, job: Job | undefined): TrainingSummary['state'] {
  if (job?.state === 'queued' || job?.state === 'running') return job.state;
  if (job?.state === 'failed' && job.error.kind === 'interrupted') return 'interrupted';
  // Begun by the command line, or left behind by a server that was killed and about to end.
  if (run?.state === 'running' && isTraining(run.pid)) return 'running';
  if (run === null || run.state === 'running')
    return job?.state === 'failed' ? 'failed' : job?.state === 'cancelled' ? 'stopped' : 'interrupted';
  return run.state === 'aborted' ? 'stopped' : run.state;
}

/** Whether a process with this id trains: ids are given again. */
function isTraining(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || /train/i.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

const errorOf = (job: Job | undefined): string | null => (job?.state === 'failed' ? job.error.message : null);

/** Evenly spaced points, the first and the newest among them. */
function thinned(points: readonly TrainingPoint[]): TrainingPoint[] {
  if (points.length <= MOST_POINTS) return [...points];
  const step = (points.length - 1) / (MOST_POINTS - 1);
  return Array.from({ length: MOST_POINTS }, (_, i) => points[Math.round(i * step)]!);
}
