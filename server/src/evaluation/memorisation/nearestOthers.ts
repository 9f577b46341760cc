/** How near the patches of one set lie to each other, as if the set were smaller than it is. */
import type { Neighbours } from './neighbours.ts';

/**
 * For each patch the expected distance to the nearest of `among` others that are drawn at random from its set; exact, from
 * the hypergeometric distribution.
 * @param neighbours of a set's patches in the same set, own clusters left out
 * @param others of each patch: how many there are to be drawn from
 */
export function nearestAmong(neighbours: Neighbours, others: ArrayLike<number>, among: number): Float64Array {
  const { count, kept, distance } = neighbours;
  return Float64Array.from({ length: count }, (_, item) => {
    const first = item * kept;
    let [left, notYet, sum] = [others[item]!, 1, 0];
    let farthest = 0;
    for (let at = 0; at < kept && left > 0 && distance[first + at]! < Infinity; at++, left--) {
      farthest = distance[first + at]!;
      const share = Math.min(1, among / left);
      sum += notYet * share * farthest;
      notYet *= 1 - share;
    }
    // Beyond the neighbours that were kept: at least as far as the last of them.
    return sum + notYet * farthest;
  });
}
