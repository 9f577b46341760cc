/** Pictures of a place for the sheet: one axial and one coronal plane through its middle, in the lung window. */
import { filteredResample } from '../../volume/filteredResample.ts';
import type { CtVolume, Vec3, VolumeGeometry } from '../../volume/ctVolume.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { max, min, round } = Math;

/** Pixels along an edge of a plane. */
export const PICTURE_EDGE = 96;
/** A plane shows this many diameters of the nodule, but no less than so many mm. */
const PICTURE_DIAMETERS = 3;
const LEAST_MM = 32;
/** The usual lung window: centre -600, width 1500 HU. */
const LUNG_WINDOW = { low: -1350, high: 150 } as const;

export interface PlacePicture {
  /** Edge of both planes, mm. */
  readonly mm: number;
  /** Grey values, row by row, {@link PICTURE_EDGE} in a row: the patient's right is on the left, front is up. */
  readonly axial: Uint8Array;
  /** The patient's right is on the left, head is up. */
  readonly coronal: Uint8Array;
}

export function pictureAt(ct: CtVolume, [x, y, z]: Vec3, diameterMm: number): PlacePicture {
  const mm = max(LEAST_MM, PICTURE_DIAMETERS * diameterMm);
  const step = mm / PICTURE_EDGE;
  const first = -((PICTURE_EDGE - 1) / 2) * step;
  const plane = (origin: Vec3, size: Vec3): Uint8Array => {
    const grid: VolumeGeometry = {
      ...{ size, origin, spacing: [step, step, step] },
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    };
    return Uint8Array.from(filteredResample(ct, grid).data, (hu) =>
      round(255 * min(1, max(0, (hu - LUNG_WINDOW.low) / (LUNG_WINDOW.high - LUNG_WINDOW.low)))),
    );
  };
  const coronal = plane([x + first, y, z + first], [PICTURE_EDGE, 1, PICTURE_EDGE]);
  return {
    mm,
    axial: plane([x + first, y + first, z], [PICTURE_EDGE, PICTURE_EDGE, 1]),
    coronal: upsideDown(coronal),
  };
}

function upsideDown(rows: Uint8Array): Uint8Array {
  const turned = new Uint8Array(rows.length);
  for (let row = 0; row < PICTURE_EDGE; row++)
    turned.set(
      rows.subarray(row * PICTURE_EDGE, (row + 1) * PICTURE_EDGE),
      (PICTURE_EDGE - 1 - row) * PICTURE_EDGE,
    );
  return turned;
}
