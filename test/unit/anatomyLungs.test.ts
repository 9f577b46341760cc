import { beforeAll, describe, expect, test } from '@jest/globals';
import type { LungAnatomy } from '../../server/src/anatomy/lungMask.ts';
import { lungMask } from '../../server/src/anatomy/lungMask.ts';
import type { Phantom } from '../../server/src/phantom/phantom.ts';
import { SMALL_PHANTOM, makePhantom } from '../../server/src/phantom/phantom.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { worldToIndex } from '../../server/src/volume/ctVolume.ts';

const at = (volume: CtVolume, point: Vec3): number => {
  const [i, j, k] = worldToIndex(volume, point).map(Math.round) as [number, number, number];
  return i + volume.size[0] * (j + volume.size[1] * k);
};
const total = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);

describe('lungs of a CT', () => {
  let phantom: Phantom;
  let lung: LungAnatomy;
  beforeAll(() => {
    phantom = makePhantom({ ...SMALL_PHANTOM, seed: 3 });
    lung = lungMask(phantom.volume);
  });

  test('holds the nodules inside it, and the inner half of the one on the pleura', () => {
    const inner = phantom.nodules.map(({ centre: [x, y, z], setting, diameterMm }): Vec3 =>
      setting === 'juxta-pleural' ? [x - (Math.sign(x) * diameterMm) / 3, y, z] : [x, y, z],
    );
    expect(phantom.nodules.some(({ setting }) => setting === 'juxta-pleural')).toBe(true);
    expect(inner.map((point) => lung.mask[at(phantom.volume, point)])).toEqual(inner.map(() => 1));
  });

  test('has the volume of two lungs of this small thorax and lies inside its box', () => {
    expect(lung.volumeMl).toBeGreaterThan(500);
    expect(lung.volumeMl).toBeLessThan(1400);
    const [nx, ny] = phantom.volume.size;
    let outside = 0;
    lung.mask.forEach((value, voxel) => {
      const index = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))] as const;
      const inside = index.every((n, axis) => n >= lung.box.min[axis as 0] && n < lung.box.max[axis as 0]);
      if (value === 1 && !inside) outside++;
    });
    expect(outside).toBe(0);
  });

  test('leaves out the trachea, the air around the patient and the heart', () => {
    const { volume } = phantom;
    const [nx, ny, nz] = volume.size;
    const top = nx * ny * (nz - 3);
    const airwayAtTop = lung.airway.subarray(top, top + nx * ny);
    expect(total(airwayAtTop)).toBeGreaterThan(10);
    airwayAtTop.forEach((value, pixel) => {
      if (value === 1) expect(lung.mask[top + pixel]).toBe(0);
    });
    expect(lung.mask[0]).toBe(0);
    expect(lung.mask[at(volume, [10, -15, volume.origin[2] + 0.35 * nz * volume.spacing[2]])]).toBe(0);
  });

  test('depth grows inwards from the border of the lung', () => {
    const { depth } = lung;
    const deepest = depth.data.reduce((a, b) => Math.max(a, b), 0);
    expect(deepest).toBeGreaterThan(12);
    expect(deepest).toBeLessThan(45);
    const voxels = (low: number, high: number): number =>
      depth.data.filter((mm) => mm > low && mm <= high).length;
    expect(voxels(12, 24)).toBeGreaterThan(voxels(24, 45));
    expect(voxels(0, 12)).toBeGreaterThan(voxels(12, 24));
  });

  test('does not depend on whether slices run towards the head or the feet', () => {
    const { volume } = phantom;
    const [nx, ny, nz] = volume.size;
    const data = new Int16Array(volume.data.length);
    for (let k = 0; k < nz; k++)
      data.set(volume.data.subarray(nx * ny * k, nx * ny * (k + 1)), nx * ny * (nz - 1 - k));
    const turned: CtVolume = {
      ...volume,
      data,
      origin: [volume.origin[0], volume.origin[1], volume.origin[2] + (nz - 1) * volume.spacing[2]],
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, -1],
      ],
    };
    expect(lungMask(turned).volumeMl / lung.volumeMl).toBeCloseTo(1, 1);
    expect(total(lungMask(turned).airway)).toBeGreaterThan(0);
  });

  test('takes padding of -3024 HU outside a round field of view for air', () => {
    const { volume } = phantom;
    const [nx, ny] = volume.size;
    const data = volume.data.map((hu, voxel) => {
      const x = (voxel % nx) - nx / 2;
      const y = (Math.floor(voxel / nx) % ny) - ny / 2;
      return Math.hypot(x, y) > nx / 2 ? -3024 : hu;
    });
    expect(data.some((hu) => hu === -3024)).toBe(true);
    expect(lungMask({ ...volume, data }).volumeMl / lung.volumeMl).toBeCloseTo(1, 1);
  });

  test('says so where there is no lung', () => {
    const { volume } = phantom;
    expect(() => lungMask({ ...volume, data: volume.data.map(() => 40) })).toThrow(/No lung found/);
  });
});
