/** `nodulelab compare`: our nodules, ellipsoids, cut-and-mix and real ones at the same places of the same hosts. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { onnxCpuEngine } from '../../engine/onnxCpu.ts';
import { openDetector } from '../../networks/detector.ts';
import { shippedNetworkFolder } from '../../networks/shipped.ts';
import { openBalanceModel } from '../../services/balance/balanceModel.ts';
import { ARM_TEXT, ARMS } from '../../services/comparison/arms.ts';
import { compare } from '../../services/comparison/compare.ts';
import { COMPARISON_PAGE } from '../../services/comparison/comparisonPage.ts';
import type { Comparison } from '../../services/comparison/comparisonResult.ts';
import { cellText, tableOf } from '../../services/comparison/comparisonTable.ts';
import { openEvaluationTools } from '../../services/evaluation/tools.ts';
import type { CommandContext } from '../context.ts';
import { integer, UsageError } from '../options.ts';
import { table } from '../output.ts';
import { networkRoots, openModels, VERSION } from '../runtime.ts';

interface CompareFlags {
  readonly hosts: string[];
  readonly real: string;
  readonly training?: string;
  readonly vois?: string;
  readonly xml?: string;
  readonly model?: string;
  readonly places: number;
  readonly seed: number;
  readonly draws: number;
  readonly out: string;
  readonly researchArchive: boolean;
  readonly unlocked: boolean;
}

export function registerCompare(program: Command, context: () => CommandContext): void {
  program
    .command('compare')
    .description(
      'put four kinds of lesion (ours, ellipsoids, cut-and-mix, real) at the same places and measure them side by side; the same command goes on after a break',
    )
    .requiredOption(
      '--hosts <path...>',
      'folders with the DICOM slices of host CTs, or image files (.nii, .mhd)',
    )
    .requiredOption(
      '--real <dir>',
      'real nodules of held-out patients (dataset build --form isolated --fold test)',
    )
    .requiredOption('--out <dir>', 'new folder for the report, or that of the broken run')
    .option(
      '--training <dir>',
      'the set that the generator learned from: refused where it shares patients with --real',
    )
    .option(
      '--vois <dir>',
      'the cut-outs that --real was built from: cut-and-mix then pastes real surroundings',
    )
    .option('--xml <dir>', 'with --vois: the LIDC XML that --real was built with')
    .option('--model <name>', 'the generator; without it the preferred one')
    .option('--places <number>', 'places in each host', integer(1, 200), 10)
    .option('--seed <number>', 'chooses places, nodules and samples', integer(0, 2 ** 31 - 1), 1)
    .option('--draws <number>', 'of the bootstrap', integer(100, 100_000), 1000)
    .option(
      '--research-archive',
      'the hosts are research data: Patient Identity Removed = YES is not required',
      false,
    )
    .option('--unlocked', 'vouch for a generator of which nobody knows whom it was trained on', false)
    .action(async (flags: CompareFlags) => run(context(), flags));
}

async function run({ dataDir, output, signal }: CommandContext, flags: CompareFlags): Promise<void> {
  if (flags.xml !== undefined && flags.vois === undefined)
    throw new UsageError('--xml goes with --vois only');
  const outDir = resolve(flags.out);
  const engine = onnxCpuEngine();
  const roots = networkRoots(dataDir);
  const model = await openBalanceModel(openModels(dataDir, engine), flags.model);
  const detectorFolder = shippedNetworkFolder('detector', roots);
  const detector = detectorFolder === undefined ? null : await openDetector(detectorFolder, engine);
  const tools = await openEvaluationTools(roots, engine);
  try {
    const comparison = await compare({
      hostPaths: flags.hosts.map((path) => resolve(path)),
      realDir: resolve(flags.real),
      vois:
        flags.vois === undefined
          ? undefined
          : { dir: resolve(flags.vois), xml: flags.xml === undefined ? undefined : resolve(flags.xml) },
      trainingDir: flags.training === undefined ? undefined : resolve(flags.training),
      ...{ model, detector, tools, outDir, signal },
      placesPerHost: flags.places,
      ...{ seed: flags.seed, draws: flags.draws, unlocked: flags.unlocked },
      researchArchive: flags.researchArchive,
      codeVersion: VERSION,
      now: () => new Date(),
      onProgress: (fraction, message) => output.progress(fraction, message),
    });
    output.result({ outDir, ...comparison }, summary(comparison, join(outDir, COMPARISON_PAGE)));
  } finally {
    await detector?.release();
    await tools.release();
  }
}

function summary(comparison: Comparison, page: string): string {
  const rows = tableOf(comparison);
  const { places, hosts, warnings, findings } = comparison;
  return [
    `${places.length} places in ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}, the same for all kinds of lesion`,
    table(
      ['measure', ...ARMS.map((arm) => ARM_TEXT[arm].title.toLowerCase()), 'better'],
      rows.map(({ title, unit, cells, better, notComputed }) => [
        unit === '' ? title : `${title} (${unit})`,
        ...ARMS.map((arm) => (notComputed === null ? cellText(cells[arm]) : 'not computed')),
        better,
      ]),
    ),
    ...findings,
    ...warnings.map((warning) => `Note: ${warning}`),
    `Report with pictures of every place: ${page}`,
  ].join('\n');
}
