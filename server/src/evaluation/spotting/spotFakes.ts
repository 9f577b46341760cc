/**
 * Whether fakes can be told from real patches: fresh spotters, each trained from nothing on all but one part of both
 * sides and asked about that part. Real nodules of one patient are held back together.
 *
 * A spotter that fails to tell fakes proves something only if it can tell fakes that are known to be poor: whoever uses
 * this runs it on ellipsoids too, and takes it at its word from {@link SPOTTING_PROOF} on.
 */
import type { Engine } from '../../engine/engine.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { aucEstimate } from '../auc.ts';
import { midRanks } from '../correlation.ts';
import type { PatchGroup } from '../patchGroup.ts';
import type { Estimate } from '../result.ts';
import { blockReader } from './blocks.ts';
import { foldsByCluster } from './folds.ts';
import { holdPatches } from './heldPatches.ts';
import { SPOTTER_STEP } from './spotter.ts';
import { openScorer, SPOTTER_UPDATES, trainSpotter } from './trainSpotter.ts';
import type { Chosen, Sides } from './trainSpotter.ts';

/** AUC on ellipsoids below which a spotter proves nothing. */
export const SPOTTING_PROOF = 0.95;
/** Patches of a side that are looked at; of larger groups a random part (0.75 MB each stays in memory). */
export const MOST_PATCHES = 500;
/** Clusters (patients) that a side needs: with fewer, a fold would hold one or two. */
export const LEAST_CLUSTERS = 10;

export interface SpottingOptions {
  readonly engine: Engine;
  readonly seed: number;
  /** 5 where nothing is said. */
  readonly folds?: number;
  readonly signal?: AbortSignal | undefined;
  /** Part of the work that is done, 0 … 1. */
  readonly onProgress?: (share: number) => void;
}

export interface Spotted {
  /**
   * Chance that a fake scores higher than a real patch. 0.5 is guessing, and so is less: where there is nothing to learn,
   * what a fold has too much of the others have too little of, and cross-validation of a few dozen patches leans below.
   */
  readonly auc: Estimate;
  readonly folds: number;
  /** Out of fold, each the share of its fold's patches that score lower; higher is more likely a fake. */
  readonly scores: { readonly real: Float64Array; readonly fake: Float64Array };
  /** How it was done, with the numbers. */
  readonly text: string;
}

export type Spotting = Spotted | { readonly notComputed: string };

