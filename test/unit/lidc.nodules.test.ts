import { describe, expect, test } from '@jest/globals';
import { groupMarks } from '../../server/src/lidc/grouping.ts';
import { noduleMask } from '../../server/src/lidc/contourMask.ts';
import { lidcNodules } from '../../server/src/lidc/nodules.ts';
import { sliceFinder } from '../../server/src/lidc/sliceFinder.ts';
import { parseLidcXml, type LidcAnnotations } from '../../server/src/lidc/xml.ts';
import { worldToIndex, type VolumeGeometry } from '../../server/src/volume/ctVolume.ts';
import { lidcXml, RATINGS, ringAround, SERIES, sopAt, type XmlSession } from '../support/lidcXml.ts';

const geometry: VolumeGeometry = {
  size: [64, 64, 10],
  spacing: [0.7, 0.7, 2],
  origin: [-20, -30, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};
const sops = Array.from({ length: 10 }, (_, k) => sopAt(2 * k));
const series = { geometry, sliceIndexOf: sliceFinder(sops, geometry) };

function annotations(sessions: readonly XmlSession[]): LidcAnnotations {
  const parsed = parseLidcXml(lidcXml(sessions), 'case.xml');
  if (parsed.kind !== 'ct') throw new Error('expected CT annotations');
  return parsed;
}

/** A block of lesion pixels from slice z = 4 mm to 8 mm. */
const block = (id: string, x: number, malignancy: number, width = 6) => ({
  id,
  ratings: [...RATINGS.slice(0, 8), malignancy],
  contours: [4, 6, 8].map((z) => ({ z, points: ringAround(x, 20, x + width - 1, 25) })),
});

describe('nodules of a series', () => {
  const four = [
    { marks: [block('a', 20, 5), block('far', 50, 1)] },
    { marks: [block('b', 20, 4)] },
    { marks: [block('c', 21, 3)] },
    { marks: [block('d', 21, 2)] },
  ];

  test('marks of the same place become one nodule, larger nodules come first', () => {
    const nodules = lidcNodules(annotations(four), series);
    expect(
      nodules.map(({ readers, marks }) => [readers, marks.map(({ markId }) => markId).join('')]),
    ).toEqual([
      [4, 'abcd'],
      [1, 'far'],
    ]);
  });

  test('centre, diameter and characteristics come from the consensus in the patient', () => {
    const [nodule] = lidcNodules(annotations(four), series);
    // Columns 20–26 (half of the readers suffices), rows 20–25, slices 2–4.
    expect(nodule?.mask.box).toEqual({ min: [20, 20, 2], max: [27, 26, 5] });
    expect(nodule?.maskOf).toBe('consensus');
    expect(nodule?.centre[0]).toBeCloseTo(-20 + 23 * 0.7, 6);
    expect(nodule?.centre[1]).toBeCloseTo(-30 + 22.5 * 0.7, 6);
    expect(nodule?.centre[2]).toBeCloseTo(6, 6);
    expect(nodule?.diameterMm).toBeCloseTo(0.7 * (Math.hypot(6, 5) + 1), 6);
    expect(nodule?.characteristics?.malignancy).toBe(3.5);
    expect(nodule?.marks[0]?.contours[0]?.points[0]).toEqual([-20 + 19 * 0.7, -30 + 19 * 0.7, 4]);
  });

  test('the outlines of the consensus enclose its voxels, no more and no fewer, on their own slices', () => {
    const [nodule] = lidcNodules(annotations(four), series);
    const drawn = nodule!.consensusContours.map(({ sopInstanceUID, inclusion, points }) => ({
      inclusion,
      slice: sops.indexOf(sopInstanceUID),
      points: points.map((point) => {
        const [x, y] = worldToIndex(geometry, point);
        return [Math.round(x), Math.round(y)] as const;
      }),
    }));
    expect(drawn.map(({ slice }) => slice)).toEqual([2, 3, 4]);
    expect(noduleMask(drawn)).toEqual(nodule!.mask);
  });

  test('what a single reader drew is the consensus as he drew it', () => {
    const nodule = lidcNodules(annotations(four), series)[1]!;
    expect(nodule.readers).toBe(1);
    expect(nodule.consensusContours).toEqual(nodule.marks[0]!.contours);
    expect(nodule.consensusContours).toHaveLength(3);
  });

  test('a nodule keeps its identity when sessions repeat the import, and loses it when its marks differ', () => {
    const idOf = (sessions: readonly XmlSession[]) =>
      lidcNodules(annotations(sessions), series).map(({ id }) => id);
    expect(idOf(four)).toEqual(idOf(four));
    expect(idOf([{ marks: [...(four[0]?.marks ?? [])].reverse() }, ...four.slice(1)])).toEqual(idOf(four));
    expect(idOf(four.slice(0, 3))[0]).not.toBe(idOf(four)[0]);
  });

  test('where no voxel lies inside any outline the outline itself stands for the nodule', () => {
    const tiny: [number, number][] = [
      [5, 5],
      [6, 5],
      [6, 6],
      [5, 6],
    ];
    const [nodule] = lidcNodules(
      annotations([{ marks: [{ id: 't', ratings: RATINGS, contours: [{ z: 2, points: tiny }] }] }]),
      series,
    );
    expect(nodule).toMatchObject({ maskOf: 'outline', readers: 1 });
    expect(nodule?.diameterMm).toBeCloseTo(0.7 * (Math.SQRT2 + 1), 6);
  });

  test('a slice is found by z where its UID is unknown, within half a slice', () => {
    expect(series.sliceIndexOf('9.9', 8.9)).toBe(4);
    expect(series.sliceIndexOf('9.9', -1.5)).toBeUndefined();
    expect(series.sliceIndexOf('9.9', undefined)).toBeUndefined();
    expect(series.sliceIndexOf(sopAt(6), 99)).toBe(3);
  });

  test('a mark on a slice that the series does not have is an error that names both', () => {
    const missing = annotations([
      { marks: [{ ...block('x', 20, 3), contours: [{ z: 400, points: ringAround(3, 3, 6, 6) }] }] },
    ]);
    expect(() => lidcNodules(missing, series)).toThrow(
      expect.objectContaining({
        kind: 'not-found',
        message: expect.stringMatching(new RegExp(`${sopAt(400)}.*${SERIES}`)),
      }),
    );
  });

  test('a mark outside the image says that the XML belongs to another series', () => {
    expect(() => lidcNodules(annotations([{ marks: [block('x', 60, 3)] }]), series)).toThrow(
      /another series/,
    );
  });
});

describe('grouping marks', () => {
  /** One point per mark, at x mm. */
  const at = (...xs: number[]) => xs.map((x) => Float64Array.of(x, 0, 0));

  test('joins marks within the tolerance, and chains of them', () => {
    expect(groupMarks(at(0, 10, 1.9, 3.8), 2)).toEqual([[0, 2, 3], [1]]);
  });

  test('lowers the tolerance by tenths until no group holds more than four marks', () => {
    // Two pairs and a triple, 1.7 mm apart: one group of seven at 2 mm, three at 1.62 mm.
    expect(groupMarks(at(0, 0.5, 2.2, 2.7, 4.4, 4.6, 4.8), 2)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5, 6],
    ]);
  });

  test('gives up where more than four marks lie in one place', () => {
    expect(groupMarks(at(0, 0, 0, 0, 0), 2)).toEqual([[0, 1, 2, 3, 4]]);
  });
});
