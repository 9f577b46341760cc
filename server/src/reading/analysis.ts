/** Everything that a reading says, with intervals, from its answers alone. */
import { normalQuantile } from '../evaluation/quantiles.ts';
import { wilson } from '../evaluation/wilson.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { type Answer, keyOf } from './answers.ts';
import { type Effect, effectsOf } from './clusteredLogistic.ts';
import { equivalence, type Equivalence } from './equivalence.ts';
import { aucOf, shareOf } from './figuresOfMerit.ts';
import { cohenKappa, fleissKappa, type Kappa } from './kappa.ts';
import { meanOverReaders, type MeanOverReaders } from './obuchowskiRockette.ts';
import { crossedReadings, type CrossedReadings } from './readings.ts';
import { agreementOnRepeats, type Repeat } from './repeats.ts';

export interface Share {
  readonly value: number;
  readonly n: number;
  readonly interval: { readonly low: number; readonly high: number; readonly level: number };
}

export interface ReaderFigures {
  readonly reader: string;
  readonly experienceYears: number | null;
  /** First answers. */
  readonly answers: number;
  readonly accuracy: Share;
  readonly realCalledReal: Share | null;
  readonly syntheticCalledReal: Share | null;
  /** Of this reader, its interval over cases; null without both classes. */
  readonly auc: MeanOverReaders | null;
  readonly repeats: Kappa | null;
  readonly medianSeconds: number | null;
}

export interface OverReaders {
  readonly accuracy: MeanOverReaders;
  readonly realCalledReal: MeanOverReaders | null;
  readonly syntheticCalledReal: MeanOverReaders | null;
  readonly auc: MeanOverReaders | null;
}

export interface Stratum extends OverReaders {
  readonly name: string;
  readonly cases: number;
}

export interface ReadingAnalysis {
  readonly plan: { readonly margin: number; readonly alpha: number };
  readonly counts: {
    readonly readers: number;
    readonly real: number;
    readonly synthetic: number;
    readonly repeats: number;
  };
  /** Cases that not every reader has answered: in no figure over readers. */
  readonly incomplete: readonly string[];
  readonly readers: readonly ReaderFigures[];
  readonly overReaders: OverReaders;
  /** Accuracy, and AUC, against one half. */
  readonly equivalence: { readonly accuracy: Equivalence | null; readonly auc: Equivalence | null };
  readonly agreement: {
    /** Of the forced choice; null with one reader. */
    readonly choice: Kappa | null;
    /** Of the confidence: mean over pairs of readers of the quadratically weighted kappa. */
    readonly confidence: number | null;
    readonly pairs: readonly {
      readonly readers: readonly [string, string];
      readonly choice: Kappa;
      readonly confidence: Kappa;
    }[];
  };
  readonly repeats: Kappa | null;
  /** On being right, for one unit more; null where answers do not determine them. */
  readonly effects: readonly Effect[] | null;
  readonly strata: readonly Stratum[];
  /** What could not be computed, and why. */
  readonly notes: readonly string[];
}

export const USUAL_ANALYSIS = { margin: 0.1, alpha: 0.05 } as const;
const LEVEL = 0.95;

