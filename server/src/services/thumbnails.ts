/** Pictures of a candidate: its three central planes in the lung window, as PNG data URLs. */
import type { Candidate } from '@nodulelab/contract';
import { encode } from 'fast-png';
import { unwindowHu } from '../volume/window.ts';

/** Lung window: level -600 HU, width 1500 HU. */
const LOW_HU = -1350;
const HIGH_HU = 150;

/** @param patch size³ values in [0, 1], x fastest, z slowest (z points to the head). */
export function thumbnailsOf(patch: Float32Array, size: number): Candidate['thumbnails'] {
  const middle = size >> 1;
  const at = (x: number, y: number, z: number): number => patch[x + size * (y + size * z)] ?? 0;
  // Radiological convention: the patient's right on the left, anterior up, head up.
  return {
    axial: dataUrl(size, (u, v) => at(u, v, middle)),
    coronal: dataUrl(size, (u, v) => at(u, middle, size - 1 - v)),
    sagittal: dataUrl(size, (u, v) => at(middle, u, size - 1 - v)),
  };
}

/** Value of a patch in [0, 1] → grey of the lung window, 0 to 255. */
export const lungGrey = (value: number): number => lungGreyOfHu(unwindowHu(value));

export function lungGreyOfHu(hu: number): number {
  const grey = (hu - LOW_HU) / (HIGH_HU - LOW_HU);
  return Math.round(255 * Math.min(1, Math.max(0, grey)));
}

const dataUrl = (size: number, value: (u: number, v: number) => number): string =>
  greyDataUrl(size, (u, v) => lungGrey(value(u, v)));

/** A square picture as PNG. @param grey 0 to 255 */
export function greyDataUrl(size: number, grey: (u: number, v: number) => number): string {
  const data = new Uint8Array(size * size);
  for (let v = 0; v < size; v += 1) for (let u = 0; u < size; u += 1) data[u + size * v] = grey(u, v);
  const png = encode({ width: size, height: size, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
