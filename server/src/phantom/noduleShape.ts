/** The body of one phantom nodule: an ellipsoid with lobes, its spicules, and what it is made of. */
import type { Random } from '../nn/random.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import type { NoduleSpec } from './nodulePlan.ts';
import type { PhantomSpace } from './space.ts';
import type { Tube } from './tubes.ts';
import { coverTube } from './tubes.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { cbrt, ceil, cos, exp, floor, hypot, max, min, round, sin, sqrt } = Math;

export interface NoduleShape {
  readonly centre: Vec3;
  readonly diameterMm: number;
  /** Distance from the centre to the surface along a unit vector, mm. */
  radius(direction: Vec3): number;
  /** Largest of all radii, mm. */
  readonly reachMm: number;
  readonly spicules: readonly Tube[];
}

const PARENCHYMA = -865;
const SOLID_HU = 38;
const SPICULE_HU = -20;
const GROUND_GLASS_HU = -610;
const PART_SOLID_CORE_HU = 10;
const CALCIFIED_HU = 360;
const CAVITY_HU = -960;
const SUB_SLICES = [-1 / 3, 0, 1 / 3] as const;

export function shapeNodule(spec: NoduleSpec, centre: Vec3, random: Random): NoduleShape {
  const { lobulation, spiculation, sphericity } = spec.characteristics;
  const stretch = 1 + 0.16 * (5 - sphericity);
  const axis = unit(random);
  const lobes = Array.from({ length: 3 + lobulation }, () => ({
    at: unit(random),
    size: 0.6 + 0.8 * random.uniform(),
  }));
  const height = 0.03 + 0.1 * (lobulation - 1);
  const ripples = Array.from({ length: 6 }, () => ({
    along: unit(random),
    times: 4 + 6 * random.uniform(),
    phase: 6.3 * random.uniform(),
  }));
  const roughness = 0.006 + 0.008 * (5 - spec.characteristics.margin) + 0.004 * (spiculation - 1);
  const relative = (direction: Vec3): number => {
    const along = dot(direction, axis);
    const ellipsoid = 1 / sqrt(1 - along * along + (along / stretch) ** 2);
    let bump = 0;
    for (const lobe of lobes) bump += lobe.size * exp(-(1 - dot(direction, lobe.at)) * 7);
    let ripple = 0;
    for (const { along, times, phase } of ripples) ripple += sin(times * dot(direction, along) + phase);
    return ellipsoid * max(0.3, 1 + height * (bump - 0.8) + roughness * ripple);
  };
  // Scaled so that the body's volume is that of the wanted sphere.
  const directions = fibonacciSphere(400);
  const meanCube =
    directions.reduce((sum, direction) => sum + relative(direction) ** 3, 0) / directions.length;
  const scale = spec.diameterMm / 2 / cbrt(meanCube);
  const radius = (direction: Vec3): number => scale * relative(direction);
  const spicules = Array.from({ length: spiculation < 3 ? 0 : 7 * (spiculation - 2) + 4 }, (): Tube => {
    const direction = unit(random);
    const surface = radius(direction);
    const length = spec.diameterMm * (0.2 + 0.34 * random.uniform());
    const sway = unit(random);
    const to: Vec3 = [0, 1, 2].map(
      (n) => centre[n]! + direction[n]! * (surface + length) + 0.25 * length * sway[n]!,
    ) as unknown as Vec3;
    const from: Vec3 = [0, 1, 2].map((n) => centre[n]! + direction[n]! * surface * 0.75) as unknown as Vec3;
    return { from, to, fromMm: 0.07 * spec.diameterMm + 0.3, toMm: 0.4 };
  });
  return {
    centre,
    diameterMm: spec.diameterMm,
    radius,
    reachMm: max(...directions.map(radius)) * 1.05,
    spicules,
  };
}

/** Paints the nodule where the drawing is lung; vessels that run through it stay visible. */
export function paintNodule(
  space: PhantomSpace,
  drawing: { readonly hu: Int16Array; readonly label: Uint8Array },
  spec: NoduleSpec,
  shape: NoduleShape,
  random: Random,
): void {
  const { hu, label } = drawing;
  if (spec.characteristics.texture >= 3)
    for (const spicule of shape.spicules)
      coverTube(space, spicule, (voxel, coverage) => {
        const value = PARENCHYMA + coverage * (SPICULE_HU - PARENCHYMA);
        if (label[voxel] !== 0 && value > hu[voxel]!) hu[voxel] = round(value);
      });
  const material = materialOf(space, spec, shape, random);
  visitBody(space, shape, 3, (voxel, offset) => {
    if (label[voxel] === 0) return;
    let tissue = 0;
    let air = 0;
    for (const sub of SUB_SLICES) {
      const found = material([offset[0], offset[1], offset[2] + sub * space.spacing[2]]);
      tissue += found.hu / SUB_SLICES.length;
      air += found.air / SUB_SLICES.length;
    }
    const filled = max(hu[voxel]!, tissue);
    hu[voxel] = round(filled * (1 - air) + CAVITY_HU * air);
  });
}

