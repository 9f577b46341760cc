/** `nodulelab reading power` and `reading create`: before the first answer. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { NEGLIGIBLE } from '../../reading/matching.ts';
import { POOL_COLUMNS } from '../../reading/poolTable.ts';
import { casesNeeded, type Plan, powerOf, USUAL_PLAN } from '../../reading/power.ts';
import { REPEATS } from '../../reading/schedule.ts';
import { type Study, USUAL_REPEATS } from '../../reading/study.ts';
import { createStudyFolder, STUDY_FILE } from '../../services/reading/studyFolder.ts';
import type { CommandContext } from '../context.ts';
import { between, integer } from '../options.ts';
import { table } from '../output.ts';

type PlanOptions = Omit<Plan, 'readers'>;

interface CreateOptions extends PlanOptions {
  readonly real: string;
  readonly synthetic: string;
  readonly readers: string[];
  readonly out: string;
  readonly title: string;
  readonly seed: number;
  readonly cases?: number;
  readonly repeats: number;
}

export function registerReadingPlan(reading: Command, context: () => CommandContext): void {
  withPlan(
    reading
      .command('power')
      .description('how many cases show that readers cannot tell real from synthetic')
      .option('--readers <n>', 'who read every case', integer(2, 1000), USUAL_PLAN.readers),
  ).action((plan: Plan) => {
    const cases = casesNeeded(plan);
    const reached = powerOf(plan, cases);
    context().output.result({ ...plan, cases, reached }, powerInWords(plan, cases, reached));
  });
  withPlan(
    reading
      .command('create')
      .description('a study: matched cases, an order for each reader, locked before the first answer')
      .requiredOption('--real <csv>', `pool of real cases: ${POOL_COLUMNS.join(', ')}`)
      .requiredOption('--synthetic <csv>', 'pool of synthetic cases, the same columns')
      .requiredOption('--readers <name...>', 'who will read')
      .requiredOption(
        '--out <dir>',
        `new folder: ${STUDY_FILE} (with the truth), order-READER.csv (codes only)`,
      )
      .option('--title <text>', 'of the study', 'Real or synthetic: a reading')
      .option('--seed <n>', 'of every draw', integer(0, 2 ** 31 - 1), 1)
      .option(
        '--cases <n>',
        'real and synthetic together; as many as are needed without it',
        integer(10, 10_000),
      )
      .option(
        '--repeats <share>',
        'of the cases, shown again',
        between(REPEATS.least, REPEATS.most),
        USUAL_REPEATS,
      ),
  ).action(async ({ readers, repeats, real, synthetic, out, title, seed, cases, ...plan }: CreateOptions) => {
    const study = await createStudyFolder({
      ...{ real, synthetic, out, title, seed, readers, repeatShare: repeats },
      ...(cases === undefined ? {} : { cases }),
      plan: { ...plan, readers: readers.length },
    });
    context().output.result({ ...study }, studyInWords(study, out));
  });
}

const withPlan = (command: Command): Command =>
  command
    .option(
      '--margin <share>',
      'accuracy within 0.5 ± this counts as guessing',
      between(0.001, 0.499),
      USUAL_PLAN.margin,
    )
    .option('--alpha <p>', 'of each of the two one-sided tests', between(0.0001, 0.499), USUAL_PLAN.alpha)
    .option('--power <p>', 'wanted chance to show it', between(0.01, 0.999), USUAL_PLAN.power)
    .option('--accuracy <share>', 'true accuracy that is planned for', between(0, 1), USUAL_PLAN.accuracy)
    .option('--reader-sd <share>', "spread of readers' true accuracies", between(0, 0.5), USUAL_PLAN.readerSd)
    .option(
      '--case-correlation <r>',
      'of two readers being right about the same case',
      between(0, 0.99),
      USUAL_PLAN.caseCorrelation,
    );

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const powerInWords = (plan: Plan, cases: number, reached: number): string =>
  `${cases} cases, about half of them synthetic, read by ${plan.readers} readers each: a chance of ${percent(reached)} to show an ` +
  `accuracy within 0.5 ± ${plan.margin} (two one-sided tests at ${plan.alpha}), if the true accuracy is ${plan.accuracy}, readers ` +
  `spread by ${plan.readerSd} and their answers to a case correlate by ${plan.caseCorrelation}.`;

function studyInWords({ cases, balance, plan, readers, sha256 }: Study, out: string): string {
  const shown = cases.filter(({ training }) => !training).length;
  const { diameterMm, texture, sliceThicknessMm } = balance.differences;
  return [
    `${shown} cases and ${cases.length - shown} for training, for ${readers.join(', ')}.`,
    plan.casesNeeded === null
      ? `No number of cases gives ${plan.readers} readers a chance of ${percent(plan.power)} to show equivalence within ${plan.margin}.`
      : powerInWords(plan, plan.casesNeeded, powerOf(plan, plan.casesNeeded)),
    ...(shown === plan.casesNeeded ? [] : [`With ${shown} cases the chance is ${percent(plan.reached)}.`]),
    table(
      ['standardised difference', `below ${NEGLIGIBLE}`],
      [
        ['diameter', diameterMm.toFixed(3)],
        ['texture', texture.toFixed(3)],
        ['slice thickness', sliceThicknessMm.toFixed(3)],
        ['kernels, largest', balance.kernels.toFixed(3)],
      ],
    ),
    `Locked: ${sha256}`,
    `Keep ${join(out, STUDY_FILE)} to yourself: it holds the truth. Each reader gets order-READER.csv.`,
  ].join('\n');
}
