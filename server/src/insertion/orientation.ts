/** How a patch is turned before it is placed. */
import type { Vec3 } from '../volume/ctVolume.ts';

export interface PatchOrientation {
  /** Turns about the L, P and S axes, degrees, applied in this order; none by default. */
  readonly rotationDeg?: Vec3;
  /** Mirrors the patch along its own x, y, z before turning. */
  readonly flip?: readonly [boolean, boolean, boolean];
}

const UNIT: readonly [Vec3, Vec3, Vec3] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** Unit vectors of the patch's x, y and z axes in LPS. */
export function patchAxes({
  rotationDeg = [0, 0, 0],
  flip = [false, false, false],
}: PatchOrientation): readonly [Vec3, Vec3, Vec3] {
  const turned = (axis: 0 | 1 | 2): Vec3 => {
    let vector: Vec3 = UNIT[axis];
    if (flip[axis]) vector = [-vector[0], -vector[1], -vector[2]];
    for (const about of [0, 1, 2] as const)
      vector = turn(vector, about, (rotationDeg[about] * Math.PI) / 180);
    return vector;
  };
  return [turned(0), turned(1), turned(2)];
}

function turn(vector: Vec3, about: 0 | 1 | 2, angle: number): Vec3 {
  if (angle === 0) return vector;
  const u = ((about + 1) % 3) as 0 | 1 | 2;
  const v = ((about + 2) % 3) as 0 | 1 | 2;
  const turned: [number, number, number] = [vector[0], vector[1], vector[2]];
  turned[u] = vector[u] * Math.cos(angle) - vector[v] * Math.sin(angle);
  turned[v] = vector[u] * Math.sin(angle) + vector[v] * Math.cos(angle);
  return turned;
}
