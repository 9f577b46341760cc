/**
 * A training's folder, `<data>/trainings/<name>/`: what was asked for (`request.json`), which job does it (`job.json`), and
 * what the training itself leaves there (gan/report, nn/checkpoint).
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderName, StartTraining } from '@nodulelab/contract';
import { z } from 'zod';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { NoduleLabError } from '../../volume/errors.ts';

const REQUEST_FILE = 'request.json';
const JOB_FILE = 'job.json';

const requestSchema = StartTraining.omit({ name: true });
export type TrainingRequest = z.infer<typeof requestSchema>;
const jobSchema = z.object({ id: z.string() });

export const trainingsDir = (dataDir: string): string => join(dataDir, 'trainings');
export const datasetDir = (dataDir: string, name: string): string => join(dataDir, 'datasets', name);
export const trainingDir = (dataDir: string, name: string): string => join(trainingsDir(dataDir), name);

/** Folders below `dir` whose names could have been given to a training, a data set or a model. */
export async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && FolderName.safeParse(entry.name).success)
    .map(({ name }) => name)
    .toSorted();
}

/** Makes the folder of a new training. @throws conflict where the name is taken */
export async function makeTrainingDir(
  dataDir: string,
  name: string,
  request: TrainingRequest,
): Promise<void> {
  await mkdir(trainingsDir(dataDir), { recursive: true });
  const dir = trainingDir(dataDir, name);
  await mkdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new NoduleLabError('conflict', `There is a training named ${name} already: choose another name.`, {
      name,
    });
  });
  await writeRequest(dir, request);
}

export const writeRequest = (dir: string, request: TrainingRequest): Promise<void> =>
  writeJsonAtomically(join(dir, REQUEST_FILE), request);

/** What was asked for; undefined for a training that the command line began. */
export const readRequest = (dir: string): Promise<TrainingRequest | undefined> =>
  readIfThere(join(dir, REQUEST_FILE), requestSchema);

export const writeJobId = (dir: string, id: string): Promise<void> =>
  writeJsonAtomically(join(dir, JOB_FILE), { id });

/** The job that does it, or did so last. */
export const readJobId = async (dir: string): Promise<string | undefined> =>
  (await readIfThere(join(dir, JOB_FILE), jobSchema))?.id;

/** @throws not-found */
export function existingTrainingDir(dataDir: string, name: string): string {
  const dir = trainingDir(dataDir, name);
  if (!existsSync(dir))
    throw new NoduleLabError('not-found', `There is no training named ${name}.`, { name });
  return dir;
}

/** A file that is absent or of another version says nothing. */
async function readIfThere<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
