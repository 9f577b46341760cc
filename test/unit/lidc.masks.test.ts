import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boxSize, cropTo, largestPiece, trim, type BoxMask } from '../../server/src/lidc/boxMask.ts';
import { consensusMask } from '../../server/src/lidc/consensus.ts';
import { noduleMask } from '../../server/src/lidc/contourMask.ts';
import { largestInPlaneDiameter, volumeEquivalentDiameter } from '../../server/src/lidc/diameter.ts';
import { ringAround } from '../support/lidcXml.ts';

const outline = (slice: number, points: [number, number][], inclusion = true) => ({
  slice,
  points,
  inclusion,
});

/** The voxels of a mask as text, sorted. */
function voxels(mask: BoxMask | undefined): string[] {
  if (!mask) return [];
  const [ni, nj] = boxSize(mask.box);
  return Array.from(mask.bits.keys())
    .filter((at) => mask.bits[at])
    .map((at) =>
      [
        mask.box.min[0] + (at % ni),
        mask.box.min[1] + (Math.floor(at / ni) % nj),
        mask.box.min[2] + Math.floor(at / (ni * nj)),
      ].join(),
    )
    .sort();
}

describe('outlines to voxels', () => {
  test('what lies strictly inside belongs to the lesion, the outline itself does not', () => {
    const mask = noduleMask([outline(4, ringAround(10, 20, 12, 21))]);
    expect(mask?.box).toEqual({ min: [10, 20, 4], max: [13, 22, 5] });
    expect(voxels(mask)).toEqual(['10,20,4', '10,21,4', '11,20,4', '11,21,4', '12,20,4', '12,21,4']);
  });

  test('a hole takes away its inside and its own outline, wherever it stands in the file', () => {
    const lesion = outline(0, ringAround(0, 0, 8, 8));
    const hole = outline(0, ringAround(4, 4, 4, 4), false);
    for (const order of [
      [lesion, hole],
      [hole, lesion],
    ]) {
      const mask = noduleMask(order);
      // 9×9 lesion pixels less the 3×3 of the hole with its outline.
      expect(voxels(mask)).toHaveLength(72);
      expect(voxels(mask)).not.toContain('3,3,0');
      expect(voxels(mask)).toContain('2,3,0');
    }
  });

  test('a hole in one slice leaves the others alone', () => {
    const mask = noduleMask([
      outline(0, ringAround(0, 0, 4, 4)),
      outline(1, ringAround(0, 0, 4, 4)),
      outline(1, ringAround(2, 2, 2, 2), false),
    ]);
    expect(voxels(mask)).toHaveLength(25 + 16);
  });

  test('an outline that closes on itself encloses nothing', () => {
    expect(
      noduleMask([
        outline(0, [
          [5, 5],
          [6, 5],
          [6, 6],
          [5, 6],
        ]),
      ]),
    ).toBeUndefined();
    expect(noduleMask([])).toBeUndefined();
  });

  test('a slanted outline keeps exactly the pixels that a point-in-polygon test keeps', () => {
    const diamond: [number, number][] = [
      [5, 0],
      [10, 5],
      [5, 10],
      [0, 5],
    ];
    const inside: string[] = [];
    for (let x = 0; x <= 10; x++)
      for (let y = 0; y <= 10; y++) if (Math.abs(x - 5) + Math.abs(y - 5) < 5) inside.push(`${x},${y},0`);
    const stepped = diamond.flatMap(([x, y], at): [number, number][] => {
      const [nx, ny] = diamond[(at + 1) % 4] ?? [x, y];
      return [0, 1, 2, 3, 4].map((step) => [x + Math.sign(nx - x) * step, y + Math.sign(ny - y) * step]);
    });
    expect(voxels(noduleMask([outline(0, stepped)]))).toEqual(inside.sort());
  });
});

describe('consensus', () => {
  const square = (x0: number, x1: number): BoxMask => {
    const mask = noduleMask([outline(0, ringAround(x0, 0, x1, 0))]);
    if (!mask) throw new Error('expected a mask');
    return mask;
  };

  test('holds what at least half of the readers marked', () => {
    const marks = [square(0, 3), square(1, 4), square(2, 5), square(3, 6)].map((mask, reader) => ({
      reader,
      mask,
    }));
    expect(voxels(consensusMask(marks))).toEqual(['1,0,0', '2,0,0', '3,0,0', '4,0,0', '5,0,0']);
    expect(voxels(consensusMask(marks, 1))).toEqual(['3,0,0']);
    expect(voxels(consensusMask(marks, 0))).toHaveLength(7);
  });

  test('a reader who marked two parts has one vote', () => {
    const marks = [
      { reader: 0, mask: square(0, 3) },
      { reader: 0, mask: square(2, 5) },
      { reader: 1, mask: square(10, 11) },
      { reader: 2, mask: square(12, 13) },
    ];
    expect(consensusMask(marks)).toBeUndefined();
  });
});

describe('mask boxes', () => {
  test('trimming and cropping back give the same voxels', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 60, maxLength: 60, max: 1 }), (bits) => {
        fc.pre(bits.includes(1));
        const mask: BoxMask = { box: { min: [2, 3, 4], max: [7, 7, 7] }, bits };
        const tight = trim(mask);
        expect(voxels(tight)).toEqual(voxels(mask));
        expect(Array.from(cropTo(tight, mask.box))).toEqual(Array.from(bits));
      }),
    );
  });

  test('only the largest piece of a scattered mask is kept', () => {
    const bits = Uint8Array.from([1, 1, 1, 0, 0, 1, 1]);
    const kept = largestPiece({ box: { min: [4, 0, 0], max: [11, 1, 1] }, bits });
    expect(kept.box).toEqual({ min: [4, 0, 0], max: [7, 1, 1] });
  });
});

describe('diameter', () => {
  const size = [9, 9, 2] as const;
  test('is the longest line in any slice, from outer border to outer border', () => {
    const bits = new Uint8Array(162);
    bits[81] = 1; // (0, 0) in slice 1
    bits[81 + 3 + 9 * 4] = 1; // (3, 4) in slice 1
    bits[8 + 9 * 8] = 1; // alone in slice 0
    expect(largestInPlaneDiameter({ size, spacing: [1, 1, 2.5] }, bits)).toBeCloseTo(6, 9);
    expect(largestInPlaneDiameter({ size, spacing: [1, 1, 2.5] }, new Uint8Array(162))).toBe(0);
  });

  test('by volume is that of the ball', () => {
    const bits = new Uint8Array(162).fill(1);
    const spacing = [0.5, 0.5, 2] as const;
    expect((Math.PI / 6) * volumeEquivalentDiameter({ spacing }, bits) ** 3).toBeCloseTo(162 * 0.5, 6);
  });
});
