import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from '../../../server/src/engine/reference.ts';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { spearman } from '../../../server/src/evaluation/correlation.ts';
import { attributeLayers, OUTPUTS } from '../../../server/src/networks/attributeArchitecture.ts';
import { attributeBatch } from '../../../server/src/networks/attributeExamples.ts';
import {
  openAttributeNetwork,
  type AttributeNetwork,
} from '../../../server/src/networks/attributeNetwork.ts';
import { attributeLoss, TARGET_LENGTH, targetOf } from '../../../server/src/networks/attributeTargets.ts';
import { architectureFor, attributeTrainee } from '../../../server/src/networks/attributeTraining.ts';
import {
  NETWORK_CARD_FILE,
  NETWORK_WEIGHTS_FILE,
  type NetworkCard,
} from '../../../server/src/networks/networkCard.ts';
import { encodeWeights, writeNetworkFolder } from '../../../server/src/networks/networkFolder.ts';
import { shippedNetworkFolder } from '../../../server/src/networks/shipped.ts';
import { runTraining } from '../../../server/src/nn/trainingLoop.ts';
import { gradient, input } from '../../../server/src/tensor/index.ts';
import { plantedBlob, shownBlob } from '../../support/plantedBlobs.ts';

const engine = onnxCpuEngine({ threads: 1 });
const learning = Array.from({ length: 96 }, (_, i) => plantedBlob('learning', i));
const unseen = Array.from({ length: 40 }, (_, i) => plantedBlob('unseen', i));
const shown = learning.map(shownBlob);
const shape = { size: 16, channels: [6, 12, 16, 16], features: 12 } as const;
const architecture = architectureFor(shown, shape);
const specs = attributeLayers(architecture).parameters;

let folder: string;
let network: AttributeNetwork;

const card = (sha256: string): NetworkCard => ({
  ...{ format: 1, kind: 'attributes', name: 'planted', data: 'blobs', datasetSha256: ['0'.repeat(64)] },
  split: { seed: 1, folds: 5, testPatients: [], fold: 'train', sha256: '0'.repeat(64) },
  ...{ trainingPatients: 96, fieldOfView: { mm: 24 }, softMargins: [], codeVersion: '0', license: 'none' },
  weights: { file: NETWORK_WEIGHTS_FILE, sha256, type: 'F16' },
  architecture: { ...architecture },
  training: { seed: 1, examples: 96, updates: 250, seconds: 1 },
  ...{ figures: [], faults: [] },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-attributes-'));
  const plan = { seed: 1, updates: 250, batchSize: 16, learningRate: 3e-3 };
  const { state } = await runTraining({
    trainee: attributeTrainee(shown, architecture, plan, {
      ...{ data: 'blobs', engine, clock: () => performance.now() },
    }),
    folder: join(folder, 'checkpoints'),
    clock: () => performance.now(),
  });
  await writeNetworkFolder(join(folder, 'attributes-32'), encodeWeights(specs, state.values, 'F16'), card);
  network = await openAttributeNetwork(join(folder, 'attributes-32'), engine);
}, 120_000);
afterAll(async () => {
  await network.release();
  await rm(folder, { recursive: true });
});

