import { beforeAll, describe, expect, test } from '@jest/globals';
import { noduleMask } from '../../server/src/lidc/contourMask.ts';
import { parseLidcXml } from '../../server/src/lidc/xml.ts';
import type { LidcAnnotations } from '../../server/src/lidc/xml.ts';
import { phantomLidcXml } from '../../server/src/phantom/lidcXml.ts';
import { DEMO_NODULES } from '../../server/src/phantom/nodulePlan.ts';
import { outerContour } from '../../server/src/phantom/outerContour.ts';
import type { Phantom } from '../../server/src/phantom/phantom.ts';
import { SMALL_PHANTOM, makePhantom } from '../../server/src/phantom/phantom.ts';
import type { Vec3 } from '../../server/src/volume/ctVolume.ts';
import { indexToWorld, worldToIndex } from '../../server/src/volume/ctVolume.ts';

const UIDS = { study: '2.25.1', series: '2.25.2', sopOf: (k: number): string => `2.25.3.${k}` };
let phantom: Phantom;
beforeAll(() => {
  phantom = makePhantom({ ...SMALL_PHANTOM, seed: 1 });
});

/** Mean HU within a radius of a place. */
function meanHu({ volume }: Phantom, centre: Vec3, radiusMm: number): number {
  const at = worldToIndex(volume, centre);
  let sum = 0;
  let voxels = 0;
  const [nx, ny, nz] = volume.size;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const offset = [i - at[0], j - at[1], k - at[2]].map((n, axis) => n * volume.spacing[axis]!);
        if (Math.hypot(...offset) > radiusMm) continue;
        sum += volume.data[i + nx * (j + ny * k)]!;
        voxels++;
      }
  if (voxels === 0) throw new Error('no voxel there');
  return sum / voxels;
}

describe('the phantom', () => {
  test('is the same for the same seed and another patient for another', () => {
    const again = makePhantom({ ...SMALL_PHANTOM, seed: 1 });
    expect(Buffer.from(again.volume.data.buffer).equals(Buffer.from(phantom.volume.data.buffer))).toBe(true);
    expect(again.nodules).toEqual(phantom.nodules);
    const other = makePhantom({ ...SMALL_PHANTOM, seed: 2 });
    expect(other.nodules.map(({ centre }) => centre)).not.toEqual(
      phantom.nodules.map(({ centre }) => centre),
    );
  });

  test('has air, lung, fat, muscle and bone in plausible shares', () => {
    const share = (low: number, high: number): number =>
      phantom.volume.data.filter((hu) => hu >= low && hu < high).length / phantom.volume.data.length;
    expect(share(-1024, -950)).toBeGreaterThan(0.3);
    expect(share(-930, -780)).toBeGreaterThan(0.05);
    expect(share(-160, -50)).toBeGreaterThan(0.03);
    expect(share(20, 90)).toBeGreaterThan(0.05);
    expect(share(300, 900)).toBeGreaterThan(0.003);
    expect(share(1200, 32767)).toBe(0);
  });

  test('has noise that is correlated between neighbouring pixels, unlike white noise', () => {
    const { size, data } = phantom.volume;
    // The empty air in front of the patient.
    let products = 0;
    let squares = 0;
    for (let k = 0; k < size[2]; k++)
      for (let j = 2; j < 10; j++)
        for (let i = 20; i < 107; i++) {
          const at = i + size[0] * (j + size[1] * k);
          products += (data[at]! + 1000) * (data[at + 1]! + 1000);
          squares += (data[at]! + 1000) ** 2;
        }
    expect(Math.sqrt(squares / (8 * 87 * size[2]))).toBeGreaterThan(3);
    expect(products / squares).toBeGreaterThan(0.1);
  });

  test('shows solid nodules as soft tissue and ground glass between lung and soft tissue', () => {
    for (const nodule of phantom.nodules) {
      const hu = meanHu(phantom, nodule.centre, nodule.diameterMm / 4);
      const { texture } = nodule.characteristics;
      expect(hu).toBeGreaterThan(texture === 5 ? -150 : -780);
      expect(hu).toBeLessThan(texture === 1 ? -450 : 150);
    }
    expect(new Set(phantom.nodules.map(({ characteristics }) => characteristics.texture)).size).toBe(3);
  });

  test('is refused for a grid that cannot hold a thorax', () => {
    expect(() => makePhantom({ ...SMALL_PHANTOM, size: [16, 128, 40], seed: 1 })).toThrow(/16×128×40/);
    expect(() => makePhantom({ ...SMALL_PHANTOM, seed: 1.5 })).toThrow(/seed/);
  });
});

