import { beforeAll, describe, expect, test } from '@jest/globals';
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import type { Insertion } from '../../server/src/insertion/insertNodule.ts';
import { insertNodule } from '../../server/src/insertion/insertNodule.ts';
import { checkPlacement, proposePlace, requirePlacement } from '../../server/src/insertion/placement.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { Phantom } from '../../server/src/phantom/phantom.ts';
import { SMALL_PHANTOM, makePhantom } from '../../server/src/phantom/phantom.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { indexToWorld, worldToIndex } from '../../server/src/volume/ctVolume.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';

const EDGE = 64;
const windowed = (hu: number): number => (hu + 1000) / 1400;

/** A lobulated ball with a soft border, as a generator makes it: 32 voxels across unless told otherwise. */
function patch({ radius = 16, hu = 20, lobes = 0.12, soft = 3, shift = 0 } = {}): { data: Float32Array } {
  const data = new Float32Array(EDGE ** 3);
  const middle = (EDGE - 1) / 2 + shift;
  for (let k = 0, at = 0; k < EDGE; k++)
    for (let j = 0; j < EDGE; j++)
      for (let i = 0; i < EDGE; i++, at++) {
        const [x, y, z] = [i - middle, j - middle, k - middle];
        const distance = Math.hypot(x, y, z) || 1;
        const surface =
          radius * (1 + lobes * Math.sin((5 * x) / distance) * Math.cos((4 * z) / distance + 1));
        const inside = 1 / (1 + Math.exp((distance - surface) / (soft / 2.5)));
        data[at] = windowed(-870 + inside * (hu + 870));
      }
  return { data };
}

