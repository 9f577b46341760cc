import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { auc } from '../../../server/src/evaluation/auc.ts';
import {
  classifierArchitectureSchema,
  classifierInputLength,
} from '../../../server/src/networks/classifierArchitecture.ts';
import {
  openClassifierScorer,
  trainClassifier,
  type ClassifierScorer,
  type TrainedClassifier,
} from '../../../server/src/networks/classifierTraining.ts';
import { Random } from '../../../server/src/nn/random.ts';

const engine = onnxCpuEngine({ threads: 1 });
const architecture = classifierArchitectureSchema.parse({ size: 8, channels: [4, 8], features: 8 });
const length = classifierInputLength(architecture);
const CUBE = 8 ** 3;
const plan = { updates: 200, batchSize: 16, learningRate: 5e-3 };

/** Noise; every other one has a bright voxel somewhere. The diameter tells nothing. */
function example(number: number): { input: Float32Array; label: number } {
  const random = Random.of('classifier test', number);
  const input = Float32Array.from({ length }, () => 0.3 * random.uniform());
  if (number % 2 === 0) for (let i = 0; i < 4; i++) input[random.integer(CUBE)] = 1;
  input[CUBE] = random.gaussian();
  return { input, label: number % 2 === 0 ? 1 : 0 };
}
function batch(index: number): { input: Float32Array; target: Float32Array } {
  const input = new Float32Array(plan.batchSize * length);
  const target = new Float32Array(2 * plan.batchSize);
  for (let i = 0; i < plan.batchSize; i++) {
    const one = example(index * plan.batchSize + i);
    input.set(one.input, i * length);
    target.set([one.label, 1], 2 * i);
  }
  return { input, target };
}
const train = (more: { updates?: number; seed?: number; slope?: number } = {}): Promise<TrainedClassifier> =>
  trainClassifier({
    ...{ engine, architecture, batch, name: 'test', seed: more.seed ?? 1 },
    plan: { ...plan, updates: more.updates ?? plan.updates },
    start: { intercept: -0.5, slope: more.slope ?? 0 },
  });

const UNSEEN = Array.from({ length: 50 }, (_, i) => example(100_000 + i));
const unseen = Float32Array.from(UNSEEN.flatMap(({ input }) => [...input]));
const labels = UNSEEN.map(({ label }) => label);

describe('the classifier', () => {
  let scorer: ClassifierScorer;
  beforeAll(async () => {
    scorer = await openClassifierScorer(engine, architecture);
  });
  afterAll(() => scorer.release());
  const score = ({ weights }: TrainedClassifier): Promise<Float64Array> =>
    scorer.score(weights, UNSEEN.length, unseen);

  test('finds in voxels what tells the classes apart, and tells it of examples that it has not seen', async () => {
    expect(auc(await score(await train()), labels)).toBeGreaterThan(0.95);
  });

  test('begins with what is known of the diameter', async () => {
    const logits = await score(await train({ updates: 1, slope: 3 }));
    const expected = UNSEEN.map(({ input }) => 3 * input[CUBE]! - 0.5);
    // The features have a say of their own, a small one.
    expect(Math.max(...expected.map((value, i) => Math.abs(value - logits[i]!)))).toBeLessThan(0.5);
  });

  test('comes out the same for the same seed, and differently for another', async () => {
    const [once, again, other] = await Promise.all([
      train({ updates: 5 }),
      train({ updates: 5 }),
      train({ updates: 5, seed: 2 }),
    ]);
    expect(once.weights).toEqual(again.weights);
    expect(once.weights).not.toEqual(other.weights);
  });

  test('is refused where its size cannot be halved so often', () => {
    expect(
      classifierArchitectureSchema.safeParse({ size: 12, channels: [4, 8, 8, 8], features: 8 }).success,
    ).toBe(false);
  });
});
