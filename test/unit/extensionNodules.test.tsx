import { describe, expect, test } from '@jest/globals';
import type { Contour, Nodule } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { ReaderRatings } from '../../extension/src/panel/ReaderRatings.tsx';
import { sceneOf } from '../../extension/src/service/sceneOf.ts';
import { NO_FILTER, passes, type NoduleFilter } from '../../extension/src/state/noduleFilter.ts';
import { type NoduleOrder, ordered } from '../../extension/src/state/noduleOrder.ts';
import { ALL_OUTLINES, toggled } from '../../extension/src/state/outlines.ts';
import { desk } from '../support/extensionDesk.ts';

const contour = (z: number): Contour => ({
  sopInstanceUID: `1.${z}`,
  inclusion: true,
  points: [
    [0, 0, z],
    [4, 0, z],
    [4, 4, z],
  ],
});
const ratings = (malignancy: number, texture = 5) => ({
  ...{ subtlety: 4, internalStructure: 1, calcification: 6, sphericity: 4, margin: 4 },
  ...{ lobulation: 2, spiculation: 1, texture, malignancy },
});
const nodule = (id: string, more: Partial<Nodule> = {}): Nodule =>
  ({
    ...{ id, seriesInstanceUID: '1.2', studyInstanceUID: '1', number: 1, readers: 2, centre: [0, 0, 0] },
    ...{ diameterMm: 9, consensus: ratings(4) },
    marks: [0, 2].map((reader) => ({
      ...{ reader, markId: String(reader), contours: [contour(reader)] },
      characteristics: ratings(3 + reader),
    })),
    consensusContours: [contour(1)],
    ...more,
  }) as Nodule;

describe('the order of nodules', () => {
  const nodules = [
    nodule('large', { diameterMm: 20, consensus: ratings(2, 5), readers: 4 }),
    nodule('unrated', { diameterMm: 15, consensus: null, readers: 1 }),
    nodule('suspicious', { diameterMm: 12, consensus: ratings(5, 3), readers: 3 }),
    nodule('small', { diameterMm: 5, consensus: ratings(5, 1), readers: 4 }),
  ];
  const by = (order: NoduleOrder): string[] => ordered(nodules, order).map(({ id }) => id);

  test('has the upper end of a column first, the larger first where they are alike, and the unrated last', () => {
    expect(by('diameter')).toEqual(['large', 'unrated', 'suspicious', 'small']);
    expect(by('malignancy')).toEqual(['suspicious', 'small', 'large', 'unrated']);
    expect(by('texture')).toEqual(['large', 'suspicious', 'small', 'unrated']);
    expect(by('readers')).toEqual(['large', 'small', 'suspicious', 'unrated']);
  });
});

describe('the filter of nodules', () => {
  const show = (filter: Partial<NoduleFilter>, more: Partial<Nodule> = {}): boolean =>
    passes(nodule('a', more), { ...NO_FILTER, ...filter });

  test('shows all that has at least the readers and the size that are asked for', () => {
    expect([1, 2, 3].map((readers) => show({ readers }))).toEqual([true, true, false]);
    expect([8, 9, 9.1].map((diameterMm) => show({ diameterMm }))).toEqual([true, true, false]);
  });

  test('takes the readers’ median for malignant from 4 on and for benign up to 2', () => {
    const classOf = (malignancy: number): string[] =>
      (['benign', 'indeterminate', 'malignant'] as const).filter((wanted) =>
        show({ malignancy: wanted }, { consensus: ratings(malignancy) }),
      );
    expect([2, 2.5, 3.5, 4].map(classOf)).toEqual([
      ['benign'],
      ['indeterminate'],
      ['indeterminate'],
      ['malignant'],
    ]);
  });

  test('tells textures by their median', () => {
    const of = (texture: number): string[] =>
      (['ground glass', 'part-solid', 'solid'] as const).filter((wanted) =>
        show({ texture: wanted }, { consensus: ratings(3, texture) }),
      );
    expect([1, 2.5, 3.5, 4].map(of)).toEqual([['ground glass'], ['part-solid'], ['part-solid'], ['solid']]);
  });

  test('shows what nobody rated only where no rating is asked for', () => {
    expect(show({}, { consensus: null })).toBe(true);
    expect(show({ malignancy: 'malignant' }, { consensus: null })).toBe(false);
    expect(show({ texture: 'solid' }, { consensus: null })).toBe(false);
  });
});

describe('outlines of the selected nodule', () => {
  const sceneWith = (more: object) => {
    const { desk: shared } = desk();
    shared.store.set({ nodules: [nodule('a')], selectedNoduleId: 'a', ...more });
    return sceneOf(shared.store.get());
  };

  test('are those of all readers and, bold, what half of them share', () => {
    const { marks, consensus } = sceneWith({});
    expect(marks.map(({ reader }) => reader)).toEqual([0, 2]);
    expect(consensus).toEqual([contour(1)]);
  });

  test('of a reader, or of what they share, can be hidden alone', () => {
    const hidden = toggled(ALL_OUTLINES, 2);
    expect(sceneWith({ outlines: hidden }).marks.map(({ reader }) => reader)).toEqual([0]);
    expect(toggled(hidden, 2)).toEqual(ALL_OUTLINES);
    expect(sceneWith({ outlines: { ...ALL_OUTLINES, consensus: false } }).consensus).toEqual([]);
  });

  test('of one reader alone are not drawn twice', () => {
    const one = nodule('a', { marks: nodule('a').marks.slice(0, 1), readers: 1 });
    expect(sceneWith({ nodules: [one] }).consensus).toEqual([]);
  });

  test('are not drawn where all are switched off', () => {
    const { marks, consensus } = sceneWith({ showContours: false });
    expect([marks, consensus]).toEqual([[], []]);
  });
});

describe('the ratings', () => {
  const html = (open: boolean): string =>
    renderToStaticMarkup(
      <ReaderRatings
        nodule={nodule('a')}
        shown={toggled(ALL_OUTLINES, 2)}
        open={open}
        onToggleReader={() => undefined}
        onToggleConsensus={() => undefined}
      />,
    );

  test('of the readers stand side by side with their median, under buttons for their outlines', () => {
    const page = html(true);
    expect(page).toMatch(/Malignancy<\/th><td>3<\/td><td>5<\/td><td><b>4<\/b>/);
    expect(page).toMatch(/aria-pressed="true" aria-label="Outline of reader 1"/);
    expect(page).toMatch(/aria-pressed="false" aria-label="Outline of reader 3"/);
  });

  test('are out of the way while they are folded', () => {
    expect(html(false)).toContain('<tbody id="nl-ratings" hidden="">');
  });
});
