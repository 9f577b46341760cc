/** Do the intervals hold what they promise? Many studies are drawn, analysed as real ones are, and held against the truth. */
import { incompleteBeta } from '../../evaluation/quantiles.ts';
import { wilson } from '../../evaluation/wilson.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { equivalence } from '../equivalence.ts';
import { aucOf, shareOf } from '../figuresOfMerit.ts';
import { fleissKappa } from '../kappa.ts';
import { meanOverReaders } from '../obuchowskiRockette.ts';
import { agreementOnRepeats } from '../repeats.ts';
import {
  checkModel,
  type DrawnStudy,
  drawStudy,
  readerAccuracy,
  readerKappas,
  type ReaderModel,
  truthOf,
} from './readerModel.ts';

const Z95 = 1.959963984540054;

export interface Coverage {
  readonly estimator: string;
  /** The interval speaks of this. */
  readonly of: string;
  readonly level: number;
  /** Share of intervals that hold the truth. */
  readonly coverage: number;
  readonly intervals: number;
  /** Studies in which there was nothing to estimate. */
  readonly without: number;
  /** Chance of so few, or fewer, if the interval were exact: small where it promises too much. */
  readonly pTooLow: number;
  /** Chance of so many, or more: small where it is wider than it need be. */
  readonly pTooHigh: number;
}

export interface SimulationResult {
  readonly studies: number;
  readonly seed: number;
  readonly model: ReaderModel;
  readonly truth: ReturnType<typeof truthOf>;
  readonly coverage: readonly Coverage[];
  /** Readers whose accuracy lies just at the margin are claimed to be equivalent to guessing so often; alpha at most. */
  readonly falseEquivalence: {
    readonly share: number;
    readonly alpha: number;
    readonly margin: number;
    readonly pTooHigh: number;
  };
}

interface Tally {
  of: string;
  held: number;
  intervals: number;
  without: number;
}

/**
 * @param onProgress told now and then how many studies are done
 * @throws where there are no studies, or the model makes no sense
 */
export function simulateStudies(
  model: ReaderModel,
  studies: number,
  seed: number,
  onProgress: (done: number) => void = () => undefined,
): SimulationResult {
  checkModel(model);
  if (!(Number.isInteger(studies) && studies >= 1))
    throw new NoduleLabError('invalid-input', `A simulation needs one study or more and not ${studies}.`);
  const truth = truthOf(model);
  const tallies = new Map<string, Tally>();
  const count = (
    estimator: string,
    of: string,
    interval: { low: number; high: number } | null,
    value: number,
  ): void => {
    const tally = tallies.get(estimator) ?? { of, held: 0, intervals: 0, without: 0 };
    tallies.set(estimator, tally);
    if (!interval) tally.without++;
    else {
      tally.intervals++;
      if (interval.low <= value && value <= interval.high) tally.held++;
    }
  };
  const alpha = 0.05;
  const margin = Math.abs(truth.accuracy - 0.5);
  let claimed = 0;
  for (let study = 0; study < studies; study++) {
    const drawn = studyOf(model, seed, study);
    const accuracy = overReaders(drawn, 'all');
    count('accuracy, over readers', 'readers and cases', accuracy.interval, truth.accuracy);
    count('real called real', 'readers and cases', overReaders(drawn, 'real').interval, truth.realCalledReal);
    count(
      'synthetic called real',
      'readers and cases',
      overReaders(drawn, 'synthetic').interval,
      truth.syntheticCalledReal,
    );
    const areas = drawn.readers.map(({ confidences }) => aucOf(confidences, drawn.synthetic));
    count('AUC, over readers', 'readers and cases', meanOverReaders(areas).interval, truth.auc);
    const [first] = drawn.readers;
    const right = shareOf(first!.calledSynthetic.map((called, i) => called === drawn.synthetic[i])).value;
    const [low, high] = wilson(right, drawn.synthetic.length, Z95);
    count('accuracy of one reader', 'cases, this reader', { low, high }, readerAccuracy(model, first!.bias));
    const kappas = readerKappas(
      model,
      drawn.readers.map(({ bias }) => bias),
    );
    count("Fleiss' kappa", 'cases, these readers', fleissKappa(choices(drawn)).interval, kappas.among);
    if (model.repeated > 0)
      count('kappa on repeats', 'cases, these readers', onRepeats(drawn).interval, kappas.repeated);
    if (margin > 0 && equivalence(accuracy, 0.5, margin, alpha)?.equivalent) claimed++;
    if (study % 100 === 99) onProgress(study + 1);
  }
  return {
    ...{ studies, seed, model, truth },
    coverage: [...tallies].map(([estimator, { of, held, intervals, without }]) => ({
      ...{ estimator, of, level: 0.95, coverage: held / intervals, intervals, without },
      pTooLow: atMost(held, intervals, 0.95),
      pTooHigh: atLeast(held, intervals, 0.95),
    })),
    falseEquivalence: { share: claimed / studies, alpha, margin, pTooHigh: atLeast(claimed, studies, alpha) },
  };
}

const studyOf = (model: ReaderModel, seed: number, study: number): DrawnStudy =>
  drawStudy(model, Random.of(seed, 'reading', study));

/** The first of the studies that {@link simulateStudies} draws. */
export function firstStudy(model: ReaderModel, seed: number): DrawnStudy {
  checkModel(model);
  return studyOf(model, seed, 0);
}

type Which = 'all' | 'real' | 'synthetic';

/** Right answers; of one class alone: called real. */
function overReaders({ readers, synthetic }: DrawnStudy, which: Which): ReturnType<typeof meanOverReaders> {
  const counted = synthetic.flatMap((isSynthetic, i) =>
    which === 'all' || isSynthetic === (which === 'synthetic') ? [i] : [],
  );
  return meanOverReaders(
    readers.map(({ calledSynthetic }) =>
      shareOf(
        counted.map((i) => (which === 'all' ? calledSynthetic[i] === synthetic[i] : !calledSynthetic[i])),
      ),
    ),
  );
}

const choices = ({ readers, synthetic }: DrawnStudy): number[][] =>
  synthetic.map((_, i) => {
    const called = readers.filter(({ calledSynthetic }) => calledSynthetic[i]).length;
    return [readers.length - called, called];
  });

const onRepeats = ({ readers, repeated }: DrawnStudy): ReturnType<typeof agreementOnRepeats> =>
  agreementOnRepeats(
    readers.flatMap(({ calledSynthetic, again }) =>
      repeated.map((index, i) => ({
        case: String(index),
        answers: [Number(calledSynthetic[index]), Number(again[i])] as const,
      })),
    ),
    2,
  );

/** P(X ≤ k) of the binomial. */
const atMost = (k: number, n: number, p: number): number =>
  k >= n ? 1 : incompleteBeta(1 - p, n - k, k + 1);
const atLeast = (k: number, n: number, p: number): number => (k <= 0 ? 1 : incompleteBeta(p, k, n - k + 1));
