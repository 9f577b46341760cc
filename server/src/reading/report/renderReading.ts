/** A reading's figures as one page that prints well: what was asked, what was found, how it was computed. */
import { escapeHtml } from '../../gan/report/html.ts';
import { pText, percent, three } from '../../evaluation/classification/report/figureText.ts';
import { counted, moment } from '../../evaluation/report/numbers.ts';
import { type Cell, paragraph, section, tableHtml, verdict } from '../../evaluation/report/parts.ts';
import { rocPlot, type RocCurve } from '../../evaluation/report/pointPlots.ts';
import { EVALUATION_STYLE } from '../../evaluation/report/reportStyle.ts';
import type { ReadingAnalysis } from '../analysis.ts';
import type { Answer } from '../answers.ts';
import type { Equivalence } from '../equivalence.ts';
import type { Kappa } from '../kappa.ts';
import type { MeanOverReaders } from '../obuchowskiRockette.ts';
import type { Study } from '../study.ts';
import { methods } from './methods.ts';

export interface ReadingPage {
  readonly title: string;
  readonly analysis: ReadingAnalysis;
  readonly answers: readonly Answer[];
  /** The locked protocol; null for a table of answers without one. */
  readonly study: Study | null;
  /** ISO. */
  readonly finishedAt: string;
  readonly codeVersion: string;
}

/** @returns HTML; all text in it is escaped */
export function renderReading(page: ReadingPage): string {
  const { title, analysis, answers, study, finishedAt, codeVersion } = page;
  const { counts, notes } = analysis;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${EVALUATION_STYLE}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(`${counted(counts.readers, 'reader')}, ${counted(counts.real, 'real case')} and ${counted(counts.synthetic, 'synthetic one')}, ${counted(counts.repeats, 'repeat')}.`)}</p>
