import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { CURVE_CSV, CURVE_JSON, CURVE_SVG, type QualityCurve } from '../../evaluation/curve/qualityCurve.ts';
import { panelsOf } from '../../evaluation/curve/panels.ts';
import { openHosts } from '../../services/comparison/hosts.ts';
import { phantomHost } from '../../services/evaluation/inserted/phantomHost.ts';
import { openEvaluationTools } from '../../services/evaluation/tools.ts';
import { drawQualityCurve } from '../../services/qualityCurve/qualityCurve.ts';
import type { CommandContext } from '../context.ts';
import { engineOption, integer } from '../options.ts';
import { table } from '../output.ts';
import { networkRoots, VERSION } from '../runtime.ts';

interface CurveOptions {
  readonly checkpoints: string;
  readonly real: string;
  readonly training: string;
  readonly out: string;
  readonly class: 'malignant' | 'all';
  readonly samples?: number;
  readonly most: number;
  readonly host?: string[];
  readonly spotting: boolean;
  readonly seed: number;
  readonly draws: number;
  readonly engine: EngineChoice;
}

export function registerCurve(program: Command, context: () => CommandContext): void {
  program
    .command('curve')
    .description(
      'how good a generator is after so many updates: samples and evaluates every kept checkpoint of a training, which may go on meanwhile; ' +
        `the same command goes on where it stopped, and takes in new checkpoints. Writes ${CURVE_JSON}, ${CURVE_CSV}, ${CURVE_SVG} and pictures`,
    )
    .requiredOption('--checkpoints <dir>', 'folder that nodulelab train writes to')
    .requiredOption('--real <dir>', 'a set of real patches that the generator was not trained on')
    .requiredOption('--training <dir>', 'the set that it is trained on')
    .requiredOption('--out <dir>', 'folder of the curve')
    .addOption(
      new Option('--class <class>', 'the nodules that the samples stand for')
        .choices(['malignant', 'all'])
        .default('all'),
    )
    .option(
      '--samples <number>',
      'of each checkpoint (default: as many as real nodules)',
      integer(1, 100_000),
    )
    .option(
      '--most <number>',
      'checkpoints at most, spread evenly, the newest among them',
      integer(1, 10_000),
      40,
    )
    .option(
      '--host <path...>',
      'CTs that nodules of a conditional generator are inserted into, to be measured there (default: a thorax phantom)',
    )
    .option('--no-spotting', 'leave out the classifier that spots synthetic nodules, which takes longest')
    .option('--seed <number>', 'the same seed gives the same figures', integer(0, 2 ** 31 - 1), 1)
    .option('--draws <number>', 'bootstrap draws behind each interval', integer(100, 100_000), 200)
    .addOption(engineOption())
    .action(async (options: CurveOptions) => run(context(), options));
}

async function run({ dataDir, output, signal }: CommandContext, options: CurveOptions): Promise<void> {
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  const { host, seed, draws, spotting, samples, most } = options;
  const hosts =
    host === undefined ? [phantomHost()] : await openHosts(host, { researchArchive: false }, signal);
  const tools = await openEvaluationTools(networkRoots(dataDir), engine);
  try {
    const outDir = resolve(options.out);
    const { curve, kept, gone } = await drawQualityCurve({
      ...{ checkpointsDir: resolve(options.checkpoints), realDir: resolve(options.real), samples, most },
      ...{ trainingDir: resolve(options.training), class: options.class, codeVersion: VERSION },
      setup: {
        ...{ outDir, tools, seed, draws, spotting, hosts, signal },
        now: () => performance.now(),
      },
      date: () => new Date(),
      onProgress: (share, message) => output.progress(share, message),
    });
    output.result({ dir: outDir, kept, gone, ...curve }, textOf(curve, outDir, gone));
  } finally {
    await tools.release();
  }
}

/** The last points: a terminal is narrow, and the whole stands in the files. */
const SHOWN = 12;

function textOf({ points, real }: QualityCurve, outDir: string, gone: readonly string[]): string {
  const shown = points.slice(-SHOWN);
  const panels = panelsOf(shown).filter(({ goal }) => goal !== null);
  const rows = shown.map(({ update, seconds, resolution }, at) => [
    String(update),
    `${(seconds / 3600).toFixed(1)} h`,
    `${resolution}³`,
    ...panels.map(({ lines, goal, title }) => {
      const values = lines.flatMap(({ values: own }) => own[at] ?? []);
      if (values.length === 0) return '';
      // The value that is furthest from its goal.
      const worst = title.startsWith('Precision') ? Math.min(...values) : Math.max(...values);
      const value = title === 'Diameter' ? (lines[0]!.values[at] ?? worst) : worst;
      const met = title.startsWith('Precision') ? value >= goal! : value <= goal!;
      return `${value.toFixed(2)}${met ? ' ✓' : ''}`;
    }),
  ]);
  return [
    `${points.length} ${points.length === 1 ? 'checkpoint' : 'checkpoints'} against ${real.count} held-out nodules; of several spaces and views the worst`,
    table(['updates', 'trained', 'edge', ...panels.map(({ title }) => title)], rows),
    ...(gone.length > 0 ? [`Removed by the training before their turn: ${gone.join(', ')}`] : []),
    ...[CURVE_SVG, CURVE_CSV, CURVE_JSON].map((name) => join(outDir, name)),
  ].join('\n');
}
