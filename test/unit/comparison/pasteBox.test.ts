import { describe, expect, test } from '@jest/globals';
import { pasteBox } from '../../../server/src/services/comparison/pasteBox.ts';
import type { CtVolume, Vec3 } from '../../../server/src/volume/ctVolume.ts';

/** A scan whose voxel (i, j, k) holds what the function says. */
function scan(
  size: Vec3,
  spacing: Vec3,
  origin: Vec3,
  hu: (i: number, j: number, k: number) => number,
): CtVolume {
  const data = new Int16Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) data[at++] = hu(i, j, k);
  return {
    ...{ size, spacing, origin, data },
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}

const host = scan([24, 24, 16], [1, 1, 1], [0, 0, 0], (i, j, k) => -900 + ((i + 3 * j + 5 * k) % 7));
/** A nodule of 3×3×3 voxels about voxel (10, 10, 5), in lung of -800 HU. */
const inNodule = (i: number, j: number, k: number): boolean =>
  Math.abs(i - 10) <= 1 && Math.abs(j - 10) <= 1 && Math.abs(k - 5) <= 1;
const donor = {
  ct: scan([20, 20, 11], [1, 1, 1], [100, 200, 300], (i, j, k) => (inNodule(i, j, k) ? 40 : -800)),
  mask: {
    box: { min: [9, 9, 4], max: [12, 12, 7] } as const,
    bits: new Uint8Array(27).fill(1),
  },
};

describe('cut-and-mix', () => {
  const centre: Vec3 = [12, 11, 8];
  const { box, hu, alpha, footprint } = pasteBox(host, donor, centre);
  const at = (i: number, j: number, k: number): number =>
    i -
    box.min[0] +
    (box.max[0] - box.min[0]) * (j - box.min[1] + (box.max[1] - box.min[1]) * (k - box.min[2]));

  test('pastes the nodule with two millimetres of its own lung, without a transition', () => {
    expect(hu[at(12, 11, 8)]).toBe(40);
    expect(hu[at(11, 10, 7)]).toBe(40);
    // The donor's lung up to the last voxel of its box; the host's own voxel next to it.
    expect(hu[at(12 + 3, 11, 8)]).toBe(-800);
    expect(alpha[at(12 + 3, 11, 8)]).toBe(255);
    expect(hu[at(12 + 4, 11, 8)]).toBe(host.data[16 + 24 * (11 + 24 * 8)]);
    expect(alpha[at(12 + 4, 11, 8)]).toBe(0);
    // 7 × 7 × 7 voxels: the nodule and two on each side.
    expect(alpha.filter((value) => value > 0)).toHaveLength(343);
  });

  test('marks the donor’s outline, and nothing else, as the nodule', () => {
    expect(footprint.reduce((sum, bit) => sum + bit, 0)).toBe(27);
    expect(footprint[at(13, 12, 9)]).toBe(1);
    expect(footprint[at(14, 11, 8)]).toBe(0);
  });

  test('takes along only what the donor’s scan has: a cut-out ends with its own slices', () => {
    const cutOut = {
      ct: scan([20, 20, 3], [1, 1, 1], [0, 0, 0], (i, j, k) => (inNodule(i, j, k + 4) ? 40 : -800)),
      mask: { box: { min: [9, 9, 0], max: [12, 12, 3] } as const, bits: donor.mask.bits },
    };
    const pasted = pasteBox(host, cutOut, centre);
    expect(pasted.alpha.filter((value) => value > 0)).toHaveLength(7 * 7 * 3);
  });

  test('keeps the size of the nodule where the host’s voxels are of another size', () => {
    const fine = scan([60, 60, 30], [0.5, 0.5, 0.5], [0, 0, 0], () => -900);
    const pasted = pasteBox(fine, donor, [15, 15, 7]);
    // 27 mm³ in voxels of 0.125 mm³.
    const voxels = pasted.footprint.reduce((sum, bit) => sum + bit, 0);
    expect(voxels * 0.125).toBeGreaterThan(24);
    expect(voxels * 0.125).toBeLessThan(43);
  });

  test('refuses a place outside the host by name', () => {
    expect(() => pasteBox(host, donor, [200, 0, 0])).toThrow(/outside the CT volume/);
  });
});
