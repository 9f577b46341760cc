/**
 * How many cases a reading needs so that readers who cannot tell are shown to be equivalent to guessing, by the variances of the
 * Obuchowski-Rockette model (Hillis, Obuchowski and Berbaum, Acad. Radiol. 18:129, 2011) and two one-sided tests.
 */
import { normalCdf, studentQuantile } from '../evaluation/quantiles.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { abs, max, sqrt } = Math;

export interface Plan {
  readonly readers: number;
  /** Either side of 0.5, as a share of right answers: 0.1 for 40 % to 60 %. */
  readonly margin: number;
  readonly alpha: number;
  /** Wanted chance to show equivalence. */
  readonly power: number;
  /** True accuracy that is planned for, 0.5 where readers guess. */
  readonly accuracy: number;
  /** Standard deviation of readers' true accuracies. */
  readonly readerSd: number;
  /** Correlation of two readers' answers to the same case being right. */
  readonly caseCorrelation: number;
}

export const USUAL_PLAN: Plan = {
  readers: 5,
  margin: 0.1,
  alpha: 0.05,
  power: 0.8,
  accuracy: 0.5,
  readerSd: 0.03,
  caseCorrelation: 0.1,
};

const MOST_CASES = 100_000;

/** Chance that two one-sided tests show equivalence with so many cases, real and synthetic together. */
export function powerOf(plan: Plan, cases: number): number {
  const { readers, margin, alpha, accuracy, readerSd, caseCorrelation } = plan;
  const one = (accuracy * (1 - accuracy)) / cases;
  const readerMeanSquare = readerSd ** 2 + (1 - caseCorrelation) * one;
  const total = readerMeanSquare + readers * caseCorrelation * one;
  const error = sqrt(total / readers);
  const freedom = total ** 2 / (readerMeanSquare ** 2 / (readers - 1));
  const t = studentQuantile(1 - alpha, freedom);
  const off = abs(accuracy - 0.5);
  return max(0, normalCdf((margin - off) / error - t) + normalCdf((margin + off) / error - t) - 1);
}

/**
 * The least even number of cases with the wanted power.
 *
 * @throws where no number is enough: readers differ too much for the margin, or the accuracy lies outside it
 */
export function casesNeeded(plan: Plan): number {
  check(plan);
  if (powerOf(plan, MOST_CASES) < plan.power)
    throw new NoduleLabError(
      'unusable',
      `${plan.readers} readers whose accuracies spread by ${plan.readerSd} cannot show equivalence within ${plan.margin} with a power of ${plan.power}, however many cases they read: take more readers or a wider margin.`,
    );
  let [low, high] = [0, MOST_CASES];
  while (high - low > 2) {
    const middle = 2 * Math.floor((low + high) / 4);
    if (middle > 0 && powerOf(plan, middle) >= plan.power) high = middle;
    else low = middle;
  }
  return high;
}

function check({ readers, margin, alpha, power, accuracy, readerSd, caseCorrelation }: Plan): void {
  const refuse = (sentence: string): never => {
    throw new NoduleLabError('invalid-input', sentence);
  };
  if (!(Number.isInteger(readers) && readers >= 2))
    refuse(`A plan needs two readers or more and has ${readers}: with one, nothing is said of others.`);
  if (!(margin > 0 && margin < 0.5)) refuse(`The margin lies between 0 and 0.5 and is ${margin}.`);
  if (!(alpha > 0 && alpha < 0.5)) refuse(`Alpha lies between 0 and 0.5 and is ${alpha}.`);
  if (!(power > 0 && power < 1)) refuse(`The power lies between 0 and 1 and is ${power}.`);
  if (!(abs(accuracy - 0.5) < margin))
    refuse(
      `An accuracy of ${accuracy} is not within ${margin} of 0.5: then there is no equivalence to show.`,
    );
  if (!(readerSd >= 0)) refuse(`The readers' standard deviation is 0 or more and is ${readerSd}.`);
  if (!(caseCorrelation >= 0 && caseCorrelation < 1))
    refuse(`The correlation lies from 0 to 1 and is ${caseCorrelation}.`);
}
