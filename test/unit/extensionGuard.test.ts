import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { GUARD_LABELS, type GuardMap, type PointLps } from '@nodulelab/contract';
import { labelAt, type LabelMap, samplePlane } from '../../extension/src/geometry/labelPlane.ts';
import { GuardMaps, labelMapOf } from '../../extension/src/service/guardMaps.ts';
import { sceneOf } from '../../extension/src/service/sceneOf.ts';
import { guardSentence, paintLabels, SHOWN_LABELS, TILE } from '../../extension/src/state/guardLook.ts';
import { desk, eventually } from '../support/extensionDesk.ts';

/** 4 x 3 x 2 voxels of 2 x 3 x 5 mm; each label is its own number from 1. */
const map: LabelMap = {
  size: [4, 3, 2],
  origin: [-10, 20, 100],
  spacing: [2, 3, 5],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  labels: Uint8Array.from({ length: 24 }, (_, n) => n + 1),
};

const answer = (diameterMm = 10): GuardMap => ({
  seriesInstanceUID: '1.2',
  diameterMm,
  setting: null,
  size: [4, 3, 2],
  origin: [-10, 20, 100],
  spacing: [2, 3, 5],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  labels: deflateRawSync(map.labels).toString('base64'),
  allowedMl: 12,
});

const sampled = (
  given: LabelMap,
  plane: Parameters<typeof samplePlane>[1],
  width: number,
  height: number,
) => {
  const out = new Uint8Array(width * height).fill(99);
  samplePlane(given, plane, width, height, out);
  return [...out];
};

describe('a map of labels, cut by a plane', () => {
  test('an axial plane shows the voxels of its slice, and nothing beyond the map', () => {
    const plane = {
      origin: [-12, 20, 104] as PointLps,
      right: [2, 0, 0] as PointLps,
      down: [0, 3, 0] as PointLps,
    };
    expect(sampled(map, plane, 6, 4)).toEqual(
      [
        [0, 13, 14, 15, 16, 0],
        [0, 17, 18, 19, 20, 0],
        [0, 21, 22, 23, 24, 0],
        [0, 0, 0, 0, 0, 0],
      ].flat(),
    );
  });

  test('a coronal plane with the head up shows the slices from top to bottom', () => {
    const plane = {
      origin: [-10, 23, 105] as PointLps,
      right: [2, 0, 0] as PointLps,
      down: [0, 0, -5] as PointLps,
    };
    expect(sampled(map, plane, 4, 2)).toEqual([17, 18, 19, 20, 5, 6, 7, 8]);
  });

  test('every pixel of a slanted plane has the label of its own point', () => {
    const turned: LabelMap = {
      ...map,
      direction: [
        [0.6, 0.8, 0],
        [-0.8, 0.6, 0],
        [0, 0, -1],
      ],
    };
    const plane = {
      origin: [-14.3071, 18.7133, 97.1019] as PointLps,
      right: [0.3119, 0.1723, 0.0531] as PointLps,
      down: [-0.1127, 0.3701, 0.1307] as PointLps,
    };
    const [width, height] = [60, 40];
    const expected = Array.from({ length: width * height }, (_, n) => {
      const [x, y] = [n % width, Math.floor(n / width)];
      return labelAt(
        turned,
        plane.origin.map((value, a) => value + x * plane.right[a]! + y * plane.down[a]!) as PointLps,
      );
    });
    expect(new Set(expected).size).toBeGreaterThan(5);
    expect(sampled(turned, plane, width, height)).toEqual(expected);
  });
});

