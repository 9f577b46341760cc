import { describe, expect, test } from '@jest/globals';
import { definitionWriter } from '../../../server/src/evaluation/report/definitions.ts';
import { intervalPlot } from '../../../server/src/evaluation/report/intervalPlot.ts';
import type { ReportPictures } from '../../../server/src/evaluation/report/material.ts';
import { estimate, number } from '../../../server/src/evaluation/report/numbers.ts';
import { figureId, gateId, withoutPatients } from '../../../server/src/evaluation/report/parts.ts';
import { rocPoints, scatterPlot } from '../../../server/src/evaluation/report/pointPlots.ts';
import { renderReport } from '../../../server/src/evaluation/report/renderReport.ts';
import { between, evaluationOf } from '../../support/evaluationResult.ts';

const model = { name: 'malignant-64', sha256: '9'.repeat(64) };
const png = 'data:image/png;base64,AAAA';
const pictures: ReportPictures = {
  command: 'nodulelab evaluate --real test-all --synthetic samples --out out',
  sheets: [{ name: 'real', caption: '24 of 119, drawn by seed 1.', url: png, width: 90, height: 20 }],
  pairs: [{ synthetic: png, training: png }],
  scatters: [
    {
      space: 'radiomics',
      view: 'patch',
      groups: [
        {
          name: 'real',
          points: [
            [0, 0],
            [1, 2],
          ],
        },
      ],
    },
  ],
  spotting: { real: [0, 1], synthetic: [2, 3], proofReal: [0], ellipsoids: [1] },
  sizes: {
    patch: [[10, 9.4]],
    inserted: [
      [10, 10.2],
      [20, 19],
    ],
  },
};
const page = renderReport(evaluationOf(model), pictures);
/** As a reader sees it. */
const textOf = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
const text = textOf(page);

