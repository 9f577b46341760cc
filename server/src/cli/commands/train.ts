import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { openTrainingSet } from '../../gan/trainingSet.ts';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import type { ProgressEvent, TrainingEvent } from '../../gan/events.ts';
import type { Limits } from '../../gan/limits.ts';
import {
  AUGMENTATION_NAMES,
  changedPreset,
  PRESETS,
  presetNamed,
  type Preset,
  type PresetChanges,
} from '../../gan/presets.ts';
import { REPORT_FILE } from '../../gan/report/recorder.ts';
import { train } from '../../gan/train.ts';
import type { Times } from '../../nn/runningTimes.ts';
import type { CommandContext } from '../context.ts';
import { between, engineOption, integer, positive, UsageError } from '../options.ts';
import type { Output } from '../output.ts';
import { VERSION } from '../runtime.ts';
import { beginningOptions, openBeginning, stageUpdates, type BeginningOptions } from './trainBeginning.ts';

interface TrainOptions extends PresetChanges, BeginningOptions {
  readonly dataset: string;
  readonly preset: string;
  readonly widthDivisor: number;
  readonly seed: number;
  readonly stageUpdates?: number[];
  readonly updates?: number;
  readonly minutes?: number;
  readonly epochs?: number;
  readonly engine: EngineChoice;
  readonly threads?: number;
  readonly dataThreads?: number;
  readonly events: boolean;
}

export function registerTrain(program: Command, context: () => CommandContext): void {
  const command = program
    .command('train')
    .description(
      'train the WGAN-GP. An epoch shows the critic the whole set once; a generator update is n_critic critic steps and one generator step',
    )
    .requiredOption('--dataset <dir>', 'patches made by nodulelab dataset build')
    .addOption(
      new Option('--preset <name>', 'architecture and schedule')
        .choices(Object.keys(PRESETS))
        .default('seed-64'),
    )
    .option('--width-divisor <number>', 'divide all channel counts', integer(1, 64), 1)
    .option('--batch-size <number>', 'patches of a batch; by default as the preset says', integer(1, 4096))
    .addOption(
      new Option('--augmentation <name>', 'how patches are varied; by default as the preset says').choices(
        AUGMENTATION_NAMES,
      ),
    )
    .option(
      '--adaptive <target>',
      'hold a tenth of the patches back and steer how often the critic sees varied images by how far it overfits: ' +
        '0 where held-back patches score as trained ones, 1 as generated ones',
      between(0.01, 0.99),
    )
    .requiredOption('--out <dir>', 'folder for checkpoints')
    .option('--seed <number>', 'seed of weights, latents and order', integer(0, 2 ** 31 - 1), 1)
    .option('--no-resume', 'refuse a folder with checkpoints instead of going on from the newest')
    .option(
      '--stage-updates <numbers>',
      'end the stages after so many updates each, as 1500,2000,20000; by default as the preset says',
      stageUpdates,
    )
    .option('--updates <number>', 'end after this many generator updates in all', integer(1))
    .option('--minutes <number>', 'end after this many minutes in all', positive)
    .option('--epochs <number>', 'end after this many epochs of the current stage', positive)
    .addOption(engineOption())
    .option('--threads <number>', 'threads of the engine; one per core by default', integer(1, 256))
    .option(
      '--data-threads <number>',
      'threads that make batches; one per four cores by default',
      integer(1, 64),
    )
    .option('--events', 'one JSON event a line on stdout', false);
  beginningOptions(command).action(async (options: TrainOptions) => run(context(), options));
}

