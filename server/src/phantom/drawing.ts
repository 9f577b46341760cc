/** Draws the thorax into a volume: each slice is the mean of sub-slices through its thickness (partial volume). */
import type { Canvas } from './contours.ts';
import { drawSkeleton } from './skeleton.ts';
import type { PhantomSpace } from './space.ts';
import { heightOf } from './space.ts';
import { drawSoftTissue } from './thorax.ts';

export interface Drawing {
  /** HU before blur and noise, i fastest. */
  readonly hu: Int16Array;
  /** 0 = not lung, 1 = right lung, 2 = left lung (as in the upper sub-slice). */
  readonly label: Uint8Array;
}

const SUB_SLICES = [-1 / 4, 1 / 4] as const;

export function drawThorax(space: PhantomSpace): Drawing {
  const [nx, ny, nz] = space.size;
  const slice = nx * ny;
  const hu = new Int16Array(slice * nz);
  const label = new Uint8Array(slice * nz);
  const canvas: Canvas = {
    width: nx,
    height: ny,
    pixelMm: [space.spacing[0] / space.scale, space.spacing[1] / space.scale],
    originMm: [space.origin[0] / space.scale, space.origin[1] / space.scale],
    hu: new Int16Array(slice),
    label: new Uint8Array(slice),
  };
  const sum = new Int32Array(slice);
  for (let k = 0; k < nz; k++) {
    sum.fill(0);
    for (const offset of SUB_SLICES) {
      const height = heightOf(space, k + offset);
      drawSoftTissue(canvas, height);
      drawSkeleton(canvas, height);
      for (let at = 0; at < slice; at++) sum[at]! += canvas.hu[at]!;
    }
    label.set(canvas.label, k * slice);
    for (let at = 0; at < slice; at++) hu[k * slice + at] = Math.round(sum[at]! / SUB_SLICES.length);
  }
  return { hu, label };
}
