import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { SEED_AUGMENTATION, SYMMETRIES_ONLY } from '../../../server/src/dataset/augmentation/augmentation.ts';
import { halve } from '../../../server/src/dataset/halve.ts';
import type { PatchSource } from '../../../server/src/dataset/patchSource.ts';
import { openBatchLoader, type BatchLoader } from '../../../server/src/gan/batchLoader.ts';
import { batchesPerEpoch } from '../../../server/src/gan/batches.ts';
import { PRESETS, type Preset } from '../../../server/src/gan/presets.ts';
import { Random } from '../../../server/src/nn/random.ts';

/** Patch i is the constant i / count. */
const constants = (count: number, size = 4): PatchSource => ({
  count,
  size,
  patch: (index) => Promise.resolve(new Float32Array(size ** 3).fill(index / count)),
});

const randomPatches = (count: number, size: number): PatchSource => ({
  count,
  size,
  patch(index) {
    const random = Random.of('patch', index);
    return Float32Array.from({ length: size ** 3 }, () => random.uniform());
  },
});

const COPIES = { ...PRESETS['progressive-64']!, augmentation: SYMMETRIES_ONLY };
const AUGMENTED = { ...PRESETS['seed-64']!, augmentation: SEED_AUGMENTATION };

interface Settings {
  readonly preset?: Preset;
  readonly resolution?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly heldBytes?: number;
}

/** Opens a loader for as long as `use` takes. */
async function withLoader<T>(
  source: PatchSource,
  { preset = COPIES, resolution = source.size, batchSize = 3, seed = 1, threads = 0, ...more }: Settings,
  use: (loader: BatchLoader) => Promise<T>,
): Promise<T> {
  const stage = { resolution, batchSize, learningRate: 1 };
  const loader = await openBatchLoader({ source, preset, stage, seed, threads, ...more });
  return use(loader).finally(() => loader.release());
}

const batchesOf = (
  source: PatchSource,
  settings: Settings,
  indices: readonly number[],
): Promise<Float32Array[]> =>
  withLoader(source, settings, async (loader) => {
    const batches = [];
    for (const index of indices) batches.push(await loader.batch(index));
    return batches;
  });

const differ = (a: Float32Array, b: Float32Array): number => a.filter((value, i) => value !== b[i]).length;

describe('batches', () => {
  test('show every patch once an epoch, in another order in the next, in [−1, 1]', async () => {
    expect(batchesPerEpoch(12, 4)).toBe(3);
    const batches = await batchesOf(constants(12), { batchSize: 4 }, [0, 1, 2, 3, 4, 5]);
    const shown = batches.map((batch) =>
      [0, 1, 2, 3].map((i) => Math.round(((batch[i * 64]! + 1) / 2) * 12)),
    );
    const [one, two] = [shown.slice(0, 3).flat(), shown.slice(3).flat()];
    const all = Array.from({ length: 12 }, (_, i) => i);
    expect([...one].sort((a, b) => a - b)).toEqual(all);
    expect([...two].sort((a, b) => a - b)).toEqual(all);
    expect(one).not.toEqual(two);
  });

  test('never show a patch twice in one, whatever is left over at the end of an epoch', async () => {
    const batches = await batchesOf(constants(7), { batchSize: 3 }, [0, 1, 2, 3, 4, 5]);
    for (const batch of batches) expect(new Set([0, 1, 2].map((i) => batch[i * 64])).size).toBe(3);
  });

  test('of coarser stages hold means of the fine voxels', async () => {
    const ramp: PatchSource = {
      count: 1,
      size: 4,
      patch: () => Float32Array.from({ length: 64 }, (_, i) => i / 63),
    };
    const [batch] = await batchesOf(ramp, { resolution: 2, batchSize: 1 }, [0]);
    const expected = [...halve(ramp.patch(0) as Float32Array, 4)].map((v) => 2 * v - 1);
    expect([...batch!].sort((a, b) => a - b)).toEqual([...Float32Array.from(expected)].sort((a, b) => a - b));
  });

  // Hashes of what the first trainings were shown: their checkpoints go on with the same batches.
  test.each([
    [4, '8c8e6c1c8f4e1179f2e712587ddc5e7900e402447cca737259cd6a11f9e34f76'],
    [8, '56235999ee0b97134cde27a37a9251b2ee992683d3ba67539924466c4ebc8818'],
  ])(
    'of symmetries alone are at %i³ those of the first trainings, bit for bit',
    async (resolution, expected) => {
      const hash = createHash('sha256');
      for (const batch of await batchesOf(randomPatches(7, 8), { resolution }, [0, 1, 2, 3, 4]))
        hash.update(new Uint8Array(batch.buffer));
      expect(hash.digest('hex')).toBe(expected);
    },
  );

  test('with the seed’s augmentation never show a patch twice alike', async () => {
    const seen = await batchesOf(randomPatches(3, 16), { preset: AUGMENTED }, [0, 1, 2, 3]);
    for (const [i, a] of seen.entries())
      for (const b of seen.slice(i + 1)) expect(differ(a, b) / a.length).toBeGreaterThan(0.99);
    for (const batch of seen) expect(batch.every((value) => value >= -1 && value <= 1)).toBe(true);
  });
});

