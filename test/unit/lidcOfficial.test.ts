/** The official form on a small CT: placement, outlines, pairing of segmentations and reports, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { readSegmentation } from '../../server/src/dicom/segmentation.ts';
import { readMeasurementReport } from '../../server/src/dicom/structuredReport.ts';
import { boxSize, cropTo } from '../../server/src/lidc/boxMask.ts';
import { noduleMask } from '../../server/src/lidc/contourMask.ts';
import { officialNodules } from '../../server/src/lidc/official.ts';
import { compareForms } from '../../server/src/lidc/officialComparison.ts';
import { sliceOutlines } from '../../server/src/lidc/officialOutlines.ts';
import { segmentMask } from '../../server/src/lidc/officialPlacement.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import { ctFiles, smallVolume } from '../support/ctFiles.ts';
import { EVALUATIONS, reportFile, segFile, type ReportToWrite, type SegToWrite } from '../support/segFile.ts';

const [COLUMNS, ROWS, SLICES] = [12, 10, 6];
const ct = readCtSeries(ctFiles(smallVolume([COLUMNS, ROWS, SLICES])));

interface Lesion {
  readonly id?: string;
  readonly nodule?: number;
  /** Columns and rows of a rectangle, on slices `slices`. */
  readonly at: readonly [number, number];
  readonly to: readonly [number, number];
  readonly slices?: readonly number[];
}

function rectangle({ at, to }: Lesion): Uint8Array {
  return Uint8Array.from({ length: COLUMNS * ROWS }, (_, pixel) => {
    const [x, y] = [pixel % COLUMNS, Math.floor(pixel / COLUMNS)];
    return x >= at[0] && x <= to[0] && y >= at[1] && y <= to[1] ? 1 : 0;
  });
}

const uidOf = (number: number): string => `1.2.826.9.${number}`;

/** One annotation as the archive delivers it: a segmentation with one segment. */
function seg(number: number, lesion: Lesion, change: Partial<SegToWrite> = {}) {
  const { id = `A${number}`, nodule = 1, slices = [2, 3] } = lesion;
  return segFile({
    name: `seg-${number}.dcm`,
    sopInstanceUID: uidOf(number),
    seriesNumber: number,
    frameOfReferenceUID: ct.frameOfReferenceUID,
    referencedSeries: ct.seriesInstanceUID,
    rows: ROWS,
    columns: COLUMNS,
    pixelSpacing: [ct.volume.spacing[1], ct.volume.spacing[0]],
    segments: [
      {
        number: 1,
        label: `Nodule ${nodule} - Annotation ${id}`,
        trackingId: `Nodule ${nodule}`,
        trackingUid: `1.2.826.8.${nodule}`,
      },
    ],
    frames: slices.map((k) => ({
      segment: 1,
      position: indexToWorld(ct.volume, [0, 0, k]),
      source: ct.slices[k]?.sopInstanceUID ?? '',
      bits: rectangle(lesion),
    })),
    ...change,
  });
}

function report(number: number, change: Partial<ReportToWrite> = {}) {
  return reportFile({
    name: `report-${number}.dcm`,
    sopInstanceUID: `1.2.826.7.${number}`,
    segment: { sopInstanceUID: uidOf(number), number: 1 },
    sourceSeries: ct.seriesInstanceUID,
    evaluations: EVALUATIONS,
    ...change,
  });
}

function nodulesOf(segs: readonly ReturnType<typeof seg>[], reports: readonly ReturnType<typeof report>[]) {
  return officialNodules(
    {
      segmentations: segs.map(readSegmentation),
      reports: reports.flatMap((file) => readMeasurementReport(file) ?? []),
    },
    ct,
  );
}

const SMALL: Lesion = { at: [4, 3], to: [6, 5] };
const LARGE: Lesion = { at: [3, 2], to: [7, 6] };
const ELSEWHERE: Lesion = { at: [9, 7], to: [9, 8], nodule: 2, slices: [1] };

