import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseNpy } from '../../server/src/formats/npy.ts';
import type { Conditions } from '../../server/src/gan/conditions.ts';
import type { DrawnSample } from '../../server/src/gan/sampler.ts';
import type { WantedConditions } from '../../server/src/gan/support.ts';
import { Random } from '../../server/src/nn/random.ts';
import { samplesSchema, type Samples } from '../../server/src/services/patchFiles/manifests.ts';
import { readPatchFile } from '../../server/src/services/patchFiles/readPatchFile.ts';
import { sampleSet, type SampleSetRequest } from '../../server/src/services/patchFiles/sampleSet.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';
import { USUAL } from '../support/drawing.ts';

const SIZE = 8;
let folder: string;
let sampled: number[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-samples-'));
  sampled = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A generator of noise that notes which samples it was asked for. */
const sampler = (model = 'a') => ({
  size: SIZE,
  modelSha256: sha256Of(model),
  makesAlpha: false,
  draw(seed: number, index: number): Promise<DrawnSample> {
    sampled.push(index);
    return Promise.resolve({ hu: noise(model, seed, index), alpha: undefined, conditions: undefined });
  },
});

const noise = (...name: (string | number)[]): Float32Array => {
  const random = Random.of(...name);
  return Float32Array.from({ length: SIZE ** 3 }, () => random.uniform());
};

/** The same, conditional and with alpha. */
const conditional = () => ({
  ...sampler('c'),
  makesAlpha: true,
  async draw(seed: number, index: number, wanted: WantedConditions = {}): Promise<DrawnSample> {
    sampled.push(index);
    const conditions = { ...USUAL, malignancy: 1 + (index % 5), ...wanted } as Conditions;
    return { hu: noise('c', index, conditions.texture), alpha: noise('alpha', index), conditions };
  },
});

const run = (more: Partial<SampleSetRequest> = {}, onProgress: (message: string) => void = () => undefined) =>
  sampleSet(
    {
      ...{ outDir: folder, modelName: 'a', sampler: sampler(), engine: 'formula', seed: 1, count: 5 },
      ...{
        wanted: {},
        alpha: false,
        pictures: false,
        codeVersion: '1',
        now: () => 0,
        signal: new AbortController().signal,
      },
      ...more,
    },
    (_, message) => onProgress(message),
  );
const manifest = async (): Promise<Samples> =>
  samplesSchema.parse(JSON.parse(await readFile(join(folder, 'samples.json'), 'utf8')));
const npyFiles = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.npy')).toSorted();

describe('a folder of samples', () => {
  test('holds nodule_0000.npy and on, and says of each where it comes from', async () => {
    await run();
    expect(await npyFiles()).toEqual([0, 1, 2, 3, 4].map((i) => `nodule_000${i}.npy`));
    const { samples, ...head } = await manifest();
    expect(head).toMatchObject({
      synthetic: true,
      model: 'a',
      modelSha256: sha256Of('a'),
      seed: 1,
      size: SIZE,
    });
    for (const [index, sample] of samples.entries()) {
      const bytes = await readFile(join(folder, sample.file));
      const { shape, data } = parseNpy(bytes, sample.file);
      expect(shape).toEqual([SIZE, SIZE, SIZE]);
      expect(data).toEqual((await sampler().draw(1, index)).hu);
      expect(sample).toMatchObject({ index, seed: 1, sha256: sha256Of(bytes) });
      expect(sample.sampleSha256).toBe(
        sha256Of(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      );
    }
  });

  test('goes on where it was stopped: nothing is sampled twice, and the result is that of one run', async () => {
    const controller = new AbortController();
    const stopped = run({ signal: controller.signal }, (message) => {
      if (message.startsWith('2 ')) controller.abort();
    });
    await expect(stopped).rejects.toMatchObject({
      kind: 'cancelled',
      message: 'Stopped after 2 of 5 samples: the same command goes on from there.',
    });
    expect((await manifest()).samples.map(({ index }) => index)).toEqual([0, 1]);
    const { kept } = await run();
    expect(kept).toBe(2);
    expect(sampled).toEqual([0, 1, 2, 3, 4]);
    const inParts = await readFile(join(folder, 'samples.json'), 'utf8');
    await rm(folder, { recursive: true });
    await run();
    expect(await readFile(join(folder, 'samples.json'), 'utf8')).toBe(inParts);
  });

  test('after a crash repeats what was not recorded, and what is not whole', async () => {
    await run();
    const recorded = await manifest();
    // Three samples had been written since the record was.
    await writeFile(
      join(folder, 'samples.json'),
      JSON.stringify({ ...recorded, samples: recorded.samples.slice(0, 3) }),
    );
    await writeFile(join(folder, 'nodule_0001.npy'), 'cut short');
    await rm(join(folder, 'nodule_0002.npy'));
    sampled = [];
    const { kept } = await run({ count: 6 });
    expect([kept, sampled]).toEqual([1, [1, 2, 3, 4, 5]]);
    expect((await manifest()).samples.slice(0, 5)).toEqual(recorded.samples);
  });

  test('that is complete is left as it is, and a smaller one asked for takes nothing away', async () => {
    await run();
    sampled = [];
    const { kept, manifest: after } = await run({ count: 3 });
    expect([kept, sampled, after.samples.length]).toEqual([3, [], 5]);
    expect(await npyFiles()).toHaveLength(5);
  });

  test('gets pictures only where they are wanted, also of samples from before', async () => {
    await run({ count: 2 });
    expect((await readdir(folder)).filter((name) => name.endsWith('.png'))).toEqual([]);
    await run({ count: 3, pictures: true });
    for (const index of [0, 1, 2]) {
      const png = await readFile(join(folder, `nodule_000${index}.png`));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    }
  });

  test.each([
    ['another model', { sampler: sampler('b') }, /samples of model/],
    ['another seed', { seed: 2 }, /samples of seed 1, and 2 was asked for/],
    ['another engine', { engine: 'other' }, /samples of engine formula/],
    ['another wish', { wanted: { texture: 5 } }, /samples of no conditions, and texture 5 was asked for/],
  ] satisfies [string, Partial<SampleSetRequest>, RegExp][])('takes none of %s', async (_, more, message) => {
    await run({ count: 2 });
    const before = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
    await expect(run({ count: 4, ...more })).rejects.toThrow(message);
    await expect(run({ count: 4, ...more })).rejects.toMatchObject({ kind: 'conflict' });
    expect(await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))).toEqual(
      before,
    );
  });

  test('never overwrites files of these names that it does not know', async () => {
    await writeFile(join(folder, 'nodule_0003.npy'), 'mine');
    await expect(run()).rejects.toThrow(/holds nodule_0003.npy without a samples.json/);
    expect(await readdir(folder)).toEqual(['nodule_0003.npy']);
    await rm(join(folder, 'nodule_0003.npy'));
    await writeFile(join(folder, 'samples.json'), '{"mine": true}');
    await expect(run()).rejects.toThrow(/samples.json is not one that this version writes/);
    expect(await readFile(join(folder, 'samples.json'), 'utf8')).toBe('{"mine": true}');
  });
});

