import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { openBalanceModel } from '../../services/balance/balanceModel.ts';
import { balanceSet } from '../../services/balance/balanceSet.ts';
import { beforeAndAfter, beforeAndAfterText, type Ratio } from '../../services/balance/ratio.ts';
import type { WantedConditions } from '../../gan/support.ts';
import { conditionOption } from '../conditionOption.ts';
import type { CommandContext } from '../context.ts';
import { engineOption, integer } from '../options.ts';
import { openModels } from '../runtime.ts';

interface BalanceOptions {
  readonly set: string;
  readonly to: Ratio;
  readonly model?: string;
  readonly seed: number;
  readonly engine: EngineChoice;
  readonly condition?: WantedConditions;
  readonly unlocked: boolean;
  readonly out: string;
}

export function registerBalance(program: Command, context: () => CommandContext): void {
  program
    .command('balance')
    .description('fill up the malignant class of a set of patches with synthetic nodules')
    .requiredOption('--set <dir>', 'patches of both classes, training fold (dataset build --class all)')
    .option('--to <ratio>', 'malignant to benign', ratio, [1, 1] as const)
    .option('--model <name>', 'a model under models/')
    .option('--seed <number>', 'the same seed gives the same set', integer(0, 2 ** 31 - 1), 1)
    .addOption(conditionOption('the others are those of the real nodule that each stands for'))
    .addOption(engineOption())
    .option('--unlocked', 'vouch for a model whose card does not say on which split it was trained', false)
    .requiredOption('--out <dir>', 'new folder for the balanced set')
    .action(async (options: BalanceOptions) => run(context(), options));
}

function ratio(text: string): Ratio {
  const [malignant, benign, ...rest] = text.split(':').map(Number);
  const usable = (side: number | undefined): side is number => side !== undefined && side > 0 && side <= 1e6;
  if (!usable(malignant) || !usable(benign) || rest.length > 0)
    throw new InvalidArgumentError('two numbers above 0, for example 1:1');
  return [malignant, benign];
}

async function run({ dataDir, output, signal }: CommandContext, options: BalanceOptions): Promise<void> {
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  const model = await openBalanceModel(openModels(dataDir, engine), options.model);
  const outDir = resolve(options.out);
  const { balance, patches, ...summary } = await balanceSet(model, {
    setDir: resolve(options.set),
    outDir,
    ratio: options.to,
    seed: options.seed,
    wanted: options.condition,
    unlocked: options.unlocked,
    signal,
    onProgress: (done, total) => output.progress(done / total, `nodule ${done} of ${total}`),
  });
  const counts = beforeAndAfter(balance!);
  output.result(
    { outDir, ...counts, ...summary, balance },
    [
      beforeAndAfterText(counts),
      '',
      `${patches.length} patches in ${outDir}`,
      `Model ${balance!.model.name} (${balance!.model.sha256.slice(0, 12)}), seed ${balance!.seed}: ${lockText(balance!.lock)}`,
      `Left behind: ${balance!.indeterminateLeftOut} indeterminate`,
    ].join('\n'),
  );
}

const lockText = (lock: 'same split' | 'same rule' | 'unlocked'): string =>
  lock === 'unlocked'
    ? 'its split is unknown, and you vouched for it'
    : `trained on the training fold of the ${lock === 'same split' ? 'same split' : 'same rule of splitting'}`;
