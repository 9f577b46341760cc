/** `nodulelab classify`: what synthetic nodules do for a classifier, against the baselines that unmask easy wins. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { EngineChoice } from '../../engine/registry.ts';
import {
  CLASSIFICATION_REPORT,
  type ArmFigures,
  type ClassificationResult,
  type DesignResult,
} from '../../evaluation/classification/result.ts';
import { openBalanceModel } from '../../services/balance/balanceModel.ts';
import { classify } from '../../services/classification/classify.ts';
import { needsGenerator, readProtocol } from '../../services/classification/protocol.ts';
import type { CommandContext } from '../context.ts';
import { engineOption, integer } from '../options.ts';
import { table } from '../output.ts';
import { openModels, VERSION } from '../runtime.ts';
import { withSource, withSourceOptions, type SourceFlags } from './datasetSource.ts';

interface ClassifyFlags extends SourceFlags {
  readonly protocol: string;
  readonly model?: string;
  readonly out: string;
  readonly workers: number;
  readonly engine: EngineChoice;
  readonly reportOnly: boolean;
  readonly unlocked: boolean;
}

export function registerClassify(program: Command, context: () => CommandContext): void {
  const command = program
    .command('classify')
    .description(
      'train classifiers of benign against malignant with and without synthetic nodules and hold them against each other on real patients; the same command goes on after a break',
    );
  withSourceOptions(command)
    .option(
      '--protocol <name|file>',
      'quick, full, or a JSON file like server/protocols/classify-full.json',
      'full',
    )
    .option('--model <name>', 'the generator; without it the preferred one')
    .option(
      '--workers <number>',
      'trainings side by side, one thread each; one for each core by default',
      integer(1, 256),
      availableParallelism(),
    )
    .addOption(engineOption())
    .option('--report-only', 'only figures and report of the trainings that are done', false)
    .option('--unlocked', 'vouch for a generator of which nobody knows whom it was trained on', false)
    .requiredOption('--out <dir>', 'new folder for all that is made, or that of the broken run')
    .action(async (flags: ClassifyFlags) => run(context(), flags));
}

async function run(context: CommandContext, flags: ClassifyFlags): Promise<void> {
  const { dataDir, output, signal } = context;
  const protocol = await readProtocol(flags.protocol);
  const asked = Object.values(protocol.designs).some((arms) => arms.some(needsGenerator));
  if (!asked && flags.model !== undefined)
    output.note(`No arm of the protocol ${protocol.name} needs a generator: ${flags.model} is not used.`);
  const model = asked ? await openBalanceModel(openModels(dataDir), flags.model) : null;
  const outDir = resolve(flags.out);
  const result = await withSource(flags, context, (source) =>
    classify({
      ...{ protocol, source, model, outDir, signal },
      ...{ workers: flags.workers, engine: flags.engine },
      ...{ reportOnly: flags.reportOnly, unlocked: flags.unlocked },
      codeVersion: VERSION,
      now: () => new Date(),
      onProgress: (fraction, message) => output.progress(fraction, message),
    }),
  );
  output.result({ outDir, ...result }, summary(result, join(outDir, CLASSIFICATION_REPORT)));
}

function summary(result: ClassificationResult, report: string): string {
  const { trainings, computeHours, rules, designs, notes, errors } = result;
  return [
    `${trainings.done} of ${trainings.total} trainings, ${computeHours.toFixed(1)} h of one thread`,
    ...rules.map(({ rule, text }) => `Rule ${rule}: ${text}`),
    ...(designs.length === 0 ? ['No seed of any design is done yet: there are no figures.'] : []),
    ...designs.flatMap((design) => ['', designTitle(design), armTable(design), ...contrastLines(design)]),
    '',
    ...errors.map((error) => `NOT TO BE RELIED ON: ${error}`),
    ...notes.map((note) => `Note: ${note}`),
    `Report with figures: ${report}`,
  ].join('\n');
}

const designTitle = ({ rule, name, patients, nodules, seeds, folds }: DesignResult): string =>
  `${rule} rule, ${name}: ${nodules.malignant} malignant and ${nodules.benign} benign nodules of ${patients} patients, ${seeds.length} seeds × ${folds} folds`;

const armTable = ({ arms }: DesignResult): string =>
  table(
    ['arm', 'AUC', 'sensitivity', 'specificity', 'over diameter + texture', 'over real only', 'p'],
    arms.map((arm) => [
      arm.title,
      interval(arm.auc.mean),
      arm.sensitivity.value.toFixed(3),
      arm.specificity.value.toFixed(3),
      gain(arm.overDiameterTexture),
      gain(arm.overReal),
      decisive(arm.overReal)?.toFixed(3) ?? '',
    ]),
  );

/** Of one test alone there is nothing to correct. */
const decisive = (difference: ArmFigures['overReal']): number | null =>
  difference === null ? null : (difference.corrected ?? difference.p);

const contrastLines = ({ arms, contrasts }: DesignResult): string[] => {
  const title = (name: string): string => arms.find((arm) => arm.name === name)?.title ?? name;
  return contrasts.map(
    ({ arm, against, difference }) =>
      `${title(arm)} over ${title(against)}: ${gain(difference)}, corrected p ${decisive(difference)?.toFixed(3) ?? 'unknown'}`,
  );
};

const interval = ({ value, interval: found }: ArmFigures['auc']['mean']): string =>
  found === null
    ? value.toFixed(3)
    : `${value.toFixed(3)} [${found.low.toFixed(3)}, ${found.high.toFixed(3)}]`;

const gain = (difference: ArmFigures['overReal']): string => {
  if (difference === null) return '';
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
  const { value, interval: found } = difference;
  return found === null ? signed(value) : `${signed(value)} [${signed(found.low)}, ${signed(found.high)}]`;
};
