import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { PointLps, PreviewBox } from '@nodulelab/contract';
import { PreviewVoxels, type PreviewVolume } from '../../extension/src/viewer/previewVoxels.ts';

const SIZE = [12, 10, 8] as const;

/** A volume as the viewer holds it, over plain memory. */
function volume() {
  const voxels = Int16Array.from({ length: 12 * 10 * 8 }, (_, n) => ((n * 7919) % 2000) - 1000);
  const frames = new Set<number>();
  const made: PreviewVolume = {
    dimensions: [...SIZE],
    spacing: [1, 1, 2],
    origin: [0, 0, 0],
    direction: new Float32Array([1, 0, 0, 0, 1, 0, 0, 0, 1]),
    voxelManager: {
      getAtIndex: (index) => voxels[index]!,
      setAtIndex: (index, value) => (voxels[index] = value),
    },
    vtkOpenGLTexture: { setUpdatedFrame: (slice) => frames.add(slice) },
    imageData: { modified: () => undefined },
  };
  const at = (i: number, j: number, k: number): number => voxels[i + 12 * (j + 10 * k)]!;
  const hash = (): string => createHash('sha256').update(new Uint8Array(voxels.buffer)).digest('hex');
  return { made, at, hash, frames };
}

const box = (
  start: readonly [number, number, number],
  size: [number, number, number],
  hu: number,
): PreviewBox => ({
  size,
  origin: [start[0], start[1], 2 * start[2]] as PointLps,
  spacing: [1, 1, 2],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  hu: Buffer.from(new Int16Array(size[0] * size[1] * size[2]).fill(hu).buffer).toString('base64'),
  alpha: '',
});

