/** The answer to what was asked, in sentences that follow from the figures and from nothing else. */
import type { ArmFigures, ClassificationResult, DesignResult, Stratum } from '../result.ts';
import { DIAMETER_TEXTURE } from '../scores.ts';
import { capital, claimedArm, heldOut, named, oursOf, realOnly, ruleWords } from './armKinds.ts';
import {
  aucText,
  decisiveP,
  differenceText,
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
  better: 'Better',
  worse: 'Worse',
  open: 'No difference shown',
};

/** One sentence for all rules. */
export function headline(result: ClassificationResult): string {
  const answers = answersOf(result);
  const told = answers.flatMap(({ rule, verdict }) => (verdict === null ? [] : [{ rule, verdict }]));
  if (told.length === 0) return 'Not answered: no arm with nodules of a generator was compared.';
  const kinds = new Set(told.map(({ verdict }) => verdict));
  const [only] = kinds;
  if (kinds.size === 1 && told.length === answers.length) {
    const rules = told.length === 1 ? '' : told.length === 2 ? ' under either rule' : ' under every rule';
    const ends: Readonly<Record<Verdict, string>> = {
      better: `Yes: a classifier that also learned from synthetic nodules is better${rules}.`,
      worse: `No: a classifier that also learned from synthetic nodules is worse${rules}.`,
      open: `No difference was shown between a classifier that also learned from synthetic nodules and one that learned from real ones only${rules}.`,
    };
    return ends[only!];
  }
  return `${answers
    .map(({ rule, verdict }) =>
      capital(`${ruleWords(rule)}: ${verdict === null ? 'not answered' : VERDICTS[verdict].toLowerCase()}`),
    )
    .join('. ')}.`;
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
        sentences: ['No arm with nodules of a generator was compared with real nodules only.'],
      };
    return {
      rule,
      verdict: verdictOf(arm.overReal),
      sentences: [claimed(arm, real), others(design, arm), overBaseline(real)].filter((text) => text !== ''),
    };
  });

function claimed({ title, auc, overReal }: ArmFigures, real: ArmFigures): string {
  const difference = overReal!;
  const { interval } = difference;
  const reach =
    interval === null
      ? ''
      : interval.low <= CLAIMED_GAIN && CLAIMED_GAIN <= interval.high
        ? ` The seed document’s gain of ${signed(CLAIMED_GAIN)} lies within that interval.`
        : ` The seed document’s gain of ${signed(CLAIMED_GAIN)} lies outside that interval.`;
  const words = { better: 'It is better', worse: 'It is worse', open: 'No difference is shown' };
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
  const of = `Of the other ${rest.length === 1 ? 'arm' : `${rest.length} arms`} with synthetic nodules`;
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

function overBaseline({ overDiameterTexture: gain }: ArmFigures): string {
  if (gain === null) return '';
  const words = {
    better: 'The network itself, on real nodules only, sees more than diameter and texture say',
    worse: 'The network itself, on real nodules only, is worse than diameter and texture by two numbers',
    open: 'That the network itself, on real nodules only, sees more than diameter and texture say is not shown',
  };
  return `${words[verdictOf(gain)]}: ${differenceText(gain)}, ${pWords(gain)}.`;
}

/** `6 to 15 mm`, `from 15 mm`, `below 6 mm` */
export function stratumWords({ fromMm, toMm }: Pick<Stratum, 'fromMm' | 'toMm'>): string {
  if (toMm === null) return fromMm === 0 ? 'all sizes' : `from ${fromMm} mm`;
  return fromMm === 0 ? `below ${toMm} mm` : `${fromMm} to ${toMm} mm`;
}

/**
 * Whether the network on real nodules only beats diameter and texture among nodules of the middle sizes, where diameter
 * says least; where it is not shown, what the number of nodules would have allowed to show.
 */
export function middleSizes(design: DesignResult): string {
  const real = realOnly(design);
  const stratum = real?.strata.find(({ fromMm, toMm }) => fromMm > 0 && toMm !== null);
  if (!real || !stratum) return '';
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
  if (interval.low > 0) return `${found} The interval excludes 0: the network is better there.`;
  if (interval.high < 0) return `${found} The interval excludes 0: the network is worse there.`;
  return `${found} The interval does not exclude 0. With so few nodules it reaches ${three(halfWidth(interval)!)} to either side, so only a gain of about that size or more could have been shown.`;
}
