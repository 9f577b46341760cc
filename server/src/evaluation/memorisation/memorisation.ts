/**
 * Whether a generator gives its training set back: nearest neighbours in pixel and feature space, training against
 * held-out nodules; and whether it gives the same patch again and again.
 */
import type { Engine } from '../../engine/engine.ts';
import { Random } from '../../nn/random.ts';
import { clusterBootstrap, quantileOf } from '../bootstrap.ts';
import type { GroupItem } from '../patchGroup.ts';
import type { Estimate, Figure, MemorisedPair } from '../result.ts';
import type { Rows } from '../rows.ts';
import { featureNeighbours } from './featureNeighbours.ts';
import { copiesFigure, duplicatesFigure, memorisationFigure } from './figures.ts';
import type { Measured, MemorySpace } from './figures.ts';
import { nearestAmong } from './nearestOthers.ts';
import type { Neighbours } from './neighbours.ts';
import { INVERSE_ORIENTATIONS, ORIENTATION_NAMES } from './orientationNames.ts';
import { pixelNeighbours } from './pixelNeighbours.ts';
import { nearness, poolOf } from './relabelled.ts';
import type { Nearness } from './relabelled.ts';
import { SMALL_VOXELS } from './smallPixels.ts';

export interface SeenGroup {
  readonly name: string;
  readonly items: readonly GroupItem[];
  /** smallPixels() of each patch, one after the other. */
  readonly pixels: Float32Array;
  /** Attribute features of each patch, standardised beforehand; null where there is no network. */
  readonly features: Rows | null;
}

export interface MemorisationOptions {
  /** What the generator was trained on; null where it is not at hand. */
  readonly training: SeenGroup | null;
  /** Why not. */
  readonly whyNoTraining?: string;
  /** Held-out nodules of other patients. */
  readonly real: SeenGroup;
  readonly engine: Engine;
  readonly seed: number;
}

export interface MemorisationFound {
  readonly figures: Figure[];
  /** The synthetic patches nearest to a training nodule, worst first, in either space. */
  readonly pairs: MemorisedPair[];
}

export interface MemorisationMeasure {
  /** @param draws of the bootstrap; 0 leaves the intervals out */
  of(synthetic: SeenGroup, draws: number): Promise<MemorisationFound>;
}

/** Fewer than these on a side and nothing is said. */
export const LEAST_PATCHES = 10;
/** Neighbours that are kept of each patch. */
const KEPT = 128;
/** Pairs that are shown for each space. */
const WORST = 8;
/** Of the held-out nodules lie as near to the training set; what lies nearer is called a copy. */
const RARE = 0.01;

const SPACES: readonly MemorySpace[] = ['pixels', 'features'];