describe('an attribute network that was trained on blobs', () => {
  test('reads size, edge, brightness and class off blobs that it has never seen', async () => {
    const readings = await network.describe(unseen);
    for (const name of ['margin', 'texture'] as const) {
      const rho = spearman(
        readings.map(({ predicted }) => predicted[name]),
        unseen.map(({ nodule }) => nodule.characteristics![name]),
      );
      expect(rho).toBeGreaterThan(0.85);
    }
    const errors = readings
      .map(({ predicted }, i) => Math.abs(predicted.diameterMm / unseen[i]!.nodule.diameterMm - 1))
      .sort((a, b) => a - b);
    expect(errors[20]).toBeLessThan(0.08);
    // Readers too differ where a blob lies at the limit of 10 mm.
    const clear = unseen.flatMap(({ nodule }, i) =>
      Math.abs(nodule.diameterMm - 10) > 1 ? [{ nodule, reading: readings[i]! }] : [],
    );
    const right = clear.filter(
      ({ nodule, reading }) => reading.malignantProbability > 0.5 === (nodule.class === 'malignant'),
    );
    expect(clear.length).toBeGreaterThan(20);
    expect(right.length).toBeGreaterThanOrEqual(clear.length - 1);
  });

  test('gives probabilities that sum to 1, grades within their scales, and twelve features', async () => {
    const [reading] = await network.describe([unseen[0]!]);
    expect(network.featureSize).toBe(12);
    expect(reading!.features).toHaveLength(12);
    expect(reading!.classProbabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(reading!.classProbabilities[0]).toBe(reading!.malignantProbability);
    for (const [name, value] of Object.entries(reading!.predicted))
      if (name !== 'diameterMm') expect(value).toBeGreaterThanOrEqual(1);
  });

  test('says the same of a patch whatever patches it comes with, and of a finer cut of the same blob nearly so', async () => {
    const alone = await network.describe([unseen[7]!]);
    const among = await network.describe(unseen.slice(0, 20));
    among[7]!.features.forEach((value, i) => expect(value).toBeCloseTo(alone[0]!.features[i]!, 5));
    const [finer] = await network.describe([plantedBlob('unseen', 7, 32)]);
    const scale = Math.hypot(...alone[0]!.features);
    const away = Math.hypot(...finer!.features.map((value, i) => value - alone[0]!.features[i]!));
    expect(away / scale).toBeLessThan(0.1);
  });

  test('takes features from the voxels alone: another spacing changes the size, not the features', async () => {
    const [blob] = unseen;
    const [near, far] = await network.describe([blob!, { ...blob!, spacingMm: 2 * blob!.spacingMm }]);
    expect(far!.features).toEqual(near!.features);
    expect(far!.predicted.diameterMm).toBeGreaterThan(1.3 * near!.predicted.diameterMm);
  });

  test('refuses patches that are none, and names them', async () => {
    const good = unseen[0]!;
    const bad = { ...good, values: good.values.slice() };
    bad.values[100] = Number.NaN;
    await expect(network.describe([good, bad])).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringMatching(/^Patch 1 .*voxel 100 holds NaN/),
    });
    await expect(network.describe([{ ...good, size: 8 }])).rejects.toThrow(/sees 16/);
    await expect(network.describe([{ ...good, values: good.values.slice(1) }])).rejects.toThrow(
      /4095 values/,
    );
    await expect(network.describe([{ ...good, spacingMm: 0 }])).rejects.toThrow(/spacing is 0 mm/);
  });
});

