import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { generator } from '../../../server/src/gan/generator.ts';
import { importModel, type ImportOptions } from '../../../server/src/gan/importModel.ts';
import { loadGenerator, type Model, type NetworkModel } from '../../../server/src/gan/model.ts';
import { trainedCardSchema, WEIGHTS_FILE } from '../../../server/src/gan/modelCard.ts';
import { encodeOnnxModel, encodeSafetensorsModel, weightsOf } from '../../../server/src/gan/modelFile.ts';
import { chanceOf, openSampler, type DrawnSample } from '../../../server/src/gan/sampler.ts';
import { createHash } from 'node:crypto';
import { initialise } from '../../../server/src/nn/layers.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { encodeSafetensors } from '../../../server/src/nn/safetensors.ts';
import * as t from '../../../server/src/tensor/index.ts';
import { hasPythonOnnx, runInPython } from '../../support/pythonOnnx.ts';
import { TINY_CONDITIONAL, TINY_GROWN, TINY_PLAIN } from './tinyPresets.ts';
import type { Preset } from '../../../server/src/gan/presets.ts';

const engine = onnxCpuEngine({ threads: 1 });
let models: string;
beforeEach(async () => {
  models = await mkdtemp(join(tmpdir(), 'nodulelab-models-'));
});
afterEach(() => rm(models, { recursive: true }));

const concatenated = (pieces: Iterable<Uint8Array>): Buffer => Buffer.concat([...pieces]);

/** A generator with lively weights; grown ones begin with an image convolution of zeros. */
function model(preset: Preset, resolution: number, type: 'F32' | 'F16' = 'F32'): NetworkModel {
  const specs = generator(preset.architecture, resolution).parameters;
  const parameters = initialise(specs, 5);
  for (const [name, values] of Object.entries(parameters)) {
    const random = Random.of('lively', name);
    for (let i = 0; i < values.length; i++) values[i] = Math.fround(0.5 * random.gaussian());
  }
  const card = trainedCardSchema.parse({
    ...{ name: 'original', data: 'balls', datasetSha256: null, splitSha256: null, codeVersion: '1' },
    ...{ license: 'none', faults: ['It knows only balls.'], format: 1, preset },
    ...(preset.architecture.conditions.length > 0 ? { trainingConditions: [SMOOTH] } : {}),
    weights: { file: WEIGHTS_FILE, sha256: '0'.repeat(64), type },
    training: { seed: 1, patches: 3, updates: 4, seconds: 5, resolution },
  });
  const sha256 = createHash('sha256')
    .update(concatenated(weightsOf({ card, parameters })))
    .digest('hex');
  return { card: { ...card, weights: { ...card.weights, sha256 } }, parameters };
}

const SMOOTH = {
  ...{ diameter: 9, malignancy: 2, texture: 5, spiculation: 1 },
  ...{ lobulation: 1, sphericity: 4, margin: 5 },
};

const options = (more: Partial<ImportOptions> = {}): ImportOptions => ({
  origin: 'given.file',
  folder: (name) => join(models, name),
  describe: (name) => ({
    ...{ name, data: 'unknown', datasetSha256: null, splitSha256: null, codeVersion: '1', license: 'none' },
    faults: [],
  }),
  asForeign: false,
  ...more,
});

const latents = (length: number): Float32Array => {
  const random = Random.of('a latent');
  return Float32Array.from({ length }, () => random.gaussian());
};

async function imageOf(folder: string, latent: Float32Array): Promise<Float32Array> {
  const sampler = await openSampler(await loadGenerator(folder), engine);
  const image = await sampler.fromChance({ latent });
  await sampler.release();
  return image;
}

const farthest = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) : Infinity;
const spread = (values: Float32Array): number =>
  values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));

const CASES: [string, Preset, number][] = [
  ['the plain form', TINY_PLAIN, 16],
  ['the grown form', TINY_GROWN, 16],
  ['a training that had not reached its last stage', TINY_GROWN, 8],
];

