/** What is drawn of a nodule, in patient and in voxels; the server's own reading of it is the measure. */
import { describe, expect, test } from '@jest/globals';
import type { Contour, PointLps } from '@nodulelab/contract';
import { maskOfEllipsoid, maskOfOutlines, maskOfRuns } from '../../server/src/lidc/drawnMask.ts';
import { boxSize, type BoxMask } from '../../server/src/lidc/boxMask.ts';
import { maskOutlines } from '../../server/src/lidc/officialOutlines.ts';
import { indexToWorld, type VolumeGeometry } from '../../server/src/volume/ctVolume.ts';
import type { VolumeGrid } from '../../extension/src/geometry/box.ts';
import { diameterThrough, type Ellipsoid, ellipsoidOnPlane } from '../../extension/src/geometry/ellipsoid.ts';
import { type Ground, maskOf, sizeOfMask, voxelsOf } from '../../extension/src/geometry/painted.ts';

const geometry: VolumeGeometry = {
  size: [40, 36, 20],
  spacing: [0.7, 0.7, 1.25],
  origin: [-12, 8, -100],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};
const grid: VolumeGrid = {
  dimensions: geometry.size as [number, number, number],
  spacing: geometry.spacing as [number, number, number],
  origin: geometry.origin as PointLps,
  direction: new Float32Array(geometry.direction.flat()),
};
/** The same voxels, counted from the other end along the slices, as the viewer may. */
const flipped: VolumeGrid = {
  ...grid,
  origin: [-12, 8, -100 + 19 * 1.25],
  direction: new Float32Array([1, 0, 0, 0, 1, 0, 0, 0, -1]),
};
const sops = Array.from({ length: 20 }, (_, k) => `1.2.${k}`);

const centre: PointLps = [2.1, 20.3, -88.4];
const ellipsoid: Ellipsoid = { centre, diametersMm: [9, 12, 7] };

/** Every voxel by its place in the patient: whatever the grid counts from. */
const places = (of: VolumeGrid, voxels: readonly (readonly [number, number, number])[]): string[] =>
  voxels
    .map((index) =>
      [0, 1, 2]
        .map((n) =>
          (
            of.origin[n]! +
            index.reduce(
              (sum, value, axis) => sum + value * of.spacing[axis]! * of.direction[3 * axis + n]!,
              0,
            )
          ).toFixed(2),
        )
        .join(' '),
    )
    .toSorted();

function placesOf({ box, bits }: BoxMask): string[] {
  const [ni, nj] = boxSize(box);
  const found: string[] = [];
  bits.forEach((bit, n) => {
    if (bit === 0) return;
    const index = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))];
    const [i, j, k] = index.map((value, axis) => value + box.min[axis]!) as [number, number, number];
    found.push([...indexToWorld(geometry, [i, j, k])].map((value) => value.toFixed(2)).join(' '));
  });
  return found.toSorted();
}

const serverMask = (): BoxMask =>
  maskOfEllipsoid(
    { centre, radiiMm: [4.5, 6, 3.5], axes: geometry.direction as [PointLps, PointLps, PointLps] },
    geometry,
  );

function painted(of: VolumeGrid, ground: Ground) {
  const slices = Array.from({ length: of.dimensions[2] }, () => new Uint8Array(40 * 36));
  for (const [i, j, k] of voxelsOf(of, ground)) slices[k]![i + 40 * j] = 1;
  return maskOf(of, (k) => slices[k]);
}

