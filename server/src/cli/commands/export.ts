import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { readManifest } from '../../dataset/patchFile.ts';
import { exportModel } from '../../gan/model.ts';
import { trainedOn } from '../../gan/modelCard.ts';
import { type CheckpointInfo, listCheckpoints } from '../../nn/checkpoint.ts';
import { newestGoodCheckpoint } from '../../nn/trainingState.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { integer, UsageError } from '../options.ts';
import { VERSION } from '../runtime.ts';
import { chooseModel } from './modelChoice.ts';

interface ExportOptions {
  readonly checkpoints: string;
  readonly dataset?: string;
  readonly name: string;
  readonly description: string;
  readonly license: string;
  readonly fault: string[];
  readonly type: 'F16' | 'F32';
  readonly state: boolean;
  readonly update?: number;
  readonly use: boolean;
  readonly out?: string;
}

export function registerExport(program: Command, context: () => CommandContext): void {
  program
    .command('export')
    .description('make a model of a checkpoint: the averaged generator and its card')
    .requiredOption('--checkpoints <dir>', 'folder that nodulelab train wrote to')
    .requiredOption('--name <name>', 'name of the model')
    .requiredOption('--description <text>', 'what it was trained on')
    .option('--dataset <dir>', 'the patches that it was trained on; their hashes go into the card')
    .option('--license <text>', 'terms of the training data', 'not stated')
    .option('--fault <text...>', 'known faults, one sentence each', [])
    .addOption(new Option('--type <type>', 'precision of the weights').choices(['F16', 'F32']).default('F16'))
    .option(
      '--state',
      "put the training's state beside the model, so that others can train on (train --continue, --from)",
      false,
    )
    .option('--update <number>', 'of the checkpoint; the newest good one by default', integer(0, 1e12))
    .option('--use', 'prefer it from now on, as nodulelab model use does', false)
    .option('--out <dir>', 'folder of the model; <data>/models/<name> by default')
    .action(async (options: ExportOptions) => run(context(), options));
}

async function run({ output, dataDir }: CommandContext, options: ExportOptions): Promise<void> {
  const checkpoints = resolve(options.checkpoints);
  const source = await checkpointIn(checkpoints, options.update);
  if (options.use && options.out !== undefined)
    throw new UsageError('--use is for a model among the others: leave --out out');
  const manifest = options.dataset === undefined ? undefined : await readManifest(resolve(options.dataset));
  const folder = resolve(options.out ?? resolve(dataDir, 'models', options.name));
  const card = await exportModel(
    source,
    folder,
    {
      name: options.name,
      data: options.description,
      ...trainedOn(manifest),
      codeVersion: VERSION,
      license: options.license,
      faults: options.fault,
    },
    options.type,
    { state: options.state },
  );
  if (options.use) await chooseModel(dataDir, options.name);
  output.result(
    { folder, ...card },
    `${card.name}: ${card.training.resolution}³ after ${card.training.updates} generator updates, weights ${card.weights.sha256.slice(0, 12)} in ${folder}`,
  );
}

/** @param update the newest good one where absent */
async function checkpointIn(dir: string, update: number | undefined): Promise<CheckpointInfo> {
  if (update === undefined) {
    const newest = await newestGoodCheckpoint(dir);
    if (newest !== undefined) return newest;
    throw new NoduleLabError('not-found', `There is no checkpoint in ${dir}: train first.`, { dir });
  }
  const kept = await listCheckpoints(dir);
  const found = kept.findLast((one) => one.update === update);
  if (found !== undefined) return found;
  throw new NoduleLabError(
    'not-found',
    `${dir} keeps no checkpoint of update ${update}; it keeps: ${kept.map((one) => one.update).join(', ') || 'none'}.`,
    { dir, update },
  );
}
