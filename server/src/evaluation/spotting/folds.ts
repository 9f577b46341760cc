/** Who is held back when: whole clusters, so that no patient is trained on and asked about by the same spotter. */
import type { Random } from '../../nn/random.ts';

/**
 * Folds of about the same number of patches: the clusters in random order, the largest first, each to the fold that has
 * the fewest so far.
 * @param clusters one name a patch
 * @returns one fold (0 … folds − 1) a patch
 */
export function foldsByCluster(clusters: readonly string[], folds: number, random: Random): Uint8Array {
  const members = new Map<string, number[]>();
  clusters.forEach((cluster, index) => {
    const found = members.get(cluster);
    if (found === undefined) members.set(cluster, [index]);
    else found.push(index);
  });
  const names = [...members.keys()];
  const order = Array.from(random.permutation(names.length), (at) => names[at]!).sort(
    (one, other) => members.get(other)!.length - members.get(one)!.length,
  );
  const filled = new Uint32Array(folds);
  const foldOf = new Uint8Array(clusters.length);
  for (const name of order) {
    const own = members.get(name)!;
    const fold = filled.indexOf(Math.min(...filled));
    filled[fold]! += own.length;
    for (const index of own) foldOf[index] = fold;
  }
  return foldOf;
}