/** @throws NoduleLabError `invalid-input` for patches of different sizes or that hold no numbers */
export async function spotFakes(
  real: PatchGroup,
  fake: PatchGroup,
  { engine, seed, folds = 5, signal, onProgress = () => {} }: SpottingOptions,
): Promise<Spotting> {
  if (real.size !== fake.size)
    throw new NoduleLabError(
      'invalid-input',
      `${real.name} has patches of ${real.size}³ voxels and ${fake.name} of ${fake.size}³: build both alike.`,
    );
  const why = [real, fake].map(tooFew).find((reason) => reason !== null);
  if (why !== undefined) return { notComputed: why };
  if (real.size % SPOTTER_STEP !== 0)
    return {
      notComputed: `spotters look at patches whose edge is a multiple of ${SPOTTER_STEP} voxels, and these have ${real.size}`,
    };

  const chosen = { real: atMost(real, seed), fake: atMost(fake, seed) };
  const reads = chosen.real.length + chosen.fake.length;
  const total = reads + folds * SPOTTER_UPDATES * UPDATE_READS;
  let done = 0;
  const advance = (by: number) => (): void => {
    signal?.throwIfAborted();
    done += by;
    onProgress(done / total);
  };
  const reader = blockReader(real.size);
  const sides: Sides = {
    real: await holdPatches(real, chosen.real, reader, advance(1)),
    fake: await holdPatches(fake, chosen.fake, reader, advance(1)),
  };
  const foldsOfReal = foldsByCluster(
    sides.real.clusters,
    folds,
    Random.of(seed, 'spotting', 'folds of real'),
  );
  const foldsOfFake = foldsByCluster(
    sides.fake.clusters,
    folds,
    Random.of(seed, 'spotting', 'folds of fake'),
  );
  // Sides that share a cluster (lesions put into the same place) share its fold: a spotter that has learned a place as
  // real would else call the fake there real too, and the AUC would fall below guessing.
  const shared = new Map(sides.real.clusters.map((cluster, at) => [cluster, foldsOfReal[at]!]));
  const foldOf = {
    real: foldsOfReal,
    fake: foldsOfFake.map((fold, at) => shared.get(sides.fake.clusters[at]!) ?? fold),
  };
  const scores = { real: new Float64Array(chosen.real.length), fake: new Float64Array(chosen.fake.length) };
  const scorer = await openScorer(engine, real.size, reader);
  try {
    for (let fold = 0; fold < folds; fold++) {
      const train = membersWhere(foldOf, (of) => of !== fold);
      const held = membersWhere(foldOf, (of) => of === fold);
      const name = `spotting ${fold}`;
      const trained = await trainSpotter({
        engine,
        size: real.size,
        reader,
        sides,
        train,
        seed,
        name,
        onUpdate: advance(UPDATE_READS),
      });
      const logits = [
        ...(await scorer.score(trained, sides.real, held.real)),
        ...(await scorer.score(trained, sides.fake, held.fake)),
      ];
      // Each fold has a spotter of its own, with a scale of its own: ranks within the fold can be put together.
      const ranks = midRanks(logits).map((rank) => (rank - 0.5) / logits.length);
      held.real.forEach((index, at) => (scores.real[index] = ranks[at]!));
      held.fake.forEach((index, at) => (scores.fake[index] = ranks[held.real.length + at]!));
    }
  } finally {
    await scorer.release();
  }
  const { value, interval } = aucEstimate({
    scores: [...scores.real, ...scores.fake],
    labels: [...scores.real.map(() => 0), ...scores.fake.map(() => 1)],
    // A copy may carry the name of a patient: it is another side's case all the same.
    clusters: [
      ...sides.real.clusters.map((cluster) => `real ${cluster}`),
      ...sides.fake.clusters.map((cluster) => `fake ${cluster}`),
    ],
  });
  const patients = new Set(sides.real.clusters).size;
  return {
    auc: { value, interval },
    folds,
    scores,
    text:
      `A fresh small 3D network told ${chosen.fake.length} of ${fake.name} from ${chosen.real.length} of ${real.name} ` +
      `(${patients} patients) in ${folds}-fold cross-validation by patient: ${SPOTTER_UPDATES} updates of 16 patches a ` +
      'fold, half of them real, flipped and turned at random, both sides rounded to float16; ranks within folds. 0.5 and less is guessing.',
  };
}

/** An update takes about as long as reading so many patches. */
const UPDATE_READS = 8;

function tooFew({ name, items }: PatchGroup): string | null {
  const clusters = new Set(items.map(({ cluster }) => cluster)).size;
  return clusters >= LEAST_CLUSTERS
    ? null
    : `${name} has patches of ${clusters} patients or sources, and cross-validation needs ${LEAST_CLUSTERS} at least`;
}

const atMost = ({ name, count }: PatchGroup, seed: number): Uint32Array =>
  Random.of(seed, 'spotting', 'part of', name).permutation(count).subarray(0, MOST_PATCHES).sort();

function membersWhere(
  foldOf: { readonly real: Uint8Array; readonly fake: Uint8Array },
  wanted: (fold: number) => boolean,
): Chosen {
  const of = (folds: Uint8Array): Uint32Array =>
    Uint32Array.from([...folds.keys()].filter((index) => wanted(folds[index]!)));
  return { real: of(foldOf.real), fake: of(foldOf.fake) };
}