/** Empty lung with mild noise, on any grid. */
function emptyLung(size: Vec3, spacing: Vec3, direction?: CtVolume['direction']): CtVolume {
  const random = Random.of('empty lung');
  const data = Int16Array.from(
    { length: size[0] * size[1] * size[2] },
    () => -870 + Math.round(12 * random.gaussian()),
  );
  return {
    data,
    size,
    spacing,
    origin: [-30, 12, 100],
    direction: direction ?? [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}
const middleOf = (volume: CtVolume): Vec3 =>
  indexToWorld(volume, volume.size.map((n) => (n - 1) / 2) as unknown as Vec3);
const check = (insertion: Insertion, name: string) => {
  const found = insertion.checks.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no check ${name}`);
  return found;
};
/** Visits the box with the host's voxel and the box's. */
function eachVoxel(host: CtVolume, { box }: Insertion, visit: (hostAt: number, boxAt: number) => void): void {
  let boxAt = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++)
      for (let i = box.min[0]; i < box.max[0]; i++) visit(i + host.size[0] * (j + host.size[1] * k), boxAt++);
}
/** Volume-equivalent diameter of what rose above half between lung and nodule, counted in voxels. */
function countedDiameter(host: CtVolume, insertion: Insertion, halfHu: number): number {
  let voxels = 0;
  eachVoxel(host, insertion, (_, at) => {
    if (insertion.hu[at]! > halfHu) voxels++;
  });
  return Math.cbrt((6 * voxels * host.spacing[0] * host.spacing[1] * host.spacing[2]) / Math.PI);
}

describe('a nodule in empty lung', () => {
  const host = emptyLung([72, 72, 60], [0.7, 0.7, 0.7]);

  test.each([6, 10, 18])('of %s mm has that diameter, in its check and counted in voxels', (diameterMm) => {
    const insertion = insertNodule(host, patch(), { centre: middleOf(host), diameterMm }, { seed: 1 });
    expect(check(insertion, 'diameter').value! / diameterMm).toBeCloseTo(1, 1);
    expect(check(insertion, 'diameter').verdict).toBe('good');
    expect(Math.abs(countedDiameter(host, insertion, -425) / diameterMm - 1)).toBeLessThan(0.1);
  });

  test.each<[string, Vec3, Vec3]>([
    ['thick slices', [72, 72, 20], [0.7, 0.7, 2.5]],
    ['coarse pixels', [48, 48, 30], [0.95, 0.95, 1.25]],
    ['thin slices', [60, 60, 70], [0.8, 0.8, 0.6]],
  ])('keeps its diameter on a grid with %s', (_, size, spacing) => {
    const grid = emptyLung(size, spacing);
    const insertion = insertNodule(grid, patch(), { centre: middleOf(grid), diameterMm: 12 }, { seed: 1 });
    expect(Math.abs(countedDiameter(grid, insertion, -425) / 12 - 1)).toBeLessThan(0.1);
  });

  test('lies where it was asked for although the patch holds it off-centre', () => {
    const centre: Vec3 = [-8, 40, 118];
    const insertion = insertNodule(
      host,
      patch({ shift: 5, radius: 12 }),
      { centre, diameterMm: 10 },
      { seed: 1 },
    );
    const sum = [0, 0, 0, 0];
    eachVoxel(host, insertion, (hostAt, at) => {
      if (insertion.hu[at]! < -425) return;
      const index = [hostAt % 72, Math.floor(hostAt / 72) % 72, Math.floor(hostAt / 72 ** 2)] as const;
      indexToWorld(host, index).forEach((mm, axis) => (sum[axis]! += mm));
      sum[3]!++;
    });
    expect(sum[3]).toBeGreaterThan(100);
    centre.forEach((mm, axis) => expect(Math.abs(sum[axis]! / sum[3]! - mm)).toBeLessThan(0.5));
  });

  test('is the same nodule in a host whose axes are turned', () => {
    const turned = emptyLung(
      [60, 72, 72],
      [0.7, 0.7, 0.7],
      [
        [0, 0, -1],
        [1, 0, 0],
        [0, -1, 0],
      ],
    );
    const long = { data: patch().data };
    // Stretched along z of the patch (head to foot), so that the direction can be told.
    for (let at = 0; at < long.data.length; at++) {
      const k = Math.floor(at / EDGE ** 2);
      if (k < 8 || k > 55) long.data[at] = windowed(-870);
    }
    const stretched = stretchAlongZ(long.data, 0.55);
    const extent = (volume: CtVolume): number[] => {
      const insertion = insertNodule(
        volume,
        { data: stretched },
        { centre: middleOf(volume), diameterMm: 12 },
        { seed: 1 },
      );
      const low = [Infinity, Infinity, Infinity];
      const high = [-Infinity, -Infinity, -Infinity];
      eachVoxel(volume, insertion, (hostAt, at) => {
        if (insertion.hu[at]! < -425) return;
        const [nx, ny] = volume.size;
        const point = indexToWorld(volume, [
          hostAt % nx,
          Math.floor(hostAt / nx) % ny,
          Math.floor(hostAt / (nx * ny)),
        ]);
        point.forEach((mm, axis) => {
          low[axis] = Math.min(low[axis]!, mm);
          high[axis] = Math.max(high[axis]!, mm);
        });
      });
      return high.map((mm, axis) => mm - low[axis]!);
    };
    const straight = extent(host);
    expect(straight[2]! / straight[0]!).toBeGreaterThan(1.3);
    extent(turned).forEach((mm, axis) => expect(Math.abs(mm - straight[axis]!)).toBeLessThan(1.5));
  });

  test('of ground glass stays ground glass', () => {
    const insertion = insertNodule(
      host,
      patch({ hu: -600 }),
      { centre: middleOf(host), diameterMm: 14 },
      { seed: 1 },
    );
    expect(check(insertion, 'mean-hu').value).toBeGreaterThan(-700);
    expect(check(insertion, 'mean-hu').value).toBeLessThan(-560);
    expect(check(insertion, 'diameter').verdict).toBe('good');
  });

  test.each([
    ['whole', patch()],
    ['cut off by the face of its patch', patch({ radius: 20, shift: 16 })],
  ])('that is %s fades out before its box ends', (_, candidate) => {
    const insertion = insertNodule(host, candidate, { centre: middleOf(host), diameterMm: 14 }, { seed: 1 });
    const [nx, ny, nz] = [0, 1, 2].map((axis) => insertion.box.max[axis]! - insertion.box.min[axis]!) as [
      number,
      number,
      number,
    ];
    let border = 0;
    let inner = 0;
    insertion.alpha.forEach((alpha, at) => {
      const [i, j, k] = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
      const onBorder = i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1;
      if (onBorder) border = Math.max(border, alpha);
      else inner = Math.max(inner, alpha);
    });
    expect(border).toBe(0);
    expect(inner).toBeGreaterThan(200);
  });

  test('is refused where the patch is empty, not a cube, or holds no number', () => {
    const place = { centre: middleOf(host), diameterMm: 10 };
    const empty = { data: new Float32Array(EDGE ** 3).fill(windowed(-870)) };
    expect(() => insertNodule(host, empty, place, { seed: 1 })).toThrow(/shows no nodule/);
    expect(() => insertNodule(host, { data: new Float32Array(1000 - 1) }, place, { seed: 1 })).toThrow(
      /64×64×64/,
    );
    const broken = patch();
    broken.data[77] = NaN;
    expect(() => insertNodule(host, broken, place, { seed: 1 })).toThrow(/NaN at voxel 77/);
    expect(() => insertNodule(host, patch(), { ...place, centre: [500, 0, 0] }, { seed: 1 })).toThrow(
      /outside the CT/,
    );
    expect(() => insertNodule(host, patch(), { ...place, diameterMm: 0 }, { seed: 1 })).toThrow(
      NoduleLabError,
    );
  });
});

/** Resamples a patch so that it is longer along z by 1 / factor. */
function stretchAlongZ(data: Float32Array, factor: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let at = 0; at < out.length; at++) {
    const k = Math.floor(at / EDGE ** 2);
    const from = Math.min(EDGE - 1, Math.max(0, Math.round((k - 31.5) / (1 / factor) + 31.5)));
    out[at] = data[(at % EDGE ** 2) + EDGE ** 2 * from]!;
  }
  return out;
}

describe('a nodule in the phantom', () => {
  let phantom: Phantom;
  let lung: LungAnatomy;
  let centre: Vec3;
  let insertion: Insertion;
  beforeAll(() => {
    phantom = makePhantom({ ...SMALL_PHANTOM, seed: 4 });
    lung = lungMask(phantom.volume);
    const random = Random.of('place');
    centre = proposePlace(phantom.volume, lung, 12, () => random.uniform()).centre;
    insertion = insertNodule(phantom.volume, patch(), { centre, diameterMm: 12 }, { seed: 9, lung });
  });

  test('changes only voxels whose alpha is above 0, and changes those', () => {
    let same = 0;
    let changed = 0;
    eachVoxel(phantom.volume, insertion, (hostAt, at) => {
      if (insertion.alpha[at] === 0) {
        expect(insertion.hu[at]).toBe(phantom.volume.data[hostAt]);
        same++;
      } else if (insertion.hu[at] !== phantom.volume.data[hostAt]) changed++;
    });
    expect(same).toBeGreaterThan(50);
    expect(changed).toBeGreaterThan(100);
  });

  test('has the same voxels for the same seed and other noise for another', () => {
    const again = (seed: number): Insertion =>
      insertNodule(phantom.volume, patch(), { centre, diameterMm: 12 }, { seed, lung });
    expect(again(9)).toEqual(insertion);
    expect([...again(10).hu]).not.toEqual([...insertion.hu]);
    expect(again(10).box).toEqual(insertion.box);
  });

  test('has noise of its own in the bright core', () => {
    const large = insertNodule(phantom.volume, patch(), { centre, diameterMm: 20 }, { seed: 9, lung });
    const core: number[] = [];
    large.alpha.forEach((alpha, at) => {
      if (alpha > 215) core.push(large.hu[at]!);
    });
    const mean = core.reduce((a, b) => a + b, 0) / core.length;
    const deviation = Math.sqrt(core.reduce((sum, hu) => sum + (hu - mean) ** 2, 0) / core.length);
    expect(core.length).toBeGreaterThan(50);
    expect(deviation).toBeGreaterThan(5);
    expect(deviation).toBeLessThan(75);
  });

  test('passes its quality checks', () => {
    expect(insertion.checks.map(({ name }) => name)).toEqual([
      'diameter',
      'mean-hu',
      'hu-range',
      'seam',
      'noise-power',
      'lung-overlap',
      'vessel-overlap',
    ]);
    expect(insertion.checks.map(({ verdict }) => verdict)).not.toContain('bad');
  });

  test('at the chest wall leaves the wall as it is', () => {
    const pleural = phantom.nodules.find(({ setting }) => setting === 'juxta-pleural')!;
    const [x, y, z] = pleural.centre;
    const wall: Vec3 = [x, y + 12, z];
    const there = insertNodule(phantom.volume, patch(), { centre: wall, diameterMm: 14 }, { seed: 1, lung });
    let bone = 0;
    eachVoxel(phantom.volume, there, (hostAt, at) => {
      if (phantom.volume.data[hostAt]! <= 150) return;
      bone++;
      expect(there.hu[at]).toBe(phantom.volume.data[hostAt]);
    });
    expect(bone).toBeGreaterThan(5);
  });
});

describe('places', () => {
  let volume: CtVolume;
  let lung: LungAnatomy;
  beforeAll(() => {
    volume = makePhantom({ ...SMALL_PHANTOM, seed: 5 }).volume;
    lung = lungMask(volume);
  });

  test('proposed by the program are allowed, deep in the lung, and follow the random numbers given', () => {
    const propose = (seed: number, diameterMm: number): Vec3 => {
      const random = Random.of(seed);
      return proposePlace(volume, lung, diameterMm, () => random.uniform()).centre;
    };
    for (let seed = 0; seed < 12; seed++) {
      const diameterMm = 5 + seed;
      const placement = checkPlacement(volume, lung, propose(seed, diameterMm), diameterMm);
      expect(placement).toMatchObject({ allowed: true });
    }
    expect(propose(1, 10)).toEqual(propose(1, 10));
    expect(propose(1, 10)).not.toEqual(propose(2, 10));
  });

  test.each<[string, Vec3, string]>([
    ['far away', [0, 0, 5000], 'outside-volume'],
    ['in the air beside the patient', [-100, -100, -80], 'outside-lung'],
    ['in the heart', [12, -17, -95], 'outside-lung'],
  ])('%s are refused with a reason and a place nearby that is allowed', (_, centre, reason) => {
    const placement = checkPlacement(volume, lung, centre, 8);
    expect(placement).toMatchObject({ allowed: false, reason });
    if (placement.allowed || !placement.nearestAllowed) throw new Error('a nearest place was expected');
    expect(checkPlacement(volume, lung, placement.nearestAllowed, 8).allowed).toBe(true);
  });

  test('in the trachea are refused as airway', () => {
    const voxel = lung.airway.lastIndexOf(1);
    const [nx, ny] = volume.size;
    const k = Math.floor(voxel / (nx * ny)) - 3;
    const start = nx * ny * k;
    const inSlice = lung.airway.subarray(start, start + nx * ny).indexOf(1);
    expect(inSlice).toBeGreaterThan(0);
    const centre = indexToWorld(volume, [inSlice % nx, Math.floor(inSlice / nx), k]);
    expect(checkPlacement(volume, lung, centre, 8)).toMatchObject({ allowed: false, reason: 'airway' });
  });

  test('so near the last slice that the nodule would reach out of the volume are refused', () => {
    const random = Random.of(3);
    const [x, y] = proposePlace(volume, lung, 8, () => random.uniform()).centre;
    const last = indexToWorld(volume, [0, 0, volume.size[2] - 1])[2];
    expect(checkPlacement(volume, lung, [x, y, last], 8)).toMatchObject({
      allowed: false,
      reason: 'outside-volume',
    });
  });

  test('on the border of the lung are juxta-pleural', () => {
    const random = Random.of(3);
    let { centre } = proposePlace(volume, lung, 8, () => random.uniform());
    const outwards = Math.sign(centre[0]);
    let setting = '';
    for (let step = 0; step < 80 && setting !== 'juxta-pleural'; step++) {
      const placement = checkPlacement(volume, lung, centre, 8);
      setting = placement.allowed ? placement.setting : placement.reason;
      centre = [centre[0] + outwards, centre[1], centre[2]];
    }
    expect(setting).toBe('juxta-pleural');
  });

  test('that are refused become an error which names reason and nearest place', () => {
    expect(() => requirePlacement(volume, lung, [12, -17, -95], 8)).toThrow(
      /outside the lung.*nearest allowed place/,
    );
    expect(worldToIndex(volume, [12, -17, -95]).every((n) => n > 0)).toBe(true);
  });
});
