/**
 * What a spotter sees of a patch: its blocks of 4×4×4 voxels, each with two readings of every voxel.
 *
 * - *Level*: how far it lies above parenchyma, drawn out near zero. Real patches of the isolated form are exactly
 *   parenchyma there, so a generator that leaves a faint texture or an offset of a few HU is seen.
 * - *Detail*: how far it lies above the mean of its six neighbours. Generators that enlarge by twos leave a faint grid of
 *   2 to 4 voxels, which always lies the same way in these blocks, also after flips and turns.
 */
import { copyOriented } from '../../dataset/augmentation/orientation.ts';
import { summarise } from './summary.ts';
import { sumAround } from './sumAround.ts';
import { PARENCHYMA_HU, windowHu } from '../../volume/window.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { asinh, max, min, round } = Math;

export const BLOCK = 4;
const VOXELS = BLOCK ** 3;
/** Two readings of each voxel. */
export const BLOCK_INPUTS = 2 * VOXELS;

/** Levels below this (28 HU) are drawn out, those above nearly true to scale. */
const LEVEL_KNEE = 0.02;
const level = (above: number): number => 1.5 * above + 0.15 * asinh(above / LEVEL_KNEE);
const LEVEL_MOST = 3;
/** Detail of 3 HU and less is read as it is, more by its logarithm: enlarged nodules are smooth, small ones are not. */
const DETAIL_KNEE = 0.002;
const detail = (stands: number): number => (stands === 0 ? 0 : 0.5 * asinh(stands / DETAIL_KNEE));
const DETAIL_MOST = 3;
/** What is kept of a reading, to save memory: far finer than noise. */
const LEVEL_STEPS = 10_000;
const DETAIL_STEPS = 127 / DETAIL_MOST;

/** A patch, block after block (x fastest), with the voxels of each block together. */
export interface BlockReadings {
  readonly level: Int16Array;
  readonly detail: Int8Array;
  /** See summary.ts. */
  readonly summary: Float32Array;
}

/** Reads patches of size³ voxels, and writes them out in any orientation. */
export interface BlockReader {
  /** @param values size³ in [0, 1], x fastest */
  read(values: Float32Array): BlockReadings;
  /** Writes (size / BLOCK)³ blocks of {@link BLOCK_INPUTS} values each, level first, to `target` from `offset` on. */
  write(readings: BlockReadings, orientation: number, target: Float32Array, offset: number): void;
}

/** @param size of the patches, a multiple of {@link BLOCK} */
export function blockReader(size: number): BlockReader {
  const places = placesInBlocks(size);
  /** For each orientation: where the reading comes from that is written next. */
  const sources = new Map<number, Uint32Array>();
  const sourceOf = (orientation: number): Uint32Array => {
    const known = sources.get(orientation);
    if (known !== undefined) return known;
    const made = orientedPlaces(places, size, orientation);
    sources.set(orientation, made);
    return made;
  };
  return {
    read: (values) => readPatch(values, size, places),
    write(readings, orientation, target, offset) {
      const source = sourceOf(orientation);
      for (let at = 0, to = offset; at < source.length; to += VOXELS)
        for (const end = at + VOXELS; at < end; at++, to++) {
          const from = source[at]!;
          target[to] = readings.level[from]! / LEVEL_STEPS;
          target[to + VOXELS] = readings.detail[from]! / DETAIL_STEPS;
        }
    },
  };
}

function readPatch(values: Float32Array, size: number, places: Uint32Array): BlockReadings {
  const readings = {
    level: new Int16Array(values.length),
    detail: new Int8Array(values.length),
    summary: summarise(values, size),
  };
  const ground = windowHu(PARENCHYMA_HU);
  // Most voxels hold what the one before held: the ground.
  let before = Number.NaN;
  let levelBefore = 0;
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++) {
        const value = values[at]!;
        const around = sumAround(values, size, x, y, z);
        const place = places[at]!;
        if (value !== before) {
          before = value;
          levelBefore = round(within(level(value - ground), LEVEL_MOST) * LEVEL_STEPS);
        }
        const stands = value - around / 6;
        readings.level[place] = levelBefore;
        readings.detail[place] = round(within(detail(stands), DETAIL_MOST) * DETAIL_STEPS);
      }
  return readings;
}

const within = (value: number, most: number): number => max(-most, min(most, value));

/** For each voxel (x fastest) its place in the order of blocks. */
function placesInBlocks(size: number): Uint32Array {
  const places = new Uint32Array(size ** 3);
  const blocks = size / BLOCK;
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++) {
        const block =
          (Math.floor(z / BLOCK) * blocks + Math.floor(y / BLOCK)) * blocks + Math.floor(x / BLOCK);
        places[at] = block * VOXELS + ((z % BLOCK) * BLOCK + (y % BLOCK)) * BLOCK + (x % BLOCK);
      }
  return places;
}

/** For each place in the order of blocks of the oriented patch: the place that it had before. */
function orientedPlaces(places: Uint32Array, size: number, orientation: number): Uint32Array {
  // Float32 holds whole numbers up to 2²⁴ exactly: enough for 256³.
  const oriented = new Float32Array(places.length);
  copyOriented(Float32Array.from(places), size, orientation, oriented, 0);
  const sources = new Uint32Array(places.length);
  for (let at = 0; at < places.length; at++) sources[places[at]!] = oriented[at]!;
  return sources;
}
