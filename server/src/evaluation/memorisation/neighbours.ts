/** The nearest references of each query, nearest first. */
export interface Neighbours {
  /** Queries. */
  readonly count: number;
  /** Neighbours kept of each; a query that has fewer (its own cluster is left out) ends with infinite distances. */
  readonly kept: number;
  /** count × kept: which reference. */
  readonly index: Uint32Array;
  /** count × kept. */
  readonly distance: Float64Array;
  /** count × kept: the orientation of the query in which it lies so near. */
  readonly orientation: Uint8Array;
}

export function noNeighbours(count: number, kept: number): Neighbours {
  return {
    count,
    kept,
    index: new Uint32Array(count * kept),
    distance: new Float64Array(count * kept).fill(Infinity),
    orientation: new Uint8Array(count * kept),
  };
}

/** Puts a reference in its place among the neighbours of `query`, unless all that are kept are nearer. */
export function keep(
  { kept, index, distance, orientation }: Neighbours,
  query: number,
  found: { readonly index: number; readonly distance: number; readonly orientation: number },
): void {
  const first = query * kept;
  let at = first + kept - 1;
  if (!(found.distance < distance[at]!)) return;
  for (; at > first && distance[at - 1]! > found.distance; at--) {
    distance[at] = distance[at - 1]!;
    index[at] = index[at - 1]!;
    orientation[at] = orientation[at - 1]!;
  }
  distance[at] = found.distance;
  index[at] = found.index;
  orientation[at] = found.orientation;
}

/** Who is compared with whom: references of the query's own cluster are left out. */
export interface Between {
  readonly queries: readonly string[];
  readonly references: readonly string[];
}
