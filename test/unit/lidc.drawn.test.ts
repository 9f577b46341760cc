import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BoxMask } from '../../server/src/lidc/boxMask.ts';
import { cropTo, trim } from '../../server/src/lidc/boxMask.ts';
import { maskOfEllipsoid, maskOfOutlines, maskOfRuns } from '../../server/src/lidc/drawnMask.ts';
import { codedRatings, ratingCodes } from '../../server/src/lidc/officialCodes.ts';
import { maskOutlines } from '../../server/src/lidc/officialOutlines.ts';
import type { AnnotatedSeries } from '../../server/src/lidc/nodules.ts';
import { indexToWorld, type Vec3, type VolumeGeometry } from '../../server/src/volume/ctVolume.ts';

/** Oblique, so that a point's way through the patient rounds. */
const geometry: VolumeGeometry = {
  size: [40, 36, 20],
  spacing: [0.7, 0.7, 2.5],
  origin: [-101.3, 57.1, -212.7],
  direction: [
    [0.96, 0.28, 0],
    [-0.28, 0.96, 0],
    [0, 0, 1],
  ],
};
const sops = Array.from({ length: geometry.size[2] }, (_, k) => `1.2.${k + 1}`);
const series: AnnotatedSeries = {
  geometry,
  sliceIndexOf: (uid) => (sops.includes(uid) ? sops.indexOf(uid) : undefined),
};
const point = (i: number, j: number, k: number): Vec3 => indexToWorld(geometry, [i, j, k]);

/** Pixels of a mask on one slice, as `column row`. */
function pixels({ box, bits }: BoxMask): string[] {
  const [ni, nj] = [box.max[0] - box.min[0], box.max[1] - box.min[1]];
  return [...bits].flatMap((bit, at) =>
    bit === 0 ? [] : `${box.min[0] + (at % ni)} ${box.min[1] + (Math.floor(at / ni) % nj)}`,
  );
}

const outline = (points: readonly (readonly [number, number])[], inclusion = true) => ({
  sopInstanceUID: sops[4]!,
  inclusion,
  points: points.map(([i, j]) => point(i, j, 4)),
});

const someMask = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }))
  .chain(([ni, nj, nk]) =>
    fc.record({
      min: fc.constant([5, 7, 3] as const),
      size: fc.constant([ni, nj, nk] as const),
      bits: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: ni * nj * nk, maxLength: ni * nj * nk }),
    }),
  )
  .filter(({ bits }) => bits.includes(1));

describe('outlines that a user draws', () => {
  test('hold the pixels whose centres lie within, none that they run through', () => {
    const square = outline([
      [10, 10],
      [13, 10],
      [13, 13],
      [10, 13],
    ]);
    expect(pixels(maskOfOutlines([square], series))).toEqual(['11 11', '12 11', '11 12', '12 12']);
    const freehand = outline([
      [9.6, 9.7],
      [12.4, 9.5],
      [12.3, 11.2],
      [9.8, 11.4],
    ]);
    expect(pixels(maskOfOutlines([freehand], series))).toEqual([
      ...['10 10', '11 10', '12 10'],
      ...['10 11', '11 11', '12 11'],
    ]);
  });

  test('have holes, with the points of the hole', () => {
    const around = outline([
      [9, 9],
      [13, 9],
      [13, 13],
      [9, 13],
    ]);
    const hole = outline([[11, 11]], false);
    expect(pixels(maskOfOutlines([hole, around], series))).toEqual([
      ...['10 10', '11 10', '12 10', '10 11', '12 11', '10 12', '11 12', '12 12'],
    ]);
  });

  test('made of any mask give that mask again', () => {
    fc.assert(
      fc.property(someMask, ({ min, size, bits }) => {
        const max = min.map((low, axis) => low + size[axis]!) as unknown as Vec3;
        const mask = trim({ box: { min, max }, bits: Uint8Array.from(bits) });
        const drawn = maskOutlines(mask, sops).map(({ sopInstanceUID, inclusion, points }) => ({
          ...{ sopInstanceUID, inclusion },
          points: points.map(([i, j]) => point(i, j, sops.indexOf(sopInstanceUID))),
        }));
        expect(maskOfOutlines(drawn, series)).toEqual(mask);
      }),
      { numRuns: 150 },
    );
  });

  test('do not count where their points are off their slice', () => {
    const slanted = { ...outline([]), points: [point(10, 10, 4), point(13, 10, 4), point(13, 13, 6)] };
    expect(() => maskOfOutlines([slanted], series)).toThrow(/do not lie on its image/);
  });
});

