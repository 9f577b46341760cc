/** What an arm is to a reader of the report: its group gives it its colour, its place and its part in the answer. */
import { DIAMETER, DIAMETER_TEXTURE, REAL_ONLY } from '../scores.ts';
import type { ArmFigures, ClassificationResult, DesignResult } from '../result.ts';

/** `ours` trained on nodules of the generator, `others` on such as were made in another way. */
export const GROUPS = ['baseline', 'real', 'ours', 'others'] as const;
export type Group = (typeof GROUPS)[number];

export const GROUP_WORDS: Readonly<Record<Group, string>> = {
  baseline: 'no network: a logistic regression',
  real: 'real nodules only',
  ours: 'with nodules of the generator',
  others: 'with nodules made otherwise (ellipsoids, transplanted)',
};

/** The founding document's own arm first: it is what was claimed. */
export const CLAIMED = ['balanced', 'synthetic-100'] as const;

/** By the title, which says what was added: the name is whatever a protocol calls the arm. */
export function groupOf({ kind, title, trainedOn }: Pick<ArmFigures, 'kind' | 'title' | 'trainedOn'>): Group {
  if (kind === 'baseline') return 'baseline';
  if (/ellipsoid|transplant/i.test(title)) return 'others';
  return trainedOn.syntheticMalignant + trainedOn.syntheticBenign > 0 ? 'ours' : 'real';
}

export const isArm = ({ kind }: ArmFigures): boolean => kind === 'arm';
/** Baselines and arms: checks have a part of the page to themselves. */
export const isCompared = ({ kind }: ArmFigures): boolean => kind !== 'check';

export const named = ({ arms }: DesignResult, name: string): ArmFigures | undefined =>
  arms.find((arm) => arm.name === name);
export const realOnly = (design: DesignResult): ArmFigures | undefined => named(design, REAL_ONLY);
export const baselinesOf = (design: DesignResult): ArmFigures[] =>
  [DIAMETER, DIAMETER_TEXTURE].flatMap((name) => named(design, name) ?? []);
export const oursOf = ({ arms }: DesignResult): ArmFigures[] =>
  arms.filter((arm) => isArm(arm) && groupOf(arm) === 'ours');

/**
 * The arm that the question is about, chosen by name and by what it trained on, never by its figures. The claim is of
 * synthetic malignant nodules: where malignant ones are in the majority, `balanced` adds benign ones and is not it.
 */
export function claimedArm(design: DesignResult): ArmFigures | undefined {
  const ours = oursOf(design);
  const claimed = CLAIMED.flatMap((name) => ours.find((arm) => arm.name === name) ?? []);
  return claimed.find((arm) => !addsBenign(arm)) ?? claimed[0] ?? ours[0];
}

/** Whether it was the benign class that was filled up. */
export const addsBenign = ({ trainedOn }: ArmFigures): boolean =>
  trainedOn.syntheticMalignant < trainedOn.syntheticBenign;

/** The design in which generators were asked, one for each rule that has it. */
export const heldOut = ({ designs }: ClassificationResult, rule: string): DesignResult | undefined =>
  designs.find((design) => design.name === 'held-out' && design.rule === rule);

const RULES: Readonly<Record<string, string>> = {
  median: 'the readers’ median',
  table: 'the VOI table’s own label',
};
export const ruleWords = (rule: string): string => RULES[rule] ?? rule;

const DESIGNS: Readonly<Record<DesignResult['name'], string>> = {
  'held-out': 'patients that the generator has not seen',
  'every-patient': 'all patients, without generators',
};
export const designWords = ({ name }: Pick<DesignResult, 'name'>): string => DESIGNS[name];

const SHORT: Readonly<Record<DesignResult['name'], string>> = {
  'held-out': 'unseen patients',
  'every-patient': 'all patients',
};
export const ruleTitle = (rule: string): string => capital(ruleWords(rule).replace(/^the /, ''));
/** For the list of the page's parts. */
export const shortTitle = ({ name, rule }: DesignResult): string => `${ruleTitle(rule)}, ${SHORT[name]}`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/** For links: what a name must not hold in an id becomes a dash. */
export const idOf = (...parts: readonly string[]): string =>
  parts.map((part) => part.replaceAll(/[^A-Za-z0-9]+/g, '-')).join('-');
