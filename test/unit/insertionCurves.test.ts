import { describe, expect, test } from '@jest/globals';
import { edgeCurve } from '../../server/src/insertion/edgeCurve.ts';
import { normalCdf, normalQuantile, sigmaOfStep } from '../../server/src/insertion/gaussianEdge.ts';
import { halfMaximumRegion } from '../../server/src/insertion/halfMaximum.ts';
import { measureBlur } from '../../server/src/insertion/hostBlur.ts';
import { hostNoise, localNoise } from '../../server/src/insertion/hostTexture.ts';
import { bandPower, coreOf, noisePower } from '../../server/src/insertion/noisePower.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { CtVolume, IndexBox, Vec3 } from '../../server/src/volume/ctVolume.ts';

const { exp, hypot, sqrt } = Math;

function volume(size: Vec3, spacing: Vec3, hu: (i: number, j: number, k: number) => number): CtVolume {
  const data = new Int16Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) data[at++] = Math.round(hu(i, j, k));
  return {
    ...{ data, size, spacing, origin: [0, 0, 0] },
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}
const wholeBox = ({ size }: CtVolume): IndexBox => ({ min: [0, 0, 0], max: size });

/** White noise under a Gaussian of `sigma` pixels in the plane, of a given deviation, around a mean. */
function smoothNoise(size: Vec3, spacing: Vec3, mean: number, deviation: number, sigma: number): CtVolume {
  const random = Random.of('smooth noise', deviation, sigma);
  const reach = Math.ceil(3 * sigma);
  const [nx, ny, nz] = size;
  const white = Float64Array.from({ length: nx * ny * nz }, () => random.gaussian());
  const weights: number[] = [];
  for (let n = -reach; n <= reach; n++) weights.push(sigma === 0 ? 1 : exp((-n * n) / (2 * sigma * sigma)));
  const norm = weights.reduce((sum, w) => sum + w * w, 0);
  return volume(size, spacing, (i, j, k) => {
    let sum = 0;
    for (let b = -reach; b <= reach; b++)
      for (let a = -reach; a <= reach; a++)
        sum +=
          weights[a + reach]! *
          weights[b + reach]! *
          white[((i + a + nx) % nx) + nx * (((j + b + ny) % ny) + ny * k)]!;
    return mean + (deviation * sum) / norm;
  });
}

describe('the noise power of a region', () => {
  const spacing: Vec3 = [0.7, 0.7, 1];

  test('is flat for white noise, at variance times pixel area', () => {
    const noise = noisePower(smoothNoise([64, 64, 12], spacing, 40, 20, 0), {
      min: [8, 8, 0],
      max: [56, 56, 12],
    })!;
    expect(noise.frequencies).toEqual(
      [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65].map((f) => expect.closeTo(f)),
    );
    expect(noise.varianceHu2 / 400).toBeCloseTo(1, 1);
    for (const [low, high] of [
      [0.1, 0.3],
      [0.3, 0.5],
      [0.5, 0.7],
    ] as const)
      expect(bandPower(noise, low, high) / (400 * 0.49)).toBeCloseTo(1, 0.8);
  });

  test('has the level of white noise in a small round region too, and takes no trend for noise', () => {
    const image = smoothNoise([64, 64, 24], spacing, 0, 20, 0);
    const tilted = volume(image.size, spacing, (i, j, k) => {
      const at = i + 64 * (j + 64 * k);
      return image.data[at]! + 6 * i - 4 * j + 0.3 * i * j;
    });
    const box: IndexBox = { min: [20, 20, 0], max: [33, 33, 24] };
    const round = new Uint8Array(13 * 13 * 24);
    for (let at = 0; at < round.length; at++)
      round[at] = hypot((at % 13) - 6, (Math.floor(at / 13) % 13) - 6) < 6 ? 1 : 0;
    const noise = noisePower(tilted, box, round)!;
    expect(noise.pixels).toBe(round.reduce((sum, bit) => sum + bit, 0));
    expect(Math.abs(noise.varianceHu2 / 400 - 1)).toBeLessThan(0.12);
    expect(Math.abs(bandPower(noise, 0.3, 0.7) / (400 * 0.49) - 1)).toBeLessThan(0.2);
  });

  test('falls as the square of the filter that made the noise', () => {
    const sigma = 0.9;
    const noise = noisePower(smoothNoise([64, 64, 16], spacing, 0, 30, sigma), {
      min: [8, 8, 0],
      max: [56, 56, 16],
    })!;
    const expected = (f: number): number => exp(-4 * Math.PI ** 2 * (f * 0.7) ** 2 * sigma ** 2);
    const at = (f: number): number =>
      noise.power[noise.frequencies.findIndex((g) => Math.abs(g - f) < 0.01)]!;
    expect(Math.abs(at(0.35) / at(0.15) / (expected(0.35) / expected(0.15)) - 1)).toBeLessThan(0.25);
    expect(Math.abs(at(0.45) / at(0.25) / (expected(0.45) / expected(0.25)) - 1)).toBeLessThan(0.25);
  });

  test('is not given for a region of a few pixels', () => {
    const image = smoothNoise([20, 20, 3], spacing, 0, 10, 0);
    expect(noisePower(image, { min: [0, 0, 0], max: [4, 4, 3] })).toBeNull();
  });

  test('looks at the core of a mask where the border is to be left out', () => {
    const mask = new Uint8Array(11 * 11).fill(1);
    const core = coreOf([11, 11, 1], [0.5, 0.5, 1], mask, 1);
    expect(core.reduce((sum, bit) => sum + bit, 0)).toBe(7 * 7);
    expect(core[5 + 11 * 5]).toBe(1);
  });
});

