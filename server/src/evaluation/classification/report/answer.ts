/** The answer to what was asked, in sentences that follow from the figures and from nothing else. */
import { counted } from '../../report/numbers.ts';
import type { ArmFigures, ClassificationResult, DesignResult, Difference, Stratum } from '../result.ts';
import { DIAMETER_TEXTURE } from '../scores.ts';
import {
  capital,
  claimedArm,
  type Group,
  groupOf,
  heldOut,
  isArm,
  named,
  oursOf,
  realOnly,
  ruleWords,
} from './armKinds.ts';
import {
  aucText,
  decisiveP,
  differenceText,
  excludesZero,
  halfWidth,
  pText,
  pWords,
  signed,
  three,
  type Verdict,
  verdictOf,
} from './figureText.ts';
import { CLAIMED_GAIN } from './seedClaim.ts';

export interface Answer {
  readonly rule: string;
  /** Null where no arm with the generator's nodules was compared with real nodules only. */
  readonly verdict: Verdict | null;
  readonly sentences: readonly string[];
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  better: 'better',
  worse: 'worse',
  open: 'no difference shown',
};

/** One sentence for all rules. */
export function headline(result: ClassificationResult): string {
  const answers = answersOf(result);
  const told = answers.flatMap(({ rule, verdict }) => (verdict === null ? [] : [{ rule, verdict }]));
  if (result.designs.length === 0) return 'Not answered yet: of no seed every training is done.';
  if (told.length === 0) return 'Not answered: no arm with nodules of a generator was compared.';
  const soFar = result.trainings.done < result.trainings.total ? ['so far'] : [];
  const [only, ...other] = new Set(told.map(({ verdict }) => verdict));
  if (other.length === 0 && told.length === answers.length) {
    const rules =
      told.length === 1
        ? []
        : [told.length === 2 ? 'under either rule of the label' : 'under every rule of the label'];
    const before = [...soFar, ...rules].join(', ');
    const words: Readonly<Record<Verdict, string>> = {
      better: 'yes, with synthetic nodules the classifier is better than with real ones only',
      worse: 'no, with synthetic nodules the classifier is worse than with real ones only',
      open: 'no difference was shown between a classifier that learned from synthetic nodules too and one that learned from real nodules only',
    };
    return `${capital(before === '' ? words[only!] : `${before}: ${words[only!]}`)}.`;
  }
  const each = answers.map(({ rule, verdict }) =>
    [...soFar, `${ruleWords(rule)}: ${verdict === null ? 'not answered' : VERDICTS[verdict]}`].join(', '),
  );
  return `${each.map(capital).join('. ')}.`;
}

/** One answer a rule, from the design whose test patients the generator has not seen. */
export const answersOf = (result: ClassificationResult): Answer[] =>
  result.rules.map(({ rule }) => {
    const design = heldOut(result, rule);
    const arm = design && claimedArm(design);
    const real = design && realOnly(design);
    if (!design || !arm || !real || arm.overReal === null)
      return {
        rule,
        verdict: null,
        sentences: [
          `No arm with nodules of a generator was compared with real nodules only${result.trainings.done < result.trainings.total ? ' so far' : ''}.`,
        ],
      };
    return {
      rule,
      verdict: verdictOf(arm.overReal),
      sentences: [claimed(arm, real), others(design, arm), withoutGenerator(design)].filter(
        (text) => text !== '',
      ),
    };
  });

function claimed({ title, auc, overReal }: ArmFigures, real: ArmFigures): string {
  const difference = overReal!;
  const { interval } = difference;
  const reach =
    interval === null
      ? ''
      : interval.low <= CLAIMED_GAIN && CLAIMED_GAIN <= interval.high
        ? ` The founding document’s gain of ${signed(CLAIMED_GAIN)} lies within that interval.`
        : ` The founding document’s gain of ${signed(CLAIMED_GAIN)} lies outside that interval.`;
  const words = {
    better: 'It is better',
    worse: 'It is worse',
    open: `No difference is shown${excludesZero(difference) ? ', once the number of arms is taken into account' : ''}`,
  };
  return `“${title}” reaches an AUC of ${aucText(auc.mean)}, real nodules only ${aucText(real.auc.mean)}. ${words[verdictOf(difference)]}: ${differenceText(difference)}, ${pWords(difference)}.${reach}`;
}