describe('what is painted', () => {
  test('from an ellipsoid has the voxels that the server would give it', () => {
    expect(places(grid, voxelsOf(grid, { kind: 'ellipsoid', ellipsoid }))).toEqual(placesOf(serverMask()));
  });

  test('from the outlines of a nodule has the voxels that the server reads in them, holes too', () => {
    const mask = serverMask();
    const [ni, nj, nk] = boxSize(mask.box);
    // A hole in the middle slice.
    const middle = Math.floor(nk / 2);
    for (const [i, j] of [
      [6, 8],
      [7, 8],
      [6, 9],
    ] as const)
      mask.bits[i + ni * (j + nj * middle)] = 0;
    const contours = maskOutlines(mask, sops).map(({ sopInstanceUID, inclusion, points }) => ({
      sopInstanceUID,
      inclusion,
      points: points.map(([i, j]): PointLps => [
        ...indexToWorld(geometry, [i, j, sops.indexOf(sopInstanceUID)]),
      ]),
    })) as Contour[];
    expect(contours.some(({ inclusion }) => !inclusion)).toBe(true);
    const read = maskOfOutlines(
      contours.map((contour) => ({ ...contour, points: contour.points })),
      { geometry, sliceIndexOf: (sop: string) => sops.indexOf(sop) } as Parameters<typeof maskOfOutlines>[1],
    );
    expect(places(grid, voxelsOf(grid, { kind: 'outlines', contours }))).toEqual(placesOf(read));
  });

  test.each([
    ['as the server counts slices', grid],
    ['from the other end', flipped],
  ])('is read by the server as the same voxels, %s', (_, of) => {
    const mask = painted(of, { kind: 'ellipsoid', ellipsoid })!;
    expect(placesOf(maskOfRuns(mask, geometry))).toEqual(placesOf(serverMask()));
    expect(mask.size).toEqual(boxSize(serverMask().box));
  });

  test('is painted again from what was kept of it, and measured', () => {
    const mask = painted(flipped, { kind: 'ellipsoid', ellipsoid })!;
    expect(painted(flipped, { kind: 'mask', mask })).toEqual(mask);
    const { voxels, volumeMm3 } = sizeOfMask(mask);
    expect(voxels).toBe(placesOf(serverMask()).length);
    expect(volumeMm3 / ((Math.PI / 6) * 9 * 12 * 7)).toBeCloseTo(1, 1);
  });

  test('is nothing where nothing is', () => {
    expect(maskOf(grid, () => new Uint8Array(40 * 36))).toBeNull();
  });

  test('outside of the CT is left out', () => {
    const beside = { centre: [-14, 20, -100] as PointLps, diametersMm: [10, 10, 10] as PointLps };
    const voxels = voxelsOf(grid, { kind: 'ellipsoid', ellipsoid: beside });
    expect(voxels.length).toBeGreaterThan(0);
    expect(voxels.every(([i, , k]) => i >= 0 && k >= 0)).toBe(true);
  });
});

describe('the ellipsoid in a plane', () => {
  const axial = (z: number) => ({ point: [0, 0, z] as PointLps, normal: [0, 0, -1] as PointLps });

  test('is cut where its surface meets the plane, whatever the plane', () => {
    const normal: PointLps = [0.48, 0.6, 0.64];
    const cut = ellipsoidOnPlane(ellipsoid, { point: [3, 20, -88], normal })!;
    for (const point of cut.outline) {
      const squares = point.map(
        (value, axis) => ((2 * (value - centre[axis]!)) / ellipsoid.diametersMm[axis]!) ** 2,
      );
      expect(squares.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
      const height = point.reduce((sum, value, n) => sum + (value - [3, 20, -88][n]!) * normal[n]!, 0);
      expect(height).toBeCloseTo(0, 6);
    }
  });

  test('is not there beyond its ends, and has no handles close to them', () => {
    expect(ellipsoidOnPlane(ellipsoid, axial(centre[2] + 3.6))).toBeNull();
    expect(ellipsoidOnPlane(ellipsoid, axial(centre[2] + 3.4))!.handles).toEqual([]);
  });

  test('has a handle in the middle and on each side of the two axes that lie in the plane', () => {
    const { handles } = ellipsoidOnPlane(ellipsoid, axial(centre[2]))!;
    expect(handles.map(({ handle }) => handle)).toEqual(['centre', 0, 0, 1, 1]);
    expect(handles[1]!.at[0] - centre[0]).toBeCloseTo(4.5);
    expect(handles[4]!.at[1] - centre[1]).toBeCloseTo(-6);
  });

  test.each([0, 1.7])('grows to where its rim is pulled, %s mm off its middle too', (away) => {
    const plane = axial(centre[2] + away);
    const at: PointLps = [centre[0] - 5, centre[1] + 0.4, plane.point[2]];
    const diameter = diameterThrough(ellipsoid, 0, at, plane);
    const grown = { centre, diametersMm: [diameter, 12, 7] as PointLps };
    const rim = ellipsoidOnPlane(grown, plane)!.handles.find(
      ({ handle, at: [x] }) => handle === 0 && x < centre[0],
    )!;
    expect(rim.at[0]).toBeCloseTo(at[0], 6);
  });
});