/** Reads the sets once; the synthetic one and the controls are then held against them one by one. */
export async function memorisationAgainst(options: MemorisationOptions): Promise<MemorisationMeasure> {
  const { training, real, engine, seed } = options;
  const realClusters = clustersOf(real);
  const ownNeighbours = await neighboursIn('pixels', real, real, realClusters, realClusters, engine);
  const references = training === null ? null : joined(training, real);
  const pool =
    training === null
      ? null
      : poolOf(clustersOf(training), realClusters, Random.of(seed, 'memorisation', 'relabel'));
  const floors = new Map<MemorySpace, Nearness>();
  if (references !== null && pool !== null)
    for (const space of SPACES) {
      if (space === 'features' && references.features === null) continue;
      const found = await neighboursIn(space, real, references, realClusters, pool.clusters, engine);
      floors.set(space, nearness(found, realClusters, pool));
    }

  return {
    async of(synthetic, draws) {
      const n = { real: real.items.length, synthetic: synthetic.items.length };
      const clusters = clustersOf(synthetic);
      const bootstrap = { draws, seed: `${seed} memorisation` };
      const figures: Figure[] = [];
      const pairs: MemorisedPair[] = [];
      for (const space of SPACES) {
        const why = reasonAgainst(options, synthetic, space);
        if (why !== null) {
          figures.push(memorisationFigure(space, n, why), copiesFigure(space, n, why));
          continue;
        }
        const floor = floors.get(space)!;
        const found = await neighboursIn(space, synthetic, references!, clusters, pool!.clusters, engine);
        const near = nearness(found, clusters, pool!);
        const limit = rareShare(floor);
        figures.push(
          memorisationFigure(space, n, {
            measured: ratioEstimate(near, clusters, bootstrap),
            floor: ratioEstimate(floor, realClusters, bootstrap),
            byChance: chanceInterval(near),
          }),
          copiesFigure(space, n, {
            measured: shareEstimate(near, limit, clusters, bootstrap),
            floor: shareEstimate(floor, limit, realClusters, bootstrap),
          }),
        );
        pairs.push(
          ...(await worstPairs(space, synthetic, training!, found, near, medianOf(floor.nearest), engine)),
        );
      }
      figures.push(duplicatesFigure(n, await duplicates(synthetic, clusters, bootstrap)));
      return { figures, pairs };
    },
  };

  async function duplicates(
    synthetic: SeenGroup,
    clusters: readonly string[],
    bootstrap: Bootstrap,
  ): Promise<Measured | string> {
    const why = tooFew(synthetic) ?? tooFew(real);
    if (why !== null) return why;
    // A set is asked about its own patches: each stands for itself, also where copies share a patient.
    const names = synthetic.items.map((_, at) => String(at));
    const own = await neighboursIn('pixels', synthetic, synthetic, names, names, engine);
    const among = Math.min(synthetic.items.length, real.items.length) - 1;
    const synthetics = nearestAmong(
      own,
      names.map(() => names.length - 1),
      among,
    );
    const reals = nearestAmong(ownNeighbours, othersOf(realClusters), among);
    const measured = clusterBootstrap({
      ...bootstrap,
      clusters: [clusters, realClusters],
      statistic: ([one, other]) =>
        (sumOf(synthetics, one!) / one!.length / sumOf(reals, other!)) * other!.length,
    });
    return { measured, floor: { value: 1, interval: null } };
  }
}

interface Bootstrap {
  readonly draws: number;
  readonly seed: string;
}

const clustersOf = ({ items }: SeenGroup): string[] => items.map(({ cluster }) => cluster);

function neighboursIn(
  space: MemorySpace,
  queries: SeenGroup,
  references: Pick<SeenGroup, 'pixels' | 'features'>,
  asking: readonly string[],
  asked: readonly string[],
  engine: Engine,
): Promise<Neighbours> {
  const clusters = { queries: asking, references: asked };
  return space === 'pixels'
    ? pixelNeighbours(queries.pixels, references.pixels, clusters, KEPT, engine)
    : Promise.resolve(featureNeighbours(queries.features!, references.features!, clusters, KEPT));
}

function joined(first: SeenGroup, second: SeenGroup): Pick<SeenGroup, 'pixels' | 'features'> {
  const pixels = new Float32Array(first.pixels.length + second.pixels.length);
  pixels.set(first.pixels);
  pixels.set(second.pixels, first.pixels.length);
  const [one, other] = [first.features, second.features];
  if (one === null || other === null) return { pixels, features: null };
  const values = new Float64Array(one.values.length + other.values.length);
  values.set(one.values);
  values.set(other.values, one.values.length);
  return { pixels, features: { count: one.count + other.count, dimension: one.dimension, values } };
}

function reasonAgainst(
  { training, whyNoTraining, real }: MemorisationOptions,
  synthetic: SeenGroup,
  space: MemorySpace,
): string | null {
  if (training === null) return whyNoTraining ?? 'the training set of the generator is not here';
  const sides = [synthetic, training, real];
  const few = sides.map(tooFew).find((why) => why !== null);
  if (few !== undefined) return few;
  return space === 'features' && sides.some(({ features }) => features === null)
    ? 'there is no attribute network that would describe the patches'
    : null;
}