describe('the report', () => {
  test('says what is wrong with the evaluation itself before any figure', () => {
    const error = text.indexOf('The control memorised passed every gate.');
    expect(text).toContain('Not to be relied on: 1 error');
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(text.indexOf('position 0.40'));
    expect(page).toMatch(/role="alert"[\s\S]*?The control memorised passed every gate\./);
  });

  test('gives each figure with its definition, value, interval, floor and bad control', () => {
    expect(text).toContain('6.00 [5.40, 6.80]');
    expect(text).toContain('2.00 [1.50, 2.60]');
    expect(text).toContain('12.0 [11.0, 13.5]');
    expect(text).toContain('How precision/');
    for (const { key } of evaluationOf(model).figures) expect(page).toContain(`id="${figureId(key)}"`);
  });

  test('tells why a value has no interval', () => {
    const result = evaluationOf(model);
    const figures = result.figures.map((figure) =>
      figure.key === 'position/radiomics/patch'
        ? { ...figure, measured: { value: 0.73, interval: null }, noInterval: 'The scale is uncertain.' }
        : figure,
    );
    expect(textOf(renderReport({ ...result, figures }, pictures))).toMatch(
      /0\.730 +no interval: The scale is uncertain\./,
    );
    expect(text).not.toContain('no interval');
  });

  test('tells what was not computed, with the reason', () => {
    expect(text).toContain('not computed: there is no training set');
    expect(text).toContain('not computed: the generator was not asked for it');
  });

  test('holds the diameters that were asked for against those that were found, nodule by nodule', () => {
    const part = page.slice(page.indexOf('id="adherence"'), page.indexOf('id="memorisation"'));
    expect(textOf(part)).toMatch(/diameter in a CT .*0\.0300 \[0\.0200, 0\.0500\].* 0\.420 60/);
    expect(textOf(part)).toContain('LIDC-IDRI-0001 (60 synthetic and 58 real ones, one at a time)');
    expect(textOf(part)).toContain('in a CT (2)');
    // One dot a nodule, one cross a patch.
    expect(part.match(/M[\d.]+ [\d.]+h0/g)).toHaveLength(3);
    const unasked = renderReport(evaluationOf(model), { ...pictures, sizes: null });
    expect(unasked).not.toContain('found, mm');
    // The figures stand here and not among the distances.
    expect(page.split(`id="${figureId('adherence/insertedDiameter')}"`)).toHaveLength(2);
    expect(withoutPatients(page)).not.toContain('LIDC-IDRI-0001');
  });

  test('names what a figure is missing where nothing was measured at all', () => {
    const bare = renderReport(
      {
        ...evaluationOf(model),
        ...{ figures: [], gates: [], controls: [], adherence: [], scorecard: [], errors: [], warnings: [] },
        ...{ spotting: null, memorisedPairs: [], networks: [], spaces: [], seconds: {} },
      },
      { ...pictures, sheets: [], pairs: [], scatters: [], spotting: null, sizes: null },
    );
    expect(textOf(bare)).toContain('No control was run.');
    expect(textOf(bare)).toContain('not computed: there is no training set');
    expect(bare).not.toContain('undefined');
    expect(bare).not.toContain('NaN');
  });

  test('shows which gate caught which control, and a control that passed them all', () => {
    const row = (name: string): string =>
      textOf(
        page
          .slice(page.indexOf('Which gate caught which'))
          .match(new RegExp(`<tr><th scope="row">${name}.*?</tr>`))![0],
      );
    expect(row('noise')).toMatch(/✓ caught .*✓ caught .*not judged/);
    expect(row('copies of training nodules')).toMatch(/✕ passed all .*let pass/);
  });

  test('leads from each criterion of the scorecard to what it rests on', () => {
    const anchors = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(anchors).toEqual(
      expect.arrayContaining([figureId('position/attributes/patch'), gateId('frechet-attributes')]),
    );
    for (const id of anchors) expect(page).toContain(`id="${id}"`);
  });

  test('has every table with a caption and every picture with words', () => {
    const count = (pattern: RegExp): number => page.match(pattern)?.length ?? 0;
    expect(count(/<table/g)).toBeGreaterThan(8);
    expect(count(/<caption>[^<]+/g)).toBe(count(/<table/g));
    expect(count(/<img /g)).toBe(3);
    expect(count(/<img [^>]*alt="[^"]+"/g)).toBe(3);
    expect(count(/<svg (?![^>]*(aria-hidden|aria-label="[^"]+"))/g)).toBe(0);
  });

  test('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<script|javascript:|\son\w+=|@import|<link|<iframe/);
    for (const [, source] of page.matchAll(/(?:src|href)="([^"]*)"/g))
      expect(source).toMatch(/^(#|data:image\/png;)/);
    expect(page).not.toMatch(/url\(/);
  });

  test('can be passed on without a picture or the name of a patient', () => {
    const sheet = (name: string) => ({ ...pictures.sheets[0]!, name, url: `${png}${name}` });
    const sheets = ['real', 'synthetic', 'ellipsoids', 'blurred', 'collapsed', 'noise', 'memorised'].map(
      sheet,
    );
    const pairs = [{ synthetic: `${png}ours`, training: `${png}theirs` }];
    const whole = renderReport(evaluationOf(model), { ...pictures, sheets, pairs });
    const shown = (html: string) =>
      [...html.matchAll(/src="data:image\/png;base64,AAAA(\w*)"/g)].map(([, name]) => name);
    expect(shown(whole)).toHaveLength(sheets.length + 2);
    expect(shown(withoutPatients(whole))).toEqual(['ours', 'synthetic', 'ellipsoids']);
    expect(textOf(withoutPatients(whole))).toContain('Not in this copy: it would show real nodules.');
    expect(whole).toContain('LIDC-IDRI-0100/2');
    expect(withoutPatients(whole)).not.toContain('LIDC-IDRI-0100');
    expect(textOf(withoutPatients(whole))).toContain('synthetic/7 and a training nodule: distance 0.123');
  });

  test('escapes whatever text it is given', () => {
    const nasty = '"><script>alert(1)</script>\'&';
    const result = evaluationOf({ ...model, name: nasty });
    const html = renderReport(
      {
        ...result,
        real: { ...result.real, name: nasty },
        errors: [nasty],
        warnings: [nasty],
        floorOf: nasty,
        figures: result.figures.map((figure) => ({
          ...figure,
          key: `${nasty}/x`,
          title: nasty,
          definition: nasty,
          unit: nasty,
          notComputed: nasty,
        })),
        gates: result.gates.map((gate) => ({ ...gate, name: nasty, rule: nasty, found: nasty })),
        controls: result.controls.map((control) => ({ ...control, made: nasty })),
        memorisedPairs: result.memorisedPairs.map((pair) => ({
          ...pair,
          transform: nasty,
          training: { id: nasty, index: 0 },
        })),
        scorecard: result.scorecard.map((one) => ({
          ...one,
          text: nasty,
          question: nasty,
          evidence: [nasty],
        })),
        seconds: { [nasty]: 1 },
      },
      { ...pictures, command: nasty, sheets: [{ ...pictures.sheets[0]!, name: nasty, caption: nasty }] },
    );
    expect(html).not.toContain('<script');
    expect(html.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(20);
  });
});

describe('numbers in the report', () => {
  test.each([
    [0.4, '0.400'],
    [0.99996, '1.00'],
    [-12.345, '−12.3'],
    [1234.5, '1235'],
    [0, '0'],
    [-0.0000123, '−1.2 × 10⁻⁵'],
    [3_000_000, '3.0 × 10⁶'],
    [Infinity, '∞'],
    [NaN, 'not a number'],
  ])('%p is written %p', (value, words) => expect(number(value)).toBe(words));

  test('an interval has the decimals of its widest end', () => {
    expect(estimate(between(0.012, -0.004, 0.85))).toBe('0.012 [−0.004, 0.850]');
    expect(estimate({ value: 0.5, interval: null })).toBe('0.500');
  });
});

describe('plots', () => {
  const plot = (value: number, to?: number): string =>
    intervalPlot({
      description: 'a plot',
      rows: [
        {
          label: 'row',
          marks: [
            { kind: 'floor', estimate: between(0, 0, 0) },
            { kind: 'measured', estimate: between(value, value / 2, value * 1.5) },
            { kind: 'bad', estimate: between(1, 1, 1) },
          ],
        },
      ],
      ...(to === undefined ? {} : { to }),
    });
  const xOf = (svg: string, kind: string): number =>
    Number(new RegExp(`<g class="${kind}">.*?<path d="M([\\d.]+)`).exec(svg)![1]);

  test('values stand where their axis says', () => {
    const svg = plot(0.25);
    const [floor, measured, bad] = ['floor', 'measured', 'bad'].map((kind) => xOf(svg, kind)) as [
      number,
      number,
      number,
    ];
    expect((measured - floor) / (bad - floor)).toBeCloseTo(0.25, 2);
  });

  test('a value beyond the axis is an arrow with its number', () => {
    expect(plot(0.25, 0.5)).toMatch(/<g class="bad">.*?<text[^>]*>1\.00<\/text>/);
    expect(plot(0.25)).not.toMatch(/<g class="bad">[^g]*<text/);
  });

  test('letters that would cover each other stand below each other', () => {
    const control = (letter: string, value: number) => ({
      kind: 'control' as const,
      letter,
      estimate: { value, interval: null },
    });
    const svg = intervalPlot({
      description: '',
      rows: [{ label: '', marks: [control('A', 0.5), control('B', 0.5), control('C', 1)] }],
    });
    const y = (letter: string): number => Number(new RegExp(`y="([\\d.]+)"[^>]*>${letter}<`).exec(svg)![1]);
    expect(y('B')).toBeGreaterThan(y('A'));
    expect(y('C')).toBe(y('A'));
  });

  test('the ROC curve encloses the area that the AUC is, equal scores counted half', () => {
    const points = rocPoints([1, 2, 3, 3], [2, 3, 4]);
    const area = points
      .slice(1)
      .reduce((sum, [x, y], i) => sum + ((x - points[i]![0]) * (y + points[i]![1])) / 2, 0);
    // Pairs won: 2 beats 1 and draws with 2; 3 beats 1 and 2 and draws twice; 4 beats all.
    expect(area).toBeCloseTo((1.5 + 3 + 4) / 12, 12);
    expect(points.at(-1)).toEqual([1, 1]);
  });

  test('a far point stands at the rim of the cloud and leaves the others apart', () => {
    const near = Array.from({ length: 200 }, (_, i) => [i / 200, i / 200] as const);
    const svg = scatterPlot(
      { space: 'radiomics', view: 'patch', groups: [{ name: 'real', points: [...near, [1e9, 1e9]] }] },
      '',
    );
    const xs = [...svg.matchAll(/M([\d.]+) /g)].map(([, x]) => Number(x));
    expect(Math.max(...xs)).toBeLessThanOrEqual(420);
    expect(xs[150]! - xs[50]!).toBeGreaterThan(150);
  });
});

describe('definitions', () => {
  const figures = evaluationOf(model).figures.slice(0, 2);
  const told = (...texts: string[]) =>
    figures.map((figure, at) => ({ ...figure, definition: texts[at] ?? texts[0]! }));

  test('those that differ in a few words are said once, with what differs beside the figure', () => {
    const define = definitionWriter();
    const texts = (measure: string) =>
      ['patches as they are,', 'patches cut out,'].map(
        (what) => `${measure} between real and synthetic ${what} both of the same number and described once.`,
      );
    const first = textOf(define(told(...texts('Mean distance'))));
    expect(first).toContain(
      'Mean distance between real and synthetic patches […], both of the same number and described once.',
    );
    expect(first).toContain('attribute features, whole patch: as they are');
    expect(textOf(define(told(...texts('Largest distance'))))).toContain('the same as above');
  });

  test('those that have little in common are each said whole', () => {
    const text = textOf(definitionWriter()(told('Share of the first kind.', 'Another thing altogether.')));
    expect(text).toContain('(attribute features, whole patch). Share of the first kind.');
    expect(text).toContain('Another thing altogether.');
  });
});