/** HU of the nodule at an offset from its centre (parenchyma outside), and the share of air in its cavity. */
function materialOf(
  space: PhantomSpace,
  { characteristics }: NoduleSpec,
  shape: NoduleShape,
  random: Random,
): (offset: Vec3) => { hu: number; air: number } {
  const { texture, margin, calcification, internalStructure } = characteristics;
  const edge = max(space.spacing[0], 0.4 * (6 - margin)) * (texture <= 2 ? 1.6 : 1);
  const within = (surface: number, distance: number, width: number): number =>
    min(1, max(0, (surface - distance) / width + 0.5));
  const coreAt = unit(random);
  const coreShift = 0.14 * shape.diameterMm;
  const waves = Array.from({ length: 7 }, () => ({
    along: unit(random),
    perMm: 0.5 + 1.2 * random.uniform(),
    phase: 6.3 * random.uniform(),
  }));
  const unevenness = texture <= 3 ? 24 : 9;
  return (offset) => {
    const distance = hypot(...offset);
    const surface = shape.radius(distance === 0 ? [0, 0, 1] : scaled(offset, 1 / distance));
    let uneven = 0;
    for (const { along, perMm, phase } of waves) uneven += sin(perMm * dot(offset, along) + phase);
    const body = (texture <= 3 ? GROUND_GLASS_HU : SOLID_HU) + unevenness * uneven;
    let hu = PARENCHYMA + within(surface, distance, edge) * (body - PARENCHYMA);
    if (texture === 3) {
      const away = hypot(...([0, 1, 2] as const).map((n) => offset[n] - coreAt[n] * coreShift));
      const wobble = 1 + 0.05 * uneven;
      hu += within(0.5 * surface * wobble, away, edge + 0.06 * shape.diameterMm) * (PART_SOLID_CORE_HU - hu);
    }
    if (calcification === 3) hu += within(0.75 * surface, distance, edge) * (CALCIFIED_HU - hu);
    const hollow = 0.42 * surface * (1 + 0.06 * uneven);
    return { hu, air: internalStructure === 4 ? within(hollow, distance, edge) : 0 };
  };
}

/** Visits the voxels in and near the body with their offset from its centre, in mm. */
export function visitBody(
  space: PhantomSpace,
  shape: NoduleShape,
  marginMm: number,
  visit: (voxel: number, offset: Vec3, distance: number, surface: number) => void,
): void {
  const at = worldToIndex(space, shape.centre);
  const reach = shape.reachMm + marginMm;
  const low = (axis: 0 | 1 | 2): number => max(0, floor(at[axis] - reach / space.spacing[axis]));
  const high = (axis: 0 | 1 | 2): number =>
    min(space.size[axis] - 1, ceil(at[axis] + reach / space.spacing[axis]));
  for (let k = low(2); k <= high(2); k++)
    for (let j = low(1); j <= high(1); j++)
      for (let i = low(0); i <= high(0); i++) {
        const offset: Vec3 = [
          (i - at[0]) * space.spacing[0],
          (j - at[1]) * space.spacing[1],
          (k - at[2]) * space.spacing[2],
        ];
        const distance = hypot(...offset);
        if (distance > reach) continue;
        const direction: Vec3 =
          distance === 0 ? [0, 0, 1] : [offset[0] / distance, offset[1] / distance, offset[2] / distance];
        visit(i + space.size[0] * (j + space.size[1] * k), offset, distance, shape.radius(direction));
      }
}

/** A random unit vector. */
export function unit(random: Random): Vec3 {
  const z = 2 * random.uniform() - 1;
  const angle = 2 * Math.PI * random.uniform();
  const r = sqrt(1 - z * z);
  return [r * cos(angle), r * sin(angle), z];
}

function fibonacciSphere(count: number): Vec3[] {
  const turn = Math.PI * (3 - sqrt(5));
  return Array.from({ length: count }, (_, n) => {
    const z = 1 - (2 * n + 1) / count;
    const r = sqrt(1 - z * z);
    return [r * cos(turn * n), r * sin(turn * n), z];
  });
}

function scaled(a: Vec3, by: number): Vec3 {
  return [a[0] * by, a[1] * by, a[2] * by];
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
