/** What is wanted of candidates: conditions of the chosen generator, named one by one; what is not named is "any". */
import {
  type Candidate,
  type Condition,
  ConditionName,
  Conditions,
  type Model,
  type Nodule,
  type WantedConditions,
} from '@nodulelab/contract';
import { millimetres } from './words.ts';

/** A stretch of a slider with fewer training nodules is drawn as one where the generator has little to go by. */
export const FEW_TRAINED = 30;
/** A candidate carries a mark where fewer training nodules were like all that was wanted of it. */
export const FEW_LIKE = 5;

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** The values of a condition that can be set: medians of readers, and sizes, lie half a point or millimetre apart. */
export function scaleOf(name: ConditionName, condition?: Condition): Scale {
  const { minValue, maxValue } = Conditions.shape[name];
  return { low: condition?.low ?? minValue!, high: condition?.high ?? maxValue!, step: 0.5 };
}

/** The value at which a wish starts when it is switched on: the middle of the stretch with most training nodules. */
export function usualValue(name: ConditionName, condition: Condition | undefined): number {
  const { low, high } = scaleOf(name, condition);
  const { from, to } = (condition?.trained ?? []).reduce(
    (most, stretch) => (stretch.nodules > most.nodules ? stretch : most),
    { from: low, to: high, nodules: 0 },
  );
  // At the ends of a scale of points a stretch is half as long, and its point is the end.
  const value = from === low ? low : to === high ? high : (from + to) / 2;
  return inSteps(name, name === 'diameter' ? (from + to) / 2 : value, condition);
}

export function inSteps(name: ConditionName, value: number, condition?: Condition): number {
  const { low, high, step } = scaleOf(name, condition);
  return Math.min(high, Math.max(low, Math.round(value / step) * step));
}

/** How many of its training nodules lie in the stretch of a value, and how many there are. */
export function trainedLike({ trained }: Condition, value: number): { nodules: number; all: number } {
  const stretch = trained.find(
    ({ from, to }, n) => value >= from && (value < to || (n === trained.length - 1 && value === to)),
  );
  return {
    nodules: stretch?.nodules ?? 0,
    all: trained.reduce((sum, { nodules }) => sum + nodules, 0),
  };
}

export const isFew = (condition: Condition | undefined, value: number): boolean =>
  condition !== undefined && trainedLike(condition, value).nodules < FEW_TRAINED;

export const conditionOf = (model: Model | undefined, name: ConditionName): Condition | undefined =>
  model?.conditions.find((condition) => condition.name === name);

export const canBeAsked = (model: Model | undefined): boolean => (model?.conditions.length ?? 0) > 0;

/** Names that have a value, in the order of the form. */
export const namedIn = (wanted: WantedConditions): readonly ConditionName[] =>
  ConditionName.options.filter((name) => wanted[name] !== undefined);

/** What of the wishes this generator can be asked for. */
export const wishesFor = (model: Model | undefined, wanted: WantedConditions): WantedConditions =>
  Object.fromEntries(
    namedIn(wanted).flatMap((name) => {
      const condition = conditionOf(model, name);
      return condition === undefined ? [] : [[name, inSteps(name, wanted[name]!, condition)]];
    }),
  );

/** Its size and ratings as wishes; its size alone where no reader rated it. */
export function wishesLike({ diameterMm, consensus }: Nodule): WantedConditions {
  const named = ConditionName.options.flatMap((name) => {
    const value = name === 'diameter' ? diameterMm : consensus?.[name];
    return value === undefined ? [] : [[name, inSteps(name, value)] as const];
  });
  return Object.fromEntries(named);
}

/** The candidates on the screen were asked for otherwise. */
export const areStale = (wanted: WantedConditions, asked: WantedConditions): boolean =>
  ConditionName.options.some((name) => wanted[name] !== asked[name]);

export const CONDITION_WORDS: Readonly<Record<ConditionName, string>> = {
  diameter: 'Diameter',
  malignancy: 'Malignancy',
  texture: 'Texture',
  spiculation: 'Spiculation',
  lobulation: 'Lobulation',
  sphericity: 'Sphericity',
  margin: 'Margin',
};

/** Words of the LIDC form at the least and the most; malignancy is how likely the readers held it. */
export const END_WORDS: Readonly<Record<ConditionName, readonly [string, string]>> = {
  diameter: [`${scaleOf('diameter').low}\u2009mm`, `${scaleOf('diameter').high}\u2009mm`],
  malignancy: ['unlikely', 'suspicious'],
  texture: ['ground glass', 'solid'],
  spiculation: ['none', 'marked'],
  lobulation: ['none', 'marked'],
  sphericity: ['linear', 'round'],
  margin: ['poorly defined', 'sharp'],
};

export const valueText = (name: ConditionName, value: number): string =>
  name === 'diameter' ? millimetres(value) : String(Math.round(value * 10) / 10);

/** For lines that must be short. */
const SHORT_WORDS: Readonly<Record<ConditionName, string>> = {
  diameter: '',
  malignancy: 'mal.',
  texture: 'texture',
  spiculation: 'spic.',
  lobulation: 'lob.',
  sphericity: 'spher.',
  margin: 'margin',
};

/** `12.0 mm, malignancy 4`, or `12.0 mm, mal. 4` in short; the empty text where nothing is named. */
export const conditionsLine = (conditions: WantedConditions, short = false): string =>
  namedIn(conditions)
    .map((name) => {
      const text = valueText(name, conditions[name]!);
      if (name === 'diameter') return text;
      return `${short ? SHORT_WORDS[name] : CONDITION_WORDS[name].toLowerCase()} ${text}`;
    })
    .join(', ');

/** Few training nodules were like what was wanted of it. */
export const isRare = ({ support }: Candidate): boolean => support !== null && support < FEW_LIKE;

/** Why a candidate is marked. */
export const rareText = ({ support }: Candidate): string =>
  `Few nodules like this in training: ${support}. It may not look as asked.`;
