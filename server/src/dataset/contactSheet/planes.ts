/** The three central planes of a patch as grey pictures in the lung window. */
import { unwindowHu } from '../../volume/window.ts';

/** Lung window: level -600 HU, width 1500 HU. */
export const LEVEL_HU = -600;
export const WIDTH_HU = 1500;
const { floor, max, min, round } = Math;

/** A square picture, 0 to 255 a pixel, rows from the top. */
export interface Grey {
  readonly size: number;
  readonly data: Uint8Array;
}

/** Axial, coronal, sagittal. Radiological convention: the patient's right on the left, anterior and head up. */
export type Planes = readonly [axial: Grey, coronal: Grey, sagittal: Grey];

/**
 * @param patch size³ values in [0, 1], x (left) fastest, then y (posterior), then z (superior)
 * @param edge edge length of the pictures in pixels
 */
export function planesOf(patch: Float32Array, size: number, edge: number): Planes {
  const middle = size >> 1;
  const at = (x: number, y: number, z: number): number => patch[x + size * (y + size * z)] ?? 0;
  return [
    grey(size, edge, (u, v) => at(u, v, middle)),
    grey(size, edge, (u, v) => at(u, middle, size - 1 - v)),
    grey(size, edge, (u, v) => at(middle, u, size - 1 - v)),
  ];
}

function grey(size: number, edge: number, value: (u: number, v: number) => number): Grey {
  const plane = new Float32Array(size * size);
  for (let v = 0; v < size; v++)
    for (let u = 0; u < size; u++) {
      const hu = unwindowHu(value(u, v));
      plane[u + size * v] = 255 * min(1, max(0, (hu - LEVEL_HU) / WIDTH_HU + 0.5));
    }
  const scaled = scale(plane, size, edge);
  return { size: edge, data: Uint8Array.from(scaled, round) };
}

/** Bilinear where the picture grows, the mean of what a pixel covers where it shrinks. */
function scale(plane: Float32Array, size: number, edge: number): Float32Array {
  if (edge === size) return plane;
  const taps = Array.from({ length: edge }, (_, at) => tapsOf(at, size, edge));
  const result = new Float32Array(edge * edge);
  taps.forEach((rows, y) =>
    taps.forEach((columns, x) => {
      let sum = 0;
      for (const [v, b] of rows) for (const [u, a] of columns) sum += a * b * (plane[u + size * v] ?? 0);
      result[x + edge * y] = sum;
    }),
  );
  return result;
}

function tapsOf(at: number, size: number, edge: number): (readonly [index: number, weight: number])[] {
  const ratio = size / edge;
  if (ratio <= 1) {
    const centre = min(size - 1, max(0, (at + 0.5) * ratio - 0.5));
    const first = min(size - 1, floor(centre));
    return [
      [first, 1 - (centre - first)],
      [min(size - 1, first + 1), centre - first],
    ];
  }
  const taps: [number, number][] = [];
  for (let index = floor(at * ratio); index < min(size, (at + 1) * ratio); index++) {
    const covered = min(index + 1, (at + 1) * ratio) - max(index, at * ratio);
    taps.push([index, covered / ratio]);
  }
  return taps;
}
