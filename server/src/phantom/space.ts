/** From the drawing's measures (adult mm, height 0…1) to the phantom's grid and patient coordinates. */
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { FIELD_MM, THORAX_MM } from './thoraxShape.ts';

export interface PhantomSpace extends VolumeGeometry {
  /** Phantom mm per drawn mm in the plane. */
  readonly scale: number;
  /** Phantom mm per drawn mm along the body. */
  readonly scaleZ: number;
}

/** The drawn adult is scaled to fill the grid, so that a small grid holds a small thorax. */
export function phantomSpace(size: Vec3, spacing: Vec3): PhantomSpace {
  const field = Math.min(size[0] * spacing[0], size[1] * spacing[1]);
  return {
    size,
    spacing,
    // The table lies behind the patient: the body's middle is a little in front of the middle of the field.
    origin: [
      (-(size[0] - 1) / 2) * spacing[0],
      (-(size[1] - 1) / 2) * spacing[1],
      -0.95 * size[2] * spacing[2],
    ],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    scale: field / FIELD_MM,
    scaleZ: (size[2] * spacing[2]) / THORAX_MM,
  };
}

/** Height (0…1) of a fractional slice index. */
export function heightOf(space: PhantomSpace, k: number): number {
  return (k + 0.5) / space.size[2];
}

/** LPS mm of a drawn point. */
export function toPatient(space: PhantomSpace, x: number, y: number, height: number): Vec3 {
  return [
    x * space.scale,
    y * space.scale,
    space.origin[2] + (height * space.size[2] - 0.5) * space.spacing[2],
  ];
}
