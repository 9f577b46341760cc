/**
 * What a nodule looks like on a small grid: centred on its own mass, without its background, averaged to 16³ (and 8³,
 * for a first look). Two nodules are as far apart as these grids are in the nearest of the cube's 48 orientations.
 */
import { copyOriented, ORIENTATIONS } from '../../dataset/augmentation/orientation.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { floor, max, min, round, sqrt } = Math;

export const FINE = 16;
export const COARSE = 8;

export interface Descriptor {
  /** FINE³ values, x fastest. */
  readonly fine: Float32Array;
  /** COARSE³: means of eight. */
  readonly coarse: Float32Array;
  /** Euclidean length of `fine`: how much nodule there is. */
  readonly norm: number;
}

/** Values above the background by less than this (of the window's 1400 HU) are noise, not nodule. */
const NODULE_MARGIN = 0.14;

/** @param patch size³ values in [0, 1], x fastest; size at least FINE */
export function describePatch(patch: Float32Array, size: number): Descriptor {
  const background = borderMedian(patch, size);
  const shift = offsetToCentre(patch, size, background);
  const fine = new Float32Array(FINE ** 3);
  const counts = new Uint32Array(FINE ** 3);
  const cell = Int32Array.from({ length: size }, (_, n) => floor((n * FINE) / size));
  const [dx, dy, dz] = shift;
  for (let z = 0; z < size; z++)
    for (let y = 0; y < size; y++) {
      const row = FINE * (cell[y]! + FINE * cell[z]!);
      const beyond = y + dy < 0 || y + dy >= size || z + dz < 0 || z + dz >= size;
      const from = size * (y + dy + size * (z + dz)) + dx;
      for (let x = 0; x < size; x++) {
        const to = row + cell[x]!;
        counts[to]!++;
        // What the shift brings in from beyond the patch is background.
        if (!beyond && x + dx >= 0 && x + dx < size) fine[to]! += patch[from + x]! - background;
      }
    }
  let squares = 0;
  for (let at = 0; at < fine.length; at++) {
    fine[at] = fine[at]! / max(1, counts[at]!);
    squares += fine[at]! ** 2;
  }
  return { fine, coarse: halved(fine), norm: sqrt(squares) };
}

function borderMedian(patch: Float32Array, size: number): number {
  const border = new Float32Array(6 * size * size);
  let count = 0;
  for (let v = 0; v < size; v++)
    for (let u = 0; u < size; u++)
      for (const face of [0, size - 1]) {
        border[count++] = patch[face + size * (u + size * v)]!;
        border[count++] = patch[u + size * (face + size * v)]!;
        border[count++] = patch[u + size * (v + size * face)]!;
      }
  return border.sort()[count >> 1]!;
}

/** Whole voxels from the middle of the patch to the middle of the nodule's mass. */
function offsetToCentre(patch: Float32Array, size: number, background: number): [number, number, number] {
  let [mass, x, y, z] = [0, 0, 0, 0];
  for (let k = 0, at = 0; k < size; k++)
    for (let j = 0; j < size; j++)
      for (let i = 0; i < size; i++, at++) {
        const weight = patch[at]! - background - NODULE_MARGIN;
        if (weight <= 0) continue;
        mass += weight;
        x += weight * i;
        y += weight * j;
        z += weight * k;
      }
  const middle = (size - 1) / 2;
  const limit = size / 4;
  const offset = (sum: number): number =>
    mass === 0 ? 0 : round(min(limit, max(-limit, sum / mass - middle)));
  return [offset(x), offset(y), offset(z)];
}

function halved(fine: Float32Array): Float32Array {
  const coarse = new Float32Array(COARSE ** 3);
  for (let at = 0; at < fine.length; at++) {
    const [x, y, z] = [at % FINE, floor(at / FINE) % FINE, floor(at / (FINE * FINE))];
    coarse[(x >> 1) + COARSE * ((y >> 1) + COARSE * (z >> 1))]! += fine[at]! / 8;
  }
  return coarse;
}

/** A grid in all orientations, one after the other. */
export function oriented(values: Float32Array, edge: number): Float32Array[] {
  return Array.from({ length: ORIENTATIONS }, (_, orientation) => {
    const turned = new Float32Array(values.length);
    copyOriented(values, edge, orientation, turned, 0);
    return turned;
  });
}