describe('a labelmap of the viewer', () => {
  test('is the same mask whichever way its axes run', () => {
    fc.assert(
      fc.property(
        someMask,
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        ({ min, size, bits }, flips) => {
          const max = min.map((low, axis) => low + size[axis]!) as unknown as Vec3;
          const own = (at: number, axis: 0 | 1 | 2): number =>
            flips[axis] ? max[axis] - 1 - at : min[axis] + at;
          const mask = { box: { min, max }, bits: Uint8Array.from(bits) };
          const runs: number[] = [0];
          let inside = 0;
          for (let k = 0; k < size[2]; k++)
            for (let j = 0; j < size[1]; j++)
              for (let i = 0; i < size[0]; i++) {
                const at: Vec3 = [own(i, 0), own(j, 1), own(k, 2)];
                const [bit] = cropTo(mask, { min: at, max: [at[0] + 1, at[1] + 1, at[2] + 1] });
                if (bit !== inside) runs.push(0);
                inside = bit!;
                runs[runs.length - 1]! += 1;
              }
          const turned = ([0, 1, 2] as const).map((axis) =>
            geometry.direction[axis].map((value) => (flips[axis] ? -value : value)),
          ) as unknown as VolumeGeometry['direction'];
          const drawn = {
            ...{ size, runs, spacing: geometry.spacing, direction: turned },
            origin: point(own(0, 0), own(0, 1), own(0, 2)),
          };
          expect(maskOfRuns(drawn, geometry)).toEqual(trim(mask));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('an ellipsoid', () => {
  test('has its volume and its place, however it is turned', () => {
    const fine: VolumeGeometry = { ...geometry, size: [90, 90, 90], spacing: [0.4, 0.4, 0.4] };
    const centre = indexToWorld(fine, [45.2, 44.7, 46.1]);
    for (const axes of [
      geometry.direction,
      [
        [0, 0.6, 0.8],
        [0, -0.8, 0.6],
        [1, 0, 0],
      ],
    ] as const) {
      const { box, bits } = maskOfEllipsoid({ centre, radiiMm: [5, 7, 9], axes: axes as never }, fine);
      const voxels = bits.reduce((sum, bit) => sum + bit, 0);
      const volume = (4 / 3) * Math.PI * 5 * 7 * 9;
      expect(Math.abs(voxels * 0.4 ** 3 - volume) / volume).toBeLessThan(0.01);
      const widths = box.max.map((high, axis) => (high - box.min[axis]!) * 0.4);
      expect(Math.max(...widths)).toBeLessThan(18.9);
    }
  });
});

describe('what is drawn wrongly is refused with what to do', () => {
  const upright: readonly [Vec3, Vec3, Vec3] = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const box = { size: [2, 2, 2] as const, spacing: geometry.spacing, direction: geometry.direction };
  const at = (i: number, j: number, k: number) => ({ ...box, origin: point(i, j, k) });
  const cases: [string, () => unknown, RegExp][] = [
    [
      'an empty mask',
      () => maskOfRuns({ ...at(9, 9, 3), runs: [8] }, geometry),
      /no voxel .* draw at least one/,
    ],
    [
      'a mask at the edge of the images',
      () => maskOfRuns({ ...at(0, 9, 3), runs: [0, 8] }, geometry),
      /edge/,
    ],
    [
      'a mask outside the CT',
      () => maskOfRuns({ ...at(9, 9, 19), runs: [0, 8] }, geometry),
      /outside the CT/,
    ],
    [
      'a mask beside the voxels',
      () => maskOfRuns({ ...at(9.5, 9, 3), runs: [0, 8] }, geometry),
      /not on the grid/,
    ],
    [
      'axes that are not at right angles',
      () =>
        maskOfEllipsoid(
          { centre: point(20, 20, 9), radiiMm: [5, 5, 5], axes: [upright[0], upright[0], upright[2]] },
          geometry,
        ),
      /right angles/,
    ],
    [
      'an outline on an image of another series',
      () => maskOfOutlines([{ ...outline([[9, 9]]), sopInstanceUID: '1.3' }], series),
      /image 1\.3/,
    ],
    [
      'an outline around nothing',
      () =>
        maskOfOutlines(
          [
            outline([
              [9, 9],
              [12, 9],
            ]),
          ],
          series,
        ),
      /no voxel/,
    ],
    [
      'an outline that runs over a whole image of 105 mm',
      () =>
        maskOfOutlines(
          [
            outline([
              [1, 1],
              [149, 1],
              [149, 149],
            ]),
          ],
          { ...series, geometry: { ...geometry, size: [150, 150, 20] } },
        ),
      /102 mm wide.*at most 60 mm/,
    ],
  ];
  test.each(cases)('%s', (_, draw, message) => {
    expect(draw).toThrow(message);
  });
});

test('ratings coded for a report are read from it again, every one of them', () => {
  const most = { internalStructure: 4, calcification: 6 } as Record<string, number>;
  for (let rating = 1; rating <= 6; rating++) {
    const ratings = Object.fromEntries(
      [
        ...['subtlety', 'internalStructure', 'calcification', 'sphericity', 'margin'],
        ...['lobulation', 'spiculation', 'texture', 'malignancy'],
      ].map((name) => [name, Math.min(rating, most[name] ?? 5)]),
    ) as never;
    const evaluations = ratingCodes(ratings);
    expect(codedRatings({ evaluations })).toEqual({ ratings });
    expect(evaluations.every(({ value }) => value.meaning.length > 0 && value.value.length <= 16)).toBe(true);
  }
});