describe('a batch', () => {
  const source = randomPatches(7, 16);

  test('depends on seed and number only, not on what was asked before', async () => {
    const settings = { preset: AUGMENTED, resolution: 8 };
    const [, , third] = await batchesOf(source, settings, [0, 1, 2]);
    expect((await batchesOf(source, settings, [2]))[0]).toEqual(third);
    expect((await batchesOf(source, settings, [9, 0, 2]))[2]).toEqual(third);
    expect((await batchesOf(source, { ...settings, seed: 2 }, [2]))[0]).not.toEqual(third);
  });

  // The first is made where it is asked for; of a set that is not held, patches are read batch by batch.
  test.each([
    ['one thread', { threads: 1 }],
    ['two threads', { threads: 2 }],
    ['three threads', { threads: 3 }],
    ['a set that does not fit into memory', { threads: 0, heldBytes: 1000 }],
    ['such a set and two threads', { threads: 2, heldBytes: 1000 }],
  ])('is the same with %s', async (_, settings) => {
    const indices = [0, 1, 2, 3, 4, 5, 6, 7, 3];
    for (const preset of [COPIES, AUGMENTED]) {
      const inline = await batchesOf(source, { preset, resolution: 8 }, indices);
      expect(inline[0]).toHaveLength(3 * 8 ** 3);
      expect(await batchesOf(source, { preset, resolution: 8, ...settings }, indices)).toEqual(inline);
    }
  });

  test('may be asked for out of order and many at a time', async () => {
    const indices = [5, 0, 12, 1, 5, 30];
    const expected = await batchesOf(source, { preset: AUGMENTED }, indices);
    const together = await withLoader(source, { preset: AUGMENTED, threads: 2 }, (loader) =>
      Promise.all(indices.map((index) => loader.batch(index))),
    );
    expect(together).toEqual(expected);
  });
});

