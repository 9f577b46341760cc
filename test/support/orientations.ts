/** Directions that a volume's axes can have, for property tests. */
import fc from 'fast-check';
import type { Vec3, VolumeGeometry } from '../../server/src/volume/ctVolume.ts';

/** Rotations from quaternions, half of them mirrored; the six axis-aligned turns come often, as in real files. */
export const rotations: fc.Arbitrary<VolumeGeometry['direction']> = fc
  .tuple(
    fc.tuple(
      ...[0, 1, 2, 3].map(() => fc.oneof(fc.constantFrom(0, 1), fc.double({ min: -1, max: 1, noNaN: true }))),
    ),
    fc.boolean(),
  )
  .filter(([q]) => Math.hypot(...q) > 0.1)
  .map(([q, mirrored]) => {
    const [a = 1, b = 0, c = 0, d = 0] = q.map((part) => part / Math.hypot(...q));
    const w: Vec3 = [2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c];
    return [
      [a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)],
      [2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)],
      mirrored ? [-w[0], -w[1], -w[2]] : w,
    ];
  });
