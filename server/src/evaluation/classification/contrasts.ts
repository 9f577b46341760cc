/** Comparisons of two arms that were planned beforehand, corrected for their number. */
import { NoduleLabError } from '../../volume/errors.ts';
import { holm } from './holm.ts';
import { pairedAuc } from './pairedAuc.ts';
import type { Contrast } from './result.ts';
import type { ArmScores, TestNodule } from './scores.ts';

/** The first against the second. */
export type Pair = readonly [arm: string, against: string];

/**
 * The difference of AUC of each pair, with p values corrected (Holm) over all pairs.
 * @param arms of the same seeds; pairs of which one is not among them are refused
 */
export function contrastsOf(
  nodules: readonly TestNodule[],
  arms: readonly ArmScores[],
  pairs: readonly Pair[],
): Contrast[] {
  const labels = nodules.map(({ malignant }) => malignant);
  const clusters = nodules.map(({ patient }) => patient);
  const probabilities = (name: string): Float64Array[] => {
    const found = arms.find((arm) => arm.name === name);
    if (found === undefined)
      throw new NoduleLabError(
        'invalid-input',
        `There is no arm ${name} to compare: name one of the design.`,
        { name },
      );
    return found.seeds.map((seed) => seed.probabilities);
  };
  const found = pairs.map(([arm, against]) =>
    pairedAuc({ a: probabilities(arm), b: probabilities(against), labels, clusters }),
  );
  const corrected = holm(found.map(({ p }) => p));
  return pairs.map(([arm, against], i) => {
    const { value, interval, p } = found[i]!;
    return { arm, against, difference: { value, interval, p, corrected: corrected[i]! } };
  });
}
