/** From which side a place is best looked at: the one with the least tissue before it. */
import type { PointLps } from '@nodulelab/contract';

/** Above this the rendering is dense, HU. */
const DENSE_HU = -500;
const DIRECTIONS = 8;
/** All of them look a little down. */
const UP = 0.34;
const STEP_MM = 2;

/** Around the body's axis, the first nearly from the front: none along a side of the box, which would look flat. */
export const sides = (): readonly PointLps[] =>
  Array.from({ length: DIRECTIONS }, (_, n) => {
    const angle = (2 * Math.PI * (n + 0.5)) / DIRECTIONS;
    const flat = Math.sqrt(1 - UP ** 2);
    return [flat * Math.sin(angle), -flat * Math.cos(angle), UP];
  });

/**
 * @param huAt of the CT at a point
 * @param inner from here, mm: what is looked at does not stand before itself
 * @param outer to here
 * @returns unit vector from the place to who looks
 */
export function openSide(
  huAt: (point: PointLps) => number,
  centre: PointLps,
  inner: number,
  outer: number,
): PointLps {
  const tissue = (direction: PointLps): number => {
    // A bundle of rays, as wide as what is looked at.
    const aside: PointLps = [-direction[1], direction[0], 0];
    let dense = 0;
    for (const shift of [-0.7, 0, 0.7])
      for (let along = inner; along <= outer; along += STEP_MM) {
        const point = centre.map(
          (at, axis) => at + along * direction[axis]! + shift * inner * aside[axis]!,
        ) as PointLps;
        if (huAt(point) > DENSE_HU) dense++;
      }
    return dense;
  };
  const [first, ...others] = sides() as [PointLps, ...PointLps[]];
  let best = { direction: first, dense: tissue(first) };
  for (const direction of others) {
    const dense = tissue(direction);
    if (dense < best.dense) best = { direction, dense };
  }
  return best.direction;
}