/** What the further arms with the generator's nodules add to it. */
function others(design: DesignResult, asked: ArmFigures): string {
  const rest = oursOf(design).flatMap((arm) =>
    arm === asked || arm.overReal === null ? [] : [{ title: arm.title, difference: arm.overReal }],
  );
  if (rest.length === 0) return '';
  const list = (wanted: Verdict): string =>
    rest
      .filter(({ difference }) => verdictOf(difference) === wanted)
      .map(({ title, difference }) => `“${title}” (${signed(difference.value)}, ${pWords(difference)})`)
      .join(', ');
  const [better, worse] = [list('better'), list('worse')];
  const of = `Of the other ${counted(rest.length, 'arm')} with synthetic nodules`;
  if (better === '' && worse === '') {
    const tested = rest.flatMap(({ difference }) => decisiveP(difference) ?? []);
    const least = tested.length === 0 ? '' : ` (least corrected p ${pText(Math.min(...tested))})`;
    return `${of} none is shown to differ from real nodules only${least}.`;
  }
  return [
    ...(better === '' ? [] : [`${of}, better than real nodules only: ${better}.`]),
    ...(worse === '' ? [] : [`${of}, worse than real nodules only: ${worse}.`]),
  ].join(' ');
}

/** What the same trainings gain without a generator: from nodules made otherwise, and from none at all. */
function withoutGenerator(design: DesignResult): string {
  const gains = (wanted: Group): { title: string; difference: Difference }[] =>
    design.arms.flatMap((arm) =>
      isArm(arm) && groupOf(arm) === wanted && arm.overReal !== null
        ? [{ title: arm.title, difference: arm.overReal }]
        : [],
    );
  const made = gains('others').map(
    ({ title, difference }) => `“${title}” ${signed(difference.value)} (${pWords(difference)})`,
  );
  const plain = gains('real');
  const values = plain.map(({ difference }) => difference.value);
  const least = plain.flatMap(({ difference }) => decisiveP(difference) ?? []);
  return [
    ...(made.length === 0 ? [] : [`Nodules made otherwise, over real nodules only: ${made.join(', ')}.`]),
    ...(plain.length === 0
      ? []
      : [
          `${plain.length === 1 ? 'The arm' : `The ${plain.length} arms`} without any made nodule: ${
            plain.length === 1 ? '' : 'from '
          }${[...new Set([Math.min(...values), Math.max(...values)])].map(signed).join(' to ')}${
            least.length === 0 ? '' : ` (least corrected p ${pText(Math.min(...least))})`
          }.`,
        ]),
  ].join(' ');
}

/** `6 to 15 mm`, `from 15 mm`, `below 6 mm` */
export function stratumWords({ fromMm, toMm }: Pick<Stratum, 'fromMm' | 'toMm'>): string {
  if (toMm === null) return fromMm === 0 ? 'all sizes' : `from ${fromMm} mm`;
  return fromMm === 0 ? `below ${toMm} mm` : `${fromMm} to ${toMm} mm`;
}

/** Where diameter says least: neither the smallest nodules nor the largest. */
export const middleOf = ({ strata }: ArmFigures): Stratum | undefined =>
  strata.find(({ fromMm, toMm }) => fromMm > 0 && toMm !== null);

/**
 * Whether the network on real nodules only beats diameter and texture among nodules of the middle sizes; where it is not
 * shown, what the number of nodules would have allowed to show.
 */
export function middleSizes(design: DesignResult): string {
  const real = realOnly(design);
  const stratum = real && middleOf(real);
  if (!stratum) return '';
  const { nodules, auc, overDiameterTexture: gain } = stratum;
  const where = `Among nodules of ${stratumWords(stratum)} (${nodules.malignant} malignant, ${nodules.benign} benign)`;
  if (auc === null || gain === null)
    return `${where} it was not computed whether the network beats diameter and texture: too few patients of one class.`;
  const baseline = named(design, DIAMETER_TEXTURE)?.strata.find(
    ({ fromMm }) => fromMm === stratum.fromMm,
  )?.auc;
  const beside = baseline ? `, diameter and texture ${aucText(baseline)}` : '';
  const found = `${where} the network on real nodules only reaches ${aucText(auc)}${beside}: ${differenceText(gain)}, ${pWords(gain)}.`;
  const { interval } = gain;
  if (interval === null) return found;
  if (excludesZero(gain)) {
    const kept = verdictOf(gain) === 'open' ? ', but not once the number of arms is taken into account' : '';
    return `${found} The interval excludes 0: the network is ${gain.value > 0 ? 'better' : 'worse'} there${kept}.`;
  }
  return `${found} The interval does not exclude 0. It reaches ${three(halfWidth(interval)!)} to either side: with this many nodules only a gain of about that size or more can be shown.`;
}
