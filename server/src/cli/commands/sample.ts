import { resolve } from 'node:path';
import type { Command } from 'commander';
import { sampleSet } from '../../services/patchFiles/sampleSet.ts';
import type { CommandContext } from '../context.ts';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { engineOption, integer } from '../options.ts';
import { openModels, VERSION } from '../runtime.ts';

interface SampleOptions {
  readonly model?: string;
  readonly seed: number;
  readonly count: number;
  readonly engine: EngineChoice;
  readonly pictures?: boolean;
  readonly out: string;
}

/** Of more samples than this nobody looks at each. */
const PICTURES_UP_TO = 100;

export function registerSample(program: Command, context: () => CommandContext): void {
  program
    .command('sample')
    .description(
      'sample nodules: nodule_0000.npy … (float32 in [0, 1], z slowest) and samples.json with the origin of each',
    )
    .option('--model <name>', 'a model under models/')
    .option('--seed <number>', 'the same seed gives the same samples', integer(0, 2 ** 31 - 1), 1)
    .option('--count <number>', 'how many', integer(1, 100_000), 8)
    .addOption(engineOption())
    .option('--pictures', `a PNG beside each sample (the default for up to ${PICTURES_UP_TO})`)
    .option('--no-pictures', 'no PNGs')
    .requiredOption('--out <dir>', 'folder for the samples; an interrupted run goes on in it')
    .action(async (options: SampleOptions) => run(context(), options));
}

async function run({ dataDir, output, signal }: CommandContext, options: SampleOptions): Promise<void> {
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  const { model, sampler } = await openModels(dataDir, engine).load(options.model);
  const { seed, count } = options;
  const outDir = resolve(options.out);
  const { manifest, kept } = await sampleSet(
    {
      ...{ outDir, sampler, seed, count, signal, engine: engine.name, modelName: model.name },
      pictures: options.pictures ?? count <= PICTURES_UP_TO,
      codeVersion: VERSION,
      now: () => performance.now(),
    },
    (fraction, message) => output.progress(fraction, message),
  );
  output.result(
    { dir: outDir, kept, ...manifest },
    `${count} samples of ${model.name} (seed ${seed}) in ${outDir}${kept > 0 ? `, ${kept} of them from before` : ''}`,
  );
}
