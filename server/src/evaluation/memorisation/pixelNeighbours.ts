/**
 * Nearest neighbours in pixel space, each reference in the nearest of the cube's 48 orientations: the distances of all
 * pairs in all orientations come from one product of matrices, |a − b|² = |a|² + |b|² − 2ab, those that are kept again
 * voxel by voxel (the product rounds, and a copy shall have distance 0).
 */
import type { Engine } from '../../engine/engine.ts';
import { copyOriented, ORIENTATIONS } from '../../dataset/augmentation/orientation.ts';
import * as t from '../../tensor/index.ts';
import { SMALL_EDGE, SMALL_VOXELS } from './smallPixels.ts';
import { keep, noNeighbours } from './neighbours.ts';
import type { Between, Neighbours } from './neighbours.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { max, min, sqrt } = Math;
/** Queries in one product: with all their orientations 12 MB. */
const AT_ONCE = 16;

/**
 * @param queries patches of 16³ values, one after the other (smallPixels.ts); references alike
 * @param clusters of queries and references: same names are not compared
 */
export async function pixelNeighbours(
  queries: Float32Array,
  references: Float32Array,
  clusters: Between,
  kept: number,
  engine: Engine,
): Promise<Neighbours> {
  const [asked, count] = [clusters.queries.length, clusters.references.length];
  const found = noNeighbours(asked, min(kept, count));
  const product = await engine.compile({
    dots: t.matMul(
      t.input('references', [count, SMALL_VOXELS]),
      t.transpose(t.input('turned', [AT_ONCE * ORIENTATIONS, SMALL_VOXELS]), [1, 0]),
    ),
  });
  const squares = Float64Array.from({ length: count }, (_, index) =>
    squaredLength(itemOf(references, index)),
  );
  const turned = new Float32Array(AT_ONCE * ORIENTATIONS * SMALL_VOXELS);
  try {
    for (let from = 0; from < asked; from += AT_ONCE) {
      const filled = min(AT_ONCE, asked - from);
      for (let at = 0; at < filled; at++)
        for (let orientation = 0; orientation < ORIENTATIONS; orientation++)
          copyOriented(
            itemOf(queries, from + at),
            SMALL_EDGE,
            orientation,
            turned,
            (at * ORIENTATIONS + orientation) * SMALL_VOXELS,
          );
      const { dots } = await product.run({ references, turned });
      for (let at = 0; at < filled; at++) {
        const query = from + at;
        const own = squaredLength(itemOf(queries, query));
        for (let index = 0; index < count; index++) {
          if (clusters.queries[query] === clusters.references[index]) continue;
          const first = (index * AT_ONCE + at) * ORIENTATIONS;
          const orientation = largest(dots!, first, first + ORIENTATIONS) - first;
          const squared = own + squares[index]! - 2 * dots![first + orientation]!;
          keep(found, query, { index, distance: sqrt(max(0, squared)), orientation });
        }
        measureAgain(found, query, turned.subarray(at * ORIENTATIONS * SMALL_VOXELS), references);
      }
    }
  } finally {
    await product.release();
  }
  return found;
}

/** Replaces the distances of a query's neighbours by the exact ones and puts them in order again. */
function measureAgain(
  found: Neighbours,
  query: number,
  turned: Float32Array,
  references: Float32Array,
): void {
  const first = query * found.kept;
  const rough = Array.from({ length: found.kept }, (_, at) => ({
    index: found.index[first + at]!,
    distance: found.distance[first + at]!,
    orientation: found.orientation[first + at]!,
  })).filter(({ distance }) => distance < Infinity);
  found.distance.fill(Infinity, first, first + found.kept);
  for (const { index, orientation } of rough) {
    const distance = sqrt(squaredDistance(itemOf(turned, orientation), itemOf(references, index)));
    keep(found, query, { index, distance, orientation });
  }
}

const itemOf = (pixels: Float32Array, item: number): Float32Array =>
  pixels.subarray(item * SMALL_VOXELS, (item + 1) * SMALL_VOXELS);

function largest(values: Float32Array, from: number, to: number): number {
  let best = from;
  for (let at = from + 1; at < to; at++) if (values[at]! > values[best]!) best = at;
  return best;
}

function squaredLength(values: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]! * values[at]!;
  return sum;
}

function squaredDistance(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < SMALL_VOXELS; at++) {
    const difference = one[at]! - other[at]!;
    sum += difference * difference;
  }
  return sum;
}