describe("a host's noise", () => {
  const spacing: Vec3 = [0.7, 0.7, 1];
  const tissue = smoothNoise([96, 96, 14], spacing, 40, 18, 0.8);
  const place: Vec3 = [48, 48, 7];

  test('is found with its deviation and its spectrum', () => {
    const found = localNoise(tissue, place);
    const measured = noisePower(tissue, wholeBox(tissue))!;
    expect(Math.abs(found.deviationHu / 18 - 1)).toBeLessThan(0.25);
    expect(found.sliceCorrelation).toBeLessThan(0.15);
    for (const [low, high] of [
      [0.1, 0.3],
      [0.3, 0.5],
    ] as const) {
      const ratio = bandPower(found, low, high) / bandPower(measured, low, high);
      expect(ratio).toBeGreaterThan(0.6);
      expect(ratio).toBeLessThan(1.6);
    }
  });

  test('is made anew with the same spectrum, and is neither white nor a copy', () => {
    const box: IndexBox = { min: [20, 20, 1], max: [76, 76, 13] };
    const fresh = hostNoise(tissue, box, 3);
    const size: Vec3 = [56, 56, 12];
    const made = noisePower({ size, spacing, data: fresh }, { min: [0, 0, 0], max: size })!;
    const own = noisePower(tissue, box)!;
    for (const [low, high] of [
      [0.1, 0.3],
      [0.3, 0.5],
    ] as const) {
      const ratio = bandPower(made, low, high) / bandPower(own, low, high);
      expect(ratio).toBeGreaterThan(0.55);
      expect(ratio).toBeLessThan(1.7);
    }
    expect(bandPower(made, 0.5, 0.7) / bandPower(made, 0.1, 0.3)).toBeLessThan(0.2);
    let together = 0;
    let at = 0;
    for (let k = 1; k < 13; k++)
      for (let j = 20; j < 76; j++)
        for (let i = 20; i < 76; i++) together += fresh[at++]! * (tissue.data[i + 96 * (j + 96 * k)]! - 40);
    expect(Math.abs(together / at) / 18 ** 2).toBeLessThan(0.05);
  });

  test('of a voxel depends on the seed, not on the box', () => {
    const noise = localNoise(tissue, place);
    const large = hostNoise(tissue, { min: [10, 10, 2], max: [30, 30, 6] }, 5, undefined, noise);
    const small = hostNoise(tissue, { min: [14, 12, 3], max: [20, 20, 5] }, 5, undefined, noise);
    const other = hostNoise(tissue, { min: [14, 12, 3], max: [20, 20, 5] }, 6, undefined, noise);
    expect(small[0]).toBeCloseTo(large[4 + 20 * (2 + 20 * 1)]!, 4);
    expect(other[0]).not.toBeCloseTo(small[0]!, 4);
  });
});