describe.each(CASES)('a model file (%s)', (_, preset, resolution) => {
  test.each(['onnx', 'safetensors'] as const)(
    'comes back from %s with the same card and weights',
    async (format) => {
      const original = model(preset, resolution, 'F16');
      // What F16 cannot hold is lost before the first export, not by it.
      const stored = concatenated(encodeSafetensorsModel(original));
      const first = await importModel(stored, options({ name: 'first' }));
      const held = await loadGenerator(join(models, 'first'));
      const file = format === 'onnx' ? encodeOnnxModel(held) : concatenated(encodeSafetensorsModel(held));
      const again = await importModel(file, options({ name: 'again' }));
      expect(again).toEqual({ ...first, name: 'again' });
      expect(again).toEqual({ ...original.card, name: 'again' });
      expect(await readFile(join(models, 'again', WEIGHTS_FILE))).toEqual(
        await readFile(join(models, 'first', WEIGHTS_FILE)),
      );
    },
  );

  (hasPythonOnnx ? test : test.skip)(
    "Python's onnxruntime makes the same image of it, to 1e-4, with one input and one output",
    async () => {
      const original = model(preset, resolution);
      await importModel(concatenated(encodeSafetensorsModel(original)), options());
      const latent = latents(preset.architecture.latentSize);
      const ours = await imageOf(join(models, 'original'), latent);
      const theirs = runInPython(encodeOnnxModel(original), { latent });
      const size = preset.stages.at(-1)!.resolution;
      expect(theirs.inputs).toEqual({ latent: [1, preset.architecture.latentSize] });
      expect(theirs.outputs).toEqual({ image: [1, 1, size, size, size] });
      expect(spread(ours)).toBeGreaterThan(0.1);
      expect(farthest(theirs.values['image']!, ours)).toBeLessThan(1e-4);
    },
  );

  test('runs as it is when imported as a foreign network, and gives the same image to 1e-4', async () => {
    const original = model(preset, resolution);
    await importModel(concatenated(encodeSafetensorsModel(original)), options());
    const card = await importModel(encodeOnnxModel(original), options({ name: 'foreign', asForeign: true }));
    const { latentSize } = preset.architecture;
    const size = preset.stages.at(-1)!.resolution;
    expect(card).toMatchObject({ training: null, graph: { latentSize, size, range: [0, 1] } });
    const latent = latents(latentSize);
    const ours = await imageOf(join(models, 'original'), latent);
    expect(farthest(await imageOf(join(models, 'foreign'), latent), ours)).toBeLessThan(1e-4);
  });
});

describe.each([16, 8])('the file of a conditional model that reached %i³', (resolution) => {
  const original = model(TINY_CONDITIONAL, resolution);
  const { conditions: names, latentSize } = TINY_CONDITIONAL.architecture;

  test.each(['onnx', 'safetensors'] as const)(
    'comes back from %s as the same model: card, weights and what it draws',
    async (format) => {
      const file =
        format === 'onnx' ? encodeOnnxModel(original) : concatenated(encodeSafetensorsModel(original));
      expect(await importModel(file, options())).toEqual(original.card);
      const again = await loadGenerator(join(models, 'original'));
      expect(again).toEqual(original);
      const drawn = await drawnBy(original);
      expect(await drawnBy(again)).toEqual(drawn);
      expect(drawn.conditions).toEqual({ ...SMOOTH, texture: 2 });
    },
  );

  (hasPythonOnnx ? test : test.skip)(
    "Python's onnxruntime makes the same image and alpha of it, to 1e-4, and is told how to encode conditions",
    async () => {
      const drawn = await drawnBy(original);
      const asked = drawn.conditions!;
      const theirs = runInPython(encodeOnnxModel(original), {
        ...chanceOf(original, 3, 1),
        // Written out as the description says, not by the function that encodes them here.
        conditions: Float32Array.from(names, (name) =>
          name === 'diameter' ? Math.log2(asked.diameter / 12) : (asked[name] - 3) / 2,
        ),
      });
      const edges = [resolution, resolution, resolution];
      expect(theirs.inputs).toEqual({
        ...{ latent: [1, latentSize], conditions: [1, 7], noise: [1, 1, ...edges] },
      });
      expect(theirs.outputs).toEqual({ image: [1, 1, 16, 16, 16], alpha: [1, 1, 16, 16, 16] });
      for (const [name, ours] of [
        ['image', drawn.hu],
        ['alpha', drawn.alpha!],
      ] as const) {
        expect(spread(ours)).toBeGreaterThan(0.1);
        expect(farthest(theirs.values[name]!, ours)).toBeLessThan(1e-4);
      }
      expect(theirs.description).toContain(
        `conditions [1, 7], which are ${names.join(', ')}, in this order: the diameter in mm as log2(value / 12), ` +
          'the others in points of the LIDC form as (value - 3) / 2',
      );
      const encodings = JSON.parse(theirs.metadata['nodulelab.conditions']!) as unknown[];
      expect(encodings).toHaveLength(7);
      expect(encodings[0]).toEqual({
        ...{ name: 'diameter', unit: 'mm', range: [3, 40], encoded: 'log2(value / 12)' },
      });
    },
  );

  test('is no network from elsewhere: what runs as it is takes a latent alone', async () => {
    const imported = importModel(encodeOnnxModel(original), options({ name: 'foreign', asForeign: true }));
    await expect(imported).rejects.toThrow('it has 3 inputs');
    expect(await readdir(models)).toEqual([]);
  });
});

