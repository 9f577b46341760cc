import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boxSize, type BoxMask } from '../../server/src/lidc/boxMask.ts';
import { noduleMask } from '../../server/src/lidc/contourMask.ts';
import { groupMarks } from '../../server/src/lidc/grouping.ts';
import { parseLidcXml } from '../../server/src/lidc/xml.ts';
import { lidcXml, sopAt, type XmlSession } from '../support/lidcXml.ts';

type Point = readonly [number, number];

/** An outline as readers draw it: from corner to corner in steps to one of the eight neighbours, and closed. */
function drawn(corners: readonly Point[]): Point[] {
  return corners.flatMap(([x, y], at) => {
    const [toX, toY] = corners[(at + 1) % corners.length] ?? [x, y];
    const steps = Math.max(Math.abs(toX - x), Math.abs(toY - y));
    return Array.from({ length: Math.max(1, steps) }, (_, step): Point => [
      x + Math.round(((toX - x) * step) / Math.max(1, steps)),
      y + Math.round(((toY - y) * step) / Math.max(1, steps)),
    ]);
  });
}

const corner = fc.tuple(fc.integer({ min: 5, max: 30 }), fc.integer({ min: 5, max: 30 }));
const outline = fc.array(corner, { minLength: 3, maxLength: 9 }).map(drawn);
const key = (x: number, y: number) => x + 64 * y;

function pixels(mask: BoxMask | undefined): Set<number> {
  if (!mask) return new Set();
  const [ni, nj] = boxSize(mask.box);
  return new Set(
    Array.from(mask.bits.keys())
      .filter((at) => mask.bits[at])
      .map((at) => key(mask.box.min[0] + (at % ni), mask.box.min[1] + (Math.floor(at / ni) % nj))),
  );
}