describe('nodules of official segmentations and reports', () => {
  test('have the marks, ratings, consensus and place that the objects say', () => {
    const { nodules, problems } = nodulesOf(
      [seg(1, SMALL), seg(2, LARGE), seg(3, ELSEWHERE)],
      [report(3), report(1), report(2)],
    );
    expect(problems).toEqual([]);
    expect(nodules.map(({ readers, marks }) => [readers, marks.map(({ markId }) => markId)])).toEqual([
      [2, ['A1', 'A2']],
      [1, ['A3']],
    ]);
    const [first, second] = nodules;
    expect(first).toMatchObject({
      seriesInstanceUID: ct.seriesInstanceUID,
      studyInstanceUID: ct.studyInstanceUID,
      maskOf: 'consensus',
      // Of two readers one is half: the larger mark.
      mask: { box: { min: [3, 2, 2], max: [8, 7, 4] } },
      characteristics: { subtlety: 5, internalStructure: 1, calcification: 6, sphericity: 3, malignancy: 4 },
    });
    expect(first?.centre).toEqual(indexToWorld(ct.volume, [5, 4, 2.5]));
    expect(second?.mask).toEqual({ box: { min: [9, 7, 1], max: [10, 9, 2] }, bits: Uint8Array.of(1, 1) });
    expect(second?.marks[0]?.contours.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual([
      ct.slices[1]?.sopInstanceUID,
    ]);
  });

  test('are the same in whatever order and however often the objects are given', () => {
    const once = nodulesOf([seg(1, SMALL), seg(2, LARGE)], [report(1), report(2)]);
    const twice = nodulesOf([seg(2, LARGE), seg(1, SMALL), seg(2, LARGE)], [report(2), report(2), report(1)]);
    expect(twice).toEqual(once);
    expect(once.nodules).toHaveLength(1);
  });

  test('go on without what cannot be used, which is named', () => {
    const { nodules, problems } = nodulesOf(
      [
        seg(1, SMALL),
        seg(2, LARGE, { referencedSeries: '1.2.3.4.5' }),
        seg(3, ELSEWHERE),
        seg(4, { ...SMALL, at: [6, 5], to: [5, 4] }),
      ],
      [report(1), report(2), report(4), report(9)],
    );
    expect(nodules.map(({ marks }) => marks.map(({ markId }) => markId))).toEqual([['A1'], ['A3']]);
    expect(nodules[1]?.characteristics).toBeNull();
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^seg-2\.dcm: .* it refers to series 1\.2\.3\.4\.5/),
      expect.stringMatching(/^seg-3\.dcm: segment 1 \(Nodule 2 - Annotation A3\) has no report/),
      expect.stringMatching(/^seg-4\.dcm: segment 1 .* has no voxel/),
      expect.stringMatching(/^report-9\.dcm rates a segment whose segmentation is not there/),
    ]);
  });

  test('have no ratings where a rating is missing, unknown or contradicts itself', () => {
    const spoiled = (value: string) =>
      EVALUATIONS.map((one, at) => (at === 8 ? { ...one, value: { ...one.value, value } } : one));
    const cases: [ReportToWrite['evaluations'], RegExp][] = [
      [EVALUATIONS.slice(0, 8), /report-1\.dcm: malignancy is not rated/],
      [spoiled('906'), /malignancy is rated with an unknown code \(906, 99LIDCQIICR/],
      [[...EVALUATIONS, ...spoiled('901').slice(8)], /malignancy is rated twice, and not alike/],
    ];
    for (const [evaluations, message] of cases) {
      const { nodules, problems } = nodulesOf([seg(1, SMALL)], [report(1, { evaluations })]);
      expect(nodules.map(({ characteristics }) => characteristics)).toEqual([null]);
      expect(problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
    }
  });

  test('are made of nodules only: lungs are no marks, and their reports are nothing to complain about', () => {
    const segments = [{ number: 1, label: 'Left lung' }];
    expect(nodulesOf([seg(1, LARGE, { segments })], [report(1, { evaluations: [] })])).toEqual({
      nodules: [],
      problems: [],
    });
    const propertyType = { value: '27925004', scheme: 'SCT', meaning: 'Nodule' };
    const named = [{ number: 1, label: 'Lesion 3', propertyType }];
    const { nodules } = nodulesOf([seg(1, LARGE, { segments: named })], [report(1)]);
    expect(nodules.map(({ marks }) => marks.map(({ markId }) => markId))).toEqual([['Lesion 3']]);
  });

  test('are placed by patient position where a frame names no source image', () => {
    const frames = [2, 3].map((k) => ({
      segment: 1,
      position: indexToWorld(ct.volume, [0, 0, k]),
      bits: rectangle(SMALL),
    }));
    const placed = nodulesOf([seg(1, SMALL, { frames })], [report(1)]);
    expect(placed).toEqual(nodulesOf([seg(1, SMALL)], [report(1)]));
    expect(placed.nodules[0]?.mask.box).toEqual({ min: [4, 3, 2], max: [7, 6, 4] });
  });
});

