/** The 48 flips and turns of a cube in words, and the way back from each. */
import { orientationMatrix, ORIENTATIONS } from '../../dataset/augmentation/orientation.ts';

const AXES = ['z', 'y', 'x'] as const;

/**
 * By orientation (dataset/augmentation/orientation.ts): `as it is`, or where the axes come from: `x y z from −y x z` reads
 * the old y axis backwards along the new x.
 */
export const ORIENTATION_NAMES: readonly string[] = Array.from({ length: ORIENTATIONS }, (_, orientation) => {
  if (orientation === 0) return 'as it is';
  const matrix = orientationMatrix(orientation);
  const from = [2, 1, 0].map((target) => {
    const source = [0, 1, 2].find((axis) => matrix[3 * axis + target] !== 0)!;
    return `${matrix[3 * source + target]! < 0 ? '−' : ''}${AXES[source]}`;
  });
  return `x y z from ${from.join(' ')}`;
});

/** The orientation that undoes each. */
export const INVERSE_ORIENTATIONS: readonly number[] = Array.from(
  { length: ORIENTATIONS },
  (_, orientation) => {
    const matrix = orientationMatrix(orientation);
    return Array.from({ length: ORIENTATIONS }, (_, other) => other).find((other) => {
      const back = orientationMatrix(other);
      return matrix.every((value, at) => value === back[3 * (at % 3) + Math.floor(at / 3)]);
    })!;
  },
);
