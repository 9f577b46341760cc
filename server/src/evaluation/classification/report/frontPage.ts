/** What a reader must see first: whether the figures can be trusted, what was asked, the answer. */
import { escapeHtml } from '../../../gan/report/html.ts';
import { counted, duration, moment } from '../../report/numbers.ts';
import { type Cell, paragraph, section, tableHtml, verdict } from '../../report/parts.ts';
import type { Estimate } from '../../result.ts';
import type { ClassificationResult, Difference } from '../result.ts';
import { DIAMETER_TEXTURE } from '../scores.ts';
import { answersOf, headline, middleOf, stratumWords } from './answer.ts';
import { named, realOnly, ruleWords, shortTitle } from './armKinds.ts';
import {
  aucText,
  decisiveP,
  differenceText,
  excludesZero,
  halfWidth,
  pText,
  three,
  verdictOf,
} from './figureText.ts';

export const TITLE = 'Do synthetic nodules help a classifier?';

const unfinished = ({ trainings: { done, total } }: ClassificationResult): boolean => done < total;

export function header(result: ClassificationResult): string {
  const { generator, designs, trainings, computeHours, finishedAt } = result;
  const state = stateOf(result);
  const of = generator === null ? 'No generator' : `Generator ${generator.name}`;
  const seeds = Math.max(0, ...designs.map((design) => design.seeds.length));
  const folds = Math.max(0, ...designs.map((design) => design.folds));
  return `<header>
<h1>${TITLE}</h1>
<p><span class="state ${state.look}">${escapeHtml(state.text)}</span></p>
<p class="lead">${escapeHtml(
    `${of}; ${counted(trainings.done, 'training')} of a small 3D network, ${counted(seeds, 'seed')} × ${counted(folds, 'fold')} by patient, ${duration(3600 * computeHours)} of one thread, ${moment(finishedAt)}.`,
  )}</p>
${
  unfinished(result)
    ? `<div role="alert"><ul class="notes"><li><b>Unfinished.</b> ${trainings.done} of ${counted(trainings.total, 'training')} are done. What follows is of the seeds of which every training is done, and no result yet.</li></ul></div>`
    : ''
}
${
  result.errors.length === 0
    ? ''
    : `<div role="alert"><h2>Errors of this experiment</h2><ul class="notes errors">${result.errors.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul></div>`
}
</header>`;
}

function stateOf(result: ClassificationResult): { text: string; look: string } {
  const { done, total } = result.trainings;
  const of = `${done} of ${counted(total, 'training')}`;
  if (result.errors.length > 0)
    return { text: `Not to be relied on: ${counted(result.errors.length, 'error')}`, look: 'bad-word' };
  return unfinished(result)
    ? { text: `Unfinished: ${of}`, look: 'fair' }
    : { text: `Finished: ${of}`, look: 'good' };
}

export function answerSection(result: ClassificationResult): string {
  const answers = answersOf(result).map(
    ({ rule, verdict, sentences }) =>
      `<div class="answer ${verdict ?? ''}"><b>${escapeHtml(`Labels by ${ruleWords(rule)}`)}</b>${sentences.map((text) => paragraph(text)).join('')}</div>`,
  );
  return section(
    'answer',
    'Question and answer',
    paragraph(
      'Asked was whether a benign-or-malignant classifier that learns from synthetic nodules too is better, on real nodules of patients that neither it nor the generator has seen, than one that learns from the same real nodules only.',
    ),
    `<p class="lead"><b>${escapeHtml(headline(result))}</b></p>`,
    ...answers,
    '<h3>Does the network see more than size and texture?</h3>',
    baselineTable(result),
  );
}

/** The network on real nodules only beside two numbers: of all sizes, and of those where diameter says least. */
function baselineTable({ designs }: ClassificationResult): string {
  const rows = designs.flatMap((design) => {
    const real = realOnly(design);
    const baseline = named(design, DIAMETER_TEXTURE);
    if (!real || !baseline) return [];
    const middle = middleOf(real);
    const whole = { nodules: design.nodules, auc: real.auc.mean, gain: real.overDiameterTexture };
    const [own, theirs] = [middle?.auc ?? null, (middle && middleOf(baseline)?.auc) ?? null];
    return [
      rowOf(shortTitle(design), 'all sizes', {
        ...whole,
        baseline: baseline.auc.mean,
      }),
      ...(middle
        ? [
            rowOf(shortTitle(design), stratumWords(middle), {
              nodules: middle.nodules,
              auc: own,
              baseline: theirs,
              gain: middle.overDiameterTexture,
            }),
          ]
        : []),
    ];
  });
  return rows.length === 0
    ? paragraph(
        designs.length === 0
          ? 'not computed yet: of no seed every training is done'
          : 'not computed: the baseline of diameter and texture was not run',
        'faint',
      )
    : tableHtml({
        caption:
          'AUC of the network on real nodules only beside that of a logistic regression on diameter and texture.',
        head: [
          'Labels and patients',
          'Sizes',
          'Malignant + benign',
          'Network',
          'Diameter + texture',
          'Gain',
          'Corrected p',
          'Better?',
        ],
        rows,
        class: 'figures numbers',
      });
}

function rowOf(
  name: string,
  sizes: string,
  found: {
    readonly nodules: { readonly malignant: number; readonly benign: number };
    readonly auc: Estimate | null;
    readonly baseline: Estimate | null;
    readonly gain: Difference | null;
  },
): Cell[] {
  const { nodules, auc, baseline, gain } = found;
  const text = (estimate: Estimate | null): string => (estimate === null ? '–' : aucText(estimate));
  return [
    name,
    sizes,
    `${nodules.malignant} + ${nodules.benign}`,
    text(auc),
    text(baseline),
    gain === null ? '–' : differenceText(gain),
    gain === null ? '–' : pText(decisiveP(gain)),
    gain === null ? verdict('none', 'not computed: too few nodules') : shown(gain),
  ];
}

function shown(gain: Difference): Cell {
  const half = halfWidth(gain.interval);
  const words = {
    better: verdict('good', 'yes'),
    worse: verdict('bad', 'no, worse'),
    open: verdict(
      'none',
      excludesZero(gain)
        ? 'not shown once corrected'
        : half === null
          ? 'not shown'
          : `not shown: its interval is ± ${three(half)}`,
    ),
  };
  return words[verdictOf(gain)];
}
