/** Memorisation and the classifier that spots synthetic nodules. */
import { escapeHtml } from '../../gan/report/html.ts';
import type { EvaluationResult, MemorisedPair } from '../result.ts';
import type { PairPicture, ReportPictures, SpottingScores } from './material.ts';
import { estimate, howIntervals, number } from './numbers.ts';
import { notComputed, paragraph, patientName, pictureHtml, section, tableHtml } from './parts.ts';
import { rocPlot } from './pointPlots.ts';

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
