/** Probabilities from a classifier's logits, fitted on cases that it was not trained on. */
import { NoduleLabError } from '../../volume/errors.ts';
import { fitLogistic, sigmoid } from './logistic.ts';

/** Of the standardised logit: the order of cases is kept even where the validation cases speak against it. */
const LEAST_SLOPE = 0.01;
/** Only keeps the fit defined where the logits do not vary: Platt's targets need none. */
const RIDGE = 1e-6;

/** σ(slope · logit + intercept). */
export interface Platt {
  readonly slope: number;
  readonly intercept: number;
  probability(logit: number): number;
}

/**
 * Platt's scaling (Platt 1999, "Probabilistic outputs for support vector machines", 2.2), with his targets: of n₊
 * malignant and n₋ benign cases (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2) take the place of 1 and 0, so that few cases, even of
 * one class, never give a probability of 0 or 1 to what was seen. The slope is always above 0: where the fit would turn the order of
 * cases round, it is a hundredth of a logit for each standard deviation, and the intercept is fitted to that.
 *
 * @param labels true or 1 for malignant
 */
export function fitPlatt(logits: ArrayLike<number>, labels: ArrayLike<boolean | number>): Platt {
  const count = logits.length;
  if (count === 0 || labels.length !== count)
    throw new NoduleLabError(
      'invalid-input',
      `Platt's scaling needs a label for each logit and there are ${labels.length} labels for ${count} logits.`,
    );
  const values = Float64Array.from(logits);
  const positives = Array.from(labels).filter(Boolean).length;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (count - positives + 2);
  const targets = Array.from(labels, (label) => (label ? high : low));
  const fit = fitLogistic(
    Array.from(values, (value) => [value]),
    targets,
    { ridge: RIDGE },
  );
  const mean = values.reduce((sum, value) => sum + value / count, 0);
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0));
  const least = LEAST_SLOPE / (spread > 0 ? spread : 1);
  const slope = Math.max(fit.coefficients[0]!, least);
  const { intercept } =
    slope === fit.coefficients[0]!
      ? fit
      : fitLogistic(
          targets.map(() => []),
          targets,
          { offsets: values.map((value) => slope * value) },
        );
  return { slope, intercept, probability: (logit) => sigmoid(slope * logit + intercept) };
}