describe('a segmentation does not lie on the CT', () => {
  const frame = (change: object) => ({
    frames: [
      {
        segment: 1,
        position: indexToWorld(ct.volume, [0, 0, 2]),
        source: ct.slices[2]?.sopInstanceUID ?? '',
        bits: rectangle(SMALL),
        ...change,
      },
    ],
  });
  test.each<[string, Partial<SegToWrite>, RegExp]>([
    ['of another frame of reference', { frameOfReferenceUID: '1.2.3' }, /frame of reference is 1\.2\.3/],
    [
      'drawn on an image that the CT lacks',
      frame({ source: '1.2.3' }),
      /frame 1: .*1\.2\.3, which is missing/,
    ],
    [
      'far from the image that it was drawn on',
      frame({ position: indexToWorld(ct.volume, [0, 0, 4]) }),
      /frame 1: .* 5\.0 mm/,
    ],
    [
      'outside the stack',
      frame({ source: undefined, position: indexToWorld(ct.volume, [0, 0, 9]) }),
      /no slice/,
    ],
    ['beside it', frame({ position: [1e300, 0, -295] }), /lies beside the image/],
    [
      'between its pixels',
      frame({ position: indexToWorld(ct.volume, [0.4, 0, 2]) }),
      /between those of the CT/,
    ],
    ['with other pixels', { pixelSpacing: [0.5, 0.5] }, /0\.5 x 0\.5 mm/],
    ['turned', { orientation: [0, 1, 0, 1, 0, 0] }, /another orientation/],
    ['moved out of the image', frame({ position: indexToWorld(ct.volume, [-4, 0, 2]) }), /reaches the edge/],
  ])('%s', (_, change, message) => {
    const { nodules, problems } = nodulesOf([seg(1, SMALL, change)], [report(1)]);
    expect(nodules).toEqual([]);
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
  });

  test('with two frames on one slice', () => {
    const { problems } = nodulesOf([seg(1, { ...SMALL, slices: [2, 2] })], [report(1)]);
    expect(problems[0]?.message).toMatch(/frame 2: .* same slice/);
  });
});

