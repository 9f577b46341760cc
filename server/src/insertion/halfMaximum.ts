/** A nodule's region above half maximum, the same way for one that a reader outlined and one that was inserted. */
import { connectedComponents } from '../volume/components.ts';
import type { IndexBox, Vec3 } from '../volume/ctVolume.ts';
import type { Image } from './noisePower.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { ceil, floor, max, min } = Math;

export interface HalfMaximum {
  /** The box given, wider by the margin as far as the image goes. */
  readonly box: IndexBox;
  /** 1 where the nodule is above half maximum, over `box`. */
  readonly mask: Uint8Array;
  /** Half way between lung and nodule. */
  readonly levelHu: number;
  readonly noduleHu: number;
  readonly lungHu: number;
}

/** How much is looked at around the outline. */
const MARGIN_MM = 6;
/** How far beyond the outline the region may reach: outlines differ by about this much between readers. */
const REACH_MM = 2;
const AERATED_HU = -600;
const LEAST_CONTRAST_HU = 120;
const LEAST_VOXELS = 8;

/** @returns null where the nodule does not stand out from the lung around it, or there is no lung */
export function halfMaximumRegion(image: Image, given: IndexBox, outline: Uint8Array): HalfMaximum | null {
  const box = widen(image, given, MARGIN_MM);
  const size: Vec3 = [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]];
  const mask = inBox(given, outline, box, size);
  const allowed = growInPlane(mask, size, image.spacing, REACH_MM);
  const hu = (at: number): number => {
    const i = box.min[0] + (at % size[0]);
    const j = box.min[1] + (floor(at / size[0]) % size[1]);
    return image.data[
      i + image.size[0] * (j + image.size[1] * (box.min[2] + floor(at / (size[0] * size[1]))))
    ]!;
  };
  const inside: number[] = [];
  const lung: number[] = [];
  for (let at = 0; at < mask.length; at++) {
    const value = hu(at);
    if (mask[at] !== 0) inside.push(value);
    else if (allowed[at] === 0 && value < AERATED_HU && value > -1024) lung.push(value);
  }
  if (inside.length < LEAST_VOXELS || lung.length < LEAST_VOXELS) return null;
  // The outline holds border pixels too: its brighter half is the nodule's own level.
  const noduleHu = quantile(inside, 0.75);
  const lungHu = quantile(lung, 0.5);
  if (noduleHu - lungHu < LEAST_CONTRAST_HU) return null;
  const levelHu = (noduleHu + lungHu) / 2;
  const above = allowed.map((may, at) => (may !== 0 && hu(at) > levelHu ? 1 : 0));
  const { labels, counts } = connectedComponents(above, size);
  const hits = new Array<number>(counts.length).fill(0);
  for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) hits[labels[at]!]!++;
  const main = hits.reduce(
    (best, hit, label) => (label > 0 && (best === 0 || hit > hits[best]!) ? label : best),
    0,
  );
  if (main === 0 || (counts[main] ?? 0) < LEAST_VOXELS) return null;
  return {
    box,
    mask: Uint8Array.from(labels, (label) => (label === main ? 1 : 0)),
    levelHu,
    noduleHu,
    lungHu,
  };
}

function widen({ size, spacing }: Image, box: IndexBox, mm: number): IndexBox {
  const low = (axis: 0 | 1 | 2): number => max(0, box.min[axis] - ceil(mm / spacing[axis]));
  const high = (axis: 0 | 1 | 2): number => min(size[axis], box.max[axis] + ceil(mm / spacing[axis]));
  return { min: [low(0), low(1), box.min[2]], max: [high(0), high(1), box.max[2]] };
}

function inBox(from: IndexBox, mask: Uint8Array, box: IndexBox, size: Vec3): Uint8Array {
  const out = new Uint8Array(size[0] * size[1] * size[2]);
  const width = from.max[0] - from.min[0];
  const height = from.max[1] - from.min[1];
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    const i = from.min[0] - box.min[0] + (at % width);
    const j = from.min[1] - box.min[1] + (floor(at / width) % height);
    out[i + size[0] * (j + size[1] * floor(at / (width * height)))] = 1;
  }
  return out;
}

function growInPlane(mask: Uint8Array, [nx, ny, nz]: Vec3, spacing: Vec3, mm: number): Uint8Array {
  const grown = new Uint8Array(mask.length);
  const reachI = floor(mm / spacing[0]);
  const reachJ = floor(mm / spacing[1]);
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        if (mask[at] === 0) continue;
        for (let b = max(-j, -reachJ); b <= min(ny - 1 - j, reachJ); b++)
          for (let a = max(-i, -reachI); a <= min(nx - 1 - i, reachI); a++)
            if ((a * spacing[0]) ** 2 + (b * spacing[1]) ** 2 <= mm * mm) grown[at + a + nx * b] = 1;
      }
  return grown;
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[min(sorted.length - 1, floor(share * sorted.length))]!;
}