test('the dozen of the demo covers the textures, borders, attachments and numbers of readers that LIDC knows', () => {
  const values = (of: (spec: (typeof DEMO_NODULES)[number]) => number | string): unknown[] =>
    [...new Set(DEMO_NODULES.map(of))].sort();
  expect(DEMO_NODULES).toHaveLength(12);
  expect(values((spec) => spec.characteristics.texture)).toEqual([1, 3, 5]);
  expect(values((spec) => spec.setting)).toEqual(['isolated', 'juxta-pleural', 'vessel-attached']);
  expect(values((spec) => spec.characteristics.malignancy)).toEqual([1, 2, 3, 4, 5]);
  expect(values((spec) => spec.readers)).toEqual([2, 3, 4]);
  expect(DEMO_NODULES.some((spec) => spec.characteristics.spiculation === 5)).toBe(true);
  expect(DEMO_NODULES.some((spec) => spec.characteristics.lobulation === 5)).toBe(true);
});

describe('the simulated readers', () => {
  test('differ in outline and rating, within the scales of LIDC', () => {
    for (const nodule of phantom.nodules) {
      const outlines = nodule.marks.map((mark) => JSON.stringify(mark.outlines));
      expect(new Set(outlines).size).toBe(outlines.length);
      for (const { characteristics } of nodule.marks)
        for (const [name, rating] of Object.entries(characteristics)) {
          expect(Number.isInteger(rating)).toBe(true);
          expect(rating).toBeGreaterThanOrEqual(1);
          expect(rating).toBeLessThanOrEqual(
            name === 'internalStructure' ? 4 : name === 'calcification' ? 6 : 5,
          );
        }
    }
    const marks = phantom.nodules.flatMap((nodule) => nodule.marks);
    expect(new Set(marks.map(({ characteristics }) => JSON.stringify(characteristics))).size).toBeGreaterThan(
      4,
    );
  });

  test('agree on the size to within a quarter', () => {
    const [dx, dy, dz] = phantom.volume.spacing;
    for (const nodule of phantom.nodules) {
      if (nodule.setting === 'juxta-pleural') continue;
      for (const mark of nodule.marks) {
        const mask = noduleMask(
          mark.outlines.map(({ k, points }) => ({ slice: k, inclusion: true, points })),
        );
        const voxels = mask?.bits.reduce((sum, bit) => sum + bit, 0) ?? 0;
        const diameter = Math.cbrt((6 * voxels * dx * dy * dz) / Math.PI);
        expect(Math.abs(diameter / nodule.diameterMm - 1)).toBeLessThan(0.25);
      }
    }
  });

  test('draw outlines that close, step by step, around the lesion', () => {
    const outlines = phantom.nodules.flatMap(({ marks }) => marks.flatMap((mark) => mark.outlines));
    expect(outlines.length).toBeGreaterThan(30);
    for (const { points } of outlines) {
      expect(points[0]).toEqual(points[points.length - 1]);
      for (let n = 1; n < points.length; n++) {
        const step = Math.max(
          Math.abs(points[n]![0] - points[n - 1]![0]),
          Math.abs(points[n]![1] - points[n - 1]![1]),
        );
        expect(step).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('an outer contour', () => {
  const WIDTH = 24;
  /** An uneven blob without holes. */
  const blob = (seed: number): Uint8Array => {
    const mask = new Uint8Array(WIDTH * WIDTH);
    for (let j = 0; j < WIDTH; j++)
      for (let i = 0; i < WIDTH; i++) {
        const angle = Math.atan2(j - 12, i - 12);
        const radius = 5 + 2 * Math.sin(3 * angle + seed) + 1.2 * Math.cos(7 * angle * seed);
        if (Math.hypot(i - 12, j - 12) <= Math.max(1, radius)) mask[i + WIDTH * j] = 1;
      }
    return mask;
  };

  test.each([1, 2, 3, 4, 5])('runs through pixels outside the lesion that touch it (blob %s)', (seed) => {
    const mask = blob(seed);
    const points = outerContour(mask, WIDTH, WIDTH);
    expect(points.length).toBeGreaterThan(8);
    for (const [i, j] of points) {
      const at = i + WIDTH * j;
      expect(mask[at]).toBe(0);
      expect(mask[at - 1]! + mask[at + 1]! + mask[at - WIDTH]! + mask[at + WIDTH]!).toBeGreaterThan(0);
    }
  });

  test.each([1, 2, 3, 4, 5])('encloses every pixel of the lesion (blob %s)', (seed) => {
    const mask = blob(seed);
    const region = noduleMask([{ slice: 0, inclusion: true, points: outerContour(mask, WIDTH, WIDTH) }])!;
    const enclosed = new Set<number>();
    const width = region.box.max[0] - region.box.min[0];
    region.bits.forEach((bit, n) => {
      if (bit === 1)
        enclosed.add(region.box.min[0] + (n % width) + WIDTH * (region.box.min[1] + Math.floor(n / width)));
    });
    mask.forEach((value, at) => {
      if (value === 1) expect(enclosed.has(at)).toBe(true);
    });
    expect(enclosed.size).toBeLessThan(1.2 * mask.reduce((sum, value) => sum + value, 0));
  });

  test('of one pixel is the ring of its four neighbours, of nothing is nothing', () => {
    const mask = new Uint8Array(49);
    mask[24] = 1;
    expect(outerContour(mask, 7, 7)).toEqual([[3, 2], [4, 3], [3, 4], [2, 3], [3, 2]]); // prettier-ignore
    expect(outerContour(new Uint8Array(49), 7, 7)).toEqual([]);
  });
});

describe('its LIDC XML', () => {
  let annotations: LidcAnnotations;
  beforeAll(() => {
    const parsed = parseLidcXml(phantomLidcXml(phantom, UIDS), 'phantom.xml');
    if (parsed.kind !== 'ct') throw new Error('CT annotations were expected');
    annotations = parsed;
  });

  test('reads back as four readers with all their marks and ratings', () => {
    expect(annotations.readers).toBe(4);
    expect(annotations.seriesInstanceUID).toBe('2.25.2');
    expect(annotations.studyInstanceUID).toBe('2.25.1');
    const written = phantom.nodules.flatMap(({ marks }) =>
      marks.map(({ reader, characteristics }) => ({ reader, characteristics })),
    );
    const order = (list: { reader: number; characteristics: object | null }[]): string[] =>
      list.map((mark) => JSON.stringify([mark.reader, mark.characteristics])).sort();
    expect(
      order(annotations.marks.map(({ reader, characteristics }) => ({ reader, characteristics }))),
    ).toEqual(order(written));
  });

  test('names the slice of every outline by UID and z', () => {
    for (const { contours } of annotations.marks)
      for (const { sopInstanceUID, z } of contours) {
        const k = Number(sopInstanceUID.split('.').at(-1));
        expect(z).toBeCloseTo(indexToWorld(phantom.volume, [0, 0, k])[2], 4);
      }
  });

  test('holds nodules below 3 mm as one point each, and lesions that are no nodules apart', () => {
    const count = (kind: string): number =>
      phantom.points
        .filter((point) => point.kind === kind)
        .reduce((sum, { readers }) => sum + readers.length, 0);
    expect(count('small-nodule')).toBeGreaterThan(0);
    expect(annotations.smallNodules).toHaveLength(count('small-nodule'));
    expect(count('non-nodule')).toBeGreaterThan(0);
    expect(annotations.nonNodules).toHaveLength(count('non-nodule'));
  });
});
