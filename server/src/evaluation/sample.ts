/**
 * A sample: feature rows and, for each row, the name of what was drawn with it (the patient). Rows of one cluster are
 * not independent, so whatever draws, halves or subsamples a sample keeps its clusters together.
 */
import type { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Rows } from './rows.ts';

export interface Sample {
  readonly rows: Rows;
  /** One name a row: the patient of a real nodule, a name of its own for a synthetic one. */
  readonly clusters: readonly string[];
  /** For messages. */
  readonly name?: string;
}

export function rowsOf(vectors: readonly ArrayLike<number>[]): Rows {
  const dimension = vectors[0]?.length ?? 0;
  const values = new Float64Array(vectors.length * dimension);
  vectors.forEach((vector, row) => {
    if (vector.length !== dimension)
      throw new NoduleLabError(
        'invalid-input',
        `Row ${row} has ${vector.length} features and row 0 has ${dimension}: describe all with the same features.`,
        { row },
      );
    values.set(vector, row * dimension);
  });
  return { count: vectors.length, dimension, values };
}

/** The rows with these indices, in this order; an index may come twice. */
export function selectRows({ dimension, values }: Rows, indices: ArrayLike<number>): Rows {
  const selected = new Float64Array(indices.length * dimension);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * dimension;
    selected.set(values.subarray(from, from + dimension), i * dimension);
  }
  return { count: indices.length, dimension, values: selected };
}

/** The first features of every row. */
export function firstColumns(rows: Rows, dimension: number): Rows {
  if (dimension === rows.dimension) return rows;
  if (dimension > rows.dimension)
    throw new NoduleLabError(
      'invalid-input',
      `There are ${rows.dimension} features and ${dimension} were asked for: ask for fewer.`,
    );
  const values = new Float64Array(rows.count * dimension);
  for (let row = 0; row < rows.count; row++)
    values.set(rows.values.subarray(row * rows.dimension, row * rows.dimension + dimension), row * dimension);
  return { count: rows.count, dimension, values };
}

/** The rows with these indices, all without them, and their clusters. */
export const sampleOf = (
  rows: Rows,
  clusters: readonly string[],
  indices?: ArrayLike<number>,
  name?: string,
): Sample => ({
  rows: indices ? selectRows(rows, indices) : rows,
  clusters: indices ? Array.from(indices, (index) => clusters[index]!) : clusters,
  ...(name === undefined ? {} : { name }),
});

/** @throws NoduleLabError `unusable` for NaN or an infinite value, with its row and feature */
export function requireFinite(rows: Rows, what: string, names?: readonly string[]): void {
  const { values, dimension } = rows;
  for (let i = 0; i < values.length; i++) {
    // NaN − NaN and ∞ − ∞ are both NaN.
    if (values[i]! - values[i]! === 0) continue;
    const row = Math.floor(i / dimension);
    const feature = i % dimension;
    const name = names?.[feature];
    throw new NoduleLabError(
      'unusable',
      `Feature ${feature}${name === undefined ? '' : ` (${name})`} of row ${row} of ${what} is ${values[i]}: leave that patch out or describe it again.`,
      { row, feature, ...(name === undefined ? {} : { name }) },
    );
  }
}

/** @throws NoduleLabError `invalid-input` where two sets were not described by the same features */
export function requireSameDimension(a: Rows, b: Rows): void {
  if (a.dimension !== b.dimension)
    throw new NoduleLabError(
      'invalid-input',
      `One set has ${a.dimension} features and the other ${b.dimension}: describe both with the same features.`,
    );
}

/** Rows of each cluster, clusters in order of their first row. */
export function rowsByCluster(clusters: readonly string[]): Uint32Array[] {
  const rows = new Map<string, number[]>();
  clusters.forEach((cluster, row) => {
    const known = rows.get(cluster);
    if (known) known.push(row);
    else rows.set(cluster, [row]);
  });
  return [...rows.values()].map((list) => Uint32Array.from(list));
}

/** Indices of exactly `count` rows: whole clusters in random order, the last one cut; in ascending order. */
export function subsample(clusters: readonly string[], count: number, random: Random): Uint32Array {
  if (count > clusters.length)
    throw new NoduleLabError(
      'unusable',
      `${count} samples were asked for and there are ${clusters.length}: ask for fewer.`,
    );
  const byCluster = rowsByCluster(clusters);
  const chosen: number[] = [];
  for (const cluster of random.permutation(byCluster.length)) {
    for (const row of byCluster[cluster]!) if (chosen.length < count) chosen.push(row);
    if (chosen.length === count) break;
  }
  return Uint32Array.from(chosen).sort();
}

/** Two sets of row indices that share no cluster, as equal in size as whole clusters allow. */
export function halves(clusters: readonly string[], random: Random): [Uint32Array, Uint32Array] {
  const byCluster = rowsByCluster(clusters);
  const order = Array.from(random.permutation(byCluster.length), (index) => byCluster[index]!);
  const parts: [number[], number[]] = [[], []];
  // Large clusters first: the small ones then even the halves out.
  for (const rows of order.toSorted((a, b) => b.length - a.length))
    parts[parts[0].length <= parts[1].length ? 0 : 1].push(...rows);
  return [Uint32Array.from(parts[0]).sort(), Uint32Array.from(parts[1]).sort()];
}