const tooFew = ({ name, items }: SeenGroup): string | null =>
  items.length >= LEAST_PATCHES
    ? null
    : `${name} has ${items.length} patches, and nearest neighbours need ${LEAST_PATCHES} at least`;

const sumOf = (values: Float64Array, rows: Uint32Array): number =>
  rows.reduce((sum, row) => sum + values[row]!, 0);

const ratioEstimate = (
  { nearest, expected }: Nearness,
  clusters: readonly string[],
  bootstrap: Bootstrap,
): Estimate =>
  clusterBootstrap({
    ...bootstrap,
    clusters: [clusters],
    statistic: ([rows]) => ratio(sumOf(nearest, rows!), sumOf(expected, rows!)),
  });

/** Where every patch of the pool is the query again there is nothing to tell: as near as by chance. */
const ratio = (nearest: number, expected: number): number => (expected > 0 ? nearest / expected : 1);

const relative = ({ nearest, expected }: Nearness): Float64Array =>
  nearest.map((distance, at) => ratio(distance, expected[at]!));

const rareShare = (floor: Nearness): number => {
  const sorted = relative(floor).sort();
  return sorted[Math.floor(RARE * sorted.length)]!;
};

function shareEstimate(
  near: Nearness,
  limit: number,
  clusters: readonly string[],
  bootstrap: Bootstrap,
): Estimate {
  const copied = relative(near).map((share) => (share < limit ? 1 : 0));
  return clusterBootstrap({
    ...bootstrap,
    clusters: [clusters],
    statistic: ([rows]) => sumOf(copied, rows!) / rows!.length,
  });
}

/** Where 95 of 100 relabellings lie: what the ratio would be if nothing had been memorised. */
function chanceInterval({ byChance, expected }: Nearness): [number, number] {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  const sorted = byChance.map((value) => ratio(value, mean)).sort();
  return [quantileOf(sorted, 0.025), quantileOf(sorted, 0.975)];
}

const medianOf = (values: Float64Array): number => quantileOf(values.slice().sort(), 0.5);

/** How many patches of other clusters there are for each. */
function othersOf(clusters: readonly string[]): number[] {
  const sizes = new Map<string, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  return clusters.map((cluster) => clusters.length - sizes.get(cluster)!);
}

async function worstPairs(
  space: MemorySpace,
  synthetic: SeenGroup,
  training: SeenGroup,
  { kept, index, orientation }: Neighbours,
  { nearest, rank }: Nearness,
  typical: number,
  engine: Engine,
): Promise<MemorisedPair[]> {
  const worst = Array.from(nearest.keys())
    .sort((one, other) => nearest[one]! - nearest[other]!)
    .slice(0, WORST);
  return Promise.all(
    worst.map(async (item): Promise<MemorisedPair> => {
      const at = item * kept + rank[item]!;
      const other = index[at]!;
      // The pixels say how it was turned, also where the features found it.
      const turned =
        space === 'pixels' ? orientation[at]! : await orientationOf(synthetic, item, training, other, engine);
      return {
        synthetic: { id: synthetic.items[item]!.id, index: item },
        training: { id: training.items[other]!.id, index: other },
        distance: nearest[item]! / (typical > 0 ? typical : 1),
        space,
        transform: ORIENTATION_NAMES[INVERSE_ORIENTATIONS[turned]!]!,
      };
    }),
  );
}

async function orientationOf(
  one: SeenGroup,
  item: number,
  other: SeenGroup,
  reference: number,
  engine: Engine,
): Promise<number> {
  const pixels = (group: SeenGroup, at: number): Float32Array =>
    group.pixels.slice(at * SMALL_VOXELS, (at + 1) * SMALL_VOXELS);
  const clusters = { queries: ['synthetic'], references: ['training'] };
  const found = await pixelNeighbours(pixels(one, item), pixels(other, reference), clusters, 1, engine);
  return found.orientation[0]!;
}
