/** Batches of pairs for the detector's training. Pure: a batch depends on the cut-outs, the seed and its number only. */
import { Random } from '../nn/random.ts';
import { BOX_SIZE, BOX_VOXELS } from './detectorBox.ts';
import { boxOf, drawPair, type Pair } from './detectorPairs.ts';
import type { DetectorVoi } from './detectorVois.ts';

/** How far a box may be made brighter or darker as a whole, and flatter or steeper: scanners differ by as much. */
const OFFSET = 30 / 700;
const CONTRAST = 0.05;
const DRAWS = 4;

export interface DetectorBatch {
  /** [2 × pairs, 1, 16, 32, 32]; a nodule, then its place without one. */
  readonly input: Float32Array;
  /** [2 × pairs, 1]: 1 and 0 in turn. */
  readonly target: Float32Array;
}

/** The cut-outs for which a place without a nodule is found at all: largest nodules fill their cut-outs. */
export function withPairs(vois: readonly DetectorVoi[], seed: number): DetectorVoi[] {
  return vois.filter((voi) => pairOf(vois, voi, [seed, 'usable', voi.id]) !== null);
}

/** @param usable of `vois`, those that {@link withPairs} keeps; each comes once an epoch */
export function detectorBatch(
  vois: readonly DetectorVoi[],
  usable: readonly DetectorVoi[],
  seed: number,
  index: number,
  pairs: number,
): DetectorBatch {
  const input = new Float32Array(2 * pairs * BOX_VOXELS);
  const target = new Float32Array(2 * pairs);
  for (let at = 0; at < pairs; at++) {
    const example = index * pairs + at;
    const pair = pairNumber(vois, usable, seed, example);
    const random = Random.of(seed, 'turn', example);
    for (const [side, values] of [boxOf(pair.positive), boxOf(pair.negative)].entries())
      input.set(varied(values, random), (2 * at + side) * BOX_VOXELS);
    target[2 * at] = 1;
  }
  return { input, target };
}

function pairNumber(
  vois: readonly DetectorVoi[],
  usable: readonly DetectorVoi[],
  seed: number,
  example: number,
): Pair {
  const epoch = Math.floor(example / usable.length);
  const order = Random.of(seed, 'epoch', epoch).permutation(usable.length);
  // A nodule that found no partner this time makes room for the next one.
  for (let skip = 0; ; skip++) {
    const voi = usable[order[(example + skip) % usable.length]!]!;
    const pair = pairOf(vois, voi, [seed, 'pair', example, skip]);
    if (pair !== null) return pair;
  }
}

/** The pair of this name: a few draws, and null where none of them gives one. */
export function pairOf(
  vois: readonly DetectorVoi[],
  voi: DetectorVoi,
  name: readonly (string | number)[],
): Pair | null {
  for (let draw = 0; draw < DRAWS; draw++) {
    const pair = drawPair(vois, voi, Random.of(...name, draw));
    if (pair !== null) return pair;
  }
  return null;
}

/** The box mirrored or turned in the plane, perhaps upside down, a little brighter or flatter. */
function varied(values: Float32Array, random: Random): Float32Array {
  const [nx, ny, nz] = BOX_SIZE;
  const turn = random.integer(16);
  const offset = (2 * random.uniform() - 1) * OFFSET;
  const contrast = 1 + (2 * random.uniform() - 1) * CONTRAST;
  const result = new Float32Array(values.length);
  let at = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) {
        const [u, v] = turn & 8 ? [y, x] : [x, y];
        const i = turn & 1 ? nx - 1 - u : u;
        const j = turn & 2 ? ny - 1 - v : v;
        const k = turn & 4 ? nz - 1 - z : z;
        result[at++] = values[i + nx * (j + ny * k)]! * contrast + offset;
      }
  return result;
}
