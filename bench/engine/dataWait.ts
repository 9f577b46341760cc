/** A real training on a set of patches on disk, as a process of its own: how long does it wait for its data? */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TRAINING_ENVIRONMENT } from '../../server/src/engine/hostMemory.ts';
import { trainingEventSchema } from '../../server/src/gan/events.ts';
import type { TrainWorkerConfig } from '../../server/src/gan/trainWorker.ts';
import { writePatchSet } from '../../test/support/patchSet.ts';

const WORKER = join(import.meta.dirname, '../../server/src/gan/trainWorker.ts');
/** Patches of the set, in batches: as many as a small class of LIDC nodules has. */
const BATCHES = 4;

/** The share of the time of `updates` updates, 0 to 1, with the seed's preset. */
export async function measureDataWait(
  widthDivisor: number,
  batchSize: number,
  updates: number,
): Promise<{ share: number; secondsPerUpdate: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'nodulelab-wait-'));
  try {
    const dataset = join(folder, 'dataset');
    await writePatchSet(dataset, BATCHES * batchSize);
    const config: TrainWorkerConfig = {
      ...{ preset: 'seed-64', widthDivisor, batchSize, dataset, outDir: join(folder, 'run') },
      limits: { maxUpdates: updates },
    };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const child = spawn(process.execPath, [WORKER, join(folder, 'config.json')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...TRAINING_ENVIRONMENT },
    });
    for await (const line of createInterface(child.stdout)) {
      const event = trainingEventSchema.parse(JSON.parse(line));
      if (event.type === 'finished' && event.dataWaitShare !== null && event.secondsPerUpdate !== null)
        return { share: event.dataWaitShare, secondsPerUpdate: event.secondsPerUpdate };
    }
    throw new Error('the training ended before it had finished; what it said is above');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