async function run(context: CommandContext, options: TrainOptions): Promise<void> {
  const { output, signal } = context;
  const preset = changedPreset(presetNamed(options.preset, options.widthDivisor), options);
  const limits = limitsOf(options, preset);
  const dataset = await openTrainingSet(resolve(options.dataset));
  const { threads, dataThreads } = options;
  const tellAll = (event: TrainingEvent): void =>
    options.events ? void process.stdout.write(`${JSON.stringify(event)}\n`) : tell(output, event);
  try {
    const from = await openBeginning(context, options, dataset);
    const { engine, reason } = await openEngine(options.engine, threads === undefined ? {} : { threads });
    tellAll({ type: 'engine', name: engine.name, reason });
    const result = await train({
      ...{ preset, dataset, limits },
      ...(from === undefined ? {} : { from }),
      outDir: resolve(options.out),
      seed: options.seed,
      engine,
      engineReason: reason,
      codeVersion: VERSION,
      resume: options.resume,
      ...(dataThreads === undefined ? {} : { dataThreads }),
      clock: () => performance.now(),
      signal,
      onProgress: tellAll,
    });
    if (options.events) return;
    const { file, folder } = result.checkpoint;
    const { update, seconds } = result.state.counters;
    const checkpoint = resolve(folder, file);
    const report = resolve(folder, REPORT_FILE);
    output.result(
      {
        ...{ reason: result.reason, updates: update, seconds, checkpoint, report },
        ...{ engine: engine.name, engineReason: reason, ...result.times },
      },
      [
        `${update} generator updates in ${(seconds / 60).toFixed(1)} min (${result.reason}) on ${engine.name}: ${reason}`,
        ...(result.times === null ? [] : [timesOf(result.times)]),
        `Checkpoint ${checkpoint}`,
        `Curves and samples ${report}`,
        `Make a model of it: nodulelab export --checkpoints ${folder} --dataset ${options.dataset} --name NAME --description TEXT`,
      ].join('\n'),
    );
  } finally {
    await dataset.close();
  }
}

function limitsOf({ updates, minutes, epochs, stageUpdates: byStage }: TrainOptions, preset: Preset): Limits {
  if (byStage !== undefined && byStage.length !== preset.stages.length)
    throw new UsageError(
      `--stage-updates takes one number for each stage of ${preset.name}, and it has ${preset.stages.length}: ` +
        `${preset.stages.map(({ resolution }) => `${resolution}³`).join(', ')}.`,
    );
  return {
    ...(updates === undefined ? {} : { maxUpdates: updates }),
    ...(minutes === undefined ? {} : { maxMinutes: minutes }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(byStage === undefined ? {} : { stages: byStage.map((maxUpdates) => ({ maxUpdates })) }),
  };
}

function tell(output: Output, event: TrainingEvent): void {
  switch (event.type) {
    case 'engine':
      output.note(`Engine ${event.name}: ${event.reason}`);
      break;
    case 'stage':
      output.note(
        `Stage ${event.stage + 1}: ${event.resolution}³, ${event.batchesPerEpoch} batches an epoch${event.resumedFrom === null ? '' : `, resumed at update ${event.update}`}`,
      );
      break;
    case 'progress':
      output.progress(fractionOf(event), lineOf(event));
      break;
    case 'warning':
      output.note(`Warning at update ${event.update}: ${event.message}`);
      break;
    case 'checkpoint':
      output.note(`Checkpoint at update ${event.update}: ${event.sha256.slice(0, 12)}`);
      break;
    case 'finished':
      break;
    default:
      event satisfies never;
  }
}

const timesOf = ({ secondsPerUpdate, dataWaitShare }: Times): string =>
  `${secondsPerUpdate.toPrecision(3)} s/update, waiting for data ${(100 * dataWaitShare).toFixed(1)}% of the time`;

/** How far the stage is, from the time that it has left; unknown is shown as nothing done. */
function fractionOf({ secondsLeft, secondsPerUpdate, update }: ProgressEvent): number {
  if (secondsLeft === null) return 0;
  const left = secondsLeft / Math.max(secondsPerUpdate, 1e-9);
  return Math.min(0.999, update / (update + left));
}

function lineOf(event: ProgressEvent): string {
  const left = event.secondsLeft === null ? '' : `, ${duration(event.secondsLeft)} left`;
  const varied = event.augmentation === undefined ? '' : ` varied ${(100 * event.augmentation).toFixed(0)}%`;
  return (
    `${event.resolution}³ epoch ${event.epoch.toFixed(1)} update ${event.update}: ` +
    `critic ${event.criticLoss.toFixed(3)} W ${event.wasserstein.toFixed(3)} |∇| ${event.gradientNorm.toFixed(3)}${varied}, ` +
    `${event.secondsPerUpdate.toPrecision(3)} s/update, waiting for data ${(event.dataWaitShare * 100).toFixed(1)}%${left}`
  );
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
