/** What a training survives: kills at random moments, a full disk, too little memory. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import type { TrainingEvent } from '../../server/src/gan/events.ts';
import { readCurve } from '../../server/src/gan/report/curveFile.ts';
import { readRun } from '../../server/src/gan/report/runFile.ts';
import { train, type TrainOptions } from '../../server/src/gan/train.ts';
import { loadState } from '../../server/src/gan/trainingState.ts';
import type { TrainWorkerConfig } from '../../server/src/gan/trainWorker.ts';
import { listCheckpoints } from '../../server/src/nn/checkpoint.ts';
import { Random } from '../../server/src/nn/random.ts';
import { writePatchSet } from '../support/patchSet.ts';
import { trainProcess } from '../support/trainProcess.ts';
import { ballPatches, TINY_GROWN } from '../unit/gan/tinyPresets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-survival-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const newest = async (outDir: string) => (await listCheckpoints(outDir)).at(-1)!;
const weightsOf = async (outDir: string) => (await loadState(await newest(outDir))).state.values;

describe('a training process', () => {
  let dataset: string;
  beforeAll(async () => {
    dataset = await mkdtemp(join(tmpdir(), 'nodulelab-survival-set-'));
    await writePatchSet(dataset, 4);
  });
  afterAll(() => rm(dataset, { recursive: true }));

  const UPDATES = [50, 20, 6];
  const config = (outDir: string): TrainWorkerConfig => ({
    ...{ preset: 'progressive-64', widthDivisor: 16, batchSize: 3, threads: 1 },
    ...{ dataset, outDir, limits: { stages: UPDATES.map((maxUpdates) => ({ maxUpdates })) } },
    // About every tenth of a second, so that many kills meet a checkpoint that is being written.
    checkpointMinutes: 0.002,
  });

  const SEED = 20261122;
  const KILLS = 20;
  const LONGEST_MS = 600;

  test(`killed ${KILLS} times at random moments (seed ${SEED}) ends with the weights of one left in peace, bit for bit`, async () => {
    const undisturbed = join(folder, 'undisturbed');
    expect(await trainProcess(folder, config(undisturbed))).toMatchObject({ code: 0, stderr: '' });
    const expected = await weightsOf(undisturbed);

    const random = Random.of(SEED, 'kills');
    let kills = 0;
    for (let attempt = 0; kills < KILLS; attempt++) {
      const outDir = join(folder, `killed-${attempt}`);
      let ended = false;
      while (!ended) {
        const moment = LONGEST_MS * random.uniform();
        let timer: NodeJS.Timeout | undefined;
        const { signal, code, stderr } = await trainProcess(folder, config(outDir), (event, kill) => {
          // Counted from the begin of the training: most of a short run is starting the process.
          if (event.type === 'stage' && kills < KILLS) timer ??= setTimeout(() => kill('SIGKILL'), moment);
        });
        clearTimeout(timer);
        if (signal === 'SIGKILL') kills++;
        else expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        ended = signal === null;
      }
      expect(await weightsOf(outDir)).toEqual(expected);
      // One line an update, none missing, none twice; nothing half written is left.
      const total = UPDATES.reduce((sum, updates) => sum + updates);
      expect((await readCurve(outDir)).map((point) => point.update)).toEqual(
        Array.from({ length: total }, (_, i) => i + 1),
      );
      expect((await readdir(outDir)).filter((name) => name.endsWith('.partial'))).toEqual([]);
      expect(await readRun(outDir)).toMatchObject({ state: 'complete', update: total });
    }
    expect(kills).toBe(KILLS);
  }, 240_000);

  test('gives the same weights, bit for bit, in another process', async () => {
    const limits = { maxUpdates: 5 };
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    // Two threads share each operation; what they compute must not depend on which is faster.
    for (const outDir of [one, two])
      expect((await trainProcess(folder, { ...config(outDir), threads: 2, limits })).code).toBe(0);
    expect(await weightsOf(two)).toEqual(await weightsOf(one));
  });
});

const options = (outDir: string, more: Partial<TrainOptions> = {}): TrainOptions => ({
  preset: TINY_GROWN,
  dataset: ballPatches(7, 16),
  ...{ outDir, seed: 1, resume: true, checkpointMinutes: 1e-9, dataThreads: 0 },
  engine: onnxCpuEngine({ threads: 1 }),
  clock: () => performance.now(),
  ...more,
});

describe('a training whose disk is full', () => {
  const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mountable();
  const withMount = canMount ? test.each : test.skip.each;
  const reason = canMount ? '' : ' (skipped: a small file system can be mounted by root on Linux only)';

  let disk: string;
  beforeEach(async () => {
    disk = join(folder, 'disk');
    await mkdir(disk);
    if (canMount) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
  });
  afterEach(() => {
    if (canMount) execFileSync('umount', [disk]);
  });

  withMount([
    ['nothing more can be written', 0],
    ['a checkpoint begins but does not fit', 4096 * 8],
  ])(
    `when %s stops with a clear word, keeps its last good checkpoint and goes on exactly${reason}`,
    async (_, room) => {
      const whole = await train(options(join(folder, 'whole')));
      const outDir = join(disk, 'run');
      // Filled before the training goes on: the third update is whole, its checkpoint is not yet begun.
      const fill = (event: TrainingEvent): void => {
        if (event.type !== 'progress' || event.update !== 3) return;
        const { bavail, bsize } = statfsSync(disk);
        writeFileSync(join(disk, 'filler'), new Uint8Array(bavail * bsize - room));
      };
      const stopped = train(options(outDir, { onProgress: fill }));
      await expect(stopped).rejects.toMatchObject({
        kind: 'upstream',
        message: expect.stringMatching(
          /^The disk of .* is full \(ENOSPC\): free space.* The last good checkpoint is .*\.safetensors\.$/,
        ),
      });
      const good = await newest(outDir);
      expect((await loadState(good)).state.counters.update).toBe(good.update);
      expect(good.update).toBe(2);

      await rm(join(disk, 'filler'));
      const resumed = await train(options(outDir));
      expect(resumed.state.values).toEqual(whole.state.values);
      expect((await readCurve(outDir)).map((point) => point.update)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    },
  );
});

describe('a training that needs more memory than there is', () => {
  // The convolution asks for 274 GB at once. A system that promises memory without limit, or has as much, would try.
  const wouldTry = totalmem() > 2.5e11 || overcommitMode() === '1';
  const name = 'stops with an error that names the batch size and the preset, and says what to do';

  (wouldTry ? test.skip : test)(
    wouldTry ? `${name} (skipped: this system promises memory without limit)` : name,
    async () => {
      const batchSize = 2 ** 14;
      // One layer's activations take 2.2 TB: 16,384 samples, 65,536 channels, 8³ voxels, 4 bytes.
      const preset = {
        ...TINY_GROWN,
        name: 'huge',
        architecture: { ...TINY_GROWN.architecture, channels: [1, 65_536], minibatchDeviation: false },
        stages: [{ resolution: 8, learningRate: 1e-3, batchSize }],
      };
      const ball = await ballPatches(1, 8).patch(0);
      const dataset = { count: batchSize, size: 8, patch: () => ball };
      const outDir = join(folder, 'run');
      await expect(train(options(outDir, { preset, dataset }))).rejects.toMatchObject({
        kind: 'unusable',
        message: expect.stringMatching(
          /^The memory is not enough\. The preset huge trains with batches of 16384 at 8³: choose a smaller batch.*no checkpoint yet\.$/,
        ),
      });
      expect(await readRun(outDir)).toMatchObject({ state: 'failed', error: { kind: 'unusable' } });
    },
  );
});

/** How Linux answers requests for memory: 1 grants every one. */
function overcommitMode(): string {
  return process.platform === 'linux' ? readFileSync('/proc/sys/vm/overcommit_memory', 'utf8').trim() : '';
}

/** Whether a file system can be mounted here: root within a container often cannot. */
function mountable(): boolean {
  const place = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return true;
  } catch {
    return false;
  } finally {
    execFileSync('rmdir', [place]);
  }
}
