/** What a reader must see first: whether the figures can be trusted, what was asked, the answer, the document's table. */
import { escapeHtml } from '../../../gan/report/html.ts';
import { counted, moment } from '../../report/numbers.ts';
import { type Cell, paragraph, section, tableHtml, verdict } from '../../report/parts.ts';
import type { Estimate } from '../../result.ts';
import type { ArmFigures, ClassificationResult, Difference } from '../result.ts';
import { DIAMETER_TEXTURE } from '../scores.ts';
import { answersOf, headline, middleOf, stratumWords } from './answer.ts';
import { capital, claimedArm, heldOut, idOf, named, realOnly, ruleWords, shortTitle } from './armKinds.ts';
import {
  aucText,
  decimals,
  decisiveP,
  differenceText,
  excludesZero,
  halfWidth,
  percent,
  percentText,
  PERCENT,
  pText,
  three,
  verdictOf,
} from './figureText.ts';
import { CLAIM, type ClaimedFigure, impliedShare } from './seedClaim.ts';

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
    `${of}; ${counted(trainings.done, 'training')} of a small 3D network, ${counted(seeds, 'seed')} × ${counted(folds, 'fold')} by patient, ${computeHours.toFixed(1)} hours of one thread, ${moment(finishedAt)}.`,
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
            rowOf('', stratumWords(middle), {
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
    ? paragraph('not computed: the baseline of diameter and texture was not run', 'faint')
    : tableHtml({
        caption:
          'AUC of the network on real nodules only beside that of a logistic regression on diameter and texture.',
        head: [
          'Labels and patients',
          'Sizes',
          'Nodules',
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

const ROWS: readonly (readonly [ClaimedFigure, string, (arm: ArmFigures) => string])[] = [
  ['accuracy', 'Accuracy', ({ accuracy }) => percentText(accuracy)],
  ['sensitivity', 'Sensitivity', ({ sensitivity }) => percentText(sensitivity)],
  ['specificity', 'Specificity', ({ specificity }) => percentText(specificity)],
  ['auc', 'AUC', ({ auc }) => aucText(auc.mean)],
];

/** The document's before and after beside ours, each of ours with its interval. */
export function claimSection(result: ClassificationResult): string {
  const sides = result.rules.flatMap(({ rule }) => {
    const design = heldOut(result, rule);
    const before = design && realOnly(design);
    const after = design && claimedArm(design);
    return design && before && after ? [{ rule, design, before, after }] : [];
  });
  const claimed = (figure: ClaimedFigure): Cell => {
    const [before, after] = CLAIM[figure];
    const text = (value: number): string => (figure === 'auc' ? decimals(value, 2) : percent(value));
    return { html: `<span class="whole">${text(before)} → ${text(after)}</span>` };
  };
  const ours = (text: (arm: ArmFigures) => string, before: ArmFigures, after: ArmFigures): Cell => ({
    html: [before, after].map((arm) => `<span class="whole">${escapeHtml(text(arm))}</span>`).join(' →<br>'),
  });
  const share = (when: 'before' | 'after'): string => {
    const { value, low, high } = impliedShare(when);
    const whole = (part: number): string => decimals(100 * part, 0);
    return `${whole(value)}${PERCENT} (${whole(low)} to ${whole(high)}${PERCENT} with rounding)`;
  };
  const shares = sides.map(({ design, rule }) => {
    const { malignant, benign } = design.nodules;
    return `${percent(malignant / Math.max(1, malignant + benign))} under ${ruleWords(rule)}`;
  });
  return section(
    'claim',
    'The claim that this began with',
    tableHtml({
      caption: `Real nodules only → ${sides[0] ? `“${sides[0].after.title}”` : 'balanced with synthetic nodules'}. The document gives no interval and does not say how many nodules were tested.`,
      head: ['Figure', 'Founding document', ...sides.map(({ rule }) => `Ours, ${ruleWords(rule)}`)],
      rows: ROWS.map(([key, name, text]) => [
        name,
        claimed(key),
        ...sides.map(({ before, after }) => ours(text, before, after)),
      ]),
    }),
    paragraph(
      `The document’s accuracy, sensitivity and specificity agree with each other only if ${share('before')} of the tested nodules were malignant before and ${share('after')} after. So its two columns are not of the same test set. ${
        shares.length === 0
          ? ''
          : `Here both are of the same real nodules, of which ${shares.join(' and ')} are malignant.`
      }`,
      'small',
    ),
    ...sides
      .filter(({ after: { trainedOn } }) => trainedOn.syntheticMalignant < trainedOn.syntheticBenign)
      .map(({ rule }) =>
        paragraph(
          `Under ${ruleWords(rule)} malignant nodules outnumber benign ones, so balance adds benign ones there: the other way round than in the document.`,
          'small',
        ),
      ),
  );
}

/** Whose labels, and how many nodules each rule leaves. */
export const rulesTable = ({ rules }: ClassificationResult): string =>
  tableHtml({
    caption:
      'Rules of the label. Nodules that a rule leaves indeterminate are neither trained on nor tested.',
    head: ['Rule', 'In words', 'Malignant', 'Benign', 'Indeterminate'],
    rows: rules.map(({ rule, text, counts }) => [
      capital(ruleWords(rule)),
      text,
      String(counts.malignant),
      String(counts.benign),
      String(counts.indeterminate),
    ]),
    ids: rules.map(({ rule }) => idOf('rule', rule)),
  });