${notes.length === 0 ? '' : `<ul class="notes">${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`}
</header>
<main>
${answerSection(analysis)}
${meansSection(analysis)}
${readersSection(analysis, answers)}
${agreementSection(analysis)}
${effectsSection(analysis)}
${strataSection(analysis)}
${section('methods', 'Methods', ...methods(analysis, study).map((text) => paragraph(text)))}
</main>
<footer>Written ${escapeHtml(moment(finishedAt))} by NoduleLab ${escapeHtml(codeVersion)}. Generated nodules are for research only; nothing here is evidence that they help patients.</footer>
</body>
</html>
`;
}

type Interval = { readonly low: number; readonly high: number } | null;

/** A value with its interval below it. */
const cell = (value: number | null, interval: Interval, text: (value: number) => string): Cell =>
  value === null
    ? '\u2013'
    : {
        html: `${escapeHtml(text(value))}${interval ? `<br><small>${escapeHtml(`${text(interval.low)} to ${text(interval.high)}`)}</small>` : '<br><small>no interval</small>'}`,
      };
const optional = (value: number | null | undefined, text: (value: number) => string): string =>
  value === null || value === undefined ? '\u2013' : text(value);
const meanCell = (mean: MeanOverReaders | null, text: (value: number) => string): Cell =>
  cell(mean?.mean ?? null, mean?.interval ?? null, text);
const kappaCell = (kappa: Kappa | null): Cell => cell(kappa?.value ?? null, kappa?.interval ?? null, three);

function answerSection({ equivalence, plan }: ReadingAnalysis): string {
  const row = (name: string, found: Equivalence | null, text: (value: number) => string): Cell[] => [
    name,
    `0.5 \u00b1 ${plan.margin}`,
    found ? `${text(found.interval.low)} to ${text(found.interval.high)}` : '\u2013',
    found ? pText(found.p) : '\u2013',
    found
      ? verdict(found.equivalent ? 'good' : 'none', found.equivalent ? 'equivalent to guessing' : 'not shown')
      : 'nothing to test',
  ];
  return section(
    'answer',
    'Can readers tell synthetic from real?',
    paragraph(
      'Guessing is an accuracy, or an area under the ROC curve, of 0.5. That a difference is not significant proves nothing; equivalence within the margin does.',
    ),
    tableHtml({
      caption: `Two one-sided tests at ${plan.alpha}; intervals of ${percent(1 - 2 * plan.alpha)}`,
      head: ['mean over readers', 'margin', 'interval', 'p', 'equivalence'],
      rows: [
        row('Accuracy', equivalence.accuracy, percent),
        row('AUC by confidence', equivalence.auc, three),
      ],
    }),
  );
}

function meansSection({ overReaders, readers }: ReadingAnalysis): string {
  const row = (name: string, mean: MeanOverReaders | null, text: (value: number) => string): Cell[] => [
    name,
    meanCell(mean, text),
    optional(mean?.standardError, text),
    optional(mean?.freedom, (value) => value.toFixed(1)),
    mean?.generalises ?? '\u2013',
  ];
  return section(
    'means',
    readers.length > 1 ? 'Means over readers' : 'The reader',
    tableHtml({
      caption: 'Intervals of 95 %',
      head: ['', 'mean', 'standard error', 'degrees of freedom', 'holds for other'],
      rows: [
        row('Accuracy', overReaders.accuracy, percent),
        row('Real called real', overReaders.realCalledReal, percent),
        row('Synthetic called real', overReaders.syntheticCalledReal, percent),
        row('AUC by confidence', overReaders.auc, three),
      ],
    }),
  );
}

/** The plot has so many kinds of line; of more readers it shows all answers together. */
const MOST_CURVES = 2;

function readersSection({ readers }: ReadingAnalysis, answers: readonly Answer[]): string {
  const first = answers.filter(({ repeat }) => !repeat);
  const curve = (name: string, own: readonly Answer[]): RocCurve => ({
    name,
    negatives: own.filter(({ synthetic }) => !synthetic).map(({ confidence }) => confidence),
    positives: own.filter(({ synthetic }) => synthetic).map(({ confidence }) => confidence),
  });
  const curves =
    readers.length <= MOST_CURVES
      ? readers.map(({ reader }) =>
          curve(
            reader,
            first.filter((answer) => answer.reader === reader),
          ),
        )
      : [curve('all answers together', first)];
  const drawn = curves.filter(({ negatives, positives }) => negatives.length > 0 && positives.length > 0);
  return section(
    'readers',
    'Readers',
    tableHtml({
      caption: 'First answers; intervals of 95 % over cases',
      head: [
        'reader',
        'years',
        'answers',
        'accuracy',
        'real called real',
        'synthetic called real',
        'AUC',
        '\u03ba on repeats',
        'seconds, median',
      ],
      rows: readers.map((one) => [
        one.reader,
        one.experienceYears === null ? '\u2013' : String(one.experienceYears),
        String(one.answers),
        cell(one.accuracy.value, one.accuracy.interval, percent),
        cell(one.realCalledReal?.value ?? null, one.realCalledReal?.interval ?? null, percent),
        cell(one.syntheticCalledReal?.value ?? null, one.syntheticCalledReal?.interval ?? null, percent),
        meanCell(one.auc, three),
        kappaCell(one.repeats),
        one.medianSeconds === null ? '\u2013' : one.medianSeconds.toFixed(1),
      ]),
    }),
    drawn.length === 0 ? '' : rocPlot(drawn, 'ROC curves by confidence; the table above has their areas'),
  );
}

function agreementSection({ agreement, repeats }: ReadingAnalysis): string {
  return section(
    'agreement',
    'Agreement',
    tableHtml({
      caption: '\u03ba: 0 is chance, 1 always the same; intervals of 95 %',
      head: ['', '\u03ba', 'seen', 'by chance'],
      rows: [
        [
          'Among readers, real or synthetic (Fleiss)',
          kappaCell(agreement.choice),
          ...sharesOf(agreement.choice),
        ],
        ['Readers with themselves, on repeats (Cohen)', kappaCell(repeats), ...sharesOf(repeats)],
        [
          'Pairs of readers, confidence (Cohen, quadratic weights), mean',
          agreement.confidence === null ? '\u2013' : three(agreement.confidence),
          '',
          '',
        ],
      ],
    }),
    agreement.pairs.length < 2
      ? ''
      : tableHtml({
          caption: 'Each pair of readers (Cohen)',
          head: ['readers', 'real or synthetic', 'confidence, quadratic weights'],
          rows: agreement.pairs.map(({ readers, choice, confidence }) => [
            readers.join(' and '),
            kappaCell(choice),
            kappaCell(confidence),
          ]),
        }),
  );
}

const sharesOf = (kappa: Kappa | null): [string, string] =>
  kappa ? [percent(kappa.observed), percent(kappa.expected)] : ['\u2013', '\u2013'];

function effectsSection({ effects }: ReadingAnalysis): string {
  if (!effects || effects.length === 0) return '';
  return section(
    'effects',
    'What makes readers right',
    tableHtml({
      caption:
        'Odds ratios of a right answer, each with the others held fixed; standard errors clustered by reader and by case',
      head: ['', 'odds ratio', 'p'],
      rows: effects.map(({ name, oddsRatio, interval, p }) => [
        name,
        cell(oddsRatio, interval, (value) => value.toPrecision(3)),
        p === null ? '\u2013' : pText(p),
      ]),
    }),
  );
}

function strataSection({ strata }: ReadingAnalysis): string {
  if (strata.length === 0) return '';
  return section(
    'strata',
    'Strata',
    tableHtml({
      caption:
        'Means over readers, intervals of 95 %; looked at besides, so a single one that stands out proves little',
      head: ['', 'cases', 'accuracy', 'real called real', 'synthetic called real', 'AUC'],
      rows: strata.map((stratum) => [
        stratum.name,
        String(stratum.cases),
        meanCell(stratum.accuracy, percent),
        meanCell(stratum.realCalledReal, percent),
        meanCell(stratum.syntheticCalledReal, percent),
        meanCell(stratum.auc, three),
      ]),
    }),
  );
}
