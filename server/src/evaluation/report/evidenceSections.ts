/** Conditions, memorisation and the classifier that spots synthetic nodules. */
import { escapeHtml } from '../../gan/report/html.ts';
import { attributeWord } from '../attributeWords.ts';
import type { Adherence, EvaluationResult, MemorisedPair } from '../result.ts';
import type { PairPicture, ReportPictures, SpottingScores } from './material.ts';
import { intervalPlot, legendOf } from './intervalPlot.ts';
import { estimate, howIntervals, number, withUnit } from './numbers.ts';
import { type Cell, notComputed, paragraph, patientName, pictureHtml, section, tableHtml } from './parts.ts';
import { rocPlot } from './pointPlots.ts';

const NO_CEILING: Cell = {
  html: 'not computed: too few real nodules were judged, or they, or the answers of the network, are all alike',
  class: 'reason faint',
};

export function adherenceSection({ adherence }: EvaluationResult): string {
  if (adherence.length === 0)
    return section(
      'adherence',
      'Asked for and given',
      paragraph('The generator was asked for nothing that could be measured.'),
    );
  const correlations = adherence.filter(
    ({ statistic }) => statistic === 'partial Spearman at fixed diameter',
  );
  const how = howIntervals(adherence.flatMap(({ measured, ceiling }) => [measured, ceiling]));
  const value = (row: Adherence, found: Adherence['measured']): Cell =>
    found === null ? '–' : withUnit(estimate(found), row.unit);
  return section(
    'adherence',
    'Asked for and given',
    paragraph(
      'What was asked of the generator against what is measured in its nodules. The ceiling is the same statistic on held-out real nodules: no generator can show more than the measuring network can see.',
    ),
    tableHtml({
      caption: 'How far conditions are followed.',
      head: ['Attribute', 'Statistic', 'Measured', 'Ceiling', 'N'],
      rows: adherence.map((row) => [
        attributeWord(row.attribute),
        row.statistic,
        row.measured === null
          ? { html: escapeHtml(notComputed(row.notComputed)), class: 'reason faint' }
          : value(row, row.measured),
        row.ceiling === null && correlations.includes(row) ? NO_CEILING : value(row, row.ceiling),
        String(row.n),
      ]),
    }),
    ...(correlations.some(({ measured, ceiling }) => measured !== null || ceiling !== null)
      ? [
          `<div>${legendOf({ ...(correlations.some(({ measured }) => measured !== null) ? { measured: 'measured' } : {}), floor: 'ceiling' })}${intervalPlot(
            {
              description: 'Partial Spearman correlations with their ceilings',
              rows: correlations.map(({ attribute, measured, ceiling }) => ({
                label: attributeWord(attribute),
                marks: [
                  ...(ceiling === null ? [] : [{ kind: 'floor' as const, estimate: ceiling }]),
                  ...(measured === null ? [] : [{ kind: 'measured' as const, estimate: measured }]),
                ],
              })),
              references: [{ value: 0, text: 'none' }],
              to: 1,
            },
          )}</div>`,
        ]
      : []),
    ...(how === '' ? [] : [paragraph(`Intervals, ${how}.`, 'small faint')]),
  );
}

export function memorisationSection(
  { memorisedPairs, training, figures }: EvaluationResult,
  { pairs }: Pick<ReportPictures, 'pairs'>,
): string {
  const why = figures.find(
    ({ key, measured }) => key.startsWith('memorisation/') && measured === null,
  )?.notComputed;
  if (memorisedPairs.length === 0)
    return section(
      'memorisation',
      'Nearest training nodules',
      paragraph(notComputed(why ?? (training === null ? 'there is no training set' : 'no pairs were kept'))),
    );
  return section(
    'memorisation',
    'Nearest training nodules',
    paragraph(
      'The synthetic nodules that lie nearest to a training nodule, worst first. The training nodule is shown flipped or turned as it lies nearest. A copy would be seen at once; a likeness of size and shape alone is no copy.',
    ),
    `<div class="pairs">${memorisedPairs.map((pair, at) => pairHtml(pair, pairs[at], at)).join('\n')}</div>`,
  );
}

function pairHtml(pair: MemorisedPair, picture: PairPicture | undefined, at: number): string {
  const image = (url: string, what: string, patient: boolean): string =>
    pictureHtml(url, `${what}: axial, coronal and sagittal plane`, { patient });
  const pictures =
    picture === undefined
      ? ''
      : `<div><span>synthetic</span>${image(picture.synthetic, `Synthetic nodule ${pair.synthetic.id}`, false)}` +
        `<span>training</span>${image(picture.training, `Training nodule ${pair.training.id}`, true)}</div>`;
  return `<figure class="pair">${pictures}<figcaption><b>${at + 1}.</b> ${escapeHtml(pair.synthetic.id)} and ${patientName(pair.training.id)}: ${escapeHtml(
    `distance ${number(pair.distance)} in ${pair.space}; training nodule ${pair.transform === 'as it is' ? pair.transform : `turned, ${pair.transform}`}`,
  )}}</figcaption></figure>`;
}

export function spottingSection(
  { spotting, figures }: EvaluationResult,
  { spotting: scores }: Pick<ReportPictures, 'spotting'>,
): string {
  const title = 'Can a classifier spot them?';
  if (spotting === null) {
    const why = figures.find(({ key }) => key.startsWith('spotting/'))?.notComputed ?? null;
    return section('spotting', title, paragraph(notComputed(why)));
  }
  const { auc, proof, folds, text } = spotting;
  return section(
    'spotting',
    title,
    paragraph(text),
    `<div class="beside">${rocOf(scores)}${tableHtml({
      caption: `Area under the ROC curve, cross-validated by patient in ${folds} folds. The proof comes first: a classifier that cannot spot ellipsoids says nothing about synthetic nodules.`,
      head: ['Real nodules against', 'AUC'],
      rows: [
        ['ellipsoids (the proof, 0.95 at least)', estimate(proof)],
        ['synthetic nodules', { html: `<b>${estimate(auc)}</b>` }],
      ],
    })}</div>`,
    paragraph(`Intervals, ${howIntervals([auc, proof])}.`, 'small faint'),
  );
}

function rocOf(scores: SpottingScores | null): string {
  if (scores === null) return '';
  const { real, synthetic, proofReal, ellipsoids } = scores;
  return `<div>${rocPlot(
    [
      { name: 'synthetic nodules', negatives: real, positives: synthetic },
      { name: 'ellipsoids (proof)', negatives: proofReal, positives: ellipsoids },
    ],
    'ROC curves of the classifier on synthetic nodules and on ellipsoids',
  )}</div>`;
}
