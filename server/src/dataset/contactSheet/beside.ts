/** Which nodule of another set is shown beside one of this: the most alike in what was asked for or is known of them. */
import type { PatchEntry } from '../manifest.ts';

const COMPARED = ['malignancy', 'texture', 'spiculation', 'lobulation', 'sphericity', 'margin'] as const;
type Compared = (typeof COMPARED)[number];

/** Ratings are from 1 to 5. */
const RATING_RANGE = 4;

/**
 * One nodule of `others` for each of `chosen`, none twice: each takes, in their order, the most alike that is left.
 * @returns indices into `others`; as many as there are of both
 */
export function mostAlike(chosen: readonly PatchEntry[], others: readonly PatchEntry[]): number[] {
  const left = new Set(others.keys());
  const taken: number[] = [];
  for (const entry of chosen) {
    let best: number | undefined;
    let least = Infinity;
    for (const index of left) {
      const difference = differenceOf(entry, others[index]!);
      if (difference < least) [best, least] = [index, difference];
    }
    if (best === undefined) break;
    left.delete(best);
    taken.push(best);
  }
  return taken;
}

/** Octaves of diameter, and the mean difference of the ratings that both have as a part of their range; another class counts 1. */
function differenceOf(a: PatchEntry, b: PatchEntry): number {
  const parts = COMPARED.flatMap((name) => {
    const [one, other] = [ratingOf(a, name), ratingOf(b, name)];
    return one === undefined || other === undefined ? [] : [Math.abs(one - other) / RATING_RANGE];
  });
  const ratings = parts.length === 0 ? 0 : parts.reduce((sum, part) => sum + part, 0) / parts.length;
  return Math.abs(Math.log2(a.diameterMm / b.diameterMm)) + ratings + (a.class === b.class ? 0 : 1);
}

const ratingOf = (entry: PatchEntry, name: Compared): number | undefined =>
  entry.origin === 'real' ? entry.characteristics?.[name] : entry.conditions[name];