describe('a folder of samples of a conditional model', () => {
  const asked = { sampler: conditional(), wanted: { texture: 2 }, count: 3 };

  test('says what was wanted, and of each sample what it was asked to be in full', async () => {
    await run(asked);
    const { samples, wanted } = await manifest();
    expect(wanted).toEqual({ texture: 2 });
    expect(samples.map(({ conditions }) => conditions)).toEqual(
      [0, 1, 2].map((index) => ({ ...USUAL, malignancy: 1 + index, texture: 2 })),
    );
    const { origin } = await readPatchFile(join(folder, 'nodule_0001.npy'));
    expect(origin).toMatchObject({ conditions: samples[1]!.conditions, diameterMm: USUAL.diameter });
  });

  test('has alpha beside each sample where it is wanted, also of samples from before', async () => {
    await run(asked);
    expect(await npyFiles()).toHaveLength(3);
    sampled = [];
    const { kept } = await run({ ...asked, alpha: true });
    expect([kept, sampled]).toEqual([0, [0, 1, 2]]);
    const { samples } = await manifest();
    for (const [index, { alpha }] of samples.entries()) {
      const bytes = await readFile(join(folder, `nodule_000${index}_alpha.npy`));
      expect(alpha).toEqual({ file: `nodule_000${index}_alpha.npy`, sha256: sha256Of(bytes) });
      expect(parseNpy(bytes, 'alpha').data).toEqual(noise('alpha', index));
    }
    sampled = [];
    await rm(join(folder, 'nodule_0001_alpha.npy'));
    await run({ ...asked, alpha: true });
    expect(sampled).toEqual([1]);
  });

  test('is refused alpha where the model makes none, before anything is written', async () => {
    await expect(run({ alpha: true })).rejects.toThrow('a makes no alpha: leave --alpha out');
    expect(await readdir(folder)).toEqual([]);
  });
});
