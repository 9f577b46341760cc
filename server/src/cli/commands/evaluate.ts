import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import type { EvaluationResult } from '../../evaluation/result.ts';
import { openHosts } from '../../services/comparison/hosts.ts';
import { evaluateSets } from '../../services/evaluation/evaluateSets.ts';
import { phantomHost } from '../../services/evaluation/inserted/phantomHost.ts';
import { openEvaluationTools } from '../../services/evaluation/tools.ts';
import type { CommandContext } from '../context.ts';
import { engineOption, integer } from '../options.ts';
import { table } from '../output.ts';
import { openModels, SHIPPED_MODELS, VERSION } from '../runtime.ts';

interface EvaluateOptions {
  readonly real: string;
  readonly synthetic: string;
  readonly training?: string;
  readonly model?: string;
  readonly host?: string[];
  readonly out: string;
  readonly seed: number;
  readonly draws: number;
  readonly engine: EngineChoice;
}

/** The report itself cannot be trusted: a control passed, or the classifier was not proved. */
const UNTRUSTWORTHY = 3;

export function registerEvaluate(program: Command, context: () => CommandContext): void {
  program
    .command('evaluate')
    .description(
      'hold synthetic nodules against real ones of patients that nobody trained on: distances with floor and interval, gates, controls, memorisation. ' +
        'Exit status 3: the report cannot be trusted, because a control passed all gates or the classifier that spots fakes was not proved',
    )
    .requiredOption('--real <dir>', 'a set of real patches that the generator was not trained on')
    .requiredOption(
      '--synthetic <dir>',
      'a set with synthetic patches: only those count (sample --like, balance)',
    )
    .option(
      '--training <dir>',
      "the generator's own training set (default: found in the data folder by its card)",
    )
    .option('--model <name>', 'the generator (default: found by the hash that the patches name)')
    .option(
      '--host <path...>',
      'CTs that nodules of a conditional generator are inserted into, to be measured there: folders of DICOM slices, or image files (default: a thorax phantom)',
    )
    .requiredOption(
      '--out <dir>',
      'folder for evaluation.json and report.html; an interrupted run goes on in it',
    )
    .option('--seed <number>', 'the same seed gives the same figures', integer(0, 2 ** 31 - 1), 1)
    .option('--draws <number>', 'bootstrap draws behind each interval', integer(100, 100_000), 1000)
    .addOption(engineOption())
    .action(async (options: EvaluateOptions) => run(context(), options));
}

async function run(
  { dataDir, output, signal, setStatus }: CommandContext,
  options: EvaluateOptions,
): Promise<void> {
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  const tools = await openEvaluationTools([join(dataDir, 'models'), SHIPPED_MODELS], engine);
  try {
    const { real, synthetic, training, model, seed, draws, host } = options;
    const hosts =
      host === undefined ? [phantomHost()] : await openHosts(host, { researchArchive: false }, signal);
    const { result, reportPath } = await evaluateSets({
      ...{ real, synthetic, training, model, dataDir, signal },
      models: openModels(dataDir, engine),
      setup: {
        ...{ outDir: resolve(options.out), tools, seed, draws, hosts, signal },
        now: () => performance.now(),
        onProgress: (fraction, message) => output.progress(fraction, message),
      },
      codeVersion: VERSION,
      command: commandOf(options),
      date: () => new Date(),
    });
    output.result({ ...result, report: reportPath }, textOf(result, reportPath));
    if (result.errors.length > 0) setStatus(UNTRUSTWORTHY);
  } finally {
    await tools.release();
  }
}

/** As it was asked for; what is set by default is said too, since defaults may change. */
const commandOf = ({ real, synthetic, training, model, host, seed, draws }: EvaluateOptions): string =>
  [
    `nodulelab evaluate --real ${real} --synthetic ${synthetic}`,
    ...(training === undefined ? [] : [`--training ${training}`]),
    ...(model === undefined ? [] : [`--model ${model}`]),
    ...(host === undefined ? [] : [`--host ${host.join(' ')}`]),
    `--out DIR --seed ${seed} --draws ${draws}`,
  ].join(' ');

const digits = (value: number): string => value.toFixed(2);

function textOf(result: EvaluationResult, reportPath: string): string {
  const positions = result.figures
    .filter(({ key }) => key.startsWith('position/'))
    .map(({ space, view, measured, n }) => [
      space ?? '',
      view ?? '',
      measured === null ? 'not computed' : digits(measured.value),
      measured === null
        ? ''
        : measured.interval === null
          ? 'none'
          : `${digits(measured.interval.low)} to ${digits(measured.interval.high)}`,
      measured === null ? '' : `N ${n.synthetic}`,
    ]);
  const why = (
    told: (figure: EvaluationResult['figures'][number]) => string | null | undefined,
  ): string[] => [
    ...new Set(
      result.figures.filter(({ key }) => key.startsWith('position/')).flatMap((one) => told(one) ?? []),
    ),
  ];
  // A line for each place: one line for all would be cut by most terminals.
  const gates = result.gates.flatMap(({ name, passed, found }) =>
    found
      .split('; ')
      .map((text, at) => [
        ...(at > 0 ? ['', ''] : [name, passed === null ? 'not judged' : passed ? 'passed' : 'FAILED']),
        text,
      ]),
  );
  const controls = result.controls.map(({ name, caughtBy, gates: own }) => [
    name,
    caughtBy.length > 0
      ? `caught by ${caughtBy.join(', ')}`
      : own.some(({ passed }) => passed !== null)
        ? 'PASSED ALL'
        : 'not tried: no gate could be computed',
  ]);
  return [
    `${result.synthetic.count} synthetic against ${result.real.count} real nodules; floor: ${result.floorOf}`,
    '',
    'Position P: 0 as real as real ones, 1 as bad as ellipsoids',
    table(['space', 'view', 'P', '95 %', ''], positions),
    ...why(({ noInterval }) => noInterval).flatMap((reason) => folded(`No interval: ${reason}`)),
    ...why(({ notComputed }) => notComputed).flatMap((reason) => folded(`Not computed: ${reason}`)),
    '',
    table(['gate', '', ''], gates),
    ...(controls.length > 0 ? ['', table(['control', ''], controls)] : []),
    ...listed('Errors of the report', result.errors),
    ...listed('Notes', result.warnings),
    '',
    `Report: ${reportPath}`,
  ].join('\n');
}

const WIDTH = 100;

/** In lines of at most so many letters, the first by two and the others by four letters to the right. */
function folded(text: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

const listed = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.flatMap((line) => folded(line))];
