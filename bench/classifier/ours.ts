/**
 * Our contender: `ours.ts CONFIG`. A round of updates of a classifier, or of products of two large matrices, for each line
 * on standard input; answers the seconds of one of them. One thread, as every training of an experiment has.
 */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import {
  classifierArchitectureSchema,
  classifierInputLength,
} from '../../server/src/networks/classifierArchitecture.ts';
import { classifierPlanSchema, trainClassifier } from '../../server/src/networks/classifierTraining.ts';
import { Random } from '../../server/src/nn/random.ts';
import { input, matMul } from '../../server/src/tensor/index.ts';

const configSchema = z.object({
  work: z.enum(['updates', 'products']),
  rounds: z.number().int().positive(),
  architecture: classifierArchitectureSchema,
  plan: classifierPlanSchema,
  /** Of the large matrices. */
  edge: z.number().int().positive(),
});
type Config = z.infer<typeof configSchema>;
/** @returns seconds of one of a round, the first not counted */
type Work = () => Promise<number>;

const engine = onnxCpuEngine({ threads: 1 });
const noise = (length: number): Float32Array => {
  const random = Random.of('bench', length);
  return Float32Array.from({ length }, () => random.uniform());
};

function updating({ rounds, architecture, plan }: Config): Work {
  const { batchSize } = plan;
  const examples = {
    input: noise(batchSize * classifierInputLength(architecture)),
    target: Float32Array.from({ length: 2 * batchSize }, (_, i) => (i % 2 === 1 ? 1 : (i >> 1) % 2)),
  };
  return async () => {
    let [first, last] = [0, 0];
    await trainClassifier({
      ...{ engine, architecture, plan: { ...plan, updates: rounds + 1 }, seed: 1, name: 'bench' },
      start: { intercept: 0, slope: 0 },
      batch: () => examples,
      onUpdate: (done) => {
        last = performance.now();
        if (done === 1) first = last;
      },
    });
    return (last - first) / 1000 / rounds;
  };
}

async function multiplying({ rounds, edge }: Config): Promise<Work> {
  const shape = [edge, edge];
  const product = await engine.compile({ product: matMul(input('a', shape), input('b', shape)) });
  const feeds = { a: noise(edge ** 2), b: noise(edge ** 2) };
  return async () => {
    await product.run(feeds);
    const began = performance.now();
    for (let round = 0; round < rounds; round++) await product.run(feeds);
    return (performance.now() - began) / 1000 / rounds;
  };
}

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const config = configSchema.parse(JSON.parse(process.argv[2] ?? ''));
const work = config.work === 'updates' ? updating(config) : await multiplying(config);
say({ name: 'ours' });
for await (const _ of createInterface(process.stdin))
  // Kilobytes, by getrusage(2).
  say({ seconds: await work(), peakBytes: 1024 * process.resourceUsage().maxRSS });
process.exit();
