/** Masks of nodules that are known by place and diameter: a ball, or what a mask volume holds there. */
import { openImageFile } from '../formats/imageFile.ts';
import { trim } from '../lidc/boxMask.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import { indexToWorld, insideGrid, worldToIndex } from '../volume/ctVolume.ts';
import type { IndexBox, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';

// Bound once: looking a global up for every voxel is slow where scripts run in contexts of their own.
const { hypot } = Math;

/** How far two grids may differ and still be the same one, mm: files write a few digits only. */
const SAME_GRID_MM = 0.01;

/** @throws NoduleLabError `unusable` where the place lies outside the CT */
export function requireInside(geometry: VolumeGeometry, centre: Vec3, name: string): void {
  if (insideGrid(geometry, worldToIndex(geometry, centre))) return;
  const last: Vec3 = [geometry.size[0] - 1, geometry.size[1] - 1, geometry.size[2] - 1];
  const show = (point: Vec3): string => `(${point.map((mm) => mm.toFixed(1)).join(', ')})`;
  throw new NoduleLabError(
    'unusable',
    `The nodule at ${show(centre)} mm lies outside ${name}, which reaches from ${show(geometry.origin)} to ` +
      `${show(indexToWorld(geometry, last))} mm (LPS). Check that table and volume belong together and that the table is in LPS.`,
    { name },
  );
}

/** The voxels whose centres lie in the ball; of a ball between all centres, the voxel that holds its centre. */
export function ballMask(geometry: VolumeGeometry, centre: Vec3, diameterMm: number): BoxMask {
  const box = boxAround(geometry, centre, diameterMm / 2);
  const [ni, nj, nk] = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]];
  const bits = new Uint8Array(ni * nj * nk);
  const at = worldToIndex(geometry, centre);
  const [si, sj, sk] = geometry.spacing;
  let next = 0;
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++)
      for (let i = box.min[0]; i < box.max[0]; i++) {
        const mm = hypot((i - at[0]) * si, (j - at[1]) * sj, (k - at[2]) * sk);
        bits[next++] = mm <= diameterMm / 2 ? 1 : 0;
      }
  if (bits.includes(1)) return trim({ box, bits });
  const nearest = nearestVoxel(geometry, at);
  return {
    box: { min: nearest, max: [nearest[0] + 1, nearest[1] + 1, nearest[2] + 1] },
    bits: Uint8Array.of(1),
  };
}

/**
 * The nodule in a mask volume: the piece (26-connected, of one label) that lies nearest to the place.
 *
 * @param name of the CT, for messages
 * @throws NoduleLabError where the mask cannot be read, is on another grid, or is empty within a diameter of the place
 */
export async function maskFromFile(
  path: string,
  ct: VolumeGeometry,
  name: string,
  centre: Vec3,
  diameterMm: number,
): Promise<BoxMask> {
  const { image } = await (await openImageFile(path)).load();
  requireSameGrid(image, ct, path, name);
  const { data } = image;
  const [ni, nj, nk] = ct.size;
  const box = boxAround(ct, centre, diameterMm);
  const at = worldToIndex(ct, centre);
  let [seed, least] = [-1, diameterMm];
  for (let k = box.min[2]; k < box.max[2]; k++)
    for (let j = box.min[1]; j < box.max[1]; j++)
      for (let i = box.min[0]; i < box.max[0]; i++) {
        const index = i + ni * (j + nj * k);
        if (!((data[index] ?? 0) > 0)) continue;
        const [si, sj, sk] = ct.spacing;
        const mm = hypot((i - at[0]) * si, (j - at[1]) * sj, (k - at[2]) * sk);
        if (mm <= least) [seed, least] = [index, mm];
      }
  if (seed < 0)
    throw new NoduleLabError(
      'unusable',
      `${path} is empty within ${diameterMm} mm of (${centre.map((mm) => mm.toFixed(1)).join(', ')}) mm: it is the mask of ` +
        'another nodule, or the table is of another scan.',
      { path },
    );
  const label = data[seed];
  const voxels = new Set([seed]);
  // A set is walked in the order of insertion, also over what is added on the way.
  for (const index of voxels) {
    const [i, j, k] = [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))];
    for (let z = Math.max(0, k - 1); z <= Math.min(nk - 1, k + 1); z++)
      for (let y = Math.max(0, j - 1); y <= Math.min(nj - 1, j + 1); y++)
        for (let x = Math.max(0, i - 1); x <= Math.min(ni - 1, i + 1); x++) {
          const next = x + ni * (y + nj * z);
          if (data[next] === label) voxels.add(next);
        }
  }
  return maskOfVoxels(voxels, ct.size);
}

function maskOfVoxels(voxels: ReadonlySet<number>, [ni, nj]: Vec3): BoxMask {
  const places = [...voxels].map((index): Vec3 => [
    index % ni,
    Math.floor(index / ni) % nj,
    Math.floor(index / (ni * nj)),
  ]);
  const low = (axis: 0 | 1 | 2): number => places.reduce((least, at) => Math.min(least, at[axis]), Infinity);
  const high = (axis: 0 | 1 | 2): number => places.reduce((most, at) => Math.max(most, at[axis] + 1), 0);
  const box: IndexBox = { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
  const wide = box.max[0] - box.min[0];
  const high1 = box.max[1] - box.min[1];
  const bits = new Uint8Array(wide * high1 * (box.max[2] - box.min[2]));
  for (const [i, j, k] of places)
    bits[i - box.min[0] + wide * (j - box.min[1] + high1 * (k - box.min[2]))] = 1;
  return { box, bits };
}

function requireSameGrid(mask: VolumeGeometry, ct: VolumeGeometry, path: string, name: string): void {
  const last: Vec3 = [ct.size[0] - 1, ct.size[1] - 1, ct.size[2] - 1];
  const corners: Vec3[] = [
    [0, 0, 0],
    [last[0], 0, 0],
    [0, last[1], 0],
    [0, 0, last[2]],
  ];
  const same =
    mask.size.every((count, axis) => count === ct.size[axis]) &&
    corners.every((corner) => {
      const [a, b] = [indexToWorld(mask, corner), indexToWorld(ct, corner)];
      return hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) <= SAME_GRID_MM;
    });
  if (!same)
    throw new NoduleLabError(
      'unusable',
      `The mask ${path} (${mask.size.join('×')} voxels) is not on the grid of ${name} (${ct.size.join('×')}): resample it ` +
        'onto the grid of its CT.',
      { path },
    );
}

/** The voxels within `radiusMm` of a place on each axis, cut off at the border of the volume; at least one voxel. */
function boxAround(geometry: VolumeGeometry, centre: Vec3, radiusMm: number): IndexBox {
  const at = worldToIndex(geometry, centre);
  const nearest = nearestVoxel(geometry, at);
  const low = (axis: 0 | 1 | 2): number =>
    Math.min(nearest[axis], Math.max(0, Math.floor(at[axis] - radiusMm / geometry.spacing[axis])));
  const high = (axis: 0 | 1 | 2): number =>
    Math.max(
      nearest[axis] + 1,
      Math.min(geometry.size[axis], Math.ceil(at[axis] + radiusMm / geometry.spacing[axis]) + 1),
    );
  return { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
}

function nearestVoxel({ size }: VolumeGeometry, index: Vec3): Vec3 {
  const on = (axis: 0 | 1 | 2): number => Math.max(0, Math.min(size[axis] - 1, Math.round(index[axis])));
  return [on(0), on(1), on(2)];
}