describe('the folder of a network', () => {
  const open = (dir: string) => openAttributeNetwork(dir, engine);
  const copy = async (name: string, change: (known: NetworkCard) => unknown): Promise<string> => {
    const to = join(folder, name);
    await writeNetworkFolder(to, [await readFile(join(folder, 'attributes-32', NETWORK_WEIGHTS_FILE))], card);
    const known = JSON.parse(await readFile(join(to, NETWORK_CARD_FILE), 'utf8')) as NetworkCard;
    await writeFile(join(to, NETWORK_CARD_FILE), JSON.stringify(change(known)));
    return to;
  };

  test('is found by its kind below the first root that has one', () => {
    expect(shippedNetworkFolder('attributes', [join(folder, 'none'), folder])).toBe(
      join(folder, 'attributes-32'),
    );
    expect(shippedNetworkFolder('detector', [folder])).toBeUndefined();
  });

  test('is refused without a card, with a card of another kind, or one that describes no network', async () => {
    await expect(open(join(folder, 'none'))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(open(await copy('kind', (c) => ({ ...c, kind: 'detector' })))).rejects.toThrow(
      /card of a network for detector, and one for attributes is needed/,
    );
    await expect(open(await copy('garbled', () => ({ hello: 1 })))).rejects.toMatchObject({
      kind: 'invalid-input',
    });
    const features = await copy('features', (c) => ({
      ...c,
      architecture: { ...c.architecture, features: 1000 },
    }));
    await expect(open(features)).rejects.toThrow(/architecture\.features/);
  });

  test('is refused where weights are not those of the card, by hash or by shape', async () => {
    const exchanged = await copy('exchanged', (c) => ({
      ...c,
      weights: { ...c.weights, sha256: '1'.repeat(64) },
    }));
    await expect(open(exchanged)).rejects.toMatchObject({ kind: 'refused' });
    const wider = await copy('wider', (c) => ({ ...c, architecture: { ...c.architecture, features: 13 } }));
    await expect(open(wider)).rejects.toThrow(/features\.weight, and the network of its card needs/);
  });

  test('leaves nothing behind where its card is not allowed', async () => {
    const to = join(folder, 'never');
    await expect(
      writeNetworkFolder(to, encodeWeights([], {}, 'F16'), (sha) => ({ ...card(sha), name: '' })),
    ).rejects.toThrow();
    expect(shippedNetworkFolder('attributes', [to])).toBeUndefined();
    await expect(readFile(join(to, NETWORK_WEIGHTS_FILE))).rejects.toThrow();
  });
});

describe('what the attribute network is asked', () => {
  test('leaves out what no reader has said, and counts doubtful scales half', () => {
    const { nodule } = learning[0]!;
    const target = targetOf(architecture, { ...nodule, flags: ['scale-in-doubt'] }, 24);
    const weights = target.slice(10, 20);
    // Order: subtlety, internalStructure, calcification, sphericity, margin, lobulation, spiculation, texture, malignancy.
    expect([...weights]).toEqual([1, 1, 1, 1, 1, 0.5, 0.5, 1, 1, 1]);
    const unrated = targetOf(architecture, { ...nodule, characteristics: null }, 24);
    expect([...unrated.slice(10, 20)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...unrated.slice(20)]).toEqual([0, 0, 0]);
  });

  test('has a loss whose derivative is what finite differences show, and none where weights are 0', () => {
    const { nodule } = learning[1]!;
    const target = Float64Array.from(targetOf(architecture, nodule, 24));
    target[10 + 4] = 0;
    const outputs = Float64Array.from({ length: OUTPUTS }, (_, i) => Math.sin(3 * i));
    const at = (values: Float64Array) => {
      const z = input('outputs', [1, OUTPUTS]);
      const loss = attributeLoss(z, input('target', [1, TARGET_LENGTH]));
      const [slope] = gradient(loss, [z]);
      return evaluate({ loss, slope: slope! }, { outputs: values, target });
    };
    const { slope } = at(outputs);
    outputs.forEach((_, i) => {
      const moved = (by: number): number => {
        const values = outputs.slice();
        values[i]! += by;
        return at(values).loss[0]!;
      };
      expect(slope[i]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 7);
    });
    expect(Math.abs(slope[4]!)).toBe(0);
    expect(Math.abs(slope[3]!)).toBeGreaterThan(0);
  });

  test('shows every nodule once an epoch, the same batch for the same number', async () => {
    const batch = (index: number) => attributeBatch(architecture, shown, { seed: 3, batchSize: 32, index });
    const epoch = [await batch(0), await batch(1), await batch(2)];
    // Texture differs from blob to blob.
    const texture = epoch.flatMap(({ target }) =>
      Array.from({ length: 32 }, (_, i) => target[i * TARGET_LENGTH + 7]!),
    );
    expect(new Set(texture).size).toBe(96);
    expect(await batch(1)).toEqual(epoch[1]);
    expect((await batch(3)).input).not.toEqual(epoch[0]!.input);
  });

  test('answers in features and outputs of one graph on any engine', async () => {
    const values = Object.fromEntries(
      specs.map(({ name, shape: s }) => [name, new Float32Array(s.reduce((a, b) => a * b, 1)).fill(0.01)]),
    );
    const layers = attributeLayers(architecture);
    const x = input('input', [1, 16 ** 3 + 1]);
    const named = new Map(specs.map((spec) => [spec.name, input(spec.name, spec.shape)]));
    const program = layers.describe((name) => named.get(name)!, x);
    const feeds = { ...values, input: Float32Array.from({ length: 16 ** 3 + 1 }, (_, i) => (i % 17) / 17) };
    const executable = await engine.compile(program);
    const results = await executable.run(feeds);
    const exact = evaluate(
      program,
      Object.fromEntries(Object.entries(feeds).map(([name, array]) => [name, Float64Array.from(array)])),
    );
    for (const name of ['features', 'outputs'] as const)
      results[name]!.forEach((value, i) => expect(value).toBeCloseTo(exact[name][i]!, 4));
    await executable.release();
  });
});
