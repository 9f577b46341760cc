/** How alike the patches of a set are among themselves: MS-SSIM of pairs, beside that of real pairs. */
import { halve } from '../../../dataset/halve.ts';
import { drawPairs, pairMean } from '../../../evaluation/pairs.ts';
import { msSsimOf, prepareMsSsim, type PreparedPatch } from '../../../evaluation/msSsim.ts';
import type { PatchGroup } from '../../../evaluation/patchGroup.ts';
import type { Estimate, Figure } from '../../../evaluation/result.ts';
import { Random } from '../../../nn/random.ts';
import { MS_SSIM } from './kinds.ts';
import { computed, drawsFor, notComputed, type Measuring } from './measuring.ts';

/** Pairs of a set; beyond it the interval hardly narrows, since patches come again. */
const PAIRS = 150;
/** Patches of a set that take part. */
const PATCHES = 100;
const LEAST = 10;
/** Patches are compared at this edge: the finer scale is mostly noise of the CT, and takes eight times as long. */
export const COMPARED_EDGE = 32;

/** @param tick called after each set, and where others may have their turn */
export async function diversityFigures(measuring: Measuring, tick: () => Promise<void>): Promise<Figure[]> {
  const { subjects, real, bad, seed } = measuring;
  const floor = await likeness(real.group, seed, measuring.draws, tick);
  const worst = await likeness(bad.group, seed, 0, tick);
  const figures: Figure[] = [];
  for (const [index, { group }] of subjects.entries()) {
    const n = { real: real.group.count, synthetic: group.count };
    const own = await likeness(group, seed, drawsFor(measuring, index), tick);
    figures.push(
      own === null || floor === null
        ? notComputed(
            MS_SSIM,
            `${floor === null ? real.group.name : group.name} has too few patches: at least ${LEAST} are needed.`,
            n,
          )
        : computed(MS_SSIM, { measured: own, floor, bad: worst, n }),
    );
  }
  return figures;
}

async function likeness(
  group: PatchGroup,
  seed: number,
  draws: number,
  tick: () => Promise<void>,
): Promise<Estimate | null> {
  if (group.count < LEAST) return null;
  const order = Random.of('evaluation', 'ms-ssim', 'patches', seed).permutation(group.count);
  const chosen = Array.from(order.subarray(0, PATCHES)).toSorted((a, b) => a - b);
  const clusters = chosen.map((index) => group.items[index]!.cluster);
  const pairs = drawPairs(clusters, PAIRS, Random.of('evaluation', 'ms-ssim', 'pairs', seed));
  if (pairs.length === 0) return null;
  const prepared: PreparedPatch[] = [];
  for (const index of chosen) {
    prepared.push(prepareMsSsim(await coarse(group, index), COMPARED_EDGE));
    await tick();
  }
  const values: number[] = [];
  for (const [a, b] of pairs) {
    values.push(msSsimOf(prepared[a]!, prepared[b]!));
    await tick();
  }
  return pairMean({ values, pairs, clusters, draws, seed });
}

async function coarse(group: PatchGroup, index: number): Promise<Float32Array> {
  let values = await group.patch(index);
  for (let size = group.size; size > COMPARED_EDGE; size /= 2) values = halve(values, size);
  return values;
}
