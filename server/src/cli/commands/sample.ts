import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { openBalanceModel } from '../../services/balance/balanceModel.ts';
import { sampleLike } from '../../services/balance/sampleLike.ts';
import { sampleSet } from '../../services/patchFiles/sampleSet.ts';
import type { WantedConditions } from '../../gan/support.ts';
import { conditionOption, conditionsText } from '../conditionOption.ts';
import type { CommandContext } from '../context.ts';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { engineOption, integer, UsageError } from '../options.ts';
import { openModels, VERSION } from '../runtime.ts';

interface SampleOptions {
  readonly model?: string;
  readonly seed: number;
  readonly count: number;
  readonly engine: EngineChoice;
  readonly condition?: WantedConditions;
  readonly alpha: boolean;
  readonly pictures?: boolean;
  readonly out: string;
  readonly like?: string;
  readonly class?: 'malignant' | 'benign' | 'all';
  readonly unlocked?: boolean;
}

/** Of more samples than this nobody looks at each. */
const PICTURES_UP_TO = 100;

export function registerSample(program: Command, context: () => CommandContext): void {
  program
    .command('sample')
    .description(
      'sample nodules: nodule_0000.npy … (float32 in [0, 1], z slowest) and samples.json with the origin of each; or, ' +
        'with --like, a set of patches cut like a real set, which can be evaluated against it',
    )
    .option('--model <name>', 'a model under models/')
    .option('--seed <number>', 'the same seed gives the same samples', integer(0, 2 ** 31 - 1), 1)
    .option('--count <number>', 'how many', integer(1, 100_000), 8)
    .addOption(conditionOption())
    .option(
      '--alpha',
      'beside each sample how far each voxel belongs to the nodule: nodule_0000_alpha.npy …',
      false,
    )
    .addOption(engineOption())
    .option('--pictures', `a PNG beside each sample (the default for up to ${PICTURES_UP_TO})`)
    .option('--no-pictures', 'no PNGs')
    .option(
      '--like <dir>',
      'a set of real patches: the samples get sizes drawn from its nodules and lie on its ground, as a set of their own',
    )
    .addOption(
      new Option('--class <class>', 'with --like: the nodules that the samples stand for').choices([
        'malignant',
        'benign',
        'all',
      ]),
    )
    .option('--unlocked', "with --like: vouch for what the model's card does not say (its split, its field)")
    .requiredOption(
      '--out <dir>',
      'folder for the samples; an interrupted run goes on in it (with --like: a new one)',
    )
    .action(async (options: SampleOptions) => run(context(), options));
}

async function run(context: CommandContext, options: SampleOptions): Promise<void> {
  if (options.like !== undefined) return runLike(context, options, resolve(options.like));
  if (options.class !== undefined || options.unlocked !== undefined)
    throw new UsageError('--class and --unlocked go with --like');
  const { dataDir, output, signal } = context;
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  const { model, sampler } = await openModels(dataDir, engine).load(options.model);
  const { seed, count } = options;
  const outDir = resolve(options.out);
  const { manifest, kept } = await sampleSet(
    {
      ...{ outDir, sampler, seed, count, signal, engine: engine.name, modelName: model.name },
      ...{ wanted: options.condition ?? {}, alpha: options.alpha },
      pictures: options.pictures ?? count <= PICTURES_UP_TO,
      codeVersion: VERSION,
      now: () => performance.now(),
    },
    (fraction, message) => output.progress(fraction, message),
  );
  output.result(
    { dir: outDir, kept, ...manifest },
    `${count} samples of ${model.name} (seed ${seed}${wishText(options)}) in ${outDir}${kept > 0 ? `, ${kept} of them from before` : ''}`,
  );
}

const wishText = ({ condition = {} }: SampleOptions): string => {
  const text = conditionsText(condition);
  return text === '' ? '' : `; asked for ${text}`;
};

async function runLike(
  { dataDir, output, signal }: CommandContext,
  options: SampleOptions,
  likeDir: string,
): Promise<void> {
  if (options.alpha)
    throw new UsageError(
      '--alpha does not go with --like: the new set has the channels of the set that it is like',
    );
  if (options.pictures !== undefined)
    throw new UsageError('--pictures does not go with --like: use nodulelab dataset sheet on the new set');
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  const model = await openBalanceModel(openModels(dataDir, engine), options.model);
  const outDir = resolve(options.out);
  const { seed, count, unlocked = false } = options;
  const manifest = await sampleLike(model, {
    ...{ likeDir, outDir, count, seed, unlocked, signal },
    class: options.class ?? 'malignant',
    wanted: options.condition,
    onProgress: (done, total) => output.progress(done / total, `${done} of ${total}`),
  });
  const { leftOut, sampled, cancerRule, patchesSha256 } = manifest;
  output.result(
    { dir: outDir, count, patchesSha256, classes: cancerRule.countsInSet, leftOut, sampled },
    [
      `${count} samples of ${model.card.name} (seed ${seed}${wishText(options)}) as a set like ${likeDir}: ${outDir}`,
      ...(leftOut.length > 0 ? [`Left out: ${leftOut.length} that show no nodule`] : []),
    ].join('\n'),
  );
}
