import { beforeAll, describe, expect, test } from '@jest/globals';
import type { QualityCheck } from '@nodulelab/contract';
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import { CHECK_THRESHOLDS, judge } from '../../server/src/insertion/checkThresholds.ts';
import { hostNoise } from '../../server/src/insertion/hostTexture.ts';
import type { Inserted } from '../../server/src/insertion/qualityChecks.ts';
import { qualityChecks, removalChecks } from '../../server/src/insertion/qualityChecks.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { CtVolume, IndexBox, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { deepPlace, healthyThorax, voxelOf } from '../support/plantedNodules.ts';

const DIAMETER_MM = 14;

interface Painting {
  /** HU of the nodule at a voxel of the box. */
  readonly inside: (at: number) => number;
  /** Width of the border, mm: 0 is a hard edge. */
  readonly softMm: number;
  readonly centre: Vec3;
}

/** A ball painted into the host in a way that a test chooses. */
function painted(host: CtVolume, lung: LungAnatomy, { inside, softMm, centre }: Painting): Inserted {
  const box = boxAround(host, centre);
  const size = [0, 1, 2].map((a) => box.max[a as 0] - box.min[a as 0]) as unknown as Vec3;
  const voxels = size[0] * size[1] * size[2];
  const hu = new Int16Array(voxels);
  const alpha = new Uint8Array(voxels);
  const footprint = new Uint8Array(voxels);
  for (let at = 0; at < voxels; at++) {
    const index = [
      box.min[0] + (at % size[0]),
      box.min[1] + (Math.floor(at / size[0]) % size[1]),
      box.min[2] + Math.floor(at / (size[0] * size[1])),
    ] as const;
    const mm = Math.hypot(...index.map((n, axis) => (n - centre[axis]!) * host.spacing[axis]!));
    const before = host.data[voxelOf(host, index)]!;
    const far = mm - DIAMETER_MM / 2;
    const share = softMm === 0 ? Number(far < 0) : 1 / (1 + Math.exp(far / (softMm / 4)));
    footprint[at] = share > 0.5 ? 1 : 0;
    alpha[at] = Math.round(255 * share);
    hu[at] = alpha[at] === 0 ? before : Math.round(before + share * (inside(at) - before));
  }
  return { host, box, hu, alpha, footprint, lung, requestedMm: DIAMETER_MM, measuredMm: DIAMETER_MM };
}

function boxAround(host: CtVolume, centre: Vec3): IndexBox {
  const reach = host.spacing.map((mm) => Math.ceil((DIAMETER_MM / 2 + 5) / mm));
  const end = (sign: 1 | -1): Vec3 =>
    centre.map((n, a) => n + sign * reach[a]! + (sign === 1 ? 1 : 0)) as unknown as Vec3;
  return { min: end(-1), max: end(1) };
}

/** The same CT as a soft kernel makes it: noise whose neighbours are alike. */
function softKernel(volume: CtVolume): CtVolume {
  const data = volume.data.slice();
  const [nx, ny] = volume.size;
  for (const stride of [1, nx]) {
    const from = data.slice();
    for (let at = nx * ny; at < data.length - nx * ny; at++)
      data[at] = Math.round((from[at - stride]! + 2 * from[at]! + from[at + stride]!) / 4);
  }
  return { ...volume, data };
}

const named = (checks: readonly QualityCheck[], name: string): QualityCheck => {
  const found = checks.find((check) => check.name === name);
  if (!found) throw new Error(`no check ${name}`);
  return found;
};
const bad = (checks: readonly QualityCheck[]): string[] =>
  checks.filter(({ verdict }) => verdict === 'bad').map(({ name }) => name);

