/**
 * The mean over readers of a figure of merit, with an interval that holds for other readers and other cases: the
 * analysis of variance of Obuchowski and Rockette (Commun. Stat. Simul. Comput. 24:285, 1995) for one modality, with the
 * degrees of freedom of Hillis (Stat. Med. 26:596, 2007) and covariances by the jackknife over cases.
 */
import { studentQuantile } from '../evaluation/quantiles.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { FigureOfMerit } from './figuresOfMerit.ts';

const { max, sqrt } = Math;

export interface MeanOverReaders {
  readonly mean: number;
  /** Of the mean; null where there is nothing to estimate it from. */
  readonly standardError: number | null;
  readonly freedom: number | null;
  readonly interval: { readonly low: number; readonly high: number; readonly level: number } | null;
  /** Whom the interval speaks of. */
  readonly generalises: 'readers and cases' | 'cases only' | 'nobody';
  /** Mean square of readers. */
  readonly readerMeanSquare: number | null;
  /** Variance of one reader's figure over cases, mean over readers. */
  readonly caseVariance: number;
  /** Covariance of two readers' figures over the same cases, mean over pairs; null with one reader. */
  readonly caseCovariance: number | null;
}

/**
 * @param figures one a reader, all on the same cases in the same order
 * @param level of the interval, 0.95
 */
export function meanOverReaders(figures: readonly FigureOfMerit[], level = 0.95): MeanOverReaders {
  const [first] = figures;
  if (!first)
    throw new NoduleLabError(
      'invalid-input',
      'A mean over readers needs a reader: there are no answers yet.',
    );
  const cases = first.without.length;
  const readers = figures.length;
  if (figures.some(({ without }) => without.length !== cases))
    throw new NoduleLabError(
      'invalid-input',
      'Readers have answered different cases: take those that all have read.',
    );
  if (cases < 2)
    throw new NoduleLabError('unusable', `An interval over cases needs two cases and there are ${cases}.`);
  const mean = figures.reduce((sum, { value }) => sum + value, 0) / readers;
  const { variance, covariance } = jackknifeCovariances(figures, cases);
  if (readers === 1) {
    const standardError = variance > 0 ? sqrt(variance) : null;
    return {
      mean,
      ...withInterval(mean, standardError, cases - 1, level),
      generalises: standardError === null ? 'nobody' : 'cases only',
      readerMeanSquare: null,
      caseVariance: variance,
      caseCovariance: null,
    };
  }
  const readerMeanSquare = figures.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (readers - 1);
  const total = readerMeanSquare + readers * max(covariance, 0);
  // Where all readers have the same value, the mean square tells nothing of the degrees of freedom: those of the cases count.
  const freedom = readerMeanSquare > 0 ? total ** 2 / (readerMeanSquare ** 2 / (readers - 1)) : cases - 1;
  const standardError = total > 0 ? sqrt(total / readers) : null;
  return {
    mean,
    ...withInterval(mean, standardError, freedom, level),
    generalises: standardError === null ? 'nobody' : 'readers and cases',
    readerMeanSquare,
    caseVariance: variance,
    caseCovariance: covariance,
  };
}

function withInterval(
  mean: number,
  standardError: number | null,
  freedom: number,
  level: number,
): Pick<MeanOverReaders, 'standardError' | 'freedom' | 'interval'> {
  if (standardError === null) return { standardError, freedom: null, interval: null };
  const reach = studentQuantile(0.5 + level / 2, freedom) * standardError;
  return { standardError, freedom, interval: { low: mean - reach, high: mean + reach, level } };
}

/** Means over readers and over pairs of them of the jackknife's covariances. */
function jackknifeCovariances(
  figures: readonly FigureOfMerit[],
  cases: number,
): { variance: number; covariance: number } {
  const readers = figures.length;
  const summed = new Float64Array(cases);
  let ofOne = 0;
  for (const { without } of figures) {
    const mean = without.reduce((sum, value) => sum + value, 0) / cases;
    for (let i = 0; i < cases; i++) {
      const deviation = without[i]! - mean;
      ofOne += deviation * deviation;
      summed[i]! += deviation;
    }
  }
  // The square of the sum holds every pair twice and every reader once.
  const ofAll = summed.reduce((sum, value) => sum + value * value, 0);
  const factor = (cases - 1) / cases;
  return {
    variance: (factor * ofOne) / readers,
    covariance: readers > 1 ? (factor * (ofAll - ofOne)) / (readers * (readers - 1)) : 0,
  };
}