describe('what the shades say', () => {
  test('no two labels look alike, with colour or without', () => {
    const looks = SHOWN_LABELS.map((label) => {
      const pixels = new Uint32Array(TILE * TILE);
      paintLabels(new Uint8Array(TILE * TILE).fill(GUARD_LABELS[label]), TILE, pixels);
      return pixels;
    });
    expect(looks).toHaveLength(Object.keys(GUARD_LABELS).length - 1);
    expect(new Set(looks.map((pixels) => pixels.join())).size).toBe(looks.length);
    // The pattern alone: where a stroke lies.
    const strokes = looks.map((pixels) => [...pixels].map((pixel) => pixel >>> 24).join());
    expect(new Set(strokes).size).toBe(looks.length);
    expect(looks.every((pixels) => [...pixels].every((pixel) => pixel >>> 24 < 128))).toBe(true);
  });

  test('what is not lung is left as it is', () => {
    const pixels = new Uint32Array(2).fill(7);
    paintLabels(Uint8Array.of(GUARD_LABELS.outside, GUARD_LABELS.allowed), 2, pixels);
    expect([pixels[0], pixels[1] === 0]).toEqual([0, false]);
  });

  test('a place is told in words', () => {
    expect(guardSentence(GUARD_LABELS.allowed)).toBe('Allowed here');
    expect(guardSentence(GUARD_LABELS.vessel)).toBe('Not here: large vessel');
    expect(guardSentence(GUARD_LABELS.outside)).toBe('Not lung');
  });
});

describe('the map of allowed places, on demand', () => {
  test('comes off the wire as it was made; a damaged one is refused', async () => {
    expect(await labelMapOf(answer())).toEqual(map);
    await expect(labelMapOf({ ...answer(), size: [4, 3, 3] })).rejects.toThrow('damaged');
  });

  test('is asked for when it is switched on, and gone when it is switched off', async () => {
    const { desk: shared, requests } = desk();
    const guard = new GuardMaps(shared);
    shared.store.set({ setting: 'parenchyma', diameterMm: 12 });
    expect(requests).toEqual([]);
    guard.toggle();
    await eventually(() => requests.length === 1);
    expect([requests[0]!.what, requests[0]!.body]).toEqual([
      'POST /api/guards',
      { seriesInstanceUID: '1.2', diameterMm: 12, setting: 'parenchyma' },
    ]);
    expect(shared.store.get().guardLoading).toBe(true);
    requests[0]!.answer(200, answer(12));
    await eventually(() => !shared.store.get().guardLoading);
    expect(sceneOf(shared.store.get()).guard).toEqual(map);
    guard.toggle();
    expect([shared.store.get().guard, sceneOf(shared.store.get()).guard]).toEqual([null, null]);
    guard.toggle();
    // Known already: shown at once, without another request.
    expect([shared.store.get().guardLoading, shared.store.get().guard?.map]).toEqual([false, map]);
    expect(requests).toHaveLength(1);
  });

  test('follows the slider once it has settled, and the late answer of a former size is passed over', async () => {
    const { desk: shared, requests } = desk();
    const guard = new GuardMaps(shared);
    guard.toggle();
    await eventually(() => requests.length === 1);
    for (const diameterMm of [11, 12, 13]) shared.store.set({ diameterMm });
    requests[0]!.answer(200, answer());
    await eventually(() => requests.length > 1);
    expect(requests.map(({ body }) => body!['diameterMm'])).toEqual([10, 13]);
    expect([shared.store.get().guard, shared.store.get().guardLoading]).toEqual([null, true]);
  });

  test('goes with the CT it belongs to', async () => {
    const { desk: shared, requests } = desk();
    new GuardMaps(shared).toggle();
    await eventually(() => requests.length === 1);
    requests[0]!.answer(200, answer());
    await eventually(() => shared.store.get().guard !== null);
    shared.store.set({ host: null });
    expect(shared.store.get().guard).toBeNull();
  });

  test('a series without a map says why', async () => {
    const { desk: shared, requests } = desk();
    new GuardMaps(shared).toggle();
    await eventually(() => requests.length === 1);
    requests[0]!.answer(422, {
      type: 'about:blank',
      title: 'Not usable',
      status: 422,
      detail: 'No lung was found in this CT.',
      kind: 'unusable',
    });
    await eventually(() => !shared.store.get().guardLoading);
    expect([shared.store.get().guardProblem, shared.store.get().error]).toEqual([
      'No lung was found in this CT.',
      null,
    ]);
  });
});
