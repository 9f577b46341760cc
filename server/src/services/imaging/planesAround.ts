/** Three planes through a point of a CT, as it is or as edits left it. */
import type { BoxChange } from '../../dicom/derivedCt.ts';
import { resample } from '../../volume/resample.ts';
import type { CtVolume, Vec3, VolumeGeometry } from '../../volume/ctVolume.ts';
import { withEdits } from './editedVolume.ts';
import type { Host } from './hosts.ts';

export interface PlanesWork {
  readonly seriesInstanceUID: string;
  readonly centre: Vec3;
  /** Edge of the square that is shown, mm. */
  readonly fieldMm: number;
  /** Edge in pixels. */
  readonly edge: number;
  readonly earlier: readonly BoxChange[];
}

/** HU, row by row; the patient's right on the left, anterior and head up. */
export interface Planes {
  readonly axial: Float32Array;
  readonly coronal: Float32Array;
  readonly sagittal: Float32Array;
}

const AIR_HU = -1000;
const LEFT: Vec3 = [1, 0, 0];
const POSTERIOR: Vec3 = [0, 1, 0];
const FEET: Vec3 = [0, 0, -1];

export const planesIn = (host: Host, work: Omit<PlanesWork, 'seriesInstanceUID'>): Planes =>
  withEdits(host, work.earlier, (volume) => ({
    axial: planeOf(volume, work, LEFT, POSTERIOR),
    coronal: planeOf(volume, work, LEFT, FEET),
    sagittal: planeOf(volume, work, POSTERIOR, FEET),
  }));

function planeOf(
  volume: CtVolume,
  { centre, fieldMm, edge }: Pick<PlanesWork, 'centre' | 'fieldMm' | 'edge'>,
  along: Vec3,
  down: Vec3,
): Float32Array {
  const spacing = fieldMm / edge;
  const half = ((edge - 1) / 2) * spacing;
  const corner = (axis: 0 | 1 | 2): number => centre[axis] - half * (along[axis] + down[axis]);
  const normal: Vec3 = [
    along[1] * down[2] - along[2] * down[1],
    along[2] * down[0] - along[0] * down[2],
    along[0] * down[1] - along[1] * down[0],
  ];
  const grid: VolumeGeometry = {
    size: [edge, edge, 1],
    spacing: [spacing, spacing, spacing],
    origin: [corner(0), corner(1), corner(2)],
    direction: [along, down, normal],
  };
  return resample(volume, grid, AIR_HU).data;
}
