import { describe, expect, test } from '@jest/globals';
import type { PointLps } from '@nodulelab/contract';
import { angleBetween, axisAlong, handleAt, pulledDiameter } from '../../extension/src/geometry/handles.ts';
import {
  applied,
  type Axis,
  carrying,
  type Pose,
  turnAbout,
  turnedFurther,
  turnOf,
  wholeTurn,
} from '../../extension/src/geometry/pose.ts';
import { patchAxes } from '../../server/src/insertion/orientation.ts';

const ring = { centre: [100, 100], radius: 30, knob: [100, 50] } as const;

describe('what is under the pointer on a ring', () => {
  test('its inside moves it, its edge pulls it, its knob turns it, and all around it is the viewer’s', () => {
    expect(handleAt(ring, [100, 100])).toBe('move');
    expect(handleAt(ring, [118, 108])).toBe('move');
    expect(handleAt(ring, [130, 100])).toBe('size');
    expect(handleAt(ring, [75, 100])).toBe('size');
    expect(handleAt(ring, [103, 47])).toBe('turn');
    expect(handleAt(ring, [140, 100])).toBeNull();
    expect(handleAt(ring, [118, 50])).toBeNull();
  });

  test('a ring of a few pixels can be moved as well as pulled', () => {
    const small = { ...ring, radius: 7 };
    expect(handleAt(small, [103, 100])).toBe('move');
    expect(handleAt(small, [108, 100])).toBe('size');
  });
});

describe('a pull on the edge', () => {
  test('through the middle changes the diameter by twice its way', () => {
    expect(pulledDiameter(12, 0, 3)).toBeCloseTo(18, 9);
    expect(pulledDiameter(12, 0, -2)).toBeCloseTo(8, 9);
  });

  test('beside the middle gives the ball whose cut there has the pulled edge', () => {
    // A ball of 10 mm is cut in a circle of 8 mm 3 mm away from its middle; pulled to 8 mm that of one of 17.1 mm.
    expect(pulledDiameter(10, 3, 0)).toBeCloseTo(10, 9);
    expect(pulledDiameter(10, 3, 4)).toBeCloseTo(2 * Math.hypot(8, 3), 9);
  });

  test('beyond the middle ends there', () => {
    expect(pulledDiameter(10, 3, -20)).toBe(6);
  });
});

describe('a turn', () => {
  test('is about the axis that the plane is looked at along, oblique or not', () => {
    expect([axisAlong([0, 0, -1]), axisAlong([0.2, -0.9, 0.3]), axisAlong([1, 0, 0])]).toEqual([2, 1, 0]);
  });

  test('of the pointer counts from -180 to 180, against the sun seen from the head of the axis', () => {
    expect(angleBetween([1, 0, 0], [0, 2, 0], 2)).toBeCloseTo(90, 9);
    expect(angleBetween([0, 1, 7], [1, 0, -3], 2)).toBeCloseTo(-90, 9);
    expect(angleBetween([0, 0, 1], [1, 0, 0], 1)).toBeCloseTo(90, 9);
  });

  test('is the one that the server makes of the same numbers', () => {
    const turnDeg: PointLps = [20, -35, 110];
    const matrix = turnOf(turnDeg);
    patchAxes({ rotationDeg: turnDeg }).forEach((axis, n) => {
      const unit = [0, 1, 2].map((along) => Number(along === n)) as PointLps;
      applied(matrix, unit).forEach((value, along) => expect(value).toBeCloseTo(axis[along]!, 9));
    });
  });

  test('on top of others is a turn of the nodule as it lies, in whole degrees', () => {
    for (const [before, axis, degrees] of [
      [[0, 0, 170], 2, 25],
      [[30, 0, 0], 0, -60],
      [[30, -20, 50], 2, 77],
      [[30, -20, 50], 0, 40],
      [[30, -20, 50], 1, -65],
      [[10, 90, 0], 0, 20],
    ] as [PointLps, Axis, number][]) {
      const after = turnOf(turnedFurther(before, axis, degrees));
      for (const unit of [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ] as PointLps[]) {
        const wanted = applied(turnAbout(axis, degrees), applied(turnOf(before), unit));
        applied(after, unit).forEach((value, along) =>
          expect(Math.abs(value - wanted[along]!)).toBeLessThan(0.03),
        );
      }
    }
    expect(turnedFurther([0, 0, 170], 2, 25)).toEqual([0, 0, -165]);
    expect(turnedFurther([0, 40, 0], 1, 100)).toEqual([0, 140, 0]);
    expect([wholeTurn(-180), wholeTurn(540.4), wholeTurn(-0.2)]).toEqual([180, 180, 0]);
  });
});

describe('carrying a nodule', () => {
  const from: Pose = { place: [10, 20, 30], diameterMm: 10, turnDeg: [0, 0, 0] };

  test('moves, widens and turns every point of it', () => {
    const to: Pose = { place: [0, 0, 5], diameterMm: 20, turnDeg: [0, 0, 90] };
    expect(carrying(from, to)([10, 20, 30])).toEqual([0, 0, 5]);
    carrying(from, to)([13, 20, 31]).forEach((value, axis) => expect(value).toBeCloseTo([0, 6, 7][axis]!, 9));
  });

  test('there and back again is where it was', () => {
    const to: Pose = { place: [-4, 3, 5], diameterMm: 7, turnDeg: [12, -80, 131] };
    carrying(
      to,
      from,
    )(carrying(from, to)([11, 25, 27])).forEach((value, axis) =>
      expect(value).toBeCloseTo([11, 25, 27][axis]!, 9),
    );
  });
});