/** @throws where there are no first answers, or no case that all readers have read */
export function analyseAnswers(
  all: readonly Answer[],
  { margin, alpha }: { readonly margin: number; readonly alpha: number } = USUAL_ANALYSIS,
): ReadingAnalysis {
  const answers = all.filter(({ repeat }) => !repeat);
  const crossed = crossedReadings(answers);
  if (crossed.cases.length < 2)
    throw new NoduleLabError(
      'unusable',
      `${crossed.readers.length} readers have ${crossed.cases.length} cases in common: figures over readers need two or more.`,
    );
  const notes: string[] = [];
  const overReaders = figuresOver(crossed, [...crossed.cases.keys()]);
  if (overReaders.auc === null)
    notes.push('All cases are of one class: no AUC, and accuracy is that of this class.');
  if (crossed.readers.length === 1)
    notes.push(
      'One reader: intervals speak of other cases, not of other readers, and there is no agreement among readers.',
    );
  if (crossed.incomplete.length > 0)
    notes.push(
      `${crossed.incomplete.length} cases were not answered by every reader and are in no figure over readers.`,
    );
  const repeats = repeatsOf(all);
  if (repeats.length === 0)
    notes.push('No case was read twice: nothing is known of how far readers agree with themselves.');
  const { effects, note } = effectsOn(answers);
  if (note) notes.push(note);
  const pairs = pairsOf(crossed);
  const weighted = pairs.flatMap(({ confidence }) => (confidence.value === null ? [] : [confidence.value]));
  return {
    plan: { margin, alpha },
    counts: {
      readers: crossed.readers.length,
      real: crossed.synthetic.filter((synthetic) => !synthetic).length,
      synthetic: crossed.synthetic.filter(Boolean).length,
      repeats: repeats.length,
    },
    incomplete: crossed.incomplete,
    readers: crossed.readers.map((reader) => ofReader(reader, answers, repeats)),
    overReaders,
    equivalence: {
      accuracy: equivalence(overReaders.accuracy, 0.5, margin, alpha),
      auc: overReaders.auc && equivalence(overReaders.auc, 0.5, margin, alpha),
    },
    agreement: {
      choice: crossed.readers.length > 1 ? fleissKappa(choicesOf(crossed)) : null,
      confidence:
        weighted.length === 0 ? null : weighted.reduce((sum, value) => sum + value, 0) / weighted.length,
      pairs,
    },
    repeats: repeats.length === 0 ? null : agreementOnRepeats(repeats, 2),
    effects,
    strata: strataOf(crossed),
    notes,
  };
}

function share(hits: readonly boolean[]): Share | null {
  const n = hits.length;
  if (n === 0) return null;
  const value = hits.filter(Boolean).length / n;
  const [low, high] = wilson(value, n, normalQuantile(0.5 + LEVEL / 2));
  return { value, n, interval: { low, high, level: LEVEL } };
}

const right = ({ synthetic, calledSynthetic }: Pick<Answer, 'synthetic' | 'calledSynthetic'>): boolean =>
  synthetic === calledSynthetic;

function ofReader(
  reader: string,
  all: readonly Answer[],
  repeats: readonly (Repeat & { reader: string })[],
): ReaderFigures {
  const own = all.filter((answer) => answer.reader === reader);
  const of = (synthetic: boolean): Share | null =>
    share(
      own.filter((answer) => answer.synthetic === synthetic).map(({ calledSynthetic }) => !calledSynthetic),
    );
  const twice = repeats.filter((repeat) => repeat.reader === reader);
  const seconds = own
    .flatMap((answer) => (answer.seconds === null ? [] : [answer.seconds]))
    .toSorted((a, b) => a - b);
  const truth = own.map(({ synthetic }) => synthetic);
  return {
    reader,
    experienceYears: own.find(({ experienceYears }) => experienceYears !== null)?.experienceYears ?? null,
    answers: own.length,
    accuracy: share(own.map(right))!,
    realCalledReal: of(false),
    syntheticCalledReal: of(true),
    auc: bothTwice(truth)
      ? meanOverReaders([
          aucOf(
            own.map(({ confidence }) => confidence),
            truth,
          ),
        ])
      : null,
    repeats: twice.length === 0 ? null : agreementOnRepeats(twice, 2),
    medianSeconds:
      seconds.length === 0
        ? null
        : (seconds[Math.floor((seconds.length - 1) / 2)]! + seconds[Math.ceil((seconds.length - 1) / 2)]!) /
          2,
  };
}

/** The jackknife leaves one out: an area needs two of each class. */
const bothTwice = (synthetic: readonly boolean[]): boolean =>
  synthetic.filter(Boolean).length > 1 && synthetic.filter((one) => !one).length > 1;

