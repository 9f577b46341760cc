/** Whether probabilities are what they say. */
import { auc } from '../auc.ts';
import { fitLogistic } from './logistic.ts';
import { meanOverSeeds, meanStatistic, type Times } from './redraws.ts';
import type { Calibration } from './result.ts';

const { abs, floor, log, max, min } = Math;

const MOST_BINS = 10;
/** Nodules in a bin, below which its observed share says little. */
const FEWEST_IN_BIN = 10;
/** Of probabilities, for their logits. */
const MARGIN = 1e-6;
/** Only keeps the fit defined. */
const RIDGE = 1e-6;

/**
 * Brier's score and the expected calibration error (Naeini, Cooper and Hauskrecht 2015, over bins of equal numbers)
 * with intervals by patient, and Cox's slope and intercept (Cox 1958), of all seeds' answers together.
 *
 * @param probabilities of one seed each, a value a nodule
 * @param draws of the nodules
 */
export function calibrationOf(options: {
  readonly probabilities: readonly Float64Array[];
  readonly malignant: readonly boolean[];
  readonly draws: readonly Times[];
  readonly patients: number;
}): Calibration {
  const { probabilities, malignant, draws, patients } = options;
  const rows = Uint32Array.from(malignant.keys());
  const errors = probabilities.map((ofSeed) => ofSeed.map((p, i) => (p - Number(malignant[i])) ** 2));
  const { binsOf } = binned(probabilities, malignant);
  return {
    brier: meanOverSeeds(
      errors.map((ofSeed) => meanStatistic(ofSeed, rows)),
      draws,
      { clusterCount: patients, method: 'percentile' },
    ),
    expectedError: meanOverSeeds([(times) => expectedError(binsOf(times))], draws, {
      clusterCount: patients,
      method: 'recentred',
    }),
    ...cox(probabilities, malignant),
    bins: binsOf(new Uint16Array(malignant.length).fill(1)),
  };
}

type Bins = Calibration['bins'];

/** Mean distance of predicted and observed, each bin by its number. */
export function expectedError(bins: Bins): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce(
    (sum, { predicted, observed, count }) => sum + (count / total) * abs(predicted - observed),
    0,
  );
}

/** Answers of all seeds in order, cut into bins of about equal numbers; equal answers stay in one bin. */
function binned(
  probabilities: readonly Float64Array[],
  malignant: readonly boolean[],
): { binsOf: (times: Times) => Bins } {
  const nodules = malignant.length;
  const answers = Float64Array.from(probabilities.flatMap((ofSeed) => [...ofSeed]));
  const order = Uint32Array.from(answers.keys()).sort((a, b) => answers[a]! - answers[b]!);
  const number = max(1, min(MOST_BINS, floor(nodules / FEWEST_IN_BIN)));
  const truth = Uint8Array.from(malignant, Number);
  const binsOf = (times: Times): Bins => {
    let total = 0;
    for (const count of times) total += count * probabilities.length;
    const [counts, predicted, observed] = [0, 1, 2].map(() => new Float64Array(number)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    let before = 0;
    for (let first = 0; first < order.length;) {
      const answer = answers[order[first]!]!;
      let [tied, positive] = [0, 0];
      let next = first;
      for (; next < order.length && answers[order[next]!] === answer; next++) {
        const nodule = order[next]! % nodules;
        tied += times[nodule]!;
        positive += times[nodule]! * truth[nodule]!;
      }
      // By the middle of those that are equal.
      const bin = min(number - 1, floor(((before + tied / 2) / total) * number));
      counts[bin]! += tied;
      predicted[bin]! += tied * answer;
      observed[bin]! += positive;
      before += tied;
      first = next;
    }
    return Array.from(counts, (count, bin) => ({
      predicted: predicted[bin]! / count,
      observed: observed[bin]! / count,
      count,
    })).filter(({ count }) => count > 0);
  };
  return { binsOf };
}

function cox(
  probabilities: readonly Float64Array[],
  malignant: readonly boolean[],
): Pick<Calibration, 'slope' | 'intercept'> {
  const logits = probabilities.flatMap((ofSeed) =>
    Array.from(ofSeed, (p) => {
      const inside = min(1 - MARGIN, max(MARGIN, p));
      return log(inside / (1 - inside));
    }),
  );
  const truth = probabilities.flatMap(() => malignant);
  const area = auc(logits, truth);
  if (logits.every((logit) => logit === logits[0]) || area === 0 || area === 1)
    return { slope: null, intercept: null };
  const { coefficients, intercept } = fitLogistic(
    logits.map((logit) => [logit]),
    truth,
    { ridge: RIDGE },
  );
  return { slope: coefficients[0]!, intercept };
}
