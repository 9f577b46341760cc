/** The nodules of a training set as a network saw them, ready to be asked which one is nearest. */
import type { PatchFile } from '../../dataset/patchFile.ts';
import type { Descriptor } from '../../evaluation/memorisation/descriptor.ts';
import { COARSE, describePatch, FINE, oriented } from '../../evaluation/memorisation/descriptor.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, round, sqrt } = Math;

export interface Neighbour {
  /** Index in the set. */
  readonly index: number;
  /** 0 is the same nodule, 1 as far as no nodule at all; parts of the larger one's length. */
  readonly distance: number;
}

export interface TrainingIndex {
  readonly count: number;
  nearest(patch: Float32Array, size: number): Neighbour;
  /**
   * Median distance from a nodule of the set to its nearest other one: what two different nodules have between them.
   * Infinite where the set has a single nodule.
   */
  readonly typicalDistance: number;
}

const FINE_VOXELS = FINE ** 3;
const COARSE_VOXELS = COARSE ** 3;
/** Fine grids are kept as bytes: differences to the background lie within [-1, 1]. */
const STEPS = 127;
/** Pairs of nodule and orientation that get a closer look after the coarse one. */
const CLOSER_LOOKS = 64;
/** Nodules whose nearest neighbours make the median. */
const PROBES = 64;

/**
 * Reads the set once; about 6 kB a nodule stay in memory. Gives way to other work between nodules.
 *
 * @param pause resolves when other work has had its turn
 */
export async function indexTrainingSet(set: PatchFile, pause: () => Promise<void>): Promise<TrainingIndex> {
  const { count, size } = set;
  const fine = new Int8Array(count * FINE_VOXELS);
  const coarse = new Float32Array(count * COARSE_VOXELS);
  const norms = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const described = describePatch(await set.patch(n), size);
    for (let v = 0; v < FINE_VOXELS; v++)
      fine[n * FINE_VOXELS + v] = round(STEPS * min(1, max(-1, described.fine[v]!)));
    coarse.set(described.coarse, n * COARSE_VOXELS);
    norms[n] = described.norm;
    await pause();
  }

  const nearestOf = (one: Descriptor, except: number): Neighbour | null => {
    const looks = coarseLooks(oriented(one.coarse, COARSE), coarse, count, except);
    const turned = oriented(one.fine, FINE);
    let best: Neighbour | null = null;
    for (const { index, orientation } of looks) {
      const from = index * FINE_VOXELS;
      const values = turned[orientation]!;
      let squares = 0;
      for (let v = 0; v < FINE_VOXELS; v++) {
        const difference = values[v]! - fine[from + v]! / STEPS;
        squares += difference * difference;
      }
      const distance = sqrt(squares) / max(1e-6, one.norm, norms[index]!);
      if (best === null || distance < best.distance) best = { index, distance };
    }
    return best;
  };

  const between: number[] = [];
  const step = max(1, ceil(count / PROBES));
  for (let n = 0; n < count; n += step) {
    const own: Descriptor = {
      fine: Float32Array.from(
        fine.subarray(n * FINE_VOXELS, (n + 1) * FINE_VOXELS),
        (value) => value / STEPS,
      ),
      coarse: coarse.slice(n * COARSE_VOXELS, (n + 1) * COARSE_VOXELS),
      norm: norms[n]!,
    };
    const neighbour = nearestOf(own, n);
    between.push(neighbour?.distance ?? Infinity);
    await pause();
  }
  const sorted = between.sort((a, b) => a - b);
  return {
    count,
    typicalDistance: sorted[floor(sorted.length / 2)] ?? Infinity,
    nearest: (patch, patchSize) => nearestOf(describePatch(patch, patchSize), -1)!,
  };
}

interface Look {
  readonly index: number;
  readonly orientation: number;
  readonly squares: number;
}

/** For the nodules that look nearest on the coarse grid, their best orientation. */
function coarseLooks(
  turned: readonly Float32Array[],
  coarse: Float32Array,
  count: number,
  except: number,
): Look[] {
  const looks: Look[] = [];
  for (let index = 0; index < count; index++) {
    if (index === except) continue;
    const from = index * COARSE_VOXELS;
    let least = Infinity;
    let orientation = 0;
    for (let turn = 0; turn < turned.length; turn++) {
      const values = turned[turn]!;
      let squares = 0;
      for (let v = 0; v < COARSE_VOXELS && squares < least; v++) {
        const difference = values[v]! - coarse[from + v]!;
        squares += difference * difference;
      }
      if (squares < least) {
        least = squares;
        orientation = turn;
      }
    }
    looks.push({ index, orientation, squares: least });
  }
  return looks.sort((a, b) => a.squares - b.squares).slice(0, CLOSER_LOOKS);
}
