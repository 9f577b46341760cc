/**
 * The seven criteria for synthetic medical data (Zamzmi et al. 2025, Scorecard for synthetic medical data evaluation,
 * Commun. Eng. 4:130), each judged by written rules from what was measured. A criterion asks several things; it is met
 * where all that could be told hold and no figure of it was left open, not met where none does, partly met in between,
 * and not judged where nothing could be told.
 */
import { atLeast, atMost, LIMITS, short } from './gates.ts';
import { attributeWord } from './attributeWords.ts';
import { SPACES, VIEWS } from './patchGroup.ts';
import type { Adherence, Criterion, EvaluationResult, Figure, Gate } from './result.ts';

export type Measured = Pick<
  EvaluationResult,
  'figures' | 'gates' | 'adherence' | 'controls' | 'errors' | 'real' | 'synthetic'
>;
/** What the generator's card says; null where there is none. */
export type CardWords = {
  readonly name: string;
  readonly data: string;
  readonly license: string;
  readonly faults: readonly string[];
  readonly split?: unknown;
} | null;

/** One thing that a criterion asks. */
interface Item {
  readonly holds: boolean | null;
  readonly text: string;
  readonly evidence: readonly string[];
  /** A gate or figure that could not be judged: without it the criterion is not met. */
  readonly open?: boolean;
}

/** Relative error of the diameter over that of real nodules, up to which sizes count as followed. */
const DIAMETER_ERROR = 1.5;
/** Of the ceiling, from which a characteristic counts as followed. */
const FOLLOWED = 0.5;

const QUESTIONS: Readonly<Record<Criterion['criterion'], string>> = {
  congruence: 'Are synthetic nodules distributed as real ones are?',
  coverage: 'Do they show the variety of real ones?',
  constraint: 'Do they stay within what a real nodule can be?',
  completeness: 'Does each of them come with all that a user needs?',
  compliance: 'Is nobody who was trained on recognisable in them, and may they be used?',
  comprehension: 'Is it clear how they were made, what is wrong with them, and what the figures are worth?',
  consistency: 'Does it hold at every scale, and for everything that was asked for?',
};

export function scorecardOf(measured: Measured, card: CardWords): Criterion[] {
  const items: Readonly<Record<Criterion['criterion'], readonly Item[]>> = {
    congruence: ['frechet-attributes', 'frechet-radiomics', 'kid'].map((name) => gateItem(measured, name)),
    coverage: [
      gateItem(measured, 'diversity'),
      shareOfFloor(measured, 'coverage'),
      shareOfFloor(measured, 'recall'),
    ],
    constraint: [shownItem(measured), shareOfFloor(measured, 'precision'), gateItem(measured, 'spotting')],
    completeness: [lineageItem(measured), classesItem(measured), conditionsItem(measured)],
    compliance: [gateItem(measured, 'memorisation'), heldOutItem(card), licenceItem(card)],
    comprehension: [cardItem(card), controlsItem(measured)],
    consistency: [viewsItem(measured), ...adherenceItems(measured)],
  };
  return (Object.keys(QUESTIONS) as Criterion['criterion'][]).map((criterion) => ({
    criterion,
    question: QUESTIONS[criterion],
    ...judged(items[criterion]),
  }));
}

function judged(items: readonly Item[]): Pick<Criterion, 'verdict' | 'text' | 'evidence'> {
  const told = items.filter(({ holds }) => holds !== null);
  const holding = told.filter(({ holds }) => holds === true).length;
  return {
    verdict:
      told.length === 0
        ? 'not judged'
        : holding === told.length && !items.some(({ open }) => open === true)
          ? 'met'
          : holding === 0
            ? 'not met'
            : 'partly',
    text: items.map(({ text }) => text).join(' '),
    evidence: [...new Set(items.flatMap(({ evidence }) => evidence))],
  };
}

const item = (holds: boolean | null, text: string, ...evidence: readonly string[]): Item => ({
  ...{ holds, text, evidence },
});

function gateItem({ gates }: Measured, name: string): Item {
  const gate = gates.find((one: Gate) => one.name === name);
  if (gate === undefined) return item(null, `Gate ${name} was not asked.`);
  const verdict = gate.passed === null ? 'not judged' : gate.passed ? 'passed' : 'failed';
  const text = `Gate ${name} ${verdict}: ${gate.found}.`;
  return { ...item(gate.passed, text, name), open: gate.passed === null };
}

/** The lowest share of what real nodules reach, over spaces and views. */
function shareOfFloor({ figures }: Measured, measure: string): Item {
  const shares = placesOf(figures, measure).flatMap(({ key, measured, floor }) =>
    measured === null || floor === null || floor.value <= 0
      ? []
      : [{ key, share: measured.value / floor.value }],
  );
  if (shares.length === 0) return { ...item(null, `${capital(measure)} was not computed.`), open: true };
  const [worst] = shares.toSorted((a, b) => a.share - b.share);
  return item(
    atLeast(worst!.share, LIMITS.fidelityShare),
    `${capital(measure)} is at least ${short(worst!.share)} of that between real nodules (wanted: ${LIMITS.fidelityShare}).`,
    ...shares.map(({ key }) => key),
  );
}

function shownItem({ figures }: Measured): Item {
  const shown = figures.find(({ key }) => key === 'shown/nodule')?.measured ?? null;
  if (shown === null) return item(null, 'Whether each patch shows a nodule was not computed.');
  return item(
    atLeast(shown.value, LIMITS.shown),
    `${short(100 * shown.value)} % of the patches show a nodule.`,
    'shown/nodule',
  );
}

