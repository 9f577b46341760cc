/** Nearest neighbours in feature space, by Euclidean distance. */
import type { Rows } from '../rows.ts';
import { keep, noNeighbours } from './neighbours.ts';
import type { Between, Neighbours } from './neighbours.ts';

const { min, sqrt } = Math;

/** @param clusters of queries and references: same names are not compared */
export function featureNeighbours(
  queries: Rows,
  references: Rows,
  clusters: Between,
  kept: number,
): Neighbours {
  const { dimension } = references;
  const found = noNeighbours(queries.count, min(kept, references.count));
  for (let query = 0; query < queries.count; query++) {
    const own = queries.values.subarray(query * dimension, (query + 1) * dimension);
    for (let index = 0; index < references.count; index++) {
      if (clusters.queries[query] === clusters.references[index]) continue;
      const from = index * dimension;
      let sum = 0;
      for (let at = 0; at < dimension; at++) {
        const difference = own[at]! - references.values[from + at]!;
        sum += difference * difference;
      }
      keep(found, query, { index, distance: sqrt(sum), orientation: 0 });
    }
  }
  return found;
}