describe('a loader', () => {
  /** Counts what is read. */
  function counted(source: PatchSource): PatchSource & { readonly reads: number[] } {
    const reads: number[] = [];
    return { ...source, reads, patch: (index) => (reads.push(index), source.patch(index)) };
  }

  test('reads a set that it can hold once', async () => {
    const source = counted(randomPatches(6, 8));
    await batchesOf(source, { threads: 1 }, [0, 1, 2, 3, 4, 5]);
    expect(source.reads).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('makes no more than two batches a thread ahead', async () => {
    const source = counted(randomPatches(30, 8));
    await withLoader(source, { threads: 1, heldBytes: 0 }, async (loader) => {
      await loader.batch(0);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(source.reads).toHaveLength(3 * 3);
      await loader.batch(1);
    });
    expect(source.reads).toHaveLength(4 * 3);
  });

  test.each([
    ['not a number', Number.NaN, 'NaN'],
    ['infinite', Number.POSITIVE_INFINITY, 'Infinity'],
    ['above 1', 1.5, '1.5'],
    ['below 0', -0.25, '-0.25'],
  ])('names the patch of which a value is %s', async (_, value, said) => {
    const source: PatchSource = {
      ...randomPatches(6, 4),
      name: '/data/set',
      label: (index) => `nodule-${index}`,
      patch: (index) => {
        const patch = new Float32Array(64).fill(0.5);
        if (index === 4) patch[6 + 16] = value;
        return patch;
      },
    };
    const expected = {
      name: 'NoduleLabError',
      kind: 'invalid-input',
      message: `Patch 4 (nodule-4) of the set /data/set holds ${said} at voxel (2, 1, 1), not a value in [0, 1]: build the set again with "nodulelab dataset build".`,
    };
    await expect(withLoader(source, { threads: 1 }, (loader) => loader.batch(0))).rejects.toMatchObject(
      expected,
    );
    // Read batch by batch, it is met when its turn comes.
    await expect(batchesOf(source, { threads: 1, heldBytes: 0, batchSize: 6 }, [0])).rejects.toMatchObject(
      expected,
    );
  });

  test('names the patch that cannot be read, and goes on with the others', async () => {
    const source: PatchSource = {
      ...constants(9),
      patch: (index) => {
        if (index === 2) throw new Error('the disk is gone');
        return new Float32Array(64);
      },
    };
    await withLoader(source, { threads: 1, heldBytes: 0 }, async (loader) => {
      const outcomes = await Promise.allSettled([0, 1, 2].map((index) => loader.batch(index)));
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(failed).toHaveLength(1);
      expect(failed[0]!.reason).toMatchObject({
        name: 'NoduleLabError',
        message: expect.stringMatching(/Patch 2 of the set cannot be read \(the disk is gone\)/),
      });
    });
  });

  test('that is released tells those who still wait, and reads nothing more', async () => {
    const source = counted(randomPatches(12, 8));
    const stage = { resolution: 8, batchSize: 3, learningRate: 1 };
    const loader = await openBatchLoader({
      source,
      preset: AUGMENTED,
      stage,
      seed: 1,
      threads: 1,
      heldBytes: 0,
    });
    const waiting = loader.batch(0).then(
      () => 'made',
      (error: unknown) => error,
    );
    await loader.release();
    expect(await waiting).toMatchObject({ kind: 'cancelled' });
    const { length } = source.reads;
    await expect(loader.batch(1)).rejects.toMatchObject({ kind: 'cancelled' });
    expect(source.reads).toHaveLength(length);
  });
});

describe('threads of a loader', () => {
  const module = (path: string): string =>
    pathToFileURL(join(import.meta.dirname, '../../../server/src', path)).href;
  const run = promisify(execFile);

  /** Runs a program of its own: one that leaves a thread behind would not end by itself. */
  async function program(body: string): Promise<string> {
    const script = `
      import { openBatchLoader } from ${JSON.stringify(module('gan/batchLoader.ts'))};
      import { PRESETS } from ${JSON.stringify(module('gan/presets.ts'))};
      const threads = [];
      process.on('worker', (worker) => threads.push(worker));
      const source = { count: 8, size: 64, patch: () => new Float32Array(64 ** 3) };
      const stage = { resolution: 64, batchSize: 8, learningRate: 1 };
      const open = (more) => openBatchLoader({ source, preset: PRESETS['seed-64'], stage, seed: 1, threads: 2, ...more });
      ${body}`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 30_000,
    });
    return stdout.trim();
  }

  test('end with it, however it ends', async () => {
    const said = await program(`
      const used = await open();
      await used.batch(0);
      await used.release();
      const unused = await open();
      await unused.release();
      const busy = await open();
      const waiting = busy.batch(0).catch((error) => error.kind);
      await busy.release();
      console.log(threads.length, threads.map(({ threadId }) => threadId).join(), await waiting);`);
    expect(said).toBe('6 -1,-1,-1,-1,-1,-1 cancelled');
  });

  test('that die are reported to those who wait and to those who ask later, and the program can end', async () => {
    const said = await program(`
      const loader = await open();
      await loader.batch(0);
      const failing = loader.batch(1001).catch((error) => error);
      await threads[1].terminate();
      const errors = [await failing, await loader.batch(1).catch((error) => error)];
      for (const error of errors) console.log(error.name, error.kind, error.message);
      await loader.release();`);
    const line =
      'NoduleLabError unusable The thread that makes batches failed (it ended): go on from the last checkpoint; ' +
      'if it fails again, free memory or take a smaller batch.';
    expect(said).toBe(`${line}\n${line}`);
  });
});

test('halving averages blocks of eight voxels', () => {
  const fine = Float32Array.from({ length: 64 }, (_, i) => i);
  // The block at the origin: 0, 1, 4, 5, 16, 17, 20, 21.
  expect(halve(fine, 4)[0]).toBe(84 / 8);
  expect(halve(fine, 4)[7]).toBe(84 / 8 + 2 + 8 + 32);
});
