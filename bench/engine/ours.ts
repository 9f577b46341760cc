/** Our contender: `ours.ts CONFIG`. One update of a training, or a series of samples, for each line on standard input. */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { PatchSource } from '../../server/src/dataset/patchSource.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { type Preset, presetSchema } from '../../server/src/gan/presets.ts';
import { StageRunner } from '../../server/src/gan/stageRunner.ts';
import { sampleProgram } from '../../server/src/gan/steps.ts';
import { initialState, type TrainingConfig } from '../../server/src/gan/trainingState.ts';
import { Random } from '../../server/src/nn/random.ts';
import { NO_UPDATES } from '../../server/src/nn/trainingState.ts';

const configSchema = z.object({
  work: z.enum(['update', 'sample']),
  preset: presetSchema,
  samples: z.number().int().nonnegative(),
  threads: z.number().int().positive(),
});

const engine = (threads: number) => onnxCpuEngine({ threads });
type Work = () => Promise<void>;

async function training(preset: Preset, threads: number): Promise<Work> {
  const { batchSize, resolution } = preset.stages[0]!;
  const noise: PatchSource = {
    count: batchSize,
    size: resolution,
    patch(index) {
      const random = Random.of('bench', index);
      return Float32Array.from({ length: resolution ** 3 }, () => random.uniform());
    },
  };
  const config: TrainingConfig = {
    preset,
    seed: 1,
    patches: noise.count,
    patchesSha256: null,
    ancestors: [],
  };
  const runner = await StageRunner.open(engine(threads), config, initialState(config), noise, () =>
    performance.now(),
  );
  let counters = NO_UPDATES;
  return async () => {
    await runner.update(counters, () => false);
    counters = { ...counters, stageUpdate: counters.stageUpdate + 1 };
  };
}

async function sampling(preset: Preset, samples: number, threads: number): Promise<Work> {
  const { values } = initialState({ preset, seed: 1, patches: 1, patchesSha256: null, ancestors: [] });
  const executable = await engine(threads).compile(sampleProgram(preset, 64, 64, values));
  return async () => {
    for (let index = 0; index < samples; index++) {
      const random = Random.of('bench', 'latent', index);
      const latent = Float32Array.from({ length: preset.architecture.latentSize }, () => random.gaussian());
      await executable.run({ latent });
    }
  };
}

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const { work, preset, samples, threads } = configSchema.parse(JSON.parse(process.argv[2] ?? ''));
const run = work === 'update' ? await training(preset, threads) : await sampling(preset, samples, threads);
say({ name: 'ours' });
for await (const _ of createInterface(process.stdin)) {
  const began = performance.now();
  await run();
  // Kilobytes, by getrusage(2).
  say({ seconds: (performance.now() - began) / 1000, peakBytes: 1024 * process.resourceUsage().maxRSS });
}
process.exit();