describe('the checks of an insertion', () => {
  let host: CtVolume;
  let lung: LungAnatomy;
  let centre: Vec3;
  let noise: Float32Array;
  const random = Random.of('checks');
  beforeAll(() => {
    host = softKernel(softKernel(healthyThorax()));
    lung = lungMask(host);
    centre = deepPlace(host, lung, 18, 1);
    noise = hostNoise(host, boxAround(host, centre), 99);
  });
  const good = (): Painting => ({ inside: (at) => 20 + noise[at]!, softMm: 1.6, centre });

  test('find nothing bad in a soft ball with the noise of the host, and leave nothing unmeasured', () => {
    const checks = qualityChecks(painted(host, lung, good()));
    expect(checks.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['diameter', 'good'],
      ['mean-hu', 'good'],
      ['hu-range', 'good'],
      ['seam', 'good'],
      ['noise-power', 'good'],
      ['lung-overlap', 'good'],
      ['vessel-overlap', 'good'],
    ]);
    for (const { value, explanation } of checks) {
      expect(Number.isFinite(value)).toBe(true);
      expect(explanation).toMatch(/\w{3}.*\.$/);
    }
  });

  test('see a hard-edged paste by its seam alone', () => {
    const checks = qualityChecks(painted(host, lung, { ...good(), softMm: 0 }));
    expect(bad(checks)).toEqual(['seam']);
    expect(named(checks, 'seam').value).toBeGreaterThan(2);
  });

  test('see a nodule without noise, and one filled with white noise of the right strength', () => {
    const smooth = qualityChecks(painted(host, lung, { ...good(), inside: () => 20 }));
    expect(bad(smooth)).toEqual(['noise-power']);
    expect(named(smooth, 'noise-power').value).toBeLessThan(-0.75);
    const strength = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    const white = qualityChecks(
      painted(host, lung, { ...good(), inside: () => 20 + strength * random.gaussian() }),
    );
    expect(bad(white)).toEqual(['noise-power']);
    expect(named(white, 'noise-power').value).toBeGreaterThan(0.45);
  });

  test('see a nodule that lies half in the chest wall', () => {
    const [, j, k] = lung.box.min.map((low, a) => Math.round((low + lung.box.max[a as 0]) / 2));
    let i = host.size[0] - 1;
    while (lung.mask[voxelOf(host, [i, j!, k!])] === 0) i--;
    const checks = qualityChecks(painted(host, lung, { ...good(), centre: [i + 1, j!, k!] }));
    expect(bad(checks)).toContain('lung-overlap');
  });

  test('see a nodule on a large vessel', () => {
    const inVessel = { ...lung, vessel: new Uint8Array(lung.mask.length) };
    const { box, footprint, ...rest } = painted(host, lung, good());
    let at = 0;
    for (let k = box.min[2]; k < box.max[2]; k++)
      for (let j = box.min[1]; j < box.max[1]; j++)
        for (let i = box.min[0]; i < box.max[0]; i++, at++)
          if (i < centre[0]) inVessel.vessel[voxelOf(host, [i, j, k])] = 1;
    const checks = qualityChecks({ ...rest, box, footprint, lung: inVessel });
    expect(bad(checks)).toEqual(['vessel-overlap']);
    expect(named(checks, 'vessel-overlap').value).toBeGreaterThan(40);
  });

  test('see a wrong diameter, and a mean that was not asked for', () => {
    const ball = painted(host, lung, good());
    expect(bad(qualityChecks({ ...ball, measuredMm: 1.3 * DIAMETER_MM }))).toEqual(['diameter']);
    expect(named(qualityChecks({ ...ball, measuredMm: 1.15 * DIAMETER_MM }), 'diameter').verdict).toBe(
      'fair',
    );
    expect(bad(qualityChecks({ ...ball, requestedMeanHu: -500 }))).toEqual(['mean-hu']);
    const mean = named(qualityChecks(ball), 'mean-hu').value!;
    expect(named(qualityChecks({ ...ball, requestedMeanHu: mean }), 'mean-hu').verdict).toBe('good');
  });

  test('judge a mean that nobody asked for by what nodules have', () => {
    const bone = qualityChecks(painted(host, lung, { ...good(), inside: (at) => 600 + noise[at]! }));
    expect(named(bone, 'mean-hu').verdict).toBe('bad');
  });

  test('see HU that neither lung nor nodules hold, and HU that the files cannot hold', () => {
    const metal = painted(host, lung, { ...good(), inside: () => 1800 });
    expect(bad(qualityChecks(metal))).toContain('hu-range');
    const hole = painted(host, lung, good());
    hole.hu[hole.footprint.indexOf(1)] = -1400;
    expect(named(qualityChecks(hole), 'hu-range')).toMatchObject({ verdict: 'bad' });
    expect(named(qualityChecks(hole), 'hu-range').value).toBeLessThan(-75);
    const narrow = { ...painted(host, lung, good()), storedHu: { low: -1024, high: -1 } };
    const [check] = qualityChecks(narrow).filter(({ name }) => name === 'hu-range');
    expect(check).toMatchObject({ verdict: 'bad' });
    expect(check!.explanation).toMatch(/files can hold/);
  });

  test('say unknown where something cannot be measured, never good', () => {
    const { lung: _, ...withoutLung } = painted(host, lung, good());
    const checks = qualityChecks(withoutLung);
    for (const name of ['lung-overlap', 'vessel-overlap'])
      expect(named(checks, name)).toMatchObject({ value: null, verdict: 'unknown' });
    const nothing = painted(host, lung, good());
    const empty = qualityChecks({ ...nothing, footprint: new Uint8Array(nothing.footprint.length) });
    for (const name of ['mean-hu', 'noise-power', 'lung-overlap', 'vessel-overlap'])
      expect(named(empty, name)).toMatchObject({ value: null, verdict: 'unknown' });
  });

  test('of a removal see a nodule that is still there, and lung that was smoothed', () => {
    const still = removalChecks(painted(host, lung, good()));
    expect(bad(still)).toContain('remaining-tissue');
    const smooth = removalChecks(painted(host, lung, { ...good(), inside: () => -850 }));
    expect(bad(smooth)).toEqual(['noise-power']);
  });
});

describe('the thresholds', () => {
  test('of a fair verdict hold those of a good one, and each says where it comes from', () => {
    for (const { good, fair, unit, why } of Object.values(CHECK_THRESHOLDS)) {
      expect(fair[0]).toBeLessThanOrEqual(good[0]);
      expect(fair[1]).toBeGreaterThanOrEqual(good[1]);
      expect(unit).not.toBe('');
      expect(why.length).toBeGreaterThan(40);
    }
  });

  test('divide values into good, fair and bad, and what is not known stays unknown', () => {
    expect([0, 0.5, 0.51, 1, 1.01, null].map((value) => judge('seam', value))).toEqual([
      'good',
      'good',
      'fair',
      'fair',
      'bad',
      'unknown',
    ]);
  });
});
