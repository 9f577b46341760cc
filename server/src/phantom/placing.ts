/** Finds places for the phantom's nodules: free in the lung, on the pleura, or on an artery. */
import type { Random } from '../nn/random.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { LungSpace, Side } from './lungSpace.ts';
import type { NoduleSpec } from './nodulePlan.ts';
import type { PhantomSpace } from './space.ts';
import type { Tube } from './tubes.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, hypot } = Math;

export interface PlacedNodule {
  readonly spec: NoduleSpec;
  readonly centre: Vec3;
}

/** Free lung between two nodules, mm. */
const APART_MM = 8;
const TRIES = 400;

/** Right and left in turn; throws where the lungs are too small for the nodules. */
export function placeNodules(
  space: PhantomSpace,
  lung: LungSpace,
  arteries: readonly Tube[],
  specs: readonly NoduleSpec[],
  random: Random,
): PlacedNodule[] {
  const placed: PlacedNodule[] = [];
  specs.forEach((spec, n) => {
    const sides: Side[] = n % 2 === 0 ? [1, 2] : [2, 1];
    for (const side of sides)
      for (let tries = 0; tries < TRIES; tries++) {
        const centre = candidate(space, lung, arteries, spec, side, random);
        if (centre === null || !free(placed, spec, centre)) continue;
        placed.push({ spec, centre });
        return;
      }
    throw new NoduleLabError(
      'invalid-input',
      `The phantom's lungs have no room for the nodule "${spec.name}" of ${spec.diameterMm} mm: use a larger grid or fewer nodules.`,
    );
  });
  return placed;
}

/** A place for something small, away from the nodules. */
export function placeSmall(lung: LungSpace, taken: readonly Vec3[], random: Random): Vec3 | null {
  for (let tries = 0; tries < TRIES; tries++) {
    const place = lung.pick(random, random.uniform() < 0.5 ? 1 : 2, 6, 30);
    if (place !== null && taken.every((other) => distance(other, place) > 25)) return place;
  }
  return null;
}

function candidate(
  space: PhantomSpace,
  lung: LungSpace,
  arteries: readonly Tube[],
  spec: NoduleSpec,
  side: Side,
  random: Random,
): Vec3 | null {
  const radius = spec.diameterMm / 2;
  if (spec.setting === 'juxta-pleural') {
    const place = lung.pick(random, side, 0.35 * radius, 0.75 * radius);
    // Chest wall, not mediastinum or diaphragm: deeper lung lies straight towards the middle.
    if (place === null || abs(place[0]) < 75 * space.scale) return null;
    const inward: Vec3 = [place[0] * (1 - (2 * radius) / abs(place[0])), place[1], place[2]];
    return lung.depthAt(inward) > lung.depthAt(place) + radius ? place : null;
  }
  if (spec.setting === 'vessel-attached') {
    const artery = arteries[random.integer(arteries.length)]!;
    const wide = artery.toMm > 0.9 * space.scale && artery.toMm < 2.2 * space.scale;
    if (!wide || lung.sideAt(artery.to) !== side || lung.depthAt(artery.to) < radius + 4) return null;
    return [artery.to[0], artery.to[1] + 0.7 * radius, artery.to[2]];
  }
  const place = lung.pick(random, side, radius + 4, 100);
  if (place === null) return null;
  const clear = arteries.every(
    (artery) => artery.toMm < 1.3 * space.scale || distance(artery.to, place) > radius + artery.toMm + 2,
  );
  return clear ? place : null;
}

function free(placed: readonly PlacedNodule[], spec: NoduleSpec, centre: Vec3): boolean {
  return placed.every(
    (other) => distance(other.centre, centre) > (other.spec.diameterMm + spec.diameterMm) / 2 + APART_MM,
  );
}

function distance(a: Vec3, b: Vec3): number {
  return hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