describe("previews in the viewer's own voxels", () => {
  const lower = box([1, 1, 1], [5, 5, 3], 111);
  const upper = box([3, 3, 2], [5, 5, 4], 222);
  const apart = box([9, 7, 6], [2, 2, 1], 333);

  test('of boxes that overlap the later one is seen, and flipping gives every voxel back', () => {
    const { made, at, hash, frames } = volume();
    const untouched = hash();
    const held = new PreviewVoxels<PreviewVolume>(() => true);
    held.hold(made, [lower, upper, apart]);
    expect([at(1, 1, 1), at(4, 4, 2), at(7, 7, 5), at(9, 7, 6)]).toEqual([111, 222, 222, 333]);
    expect([...frames].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const shown = hash();
    held.show('original');
    expect(hash()).toBe(untouched);
    held.show('preview');
    expect(hash()).toBe(shown);
    held.release();
    expect(hash()).toBe(untouched);
  });

  test('a swipe line has the original on the patient’s right and the preview on the left', () => {
    const { made, at, hash } = volume();
    const before = [1, 2, 3, 4, 5].map((i) => at(i, 2, 1));
    const untouched = hash();
    const held = new PreviewVoxels<PreviewVolume>(() => true);
    held.hold(made, [lower]);
    held.show({ swipe: 0.5 });
    expect([1, 2, 3, 4, 5].map((i) => at(i, 2, 1))).toEqual([before[0], before[1], 111, 111, 111]);
    held.show({ swipe: 0 });
    expect([1, 5].map((i) => at(i, 2, 1))).toEqual([111, 111]);
    held.release();
    expect(hash()).toBe(untouched);
  });

  test('the difference is middle grey where nothing changes, and brighter by as many HU as were added', () => {
    const { made, at, hash } = volume();
    const [untouched, original, beside] = [hash(), at(3, 3, 2), at(8, 8, 5)];
    const held = new PreviewVoxels<PreviewVolume>(() => true);
    held.hold(made, [lower, upper]);
    held.show('difference');
    expect(at(3, 3, 2)).toBe(-600 + 222 - original);
    expect(at(8, 8, 5)).toBe(beside);
    held.release();
    expect(hash()).toBe(untouched);
  });

  test('whoever keeps copies of slices is told of each that changes: shown, flipped, dragged, put back', () => {
    const { made, at } = volume();
    const original = at(2, 2, 2);
    const told: unknown[] = [];
    const held = new PreviewVoxels<PreviewVolume>(
      () => true,
      (of, slices) => told.push([of === made, [...slices].sort(), at(2, 2, 2)]),
    );
    held.hold(made, [lower]);
    held.show('original');
    held.show('preview');
    const pose = { place: [3, 3, 4] as PointLps, diameterMm: 5, turnDeg: [0, 0, 0] as PointLps };
    held.carry(pose, pose);
    held.release();
    expect(told).toEqual([111, original, 111, 111, original].map((value) => [true, [1, 2, 3], value]));
  });

  describe('while the last one is dragged', () => {
    const pose = (place: PointLps, diameterMm = 5, turnDeg: PointLps = [0, 0, 0]) => ({
      ...{ place, diameterMm, turnDeg },
    });
    const from = pose([3, 3, 4]);

    test('what it adds lies where it is held, and only there; dropped anywhere, every voxel is given back', () => {
      const { made, at, hash, frames } = volume();
      const untouched = hash();
      const [there, beside, old] = [at(8, 6, 4), at(11, 9, 4), at(1, 1, 1)];
      const held = new PreviewVoxels<PreviewVolume>(() => true);
      held.hold(made, [lower]);
      const shown = hash();
      frames.clear();
      // The voxel in the middle of the box, (3, 3, 2), goes to (8, 6, 4).
      held.carry(from, pose([8, 6, 8]));
      expect(at(8, 6, 4) - there).toBe(111 - volume().at(3, 3, 2));
      expect([at(11, 9, 4), at(1, 1, 1)]).toEqual([beside, old]);
      expect([...frames].sort()).toEqual([1, 2, 3, 4, 5]);
      held.carry(from, pose([40, -20, 3]));
      expect(hash()).toBe(untouched);
      held.carry(from, from);
      expect(hash()).toBe(shown);
      held.carry(from, pose([5.3, 4.9, 6.2], 9, [20, 0, -75]));
      expect(hash()).not.toBe(shown);
      held.show('preview');
      expect(hash()).toBe(shown);
      held.carry(from, pose([6, 6, 6], 12));
      held.release();
      expect(hash()).toBe(untouched);
    });

    test('those below it stay where they are', () => {
      const { made, at, hash } = volume();
      const held = new PreviewVoxels<PreviewVolume>(() => true);
      held.hold(made, [lower]);
      const below = hash();
      const before = at(8, 8, 5);
      held.hold(made, [lower, upper]);
      held.carry(from, pose([40, 40, 40]));
      expect(hash()).toBe(below);
      // Off (5, 5, 3), where both lie, over to (8, 8, 5) beside both.
      held.carry(from, pose([6, 6, 8]));
      expect(at(1, 1, 1)).toBe(111);
      expect(at(8, 8, 5) - before).toBe(222 - 111);
    });

    test('a wider pose widens it: twice the diameter, eight times the voxels', () => {
      const voxels = Int16Array.from({ length: 40 ** 3 });
      const made: PreviewVolume = {
        ...{ dimensions: [40, 40, 40], spacing: [1, 1, 1], origin: [0, 0, 0] },
        direction: new Float32Array([1, 0, 0, 0, 1, 0, 0, 0, 1]),
        voxelManager: {
          getAtIndex: (index) => voxels[index]!,
          setAtIndex: (index, value) => (voxels[index] = value),
        },
        vtkOpenGLTexture: { setUpdatedFrame: () => undefined },
      };
      const held = new PreviewVoxels<PreviewVolume>(() => true);
      held.hold(made, [{ ...box([10, 10, 0], [9, 9, 9], 100), origin: [10, 10, 10], spacing: [1, 1, 1] }]);
      held.carry(pose([14, 14, 14]), pose([20, 20, 20], 10));
      expect(voxels.filter((value) => value > 0)).toHaveLength(17 ** 3);
      expect([voxels[12 + 40 * (12 + 40 * 12)], voxels[28 + 40 * (28 + 40 * 28)]]).toEqual([100, 100]);
    });
  });

  test('another stack takes the place of the former one, and leaves nothing of it', () => {
    const { made, hash } = volume();
    const untouched = hash();
    const held = new PreviewVoxels<PreviewVolume>(() => true);
    held.hold(made, [lower]);
    const one = hash();
    held.hold(made, [lower, upper]);
    expect(hash()).not.toBe(one);
    held.hold(made, [lower]);
    expect(hash()).toBe(one);
    held.release();
    held.release();
    expect(hash()).toBe(untouched);
  });

  test('a stack with a box off the grid changes no voxel', () => {
    const { made, hash } = volume();
    const untouched = hash();
    const held = new PreviewVoxels<PreviewVolume>(() => true);
    expect(() => held.hold(made, [lower, { ...upper, origin: [3.4, 3, 4] }])).toThrow('grid');
    expect(hash()).toBe(untouched);
  });

  test('a volume that the viewer has let go of is not written to', () => {
    const { made, hash } = volume();
    let alive = true;
    const held = new PreviewVoxels<PreviewVolume>(() => alive);
    held.hold(made, [lower]);
    const shown = hash();
    alive = false;
    held.release();
    expect(hash()).toBe(shown);
  });
});
