/** Examples in an endless series, each as often as every other. */
import { Random } from './random.ts';

/**
 * Number `n` of a series that goes through all of them, in a new order each time.
 * @param name of the random streams, one for each round
 */
export function rounds(
  indices: ArrayLike<number>,
  name: readonly (string | number)[],
): (n: number) => number {
  let known = -1;
  let order: ArrayLike<number> = [];
  return (n) => {
    const round = Math.floor(n / indices.length);
    if (round !== known) order = Random.of(...name, round).permutation(indices.length);
    known = round;
    return indices[order[n % indices.length]!]!;
  };
}
