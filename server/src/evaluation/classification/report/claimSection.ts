/** The table of the founding document beside ours, and what its own numbers say of it. */
import { paragraph, section, tableHtml } from '../../report/parts.ts';
import type { ArmFigures, ClassificationResult, DesignResult } from '../result.ts';
import {
  addsBenign,
  CLAIMED,
  claimedArm,
  heldOut,
  named,
  realOnly,
  ruleTitle,
  ruleWords,
} from './armKinds.ts';
import { aucText, decimals, percent, PERCENT, percentText } from './figureText.ts';
import { CLAIM, type ClaimedFigure, impliedShare } from './seedClaim.ts';

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
    const real = design && realOnly(design);
    const arms = design ? CLAIMED.flatMap((name) => named(design, name) ?? []) : [];
    return design && real ? [{ rule, design, arms: [real, ...arms] }] : [];
  });
  const columns = sides.flatMap(({ rule, arms }) =>
    arms.map((arm) => ({ arm, head: `${ruleTitle(rule)}: ${arm.title}` })),
  );
  const turned = sides.filter(({ arms }) => arms.some((arm) => arm.name === CLAIMED[0] && addsBenign(arm)));
  return section(
    'claim',
    'The claim that this began with',
    tableHtml({
      caption:
        'The document’s classifier without → with synthetic nodules, balanced 1:1, beside ours. The document gives no interval and does not say how many nodules were tested.',
      head: ['Figure', 'Founding document', ...columns.map(({ head }) => head)],
      rows: ROWS.map(([key, name, text]) => [name, claimedCell(key), ...columns.map(({ arm }) => text(arm))]),
      class: 'figures numbers',
    }),
    paragraph(`${sharesOfClaim()} ${sharesHere(sides.map(({ design }) => design))}`.trim(), 'small'),
    ...turned.map(({ rule, design }) =>
      paragraph(
        `Under ${ruleWords(rule)} malignant nodules outnumber benign ones, so balance adds benign ones: the other way round than in the document. The answer is of “${claimedArm(design)!.title}” there.`,
        'small',
      ),
    ),
  );
}

function claimedCell(figure: ClaimedFigure): string {
  const text = (value: number): string => (figure === 'auc' ? decimals(value, 2) : percent(value));
  return CLAIM[figure].map(text).join(' → ');
}

function sharesOfClaim(): string {
  const whole = (part: number): string => decimals(100 * part, 0);
  const share = (when: 'before' | 'after'): string => {
    const { value, low, high } = impliedShare(when);
    return `${whole(value)}${PERCENT} (${whole(low)} to ${whole(high)}${PERCENT} with rounding)`;
  };
  return `The document’s accuracy, sensitivity and specificity agree with each other only if ${share('before')} of the tested nodules were malignant before and ${share('after')} after. So its two columns are not of the same test set.`;
}

function sharesHere(designs: readonly DesignResult[]): string {
  const shares = designs.map(({ rule, nodules: { malignant, benign } }) => {
    const share = percent(malignant / Math.max(1, malignant + benign));
    return `${share} under ${ruleWords(rule)}`;
  });
  return shares.length === 0
    ? ''
    : `Here all columns of a rule are of the same real nodules, of which ${shares.join(' and ')} are malignant.`;
}