async function drawnBy(made: Model): Promise<DrawnSample> {
  const sampler = await openSampler(made, engine);
  const drawn = await sampler.draw(3, 1, { texture: 2 });
  await sampler.release();
  return drawn;
}

test('safetensors without a card are imported for the networks that are named, with no word about training', async () => {
  const { parameters, card } = model(TINY_PLAIN, 16);
  const file = concatenated(weightsOf({ parameters, card }));
  const imported = await importModel(file, options({ name: 'bare', preset: TINY_PLAIN }));
  expect(imported).toMatchObject({
    name: 'bare',
    training: null,
    resolution: 16,
    preset: { name: 'tiny-plain' },
  });
  expect((await loadGenerator(join(models, 'bare'))).card).toEqual(imported);
  await importModel(concatenated(encodeSafetensorsModel({ parameters, card })), options());
  const latent = latents(3);
  expect(await imageOf(join(models, 'bare'), latent)).toEqual(
    await imageOf(join(models, 'original'), latent),
  );
});

/** latent [1, L] → image: a foreign network in one matrix product. */
function foreignOnnx({
  latent = [1, 4],
  image = [1, 1, 16, 16, 16],
  scale = 0.01,
  extra = false,
  flat = false,
} = {}): Uint8Array {
  const values = Float32Array.from({ length: latent.at(-1)! * 4096 }, (_, i) => scale * ((i % 7) - 3));
  const product = t.matMul(t.input('z', latent), t.constant(values, [latent.at(-1)!, 4096]));
  const made = t.tanh(product);
  const program = { x: flat ? t.tanh(t.reshape(product, image)) : t.reshape(made, image) };
  return t.toOnnx(extra ? { ...program, y: made } : program);
}

describe('a network from elsewhere', () => {
  test('is kept byte for byte, samples in [0, 1], and can only go out as ONNX', async () => {
    const file = foreignOnnx();
    const card = await importModel(file, options({ name: 'foreign' }));
    expect(card).toMatchObject({ training: null, graph: { latentSize: 4, size: 16, range: [-1, 1] } });
    const kept = await loadGenerator(join(models, 'foreign'));
    expect(encodeOnnxModel(kept)).toEqual(new Uint8Array(file));
    expect(() => concatenated(encodeSafetensorsModel(kept))).toThrow('Export it as ONNX');
    const image = await imageOf(join(models, 'foreign'), Float32Array.of(1, 2, 3, 4));
    const first = [1, 2, 3, 4].reduce((sum, z, row) => sum + z * 0.01 * (((row * 4096) % 7) - 3), 0);
    expect(image[0]).toBeCloseTo((Math.tanh(first) + 1) / 2, 5);
  });

  test('that ends in tanh has an image from -1 to 1, however little of that a sample shows', async () => {
    const card = await importModel(foreignOnnx({ scale: 1e-6, flat: true }), options({ name: 'foreign' }));
    expect(card).toMatchObject({ graph: { range: [-1, 1] } });
  });

  test.each([
    ['a batch that is fixed', { latent: [2, 4], image: [2, 1, 16, 16, 16] }, 'batch is fixed to 2'],
    ['no image', { image: [1, 16, 16, 16] }, 'image of shape [1, 16, 16, 16]'],
    ['two outputs', { extra: true }, '2 outputs (x, y)'],
  ])('with %s is refused in clear words', async (_, kind, words) => {
    await expect(importModel(foreignOnnx(kind), options({ name: 'foreign' }))).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining(words),
    });
    expect(await readdir(models)).toEqual([]);
  });

  test('whose image lies outside the stated range is refused with the range that it has', async () => {
    const refused = importModel(foreignOnnx(), options({ name: 'foreign', range: [0, 1] }));
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('--range') });
    expect(await readdir(models)).toEqual([]);
  });

  test('without a name is asked for one', async () => {
    await expect(importModel(foreignOnnx(), options())).rejects.toThrow('--name');
  });
});

