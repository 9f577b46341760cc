/** The threshold at which a classifier's answer is read as yes, fixed on cases that are neither trained on nor tested. */
import { NoduleLabError } from '../../volume/errors.ts';

/**
 * The threshold with the largest J = sensitivity + specificity − 1 (Youden 1950); a case is called malignant where its
 * probability reaches it.
 *
 * J only changes at a case, so the threshold is the middle between two neighbouring probabilities. Of several that share
 * the largest J it is the one nearest to the share of malignant cases, where J is largest for probabilities that are
 * true; the lower of two as near. Where no threshold is better than chance it is that share itself.
 *
 * @param labels true or 1 for malignant
 */
export function youdenThreshold(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<boolean | number>,
): number {
  const count = probabilities.length;
  if (labels.length !== count)
    throw new NoduleLabError(
      'invalid-input',
      `A threshold needs a label for each probability and there are ${labels.length} for ${count}.`,
    );
  for (let i = 0; i < count; i++)
    if (!Number.isFinite(probabilities[i]))
      throw new NoduleLabError('unusable', `Probability ${i} is ${probabilities[i]}: leave that case out.`, {
        row: i,
      });
  const positives = Array.from(labels).filter(Boolean).length;
  const negatives = count - positives;
  if (positives === 0 || negatives === 0)
    throw new NoduleLabError(
      'unusable',
      `A threshold needs both classes and there are ${positives} malignant and ${negatives} benign cases: give it more validation patients.`,
    );
  const share = positives / count;
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => probabilities[a]! - probabilities[b]!,
  );
  // J times both counts is a whole number: equal ones compare as equal.
  let [best, threshold] = [0, share];
  let [malignantBelow, benignBelow] = [0, 0];
  for (let i = 0; i + 1 < count; i++) {
    if (labels[order[i]!]) malignantBelow++;
    else benignBelow++;
    const [below, above] = [probabilities[order[i]!]!, probabilities[order[i + 1]!]!];
    if (below === above) continue;
    const gain = benignBelow * positives - malignantBelow * negatives;
    const middle = (below + above) / 2;
    // Between two neighbours of the number line the middle is one of both.
    const cut = middle > below ? middle : above;
    if (gain > best || (gain === best && gain > 0 && Math.abs(cut - share) < Math.abs(threshold - share)))
      [best, threshold] = [gain, cut];
  }
  return threshold;
}
