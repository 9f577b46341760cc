/**
 * The space that sets are compared in, fixed beforehand: features are standardised and turned to the principal directions
 * of real nodules of the training fold, so that a distance in its first few dimensions is not chosen by what is compared.
 */
import { z } from 'zod';
import type { Rows } from './rows.ts';
import { MOST_DIMENSIONS } from './frechet.ts';
import { meanOf, timesTransposed, transposed } from './matrix.ts';
import { requireFinite } from './sample.ts';
import { symmetricEigen } from './symmetricEigen.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { abs, sqrt } = Math;

export const featureSpaceSchema = z
  .object({
    /** Which features: `attributes`, `radiomics`. */
    name: z.string().min(1),
    /** Of all features, in the order in which rows carry them. */
    names: z.array(z.string()).min(1),
    /** Names of features that did not vary: they count for nothing. */
    constant: z.array(z.string()),
    /** Of each feature. */
    mean: z.array(z.number()),
    /** Standard deviation of each feature; 0 for a constant one. */
    scale: z.array(z.number().nonnegative()),
    /** Orthonormal rows, one a direction, of the standardised features; the most varied direction first. */
    components: z.array(z.array(z.number())).min(1),
    /** Share of the variance of the standardised features along each direction. */
    explained: z.array(z.number()),
    /** What the space was fitted to, in words. */
    fixedBy: z.string().min(1),
  })
  .refine(
    ({ names, mean, scale, components, explained }) =>
      [mean, scale, ...components].every(({ length }) => length === names.length) &&
      explained.length === components.length,
    'Every list must have one element a feature.',
  );
export type FeatureSpace = z.infer<typeof featureSpaceSchema>;

/** Of a feature's largest value: a standard deviation below this share of it is rounding. */
const LEAST_SPREAD = 1e-10;
/** Of the first direction's variance: a direction below this share of it is rounding. */
const LEAST_VARIANCE = 1e-12;

/**
 * @param rows of real nodules, at least two
 * @param names of the features
 * @param most directions
 */
export function fitSpace(
  rows: Rows,
  names: readonly string[],
  most: number | undefined,
  { name, fixedBy }: { readonly name: string; readonly fixedBy: string },
): FeatureSpace {
  const { count, dimension } = rows;
  requireNames(rows, names);
  requireFinite(rows, `the ${name} that the space is fitted to`, names);
  if (count < 2)
    throw new NoduleLabError('unusable', `A feature space needs two samples and there are ${count}.`);
  const mean = meanOf(rows);
  const scale = spreads(rows, mean);
  const standard = standardised(rows, mean, scale);
  const columns = transposed(standard, count, dimension);
  const products = timesTransposed(columns, dimension, columns, dimension, count, true);
  const { values, vectors } = symmetricEigen(products, dimension);
  const total = values.reduce((sum, value) => sum + value, 0);
  const kept = values
    .slice(0, most ?? MOST_DIMENSIONS)
    .filter((value) => value > LEAST_VARIANCE * values[0]!);
  if (kept.length === 0)
    throw new NoduleLabError('unusable', `None of the ${name} varies: there is no space to fit.`);
  return {
    name,
    names: [...names],
    constant: names.filter((_, k) => scale[k] === 0),
    mean: [...mean],
    scale: [...scale],
    components: Array.from(kept, (_, i) =>
      direction(vectors.subarray(i * dimension, (i + 1) * dimension), scale),
    ),
    explained: Array.from(kept, (value) => value / total),
    fixedBy,
  };
}

/** Coordinates along the first `dimension` directions; all of them where nothing is said. */
export function project(space: FeatureSpace, rows: Rows, dimension = space.components.length): Rows {
  requireNames(rows, space.names);
  requireFinite(rows, `the ${space.name}`, space.names);
  if (dimension > space.components.length)
    throw new NoduleLabError(
      'invalid-input',
      `The space of ${space.name} has ${space.components.length} directions and ${dimension} were asked for: ask for fewer.`,
    );
  const standard = standardised(rows, Float64Array.from(space.mean), Float64Array.from(space.scale));
  const directions = Float64Array.from(space.components.slice(0, dimension).flat());
  return {
    count: rows.count,
    dimension,
    values: timesTransposed(standard, rows.count, directions, dimension, rows.dimension),
  };
}

function requireNames(rows: Rows, names: readonly string[]): void {
  if (rows.dimension !== names.length)
    throw new NoduleLabError(
      'invalid-input',
      `The rows have ${rows.dimension} features and the space names ${names.length}: describe the patches by the same features.`,
    );
}

function spreads({ count, dimension, values }: Rows, mean: Float64Array): Float64Array {
  const squares = new Float64Array(dimension);
  const largest = new Float64Array(dimension);
  for (let i = 0; i < values.length; i++) {
    const k = i % dimension;
    squares[k]! += (values[i]! - mean[k]!) ** 2;
    largest[k] = Math.max(largest[k]!, abs(values[i]!));
  }
  return squares.map((sum, k) => {
    const spread = sqrt(sum / (count - 1));
    return spread > LEAST_SPREAD * largest[k]! ? spread : 0;
  });
}

function standardised({ dimension, values }: Rows, mean: Float64Array, scale: Float64Array): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const k = i % dimension;
    if (scale[k]! > 0) result[i] = (values[i]! - mean[k]!) / scale[k]!;
  }
  return result;
}

/** The largest element made positive, since a direction has no sign of its own; no share for a constant feature. */
function direction(vector: Float64Array, scale: Float64Array): number[] {
  let largest = 0;
  for (const element of vector) if (abs(element) > abs(largest)) largest = element;
  return Array.from(vector, (element, k) => (scale[k] === 0 ? 0 : largest < 0 ? -element : element));
}