describe('bad input leaves nothing behind:', () => {
  const bad = async (file: Uint8Array, more: Partial<ImportOptions> = {}): Promise<unknown> => {
    const error = await importModel(file, options(more)).then(
      () => 'it was imported',
      (reason: unknown) => reason,
    );
    expect(await readdir(models)).toEqual([]);
    return error;
  };

  test.each([
    ['text', new TextEncoder().encode('<!doctype html><title>not found</title>')],
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(64)],
  ])('%s is not an ONNX file', async (_, file) => {
    expect(await bad(file)).toMatchObject({
      kind: 'invalid-input',
      message: expect.stringMatching(/^given\.file is not a valid ONNX file/),
    });
  });

  test('an ONNX file cut anywhere is an error', async () => {
    const file = encodeOnnxModel(model(TINY_PLAIN, 16));
    for (let cut = 1; cut <= 40; cut++) {
      const length = Math.floor((file.length * cut) / 41);
      expect(await bad(file.subarray(0, length))).toMatchObject({
        kind: expect.stringMatching(/invalid|refused/),
      });
    }
  });

  test('a cut safetensors file is an error', async () => {
    const file = concatenated(encodeSafetensorsModel(model(TINY_PLAIN, 16)));
    for (const length of [9, 200, file.length - 1])
      expect(await bad(file.subarray(0, length))).toMatchObject({ kind: 'invalid-input' });
  });

  test('weights that were changed after export do not pass for those of the card', async () => {
    const original = model(TINY_PLAIN, 16);
    original.parameters['generator.latent.bias']![0]! += 1;
    for (const file of [encodeOnnxModel(original), concatenated(encodeSafetensorsModel(original))])
      expect(await bad(file)).toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('other weights'),
      });
  });

  test('a weight that is not a number is named', async () => {
    const original = model(TINY_PLAIN, 16);
    original.parameters['generator.up8.weight']![7] = NaN;
    for (const file of [encodeOnnxModel(original), concatenated(encodeSafetensorsModel(original))])
      expect(await bad(file)).toMatchObject({
        message: expect.stringMatching(/generator\.up8\.weight holds NaN/),
      });
  });

  test('weights for other networks than the named ones are an error that says both shapes', async () => {
    const file = concatenated(weightsOf(model(TINY_PLAIN, 16)));
    const wider = { ...TINY_PLAIN, architecture: { ...TINY_PLAIN.architecture, latentSize: 4 } };
    expect(await bad(file, { name: 'x', preset: wider })).toMatchObject({
      message: expect.stringMatching(/\[4, 192\].*\[3, 192\]/),
    });
    expect(await bad(file, { name: 'x', preset: TINY_PLAIN, resolution: 32 })).toMatchObject({
      message: expect.stringContaining('16³'),
    });
    expect(await bad(file)).toMatchObject({ message: expect.stringContaining('--preset') });
  });

  test('a card that is not understood is an error', async () => {
    const file = concatenated(encodeSafetensors({}, { 'nodulelab.card': '{"format":99}' }));
    expect(await bad(file)).toMatchObject({ message: expect.stringContaining('card') });
  });
});
