/** The half-maximum border of a nodule, slice by slice, as points between pixels. */
import type { HalfMaximum } from './halfMaximum.ts';
import type { Image } from './noisePower.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { hypot, max, min, round } = Math;

export interface BorderPoint {
  /** Voxel index in the image; i or j lies between two pixels. */
  readonly i: number;
  readonly j: number;
  readonly k: number;
  /** True where the border looks out on aerated lung. */
  readonly free: boolean;
}

/** Outwards from the border there is lung over these distances, mm. */
const LOOK_OUT_MM = [2.5, 3.5] as const;
/** Lung, and not vessel or chest wall: nearer to the lung's level than to the nodule's by this share of the contrast. */
const FREE_SHARE = 0.25;
/** The direction outwards comes from this much of the region around the point, mm. */
const DIRECTION_MM = 2;

/** Points where the HU cross the half maximum between a pixel of the region and a neighbour in its slice outside it. */
export function borderPoints(image: Image, region: HalfMaximum): BorderPoint[] {
  const { box, mask, levelHu } = region;
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const hu = (i: number, j: number, k: number): number =>
    image.data[box.min[0] + i + image.size[0] * (box.min[1] + j + image.size[1] * (box.min[2] + k))]!;
  const points: BorderPoint[] = [];
  for (let k = 0; k < box.max[2] - box.min[2]; k++)
    for (let j = 1; j < height - 1; j++)
      for (let i = 1; i < width - 1; i++) {
        if (mask[i + width * (j + height * k)] === 0) continue;
        for (const [a, b] of [
          [1, 0],
          [-1, 0],
          [0, 1],
          [0, -1],
        ] as const) {
          if (mask[i + a + width * (j + b + height * k)] !== 0) continue;
          const here = hu(i, j, k);
          const there = hu(i + a, j + b, k);
          // A neighbour above the level belongs to something else that touches the nodule.
          const t = there < levelHu ? (here - levelHu) / (here - there) : 0.5;
          const [x, y] = [i + a * t, j + b * t];
          const free = there < levelHu && looksOut(image, region, x, y, k);
          points.push({ i: box.min[0] + x, j: box.min[1] + y, k: box.min[2] + k, free });
        }
      }
  return points;
}

function looksOut(image: Image, region: HalfMaximum, x: number, y: number, k: number): boolean {
  const { box, mask, lungHu, noduleHu } = region;
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const [dx, dy] = image.spacing;
  const reach = DIRECTION_MM / min(dx, dy);
  let [towardsX, towardsY] = [0, 0];
  for (let j = max(0, round(y - reach)); j <= min(height - 1, round(y + reach)); j++)
    for (let i = max(0, round(x - reach)); i <= min(width - 1, round(x + reach)); i++) {
      const mm = hypot((i - x) * dx, (j - y) * dy);
      if (mm === 0 || mm > DIRECTION_MM) continue;
      const side = mask[i + width * (j + height * k)] === 0 ? 1 : -1;
      towardsX += (side * (i - x) * dx) / mm;
      towardsY += (side * (j - y) * dy) / mm;
    }
  const length = hypot(towardsX, towardsY);
  if (length === 0) return false;
  const limit = lungHu + FREE_SHARE * (noduleHu - lungHu);
  return LOOK_OUT_MM.every((mm) => {
    const i = box.min[0] + round(x + (mm * towardsX) / length / dx);
    const j = box.min[1] + round(y + (mm * towardsY) / length / dy);
    if (i < 0 || j < 0 || i >= image.size[0] || j >= image.size[1]) return false;
    return image.data[i + image.size[0] * (j + image.size[1] * (box.min[2] + k))]! < limit;
  });
}
