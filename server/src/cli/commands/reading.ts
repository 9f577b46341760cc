/** `nodulelab reading`: blinded readings, real or synthetic, from the plan to the page of figures. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { type ReadingAnalysis, USUAL_ANALYSIS } from '../../reading/analysis.ts';
import type { MeanOverReaders } from '../../reading/obuchowskiRockette.ts';
import { writeAtomically } from '../../nn/artefactFile.ts';
import { firstStudy, simulateStudies, type SimulationResult } from '../../reading/simulation/coverage.ts';
import { drawnTable } from '../../reading/simulation/drawnTable.ts';
import { type ReaderModel, USUAL_MODEL } from '../../reading/simulation/readerModel.ts';
import { ANALYSIS_FILES, analyseReading } from '../../services/reading/analyseReading.ts';
import type { CommandContext } from '../context.ts';
import { between, integer } from '../options.ts';
import { table } from '../output.ts';
import { VERSION } from '../runtime.ts';
import { registerReadingPlan } from './readingPlan.ts';

interface AnalyseOptions {
  readonly answers: string;
  readonly study?: string;
  readonly out: string;
  readonly title?: string;
  readonly margin?: number;
  readonly alpha?: number;
}

interface SimulateOptions extends ReaderModel {
  readonly studies: number;
  readonly seed: number;
  readonly first?: string;
}

export function registerReading(program: Command, context: () => CommandContext): void {
  const reading = program
    .command('reading')
    .description('blinded readings, real or synthetic: plan, study, analysis, and whether the figures hold');
  reading
    .command('analyse')
    .description('figures with intervals, and a page, from the answers of a reading')
    .requiredOption(
      '--answers <csv>',
      'reader, case, truth and choice (real or synthetic), confidence (1 surely real to 5 surely synthetic); and where known repeat, seconds, malignancy, experience_years, diameter_mm, stratum',
    )
    .requiredOption('--out <dir>', `folder for ${Object.values(ANALYSIS_FILES).join(', ')}`)
    .option('--study <dir>', 'of reading create: cases by code; truth, margin and alpha are its own')
    .option('--title <text>', 'of the page')

    .option(
      '--margin <share>',
      `fixed before the first answer; ${USUAL_ANALYSIS.margin} without a study`,
      between(0.001, 0.499),
    )
    .option(
      '--alpha <p>',
      `of each of the two one-sided tests; ${USUAL_ANALYSIS.alpha} without a study`,
      between(0.0001, 0.499),
    )
    .action(async (options: AnalyseOptions) => {
      const { output } = context();
      const analysis = await analyseReading(options, { now: () => new Date(), codeVersion: VERSION });
      output.result({ ...analysis }, analysisInWords(analysis, join(options.out, ANALYSIS_FILES.page)));
    });
  registerReadingPlan(reading, context);
  reading
    .command('simulate')
    .description('draws readers of known ability and counts how often the 95 % intervals hold the truth')
    .option('--studies <n>', 'how many; 10,000 tell 95 % from 94.5 %', integer(1, 10_000_000), 10_000)
    .option('--seed <n>', 'of all draws', integer(0, 2 ** 31 - 1), 1)
    .option('--readers <n>', 'of a study', integer(2, 1000), USUAL_MODEL.readers)
    .option('--real <n>', 'real cases of a study', integer(2, 100_000), USUAL_MODEL.real)
    .option('--synthetic <n>', 'synthetic cases of a study', integer(2, 100_000), USUAL_MODEL.synthetic)
    .option('--repeated <n>', 'of each class shown twice', integer(0, 100_000), USUAL_MODEL.repeated)
    .option(
      '--separation <sd>',
      'how much synthetic ones look it; 0 if nobody can tell',
      between(0, 10),
      USUAL_MODEL.separation,
    )
    .option('--reader-sd <sd>', 'how much readers differ', between(0, 10), USUAL_MODEL.readerSd)
    .option('--case-sd <sd>', 'how much cases differ, for all readers', between(0, 10), USUAL_MODEL.caseSd)
    .option('--both-sd <sd>', 'what lasts of a reader with a case', between(0, 10), USUAL_MODEL.bothSd)
    .option('--moment-sd <sd>', 'what another look may change', between(0.001, 10), USUAL_MODEL.momentSd)
    .option('--first <csv>', 'write the answers of the first study here: an example for reading analyse')
    .action(async ({ studies, seed, first, ...model }: SimulateOptions) => {
      const { output } = context();
      if (first !== undefined) await writeFirst(first, model, seed);
      const result = simulateStudies(model, studies, seed, (done) =>
        output.progress(done / studies, `study ${done} of ${studies}`),
      );
      output.result({ ...result }, inWords(result));
    });
}

const writeFirst = (path: string, model: ReaderModel, seed: number): Promise<unknown> =>
  writeAtomically(path, [new TextEncoder().encode(drawnTable(firstStudy(model, seed)))]);

function inWords({ studies, model, truth, coverage, falseEquivalence }: SimulationResult): string {
  const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
  const p = (value: number): string => (value < 0.001 ? '< 0.001' : value.toFixed(3));
  return [
    `${studies} simulated ${studies === 1 ? 'study' : 'studies'} of ${model.readers} readers, ${model.real} real and ${model.synthetic} synthetic cases; true accuracy ${percent(truth.accuracy)}, AUC ${truth.auc.toFixed(3)}.`,
    table(
      ['interval of', 'speaks of', 'coverage', 'p, too low', 'p, too high', 'without interval'],
      coverage.map((one) => [
        ...[one.estimator, one.of, percent(one.coverage, 2), p(one.pTooLow), p(one.pTooHigh)],
        String(one.without),
      ]),
    ),
    `Readers just at the margin of ±${falseEquivalence.margin.toFixed(3)} are called equivalent to guessing in ${percent(falseEquivalence.share, 2)} of the studies; the tests allow ${percent(falseEquivalence.alpha, 0)}.`,
  ].join('\n');
}

function analysisInWords({ overReaders, equivalence, counts, notes }: ReadingAnalysis, page: string): string {
  const row = (name: string, mean: MeanOverReaders | null): string[] => [
    name,
    mean ? mean.mean.toFixed(3) : '\u2013',
    mean?.interval ? `${mean.interval.low.toFixed(3)} to ${mean.interval.high.toFixed(3)}` : 'none',
  ];
  const shown = equivalence.accuracy;
  return [
    `${counts.readers} readers, ${counts.real} real and ${counts.synthetic} synthetic cases.`,
    table(
      ['mean over readers', 'value', '95 % interval'],
      [
        row('accuracy', overReaders.accuracy),
        row('real called real', overReaders.realCalledReal),
        row('synthetic called real', overReaders.syntheticCalledReal),
        row('AUC by confidence', overReaders.auc),
      ],
    ),
    shown
      ? `Accuracy within 0.5 \u00b1 ${shown.margin}: ${shown.equivalent ? 'shown' : 'not shown'} (p ${shown.p < 0.001 ? '< 0.001' : shown.p.toFixed(3)}).`
      : 'Nothing to test: the accuracies have no spread.',
    ...notes,
    `All of it: ${page}`,
  ].join('\n');
}
