/** What a reader must see first: whether the figures can be trusted, what was asked, the answer, the document's table. */
import { escapeHtml } from '../../../gan/report/html.ts';
import { counted, moment } from '../../report/numbers.ts';
import { type Cell, paragraph, section, tableHtml } from '../../report/parts.ts';
import type { ArmFigures, ClassificationResult } from '../result.ts';
import { answersOf, headline, middleSizes } from './answer.ts';
import { capital, claimedArm, heldOut, idOf, realOnly, ruleWords } from './armKinds.ts';
import { aucText, decimals, percent, percentText } from './figureText.ts';
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
    ? `<div role="alert"><ul class="notes"><li><b>Unfinished.</b> ${trainings.done} of ${counted(trainings.total, 'training')} are done. What follows is of those alone: nothing below is a result yet.</li></ul></div>`
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
      `<div class="answer ${verdict ?? ''}"><b>${escapeHtml(`Labels by ${ruleWords(rule)}`)}</b>${paragraph(sentences.join(' '))}</div>`,
  );
  const middles = result.rules.flatMap(({ rule }) => {
    const design = result.designs.find((one) => one.rule === rule && one.name === 'every-patient');
    const words = [design, heldOut(result, rule)]
      .flatMap((one) => (one ? middleSizes(one) : []))
      .find(Boolean);
    return words ? [`Labels by ${ruleWords(rule)}. ${words}`] : [];
  });
  return section(
    'answer',
    'Question and answer',
    paragraph(
      'Asked was whether a benign-or-malignant classifier that learns from synthetic nodules too is better, on real nodules of patients that neither it nor the generator has seen, than one that learns from the same real nodules only.',
    ),
    `<p class="lead"><b>${escapeHtml(headline(result))}</b></p>`,
    ...answers,
    ...(middles.length === 0
      ? []
      : [
          '<h3>Does the network see more than size and texture?</h3>',
          ...middles.map((text) => paragraph(text)),
        ]),
  );
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
    return `${whole(value)}% (${whole(low)} to ${whole(high)}% with rounding)`;
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
      head: ['Figure', 'Seed document', ...sides.map(({ rule }) => `Ours, ${ruleWords(rule)}`)],
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