describe('masks and outlines', () => {
  /** Random islands with holes in them, holes with islands in them, and pixels that touch at corners only. */
  const anyMask = fc
    .record({ columns: fc.integer({ min: 1, max: 9 }), rows: fc.integer({ min: 1, max: 9 }) })
    .chain(({ columns, rows }) =>
      fc.record({
        columns: fc.constant(columns),
        bits: fc.uint8Array({ min: 0, max: 1, minLength: columns * rows, maxLength: columns * rows }),
      }),
    );

  test('outlines of a slice give back its very pixels', () => {
    fc.assert(
      fc.property(anyMask, ({ columns, bits }) => {
        const outlines = sliceOutlines(bits, columns, [5, 7]);
        const mask = noduleMask(outlines.map((outline) => ({ ...outline, slice: 3 })));
        const box = { min: [5, 7, 3], max: [5 + columns, 7 + bits.length / columns, 4] } as const;
        expect(mask === undefined ? new Uint8Array(bits.length) : cropTo(mask, box)).toEqual(bits);
        // Nothing lies beside the box either.
        expect(mask?.bits.reduce((sum, bit) => sum + bit, 0) ?? 0).toBe(
          bits.reduce((sum, bit) => sum + bit, 0),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('a ring with an island in it has an outline outside, one for the island, and its hole taken away', () => {
    const bits = Uint8Array.from(
      ['#######', '#.....#', '#.....#', '#..#..#', '#.....#', '#.....#', '#######'].join(''),
      (pixel) => (pixel === '#' ? 1 : 0),
    );
    const outlines = sliceOutlines(bits, 7, [0, 0]);
    expect(outlines.filter(({ inclusion }) => inclusion)).toHaveLength(2);
    const mask = noduleMask(outlines.map((outline) => ({ ...outline, slice: 0 })));
    expect(mask).toEqual({ box: { min: [0, 0, 0], max: [7, 7, 1] }, bits });
  });

  test('a plain hole is one outline through its own pixels', () => {
    const bits = Uint8Array.from('####' + '#..#' + '#..#' + '####', (pixel) => (pixel === '#' ? 1 : 0));
    expect(sliceOutlines(bits, 4, [0, 0]).filter(({ inclusion }) => !inclusion)).toEqual([
      {
        inclusion: false,
        points: [
          [1, 1],
          [2, 1],
          [2, 2],
          [1, 2],
        ],
      },
    ]);
  });

  test('frames in any order give the same mask', () => {
    const slices = fc.uniqueArray(fc.integer({ min: 0, max: SLICES - 1 }), { minLength: 1 }).chain((some) =>
      fc.record({
        order: fc.shuffledSubarray(some, { minLength: some.length }),
        rows: fc.array(fc.integer({ min: 1, max: ROWS - 2 }), { minLength: SLICES, maxLength: SLICES }),
      }),
    );
    fc.assert(
      fc.property(slices, ({ order, rows }) => {
        const written = (ks: readonly number[]) =>
          readSegmentation(
            seg(1, SMALL, {
              frames: ks.map((k) => ({
                segment: 1,
                position: indexToWorld(ct.volume, [0, 0, k]),
                bits: rectangle({ at: [2, 1], to: [k + 3, rows[k] ?? 1] }),
              })),
            }),
          );
        const mask = segmentMask(written(order), 1, ct);
        expect(mask).toEqual(segmentMask(written(order.toSorted((a, b) => a - b)), 1, ct));
        if (mask === undefined) throw new Error('expected a mask');
        const [ni, nj] = boxSize(mask.box);
        for (const k of order) {
          const slice = mask.bits.subarray(
            ni * nj * (k - mask.box.min[2]),
            ni * nj * (k + 1 - mask.box.min[2]),
          );
          expect(slice.reduce((sum, bit) => sum + bit, 0)).toBe((k + 2) * (rows[k] ?? 1));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('XML and official form compared', () => {
  const both = (
    a: readonly Lesion[],
    b: readonly Lesion[],
    evaluations: ReportToWrite['evaluations'] = EVALUATIONS,
  ) => {
    const form = (lesions: readonly Lesion[], rated: ReportToWrite['evaluations']) =>
      nodulesOf(
        lesions.map((lesion, at) => seg(at, lesion)),
        lesions.map((_, at) => report(at, { evaluations: rated })),
      ).nodules;
    return compareForms(form(a, EVALUATIONS), form(b, evaluations));
  };
  const one: Lesion = { ...SMALL, id: 'A' };
  const two: Lesion = { ...ELSEWHERE, id: 'B' };

  test('agree where they hold the same, in any order', () => {
    expect(both([one, two], [two, one])).toEqual([]);
  });

  test('differ in voxels, ratings, annotations and grouping, each in a sentence', () => {
    expect(both([one], [{ ...one, to: [7, 5] }])).toEqual([
      'annotation A differs in 6 voxels between XML and segmentation',
    ]);
    const other = EVALUATIONS.map((rating, at) =>
      at === 8 ? { ...rating, value: { ...rating.value, value: '905' } } : rating,
    );
    expect(both([one], [one], other)).toEqual([
      'annotation A is rated otherwise: malignancy 4 in the XML, 5 in the report',
    ]);
    expect(both([one, two], [one])).toEqual(['annotation B of the XML is in no segmentation']);
    expect(both([one], [one, two])).toEqual([
      'annotation B of the segmentations is not in the XML, or lies elsewhere there',
    ]);
    expect(both([one, { ...two, nodule: 1 }], [one, two])).toEqual([
      'the annotations are grouped into other nodules',
    ]);
    expect(both([one, two], [one, { ...two, nodule: 1 }])).toEqual([
      'the annotations are grouped into other nodules',
    ]);
  });
});
