/**
 * Cut-and-mix: a box of one scan pasted into another, voxel for voxel and without a transition. CutMix pastes such boxes
 * between training images (S. Yun et al., ICCV 2019); with lesions it is known as cut-and-paste. Softer relatives exist
 * (CarveMix, X. Zhang et al., MICCAI 2021, cuts along the lesion's own outline); the hard box is the plain one.
 */
import type { BoxMask } from '../../lidc/boxMask.ts';
import { boxSize, centroid } from '../../lidc/boxMask.ts';
import { filteredResample } from '../../volume/filteredResample.ts';
import { indexToWorld, insideGrid, worldToIndex } from '../../volume/ctVolume.ts';
import type { CtVolume, IndexBox, Vec3, VolumeGeometry } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min, round } = Math;

/** A real nodule with what lies around it. */
export interface BoxSource {
  readonly ct: CtVolume;
  /** In voxels of `ct`. */
  readonly mask: BoxMask;
}

export interface PastedBox {
  readonly box: IndexBox;
  /** New HU of every voxel of the box, i fastest. */
  readonly hu: Int16Array;
  /** 255 where the voxel is the donor's; 0 beyond the donor's box. */
  readonly alpha: Uint8Array;
  /** 1 where the donor's outline is. */
  readonly footprint: Uint8Array;
}

/** Beyond the outline, mm: how much of its surroundings a nodule's box takes along, as far as its scan goes. */
const BOX_MARGIN_MM = 2;

/**
 * Pastes the box around the donor's nodule so that the middle of its outline comes to lie at `centre`. The donor keeps
 * its size and its orientation.
 *
 * @param centre LPS mm
 * @throws NoduleLabError `unusable` where the place is outside the host
 */
export function pasteBox(host: CtVolume, { ct, mask }: BoxSource, centre: Vec3): PastedBox {
  if (!insideGrid(host, worldToIndex(host, centre)))
    throw new NoduleLabError(
      'unusable',
      `The place (${centre.join(', ')}) mm LPS is outside the CT volume: choose a point inside the lung.`,
    );
  const middle = centroid(ct, mask);
  const shift: Vec3 = [centre[0] - middle[0], centre[1] - middle[1], centre[2] - middle[2]];
  const part = donorBox(ct, mask.box);
  // The donor's scan as if it lay where it is pasted.
  const moved: CtVolume = {
    ...ct,
    origin: [ct.origin[0] + shift[0], ct.origin[1] + shift[1], ct.origin[2] + shift[2]],
  };
  const box = coveredBox(host, moved, part);
  const size: Vec3 = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]];
  const grid: VolumeGeometry = {
    size,
    spacing: host.spacing,
    direction: host.direction,
    origin: indexToWorld(host, box.min),
  };
  const values = filteredResample(moved, grid).data;
  const inOutline = outlineOf(mask);
  const hu = new Int16Array(values.length);
  const alpha = new Uint8Array(values.length);
  const footprint = new Uint8Array(values.length);
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        const [x, y, z] = worldToIndex(moved, indexToWorld(grid, [i, j, k]));
        const own =
          host.data[box.min[0] + i + host.size[0] * (box.min[1] + j + host.size[1] * (box.min[2] + k))]!;
        const inBox =
          x >= part.min[0] - 0.5 &&
          y >= part.min[1] - 0.5 &&
          z >= part.min[2] - 0.5 &&
          x <= part.max[0] - 0.5 &&
          y <= part.max[1] - 0.5 &&
          z <= part.max[2] - 0.5;
        hu[at] = inBox ? round(values[at]!) : own;
        alpha[at] = inBox ? 255 : 0;
        footprint[at] = inBox && inOutline(round(x), round(y), round(z)) ? 1 : 0;
      }
  return { box, hu, alpha, footprint };
}

/** The outline's box with its margin, as far as the scan goes; cut-outs end with the nodule's own slices. */
function donorBox({ size, spacing }: VolumeGeometry, { min: low, max: high }: IndexBox): IndexBox {
  const from = (axis: 0 | 1 | 2): number => max(0, low[axis] - ceil(BOX_MARGIN_MM / spacing[axis]));
  const to = (axis: 0 | 1 | 2): number => min(size[axis], high[axis] + ceil(BOX_MARGIN_MM / spacing[axis]));
  return { min: [from(0), from(1), from(2)], max: [to(0), to(1), to(2)] };
}

/** The host's voxels that the donor's box may cover. */
function coveredBox(host: CtVolume, donor: VolumeGeometry, part: IndexBox): IndexBox {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((corner) =>
    worldToIndex(
      host,
      indexToWorld(donor, [
        (corner & 1 ? part.max[0] : part.min[0]) - 0.5,
        (corner & 2 ? part.max[1] : part.min[1]) - 0.5,
        (corner & 4 ? part.max[2] : part.min[2]) - 0.5,
      ]),
    ),
  );
  const low = (axis: 0 | 1 | 2): number => max(0, floor(min(...corners.map((corner) => corner[axis]))));
  const high = (axis: 0 | 1 | 2): number =>
    min(host.size[axis], ceil(max(...corners.map((corner) => corner[axis]))) + 1);
  return { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] };
}

/** Whether a voxel of the donor lies in the nodule's outline. */
function outlineOf({ box, bits }: BoxMask): (i: number, j: number, k: number) => boolean {
  const [ni, nj, nk] = boxSize(box);
  return (i, j, k) => {
    const [x, y, z] = [i - box.min[0], j - box.min[1], k - box.min[2]];
    const inside = x >= 0 && y >= 0 && z >= 0 && x < ni && y < nj && z < nk;
    return inside && bits[x + ni * (y + nj * z)] === 1;
  };
}
