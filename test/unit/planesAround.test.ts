import { describe, expect, test } from '@jest/globals';
import { hostOf } from '../../server/src/services/imaging/hosts.ts';
import { planesIn } from '../../server/src/services/imaging/planesAround.ts';
import type { CtSeries } from '../../server/src/dicom/ctSeries.ts';
import type { CtVolume } from '../../server/src/volume/ctVolume.ts';

const SIZE = 12;
/** HU that say where a voxel is: 1 a voxel to the left, 20 to the back, 400 to the head. */
const volume: CtVolume = {
  size: [SIZE, SIZE, SIZE],
  spacing: [1, 1, 1],
  origin: [-5, -5, -5],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  data: Int16Array.from({ length: SIZE ** 3 }, (_, at) => {
    const [i, j, k] = [at % SIZE, Math.floor(at / SIZE) % SIZE, Math.floor(at / SIZE ** 2)];
    return i + 20 * j + 400 * k;
  }),
};
const host = {
  ...hostOf({ volume } as CtSeries),
  lung: () =>
    ({ lung: new Uint8Array(SIZE ** 3) }) as unknown as ReturnType<ReturnType<typeof hostOf>['lung']>,
};
const huAt = (x: number, y: number, z: number): number => x + 5 + 20 * (y + 5) + 400 * (z + 5);
/** Of the first and last pixel of the first row, and the first pixel of the last one. */
const corners = (plane: Float32Array): (number | undefined)[] => [plane[0], plane[4], plane[20]];

describe('three planes through a point', () => {
  test('show the patient’s right on the left, front and head up', () => {
    const { axial, coronal, sagittal } = planesIn(host, {
      ...{ centre: [0, 0, 0], fieldMm: 5, edge: 5, earlier: [] },
    });
    expect(corners(axial)).toEqual([huAt(-2, -2, 0), huAt(2, -2, 0), huAt(-2, 2, 0)]);
    expect(corners(coronal)).toEqual([huAt(-2, 0, 2), huAt(2, 0, 2), huAt(-2, 0, -2)]);
    expect(corners(sagittal)).toEqual([huAt(0, -2, 2), huAt(0, 2, 2), huAt(0, -2, -2)]);
  });

  test('show air beyond the CT', () => {
    const beyond = planesIn(host, { centre: [30, 0, 0], fieldMm: 4, edge: 4, earlier: [] });
    expect(new Set(beyond.axial)).toEqual(new Set([-1000]));
  });
});