/** @param counted indices of cases */
function figuresOver({ answers, synthetic }: CrossedReadings, counted: readonly number[]): OverReaders {
  const called = (wanted: boolean): MeanOverReaders | null => {
    const cases = counted.filter((i) => synthetic[i] === wanted);
    if (cases.length < 2) return null;
    return meanOverReaders(
      answers.map((own) => shareOf(cases.map((i) => !own[i]!.calledSynthetic))),
      LEVEL,
    );
  };
  const truth = counted.map((i) => synthetic[i]!);
  return {
    accuracy: meanOverReaders(
      answers.map((own) => shareOf(counted.map((i) => right(own[i]!)))),
      LEVEL,
    ),
    realCalledReal: called(false),
    syntheticCalledReal: called(true),
    auc: bothTwice(truth)
      ? meanOverReaders(
          answers.map((own) =>
            aucOf(
              counted.map((i) => own[i]!.confidence),
              truth,
            ),
          ),
          LEVEL,
        )
      : null,
  };
}

const choicesOf = ({ cases, answers }: CrossedReadings): number[][] =>
  cases.map((_, i) => {
    const called = answers.filter((own) => own[i]!.calledSynthetic).length;
    return [answers.length - called, called];
  });

function pairsOf({ readers, answers }: CrossedReadings): ReadingAnalysis['agreement']['pairs'] {
  return readers.flatMap((one, a) =>
    readers.slice(a + 1).map((other, b) => {
      const both = answers[a]!.map((answer, i) => [answer, answers[a + 1 + b]![i]!] as const);
      return {
        readers: [one, other] as const,
        choice: cohenKappa(
          both.map(([x, y]) => [Number(x.calledSynthetic), Number(y.calledSynthetic)] as const),
          2,
        ),
        confidence: cohenKappa(
          both.map(([x, y]) => [x.confidence - 1, y.confidence - 1] as const),
          5,
          'quadratic',
        ),
      };
    }),
  );
}

/** First and second forced choices. */
function repeatsOf(all: readonly Answer[]): (Repeat & { reader: string })[] {
  const first = new Map(all.filter(({ repeat }) => !repeat).map((answer) => [keyOf(answer), answer]));
  return all
    .filter(({ repeat }) => repeat)
    .map((again) => ({
      reader: again.reader,
      case: again.case,
      answers: [Number(first.get(keyOf(again))!.calledSynthetic), Number(again.calledSynthetic)] as const,
    }));
}

/** Of what was told of every answer, and differs. */
function effectsOn(answers: readonly Answer[]): { effects: readonly Effect[] | null; note: string | null } {
  const columns: [string, (answer: Answer) => number | null][] = [
    ['experience, per 10 years', ({ experienceYears }) => experienceYears && experienceYears / 10],
    ['time, per 10 seconds', ({ seconds }) => seconds && seconds / 10],
    ['diameter, per 5 mm', ({ diameterMm }) => diameterMm && diameterMm / 5],
    ['synthetic instead of real', ({ synthetic }) => Number(synthetic)],
  ];
  const told = columns.filter(([, of]) => {
    const values = new Set(answers.map(of));
    return !values.has(null) && values.size > 1;
  });
  const effects = effectsOf(
    told.map(([name]) => name),
    answers.map((answer) => told.map(([, of]) => of(answer)!)),
    answers.map(right),
    answers.map((answer) => [answer.reader, answer.case] as const),
  );
  return {
    effects,
    note: effects ? null : 'The answers do not determine what makes readers right: too few, or all alike.',
  };
}

function strataOf(crossed: CrossedReadings<Answer>): Stratum[] {
  const first = crossed.answers[0]!;
  const names = new Map<string, number[]>();
  first.forEach((answer, i) => {
    for (const name of [answer.stratum, sizeName(answer.diameterMm)])
      if (name !== null) names.set(name, [...(names.get(name) ?? []), i]);
  });
  return [...names]
    .filter(([, cases]) => cases.length > 1 && cases.length < crossed.cases.length)
    .map(([name, cases]) => ({ name, cases: cases.length, ...figuresOver(crossed, cases) }))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** Within 6 to 15 mm, size alone tells least of malignancy. */
function sizeName(diameterMm: number | null): string | null {
  if (diameterMm === null) return null;
  return diameterMm < 6 ? 'below 6 mm' : diameterMm <= 15 ? '6 to 15 mm' : 'above 15 mm';
}
