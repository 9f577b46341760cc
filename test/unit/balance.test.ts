import { describe, expect, test } from '@jest/globals';
import { measurePatch, toHuPatch } from '../../server/src/insertion/patchShape.ts';
import { onConstantGround } from '../../server/src/services/balance/onConstantGround.ts';
import {
  beforeAndAfter,
  beforeAndAfterText,
  missingMalignant,
  ratioText,
} from '../../server/src/services/balance/ratio.ts';
import { SOFT_MARGIN } from '../../server/src/dataset/softMask.ts';
import { isolatedPatch } from '../../server/src/dataset/patch.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { CtVolume } from '../../server/src/volume/ctVolume.ts';
import { PARENCHYMA_HU, unwindowHu, windowHu } from '../../server/src/volume/window.ts';
import { ballPatch } from '../support/nodulePatches.ts';

describe('the ratio of malignant to benign', () => {
  test.each([
    [{ malignant: 200, benign: 2400 }, [1, 1], 2200],
    [{ malignant: 200, benign: 2400 }, [1, 2], 1000],
    [{ malignant: 3, benign: 10 }, [1, 3], 1],
    [{ malignant: 3, benign: 10 }, [3, 10], 0],
    [{ malignant: 5, benign: 3 }, [1, 1], -2],
    [{ malignant: 1, benign: 3 }, [0.1, 0.3], 0],
  ] as const)('of %j to %j is short of %i', (counts, ratio, missing) => {
    expect(missingMalignant(counts, ratio)).toBe(missing);
  });

  test.each([
    [200, 2400, '1:12'],
    [165, 109, '1.5:1'],
    [7, 7, '1:1'],
    [0, 4, '0:4'],
  ])('of %i and %i reads %s', (malignant, benign, text) => {
    expect(ratioText(malignant, benign)).toBe(text);
  });

  test('before and after is told in the words of the table', () => {
    const counts = beforeAndAfter({
      before: { malignant: 200, benign: 2400 },
      after: { malignant: 200, syntheticMalignant: 2200, benign: 2400 },
    });
    expect(beforeAndAfterText(counts).split('\n')).toEqual([
      'Before augmentation',
      '  Cancerous                200',
      '  Benign                 2,400',
      '  Ratio                   1:12',
      'After augmentation',
      '  Real cancerous           200',
      '  Synthetic cancerous    2,200',
      '  Benign                 2,400',
      '  Ratio                    1:1',
    ]);
  });
});

describe('a sample on the constant ground', () => {
  const size = 32;
  const random = Random.of('ground');
  // A ball of 6 voxels radius in a texture, and a speck far from it.
  const sample = ballPatch(size, 6, 'ground').map((value) => value + 0.02 * random.uniform());
  sample[4 + size * (4 + size * 4)] = 0.9;
  const shape = measurePatch(toHuPatch(sample));
  const spacingMm = 1;
  const grounded = onConstantGround(sample, size, spacingMm, shape, {
    margin: SOFT_MARGIN,
    ctEnds: undefined,
  });
  const middle = (size - 1) / 2;
  const radiusAt = (at: number): number =>
    Math.hypot(
      (at % size) - middle,
      (Math.floor(at / size) % size) - middle,
      Math.floor(at / size ** 2) - middle,
    );

  test('keeps the nodule and 3 mm around it voxel for voxel', () => {
    let kept = 0;
    for (let at = 0; at < sample.length; at++) {
      if (radiusAt(at) > 8) continue;
      expect(grounded[at]).toBe(sample[at]);
      kept++;
    }
    expect(kept).toBeGreaterThan(2000);
  });

  test('is exactly parenchyma beyond, as real patches are', () => {
    const ground = Math.fround(windowHu(PARENCHYMA_HU));
    let constant = 0;
    for (let at = 0; at < sample.length; at++) {
      if (radiusAt(at) < 13) continue;
      expect(grounded[at]).toBe(ground);
      constant++;
    }
    expect(constant).toBeGreaterThan(10_000);
    const face = grounded.subarray(0, size ** 2);
    expect(new Set(face)).toEqual(new Set([ground]));
  });

  describe('that stands for a nodule of a cut-out', () => {
    // The ten slices in the middle of the sample as a cut-out: it ends within the ball.
    const slices = { first: 11, count: 10 };
    const cutOut = sample.subarray(slices.first * size ** 2, (slices.first + slices.count) * size ** 2);
    const ct: CtVolume = {
      size: [size, size, slices.count],
      spacing: [spacingMm, spacingMm, spacingMm],
      origin: [-middle, -middle, slices.first - middle],
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      data: Int16Array.from(cutOut, (value) => Math.round(unwindowHu(value))),
    };
    const mask = Uint8Array.from(cutOut, (_, at) => (radiusAt(at + slices.first * size ** 2) <= 6 ? 1 : 0));
    const real = isolatedPatch(ct, { box: { min: [0, 0, 0], max: ct.size }, bits: mask }, size, size);
    const flat = onConstantGround(sample, size, spacingMm, shape, {
      margin: SOFT_MARGIN,
      ctEnds: { low: [-16, -16, -5], high: [16, 16, 5] },
    });
    const planes = (patch: Float32Array): number[] => {
      const ground = Math.fround(windowHu(PARENCHYMA_HU));
      return Array.from({ length: size }, (_, k) => k).filter((k) =>
        patch.subarray(k * size ** 2, (k + 1) * size ** 2).some((value) => value !== ground),
      );
    };

    test('ends on the same slices as the real one', () => {
      expect(planes(real.data)).toEqual(planes(flat));
      expect(planes(flat).length).toBeLessThan(planes(grounded).length - 8);
    });

    test('is as it was away from the ends', () => {
      const middleOf = (patch: Float32Array): Float32Array => patch.subarray(15 * size ** 2, 17 * size ** 2);
      expect(middleOf(flat)).toEqual(middleOf(grounded));
    });
  });
});