describe('the edge of a ball', () => {
  const spacing: Vec3 = [0.6, 0.6, 1];
  /** A ball whose border is a Gaussian-blurred step. */
  const ball = (sigma: number, noise = 0): CtVolume => {
    const random = Random.of('ball', sigma);
    return volume([56, 56, 5], spacing, (i, j, k) => {
      const away = hypot((i - 27) * 0.6, (j - 28) * 0.6, k - 2);
      return 20 - 880 * normalCdf((away - 9) / sigma) + noise * random.gaussian();
    });
  };
  const outline = (image: CtVolume): Uint8Array => Uint8Array.from(image.data, (hu) => (hu > -300 ? 1 : 0));

  test.each([0.6, 0.9, 1.3])('that is blurred by %s mm is measured so', (sigma) => {
    const image = ball(sigma);
    const curve = edgeCurve(image, wholeBox(image), outline(image))!;
    expect(Math.abs(curve.sigmaMm / sigma - 1)).toBeLessThan(0.12);
    expect(Math.abs(curve.gradientHuPerMm / (880 / (sigma * sqrt(2 * Math.PI))) - 1)).toBeLessThan(0.2);
    expect(curve.insideHu).toBeGreaterThan(-30);
    expect(curve.outsideHu).toBeLessThan(-820);
    expect(curve.freeShare).toBeGreaterThan(0.9);
  });

  test('is measured through noise', () => {
    const image = ball(0.9, 25);
    const curve = edgeCurve(image, wholeBox(image), outline(image))!;
    expect(Math.abs(curve.sigmaMm / 0.9 - 1)).toBeLessThan(0.15);
  });

  test('falls from nodule to lung, half way at distance 0', () => {
    const image = ball(0.9);
    const curve = edgeCurve(image, wholeBox(image), outline(image))!;
    const at = (mm: number): number => curve.meanHu[curve.distanceMm.findIndex((d) => d > mm)]!;
    expect(at(-3)).toBeGreaterThan(0);
    expect(at(-0.1)).toBeGreaterThan(-620);
    expect(at(-0.1)).toBeLessThan(-300);
    expect(at(3)).toBeLessThan(-840);
  });

  test('does not count where a chest wall touches it', () => {
    const alone = ball(0.9);
    const touching = volume(alone.size, spacing, (i, j, k) =>
      i > 40 ? 40 : alone.data[i + 56 * (j + 56 * k)]!,
    );
    const curve = edgeCurve(touching, wholeBox(alone), outline(alone))!;
    expect(curve.freeShare).toBeLessThan(0.85);
    expect(curve.freeShare).toBeGreaterThan(0.5);
    expect(Math.abs(curve.sigmaMm / 0.9 - 1)).toBeLessThan(0.15);
  });

  test('is found again at half maximum, however generous the outline is', () => {
    const image = ball(0.7);
    const generous = Uint8Array.from(image.data, (hu) => (hu > -800 ? 1 : 0));
    const [tight, wide] = [outline(image), generous].map((mask) =>
      halfMaximumRegion(image, wholeBox(image), mask)!.mask.reduce((sum, bit) => sum + bit, 0),
    );
    expect(Math.abs(wide! / tight! - 1)).toBeLessThan(0.05);
  });

  test('is not given where there is nothing but lung', () => {
    const empty = volume([30, 30, 10], spacing, () => -870);
    expect(edgeCurve(empty, wholeBox(empty), new Uint8Array(9000).fill(1))).toBeNull();
  });
});

describe('a blurred step', () => {
  test('gives its sigma back from the share between two points', () => {
    for (const sigma of [0.4, 0.8, 1.5])
      expect(sigmaOfStep(2 * normalCdf(0.7 / sigma) - 1, 0.7)).toBeCloseTo(sigma, 2);
    for (const p of [0.01, 0.3, 0.5, 0.9]) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 3);
  });

  test.each([0.5, 0.7, 1])('between lung and tissue tells the blur of a host: %s mm', (sigma) => {
    // A round lung in tissue: edges in every direction.
    const host = volume([128, 128, 3], [0.7, 0.7, 1], (i, j) => {
      const away = hypot((i - 64) * 0.7, (j - 64) * 0.7);
      return -860 + 900 * normalCdf((away - 35) / sigma);
    });
    expect(Math.abs(measureBlur(host, 1) / sigma - 1)).toBeLessThan(0.15);
  });
});
