/** Puts a patch onto the host's grid at the scale at which its diameter there is the wanted one. */
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';
import type { HuPatch, PatchShape } from './patchShape.ts';
import { sphereDiameter } from './patchShape.ts';
import { boxAround, cellsWithContent, samplePatch } from './resamplePatch.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, max, min, sqrt } = Math;

export interface Fitted {
  readonly box: IndexBox;
  /** HU of the patch on the host's voxels, i fastest. */
  readonly field: Float32Array;
  /** Diameter of the sphere with the volume above half maximum on the host's grid. */
  readonly measuredMm: number;
}

export interface FitRequest {
  readonly host: CtVolume;
  readonly patch: HuPatch;
  readonly shape: PatchShape;
  readonly centre: Vec3;
  readonly diameterMm: number;
  /** Unit vectors of the patch's axes in LPS. */
  readonly axes: readonly [Vec3, Vec3, Vec3];
  readonly sliceMm: number;
  /** Applied to each interpolated value. */
  readonly remap: (hu: number) => number;
  /** Differences from the patch's background up to this change nothing in the host. */
  readonly negligibleHu: number;
}

const ROUNDS = 5;
const CLOSE_ENOUGH = 0.02;
const STEP = { low: 0.75, high: 1.3 } as const;

export function fitDiameter(request: FitRequest): Fitted {
  const { host, patch, shape, centre, diameterMm, axes, sliceMm, remap, negligibleHu } = request;
  const reach = reachOf(patch, shape, negligibleHu);
  const cells = cellsWithContent(patch, shape.backgroundHu);
  let voxelMm = diameterMm / shape.diameterVoxels;
  let best: Fitted | null = null;
  const error = ({ measuredMm }: Fitted): number => abs(measuredMm / diameterMm - 1);
  for (let round = 0; round < ROUNDS; round++) {
    const box = boxAround(host, centre, [
      reach * voxelMm + host.spacing[0],
      reach * voxelMm + host.spacing[1],
      reach * voxelMm + sliceMm / 2 + host.spacing[2],
    ]);
    const placement = { centre, anchor: shape.centre, voxelMm, axes, sliceMm, remap, cells };
    const field = samplePatch(patch, placement, host, box, shape.backgroundHu);
    const measuredMm = sphereDiameter(volumeAbove(host, box, field, shape.halfHu));
    const fit = { box, field, measuredMm };
    if (best === null || error(fit) < error(best)) best = fit;
    if (error(fit) <= CLOSE_ENOUGH) break;
    const ratio = measuredMm > 0 ? diameterMm / measuredMm : STEP.high;
    voxelMm *= min(STEP.high, max(STEP.low, ratio));
  }
  return best!;
}

/** Farthest patch voxel, from the nodule's middle, that still adds anything (patch voxels). */
function reachOf({ edge, hu }: HuPatch, { backgroundHu, centre }: PatchShape, negligibleHu: number): number {
  let farthest = 0;
  for (let k = 0, at = 0; k < edge; k++)
    for (let j = 0; j < edge; j++)
      for (let i = 0; i < edge; i++, at++)
        if (hu[at]! > backgroundHu + negligibleHu)
          farthest = max(farthest, (i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2);
  return sqrt(farthest) + 1;
}

/** Volume in mm³ where the trilinear interpolation of the field is above a level; mixed cells are sampled px × py × pz times. */
function volumeAbove(host: CtVolume, box: IndexBox, field: Float32Array, level: number): number {
  const nx = box.max[0] - box.min[0];
  const ny = box.max[1] - box.min[1];
  const nz = box.max[2] - box.min[2];
  const parts = (axis: 0 | 1 | 2): number => max(1, min(6, ceil(host.spacing[axis] / 0.4)));
  const [px, py, pz] = [parts(0), parts(1), parts(2)];
  let whole = 0;
  let count = 0;
  // Cells lie between voxels; the first and the last reach half a cell beyond them, where the field goes on as it ends.
  for (let k = -1; k < nz; k++) {
    const [z0, z1] = [nx * ny * max(0, k), nx * ny * min(nz - 1, k + 1)];
    for (let j = -1; j < ny; j++) {
      const [y0, y1] = [nx * max(0, j), nx * min(ny - 1, j + 1)];
      for (let i = -1; i < nx; i++) {
        const [x0, x1] = [max(0, i), min(nx - 1, i + 1)];
        const a = field[x0 + y0 + z0]!;
        const b = field[x1 + y0 + z0]!;
        const c = field[x0 + y1 + z0]!;
        const d = field[x1 + y1 + z0]!;
        const e = field[x0 + y0 + z1]!;
        const f = field[x1 + y0 + z1]!;
        const g = field[x0 + y1 + z1]!;
        const h = field[x1 + y1 + z1]!;
        if (a <= level && b <= level && c <= level && d <= level)
          if (e <= level && f <= level && g <= level && h <= level) continue;
        if (a > level && b > level && c > level && d > level)
          if (e > level && f > level && g > level && h > level) {
            whole++;
            continue;
          }
        for (let r = 0; r < pz; r++) {
          const w = (r + 0.5) / pz;
          const [ae, bf, cg, dh] = [mix(a, e, w), mix(b, f, w), mix(c, g, w), mix(d, h, w)];
          for (let q = 0; q < py; q++) {
            const v = (q + 0.5) / py;
            const [left, right] = [mix(ae, cg, v), mix(bf, dh, v)];
            for (let o = 0; o < px; o++) if (mix(left, right, (o + 0.5) / px) > level) count++;
          }
        }
      }
    }
  }
  return (whole + count / (px * py * pz)) * host.spacing[0] * host.spacing[1] * host.spacing[2];
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}
