import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { meanHuOfNodule } from '../../services/generation.ts';
import { thumbnailsOf } from '../../services/thumbnails.ts';
import type { CommandContext } from '../context.ts';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { engineOption, integer } from '../options.ts';
import { openModels } from '../runtime.ts';

interface SampleOptions {
  readonly model?: string;
  readonly seed: number;
  readonly count: number;
  readonly engine: EngineChoice;
  readonly out: string;
}

export function registerSample(program: Command, context: () => CommandContext): void {
  program
    .command('sample')
    .description('sample nodules: raw float32 voxels (64³, x fastest, [0, 1]) and a picture of each')
    .option('--model <name>', 'a model under models/')
    .option('--seed <number>', 'the same seed gives the same samples', integer(0, 2 ** 31 - 1), 1)
    .option('--count <number>', 'how many', integer(1, 100_000), 8)
    .addOption(engineOption())
    .requiredOption('--out <dir>', 'folder for the samples')
    .action(async (options: SampleOptions) => run(context(), options));
}

async function run({ dataDir, output, signal }: CommandContext, options: SampleOptions): Promise<void> {
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  const { model, sampler } = await openModels(dataDir, engine).load(options.model);
  const dir = resolve(options.out);
  await mkdir(dir, { recursive: true });
  const samples: { file: string; seed: number; index: number; meanHu: number }[] = [];
  for (let index = 0; index < options.count; index += 1) {
    signal.throwIfAborted();
    const voxels = await sampler.sample(options.seed, index);
    const name = `nodule_${String(index).padStart(4, '0')}`;
    await writeFile(
      join(dir, `${name}.f32`),
      Buffer.from(voxels.buffer, voxels.byteOffset, voxels.byteLength),
    );
    const { axial } = thumbnailsOf(voxels, sampler.size);
    await writeFile(join(dir, `${name}.png`), Buffer.from(axial.slice(axial.indexOf(',') + 1), 'base64'));
    samples.push({ file: `${name}.f32`, seed: options.seed, index, meanHu: meanHuOfNodule(voxels) });
    output.progress((index + 1) / options.count, `${index + 1} of ${options.count}`);
  }
  const manifest = {
    model: model.name,
    modelSha256: model.sha256,
    engine: engine.name,
    size: sampler.size,
    samples,
  };
  await writeFile(join(dir, 'samples.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  output.result(
    { dir, ...manifest },
    `${options.count} samples of ${model.name} (seed ${options.seed}) in ${dir}`,
  );
}
