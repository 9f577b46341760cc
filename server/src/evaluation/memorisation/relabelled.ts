/**
 * How near the training set is, beside how near it would be if nobody knew which patients it was made of.
 *
 * A nearest distance shrinks as a set grows, so the distance to 600 training nodules says nothing beside the one to 100
 * held-out ones. Drawing the larger set down to the smaller one throws the copied nodules away with the others: of exact
 * copies of 594 nodules, held against 28, only one in twenty would still be found. So the two sets are put together
 * and their patients relabelled at random, as many of them `training` as there are; under the hypothesis that the
 * generator knows nothing of its training set the true labels are one of these draws, whatever the numbers and
 * whatever shape the distribution has (the idea of the three-sample test of Meehan, Chaudhuri and Dasgupta, "A
 * Non-Parametric Test to Detect Data-Copying in Generative Models", AISTATS 2020).
 */
import type { Random } from '../../nn/random.ts';
import type { Neighbours } from './neighbours.ts';

/** References in order: the training nodules, then the held-out ones. */
export interface Pool {
  /** One name a reference. */
  readonly clusters: readonly string[];
  /** How many of them, from the first on, are training nodules. */
  readonly training: number;
  /** For each draw, by reference: 1 where its patient is drawn as one of the training set. */
  readonly draws: readonly Uint8Array[];
}

export const RELABELLINGS = 400;

export function poolOf(training: readonly string[], heldOut: readonly string[], random: Random): Pool {
  const clusters = [...training, ...heldOut];
  const patients = [...new Set(clusters)];
  const drawn = new Set(training).size;
  const number = new Map(patients.map((patient, at) => [patient, at]));
  const patientOf = clusters.map((cluster) => number.get(cluster)!);
  const draws = Array.from({ length: RELABELLINGS }, () => {
    const labels = new Uint8Array(patients.length);
    for (const patient of random.permutation(patients.length).subarray(0, drawn)) labels[patient] = 1;
    return Uint8Array.from(patientOf, (patient) => labels[patient]!);
  });
  return { clusters, training: training.length, draws };
}

export interface Nearness {
  /** Of each query: to the nearest training nodule. */
  readonly nearest: Float64Array;
  /** Which of its neighbours that is. */
  readonly rank: Uint32Array;
  /** Mean over the relabellings of the distance to the nearest nodule that is called training. */
  readonly expected: Float64Array;
  /** Mean over all queries, for each relabelling; what `nearest` has by chance. */
  readonly byChance: Float64Array;
}

/**
 * @param neighbours of the queries in the pool
 * @param clusters of the queries: a held-out nodule that asks leaves its own patient out, who is none of the training set
 */
export function nearness(neighbours: Neighbours, clusters: readonly string[], pool: Pool): Nearness {
  const { count, kept, index, distance } = neighbours;
  const nearest = new Float64Array(count);
  const rank = new Uint32Array(count);
  const expected = new Float64Array(count);
  const byChance = new Float64Array(pool.draws.length);
  for (let query = 0; query < count; query++) {
    const first = query * kept;
    let known = kept;
    while (known > 1 && distance[first + known - 1] === Infinity) known--;
    // Where none of the neighbours that were kept is one, it lies at least as far as the last of them.
    const rankOf = (isTraining: (reference: number) => boolean): number => {
      for (let at = 0; at < known; at++) if (isTraining(index[first + at]!)) return at;
      return known - 1;
    };
    rank[query] = rankOf((reference) => reference < pool.training);
    nearest[query] = distance[first + rank[query]!]!;
    const own = pool.clusters.indexOf(clusters[query]!);
    let [sum, used] = [0, 0];
    pool.draws.forEach((labels, draw) => {
      const drawn = distance[first + rankOf((reference) => labels[reference] === 1)]!;
      byChance[draw]! += drawn / count;
      if (own >= 0 && labels[own] === 1) return;
      sum += drawn;
      used++;
    });
    expected[query] = used === 0 ? nearest[query]! : sum / used;
  }
  return { nearest, rank, expected, byChance };
}