const lineageItem = ({ synthetic: { model, count } }: Measured): Item =>
  model === null
    ? item(false, `The ${count} patches do not come from one known generator.`)
    : item(
        true,
        `Each of the ${count} patches names its generator (${model.name}), seed and number, size and class.`,
      );

function classesItem({ real, synthetic }: Measured): Item {
  const present = (['malignant', 'benign', 'indeterminate'] as const).filter(
    (name) => real.classes[name] > 0,
  );
  const absent = present.filter((name) => synthetic.classes[name] === 0);
  return absent.length === 0
    ? item(true, `It holds every class of the real set (${present.join(', ')}).`)
    : item(false, `It holds no ${absent.join(' and no ')} nodules, and the real set does.`);
}

function conditionsItem({ adherence }: Measured): Item {
  const asked = adherence.filter(
    (row) => ofCharacteristic(row) && row.attribute !== 'textureHu' && row.measured !== null,
  );
  return asked.length === 0
    ? item(false, 'No characteristic was asked for: patches come without spiculation, texture and the like.')
    : item(true, `Patches come with ${asked.map(({ attribute }) => attributeWord(attribute)).join(', ')}.`);
}

function heldOutItem(card: CardWords): Item {
  if (card === null) return item(null, 'Which patients the generator was trained on is not known.');
  return card.split === undefined
    ? item(null, `The card of ${card.name} does not say which patients it was trained on.`)
    : item(true, `No patient of the real set was in the training fold of ${card.name}.`);
}

const licenceItem = (card: CardWords): Item =>
  card === null
    ? item(null, 'Under which terms it may be used is not known.')
    : item(card.license.trim() !== '', `Terms: ${card.license}.`);

function cardItem(card: CardWords): Item {
  if (card === null) return item(false, 'There is no card that says how the generator was made.');
  const { name, faults } = card;
  return faults.length === 0
    ? item(false, `The card of ${name} names no fault, and every generator has some.`)
    : item(true, `The card of ${name} says what it was trained on and names ${faults.length} known faults.`);
}

function controlsItem({ controls, errors }: Measured): Item {
  if (controls.length === 0) return item(null, 'No controls were made.');
  const caught = controls.filter(({ caughtBy }) => caughtBy.length > 0).length;
  return item(
    caught === controls.length && errors.length === 0,
    `${caught} of ${controls.length} controls were caught${errors.length > 0 ? `; ${errors.length} errors of the report` : ''}.`,
  );
}

function viewsItem({ figures }: Measured): Item {
  const found = placesOf(figures, 'position').flatMap(({ key, measured }) =>
    measured === null ? [] : [{ key, value: measured.value }],
  );
  if (found.length < 2)
    return { ...item(null, 'Position P was not computed in more than one place.'), open: true };
  const values = found.map(({ value }) => value);
  const inside = values.filter((value) => atMost(value, LIMITS.position)).length;
  return item(
    inside === values.length,
    `Position P lies between ${short(Math.min(...values))} and ${short(Math.max(...values))} over ${values.length} spaces and views; ${inside} are within ${LIMITS.position}.`,
    ...found.map(({ key }) => key),
  );
}

/** What could not be judged is said in one sentence. */
function adherenceItems({ adherence }: Measured): Item[] {
  const items = adherence.map((row) => ({ row, judged: adherenceItem(row) }));
  const open = items.filter(({ judged }) => judged === null).map(({ row }) => attributeWord(row.attribute));
  return [
    ...items.flatMap(({ judged }) => judged ?? []),
    ...(open.length === 0 ? [] : [item(null, `Not asked for or not computed: ${open.join(', ')}.`)]),
  ];
}

/** Null where nothing can be said. */
function adherenceItem(row: Adherence): Item | null {
  const { attribute, measured, ceiling } = row;
  const name = capital(attributeWord(attribute));
  const evidence = `adherence/${attribute}`;
  if (measured === null) return null;
  if (!ofCharacteristic(row)) {
    if (attribute === 'insertedDiameter')
      return item(
        atMost(measured.value, LIMITS.diameter),
        `${name}: error ${short(measured.value)}, limit ${LIMITS.diameter}.`,
        evidence,
      );
    if (ceiling === null) return null;
    return item(
      atMost(measured.value, DIAMETER_ERROR * ceiling.value),
      `${name}: error ${short(measured.value)} against ${short(ceiling.value)} of real nodules.`,
      evidence,
    );
  }
  if (ceiling === null) return null;
  const text = `${name}: correlation ${short(measured.value)} against ${short(ceiling.value)} of real nodules`;
  // Half of nothing is reached by chance.
  if ((ceiling.interval?.low ?? ceiling.value) <= 0)
    return item(null, `${text}, where the network cannot be told from guessing.`, evidence);
  return item(atLeast(measured.value, FOLLOWED * ceiling.value), `${text}.`, evidence);
}

const ofCharacteristic = ({ statistic }: Adherence): boolean =>
  statistic === 'partial Spearman at fixed diameter';

const placesOf = (figures: readonly Figure[], measure: string): Figure[] => {
  const keys = new Set(SPACES.flatMap((space) => VIEWS.map((view) => `${measure}/${space}/${view}`)));
  return figures.filter(({ key }) => keys.has(key));
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
