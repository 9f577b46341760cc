/**
 * What the detector sees of a place in a CT: a small box, as wide as the nodule that is asked about. It is scaled to
 * that diameter, so that size itself tells nothing, and no thicker than the nodule: the cut-outs that the network learns
 * from end with the nodule's own slices.
 */
import { cropVolume } from '../volume/crop.ts';
import { indexToWorld, worldToIndex } from '../volume/ctVolume.ts';
import type { CtVolume, IndexBox, Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { filteredResample } from '../volume/filteredResample.ts';
import { windowHu } from '../volume/window.ts';

const { ceil, floor, hypot, max, min } = Math;

/** Voxels of the box along x, y, z. */
export const BOX_SIZE: Vec3 = [32, 32, 16];
export const BOX_VOXELS = BOX_SIZE[0] * BOX_SIZE[1] * BOX_SIZE[2];
/** From the centre to the box's border, in diameters of the nodule. */
export const BOX_REACH: Vec3 = [0.9, 0.9, 0.5];

/**
 * The voxels around a place, axes along L, P and S. Beyond the CT its border goes on.
 *
 * @param centre LPS mm
 * @returns 16 × 32 × 32 values (z, y, x), x fastest; HU [-1000, 400] as [-1, 1]
 */
export function detectorBox(ct: CtVolume, centre: Vec3, diameterMm: number): Float32Array {
  if (!(diameterMm > 0) || !centre.every(Number.isFinite))
    throw new NoduleLabError(
      'invalid-input',
      `The detector needs a place in mm and a diameter above 0, not ${centre.join(', ')} and ${diameterMm}.`,
      { centre, diameterMm },
    );
  const { data } = filteredResample(ct, boxGrid(centre, diameterMm));
  const values = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) values[at] = 2 * windowHu(data[at]!) - 1;
  return values;
}

/** The grid of the box: voxel centres lie half a voxel within its border. */
export function boxGrid(centre: Vec3, diameterMm: number): VolumeGeometry {
  const spacing = axes((axis) => (2 * BOX_REACH[axis] * diameterMm) / BOX_SIZE[axis]);
  return {
    size: BOX_SIZE,
    spacing,
    origin: axes((axis) => centre[axis] - (spacing[axis] * (BOX_SIZE[axis] - 1)) / 2),
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
}

/** New values of a part of a CT, i fastest. */
export interface BoxEdit {
  readonly box: IndexBox;
  readonly hu: Int16Array;
}

/** {@link detectorBox} of a CT as an edit would leave it. The CT stays as it is, and only what is seen of it is copied. */
export function editedDetectorBox(
  ct: CtVolume,
  edit: BoxEdit,
  centre: Vec3,
  diameterMm: number,
): Float32Array {
  const box = seenBy(ct, boxGrid(centre, diameterMm));
  const seen = cropVolume(ct, box);
  const low = axes((axis) => max(box.min[axis], edit.box.min[axis]));
  const high = axes((axis) => min(box.max[axis], edit.box.max[axis]));
  const [width, height] = [edit.box.max[0] - edit.box.min[0], edit.box.max[1] - edit.box.min[1]];
  for (let k = low[2]; k < high[2]; k++)
    for (let j = low[1]; j < high[1]; j++) {
      const row = width * (j - edit.box.min[1] + height * (k - edit.box.min[2])) - edit.box.min[0];
      const to = seen.size[0] * (j - box.min[1] + seen.size[1] * (k - box.min[2])) - box.min[0];
      for (let i = low[0]; i < high[0]; i++) seen.data[to + i] = edit.hu[row + i]!;
    }
  return detectorBox(seen, centre, diameterMm);
}

/** All voxels of a CT that have a share in the values of a grid; where the grid lies beyond it, the CT's nearest ones. */
function seenBy(ct: CtVolume, grid: VolumeGeometry): IndexBox {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    worldToIndex(
      ct,
      indexToWorld(
        grid,
        axes((axis) => ((corner >> axis) & 1) * (grid.size[axis] - 1)),
      ),
    ),
  );
  // The filter reaches at most one voxel of the grid and one of the CT further (filteredResample.ts).
  const reach = axes((axis) => ceil(2 + hypot(...grid.spacing) / ct.spacing[axis]));
  const within = (axis: 0 | 1 | 2, index: number): number => max(0, min(ct.size[axis] - 1, index));
  const bound = (axis: 0 | 1 | 2, of: (...indices: number[]) => number): number =>
    of(...corners.map((corner) => corner[axis]));
  return {
    min: axes((axis) => within(axis, floor(bound(axis, min)) - reach[axis])),
    max: axes((axis) => within(axis, ceil(bound(axis, max)) + reach[axis]) + 1),
  };
}

const axes = (value: (axis: 0 | 1 | 2) => number): Vec3 => [value(0), value(1), value(2)];
