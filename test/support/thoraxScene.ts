/** A thorax of simple solids, in which a test knows where everything is: for anatomy and for the placement guard. */
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';

const SPACING: Vec3 = [1.5, 1.5, 2];
const SIZE: Vec3 = [192, 144, 88];

/** A tube with round ends, or a ball where both ends are the same point; LPS mm. */
export interface Solid {
  readonly from: Vec3;
  readonly to: Vec3;
  readonly radiusMm: number;
  readonly hu: number;
}

export const tube = (from: Vec3, to: Vec3, radiusMm: number, hu = 45): Solid => ({ from, to, radiusMm, hu });
export const ball = (centre: Vec3, radiusMm: number, hu = 45): Solid => tube(centre, centre, radiusMm, hu);

/** Lungs from z = -70 to 70, about x = ±70, half axes 50 and 75 mm; the mediastinum lies between them. */
export const LUNG = { x: 70, halfWidth: 50, halfDepth: 75, halfHeight: 70 } as const;

/** An airway: the lumen and its wall. */
const airway = (from: Vec3, to: Vec3, radiusMm: number): Solid[] => [
  tube(from, to, radiusMm + 1.8, 20),
  tube(from, to, radiusMm, -1000),
];

/** Trachea, carina at z = 5, main bronchi, one bronchus of 7 mm on each side that ends deep in the lung. */
export const AIRWAYS: readonly Solid[] = [
  ...airway([0, 10, 110], [0, 10, 5], 8),
  ...[-1, 1].flatMap((side) => [
    ...airway([0, 10, 5], [side * 30, 10, -12], 6),
    ...airway([side * 30, 10, -12], [side * 62, 10, -25], 3.6),
  ]),
  // The walls that cross a lumen are opened again.
  tube([0, 10, 110], [0, 10, 5], 8, -1000),
  ...[-1, 1].flatMap((side) => [
    tube([0, 10, 5], [side * 30, 10, -12], 6, -1000),
    tube([side * 30, 10, -12], [side * 62, 10, -25], 3.6, -1000),
  ]),
];

export interface SceneOptions {
  readonly lungs?: 'both' | 'right' | 'left';
  /** Keeps slices up to this z only, LPS mm. */
  readonly topZ?: number;
  readonly solids?: readonly Solid[];
  readonly airways?: boolean;
}

/** Draws the scene; later solids overwrite earlier ones. Noise of 25 HU, always the same. */
export function thoraxScene(options: SceneOptions = {}): CtVolume {
  const { lungs = 'both', solids = [], airways = true } = options;
  const all = SIZE[2];
  const nz = options.topZ === undefined ? all : Math.round((options.topZ + 87) / SPACING[2]);
  const [nx, ny] = SIZE;
  const origin: Vec3 = [-(nx - 1) * 0.5 * SPACING[0], -(ny - 1) * 0.5 * SPACING[1], -87];
  const volume: CtVolume = {
    size: [nx, ny, nz],
    spacing: SPACING,
    origin,
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    data: new Int16Array(nx * ny * nz),
  };
  const sides = lungs === 'both' ? [-1, 1] : lungs === 'right' ? [-1] : [1];
  let state = 1;
  const noise = (): number => {
    state = (state * 16807) % 2147483647;
    return (state / 2147483647 - 0.5) * 86;
  };
  for (let k = 0, at = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const x = origin[0] + i * SPACING[0];
        const y = origin[1] + j * SPACING[1];
        const z = origin[2] + k * SPACING[2];
        const inBody = (x / 135) ** 2 + (y / 100) ** 2 < 1;
        const inLung = sides.some(
          (side) =>
            ((x - side * LUNG.x) / LUNG.halfWidth) ** 2 +
              (y / LUNG.halfDepth) ** 2 +
              (z / LUNG.halfHeight) ** 2 <
            1,
        );
        volume.data[at] = !inBody ? -1000 : inLung ? -850 : 40;
      }
  for (const solid of [...(airways ? AIRWAYS : []), ...solids]) paint(volume, solid);
  for (let at = 0; at < volume.data.length; at++) volume.data[at]! += noise();
  return volume;
}

function paint({ data, size, spacing, origin }: CtVolume, { from, to, radiusMm, hu }: Solid): void {
  const axis: Vec3 = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const length2 = axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2;
  const bound = (n: 0 | 1 | 2, sign: 1 | -1): number => {
    const edge = sign === 1 ? Math.max(from[n], to[n]) + radiusMm : Math.min(from[n], to[n]) - radiusMm;
    return Math.min(size[n] - 1, Math.max(0, Math.round((edge - origin[n]) / spacing[n])));
  };
  for (let k = bound(2, -1); k <= bound(2, 1); k++)
    for (let j = bound(1, -1); j <= bound(1, 1); j++)
      for (let i = bound(0, -1); i <= bound(0, 1); i++) {
        const p: Vec3 = [origin[0] + i * spacing[0], origin[1] + j * spacing[1], origin[2] + k * spacing[2]];
        const d: Vec3 = [p[0] - from[0], p[1] - from[1], p[2] - from[2]];
        const t = length2 === 0 ? 0 : (d[0] * axis[0] + d[1] * axis[1] + d[2] * axis[2]) / length2;
        const s = Math.min(1, Math.max(0, t));
        const off = Math.hypot(d[0] - s * axis[0], d[1] - s * axis[1], d[2] - s * axis[2]);
        if (off <= radiusMm) data[i + size[0] * (j + size[1] * k)] = hu;
      }
}