describe('masks of any outline', () => {
  const maskOf = (points: readonly Point[]) => pixels(noduleMask([{ slice: 0, inclusion: true, points }]));

  test('hold no pixel of the outline, and end where the outline is', () => {
    let filled = 0;
    fc.assert(
      fc.property(outline, (points) => {
        const inside = maskOf(points);
        const border = new Set(points.map(([x, y]) => key(x, y)));
        if (inside.size > 0) filled++;
        for (const at of inside) {
          expect(border.has(at)).toBe(false);
          // The first pixel outside, in each of the four directions, is a pixel of the outline.
          for (const next of [at - 1, at + 1, at - 64, at + 64])
            expect(inside.has(next) || border.has(next)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(filled).toBeGreaterThan(200);
  });

  test('are the pixels from which a ray meets the outline an odd number of times', () => {
    fc.assert(
      fc.property(outline, (points) => {
        const border = new Set(points.map(([x, y]) => key(x, y)));
        const expected = new Set<number>();
        for (let y = 0; y < 40; y++)
          for (let x = 0; x < 40; x++) {
            // A ray upwards along x + 1/4: no corner lies on it, and it starts off every edge.
            const meets = points.filter(([x1, y1], at) => {
              const [x2, y2] = points[(at + 1) % points.length] ?? [x1, y1];
              const part = (x + 0.25 - x1) / (x2 - x1);
              return x1 !== x2 && part > 0 && part < 1 && y1 + part * (y2 - y1) > y;
            });
            if (meets.length % 2 === 1 && !border.has(key(x, y))) expected.add(key(x, y));
          }
        expect([...maskOf(points)].sort()).toEqual([...expected].sort());
      }),
      { numRuns: 100 },
    );
  });

  test('do not depend on where the outline begins and which way it runs', () => {
    fc.assert(
      fc.property(outline, fc.nat(), (points, start) => {
        const turn = start % points.length;
        const turned = [...points.slice(turn), ...points.slice(0, turn)].reverse();
        expect([...maskOf(turned)].sort()).toEqual([...maskOf(points)].sort());
      }),
    );
  });
});

describe('groups of any marks', () => {
  const place = fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 0, max: 40 })));
  const marks = fc.array(fc.array(place, { minLength: 1, maxLength: 5 }), { maxLength: 14 });
  const group = (of: readonly number[][][], mm: number) =>
    groupMarks(
      of.map((points) => Float64Array.from(points.flat())),
      mm,
    );
  const distance = (a: number[][], b: number[][]) =>
    Math.min(
      ...a.flatMap((p) => b.map((q) => Math.hypot(...p.map((value, axis) => value - (q[axis] ?? 0))))),
    );

  test('hold every mark once', () => {
    fc.assert(
      fc.property(marks, fc.double({ min: 0.5, max: 8, noNaN: true }), (of, mm) => {
        const groups = group(of, mm);
        expect(groups.flat().sort((a, b) => a - b)).toEqual([...of.keys()]);
      }),
    );
  });

  test('do not depend on the order of the marks', () => {
    fc.assert(
      fc.property(marks, fc.infiniteStream(fc.nat()), (of, draws) => {
        const order = [...of.keys()]
          .map((index) => ({ index, draw: draws.next().value as number }))
          .sort((a, b) => a.draw - b.draw)
          .map(({ index }) => index);
        const named = (groups: number[][], name: (index: number) => number) =>
          groups
            .map((one) =>
              one
                .map(name)
                .sort((a, b) => a - b)
                .join(),
            )
            .sort();
        const shuffled = group(
          order.map((index) => of[index] ?? []),
          4,
        );
        expect(named(shuffled, (index) => order[index] ?? -1)).toEqual(named(group(of, 4), (index) => index));
      }),
    );
  });

  test('of at most four marks each are the chains of marks within the tolerance', () => {
    fc.assert(
      fc.property(marks, (of) => {
        const groups = group(of, 4);
        const groupOf = (index: number) => groups.findIndex((one) => one.includes(index));
        of.forEach((a, first) =>
          of.forEach((b, second) => {
            // Never apart where they touch; never together, without others between them, beyond the tolerance.
            if (distance(a, b) === 0) expect(groupOf(first)).toBe(groupOf(second));
            if (groups[groupOf(first)]?.length === 2 && groupOf(first) === groupOf(second))
              expect(distance(a, b)).toBeLessThanOrEqual(4);
          }),
        );
      }),
    );
  });
});

test('what is written as annotations is read back as it was', () => {
  const rating = (highest: number) => fc.integer({ min: 1, max: highest });
  const ratings = fc.tuple(...[5, 4, 6, 5, 5, 5, 5, 5, 5].map(rating));
  const pixel = fc.tuple(fc.nat({ max: 511 }), fc.nat({ max: 511 }));
  const contour = fc.record({
    z: fc.integer({ min: -900, max: 900 }),
    inclusion: fc.boolean(),
    // Neighbours lie near each other: an outline of long jumps is refused.
    points: fc.array(corner, { minLength: 2, maxLength: 30 }),
  });
  const mark = fc.record({ ratings, contours: fc.array(contour, { minLength: 1, maxLength: 4 }) });
  const session = fc.record({
    marks: fc.array(mark, { maxLength: 4 }),
    nonNodules: fc.array(fc.record({ point: pixel }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(session, { maxLength: 4 }), (drawnSessions) => {
      const sessions = drawnSessions.map(({ marks, nonNodules }) => ({
        marks: marks.map((one, at) => ({ id: `n${at}`, ...one })),
        nonNodules: nonNodules.map((one, at) => ({ id: `o${at}`, ...one })),
      })) satisfies XmlSession[];
      const found = parseLidcXml(lidcXml(sessions), 'case.xml');
      if (found.kind !== 'ct') throw new Error('expected CT annotations');
      expect(found.readers).toBe(sessions.length);
      expect(
        found.marks.map(({ reader, markId, characteristics, contours }) => ({
          reader,
          markId,
          ratings: Object.values(characteristics ?? {}),
          contours,
        })),
      ).toEqual(
        sessions.flatMap(({ marks }, reader) =>
          marks.map(({ id, ratings: given, contours }) => ({
            reader,
            markId: id,
            ratings: given,
            contours: contours.map(({ z, inclusion, points }) => ({
              sopInstanceUID: sopAt(z),
              z,
              inclusion,
              points,
            })),
          })),
        ),
      );
      expect(found.nonNodules.map(({ reader, markId, point }) => ({ reader, markId, point }))).toEqual(
        sessions.flatMap(({ nonNodules }, reader) =>
          nonNodules.map(({ id, point }) => ({ reader, markId: id, point })),
        ),
      );
      expect(found.problems.filter(({ leftOut }) => leftOut !== undefined)).toEqual([]);
    }),
  );
});
