import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { SYNTHETIC_COLOUR } from '../../server/src/dataset/contactSheet/colours.ts';
import { writeContactSheet } from '../../server/src/dataset/contactSheet/contactSheet.ts';
import { planesOf } from '../../server/src/dataset/contactSheet/planes.ts';
import { MEDIAN_RULE } from '../../server/src/dataset/cancerRule.ts';
import type { PatchEntry, SyntheticPatch } from '../../server/src/dataset/manifest.ts';
import { openPatchFile } from '../../server/src/dataset/patchFile.ts';
import { restOf, writePatchSet } from '../../server/src/dataset/patchSetWriter.ts';
import { assignmentHash } from '../../server/src/dataset/split.ts';
import { windowHu } from '../../server/src/volume/window.ts';

const SIZE = 16;
const HASH = 'a'.repeat(64);
let root: string;
let set: string;

const real = (nodule: number, diameterMm: number, malignancyRatings: number[]): PatchEntry => ({
  origin: 'real',
  id: `<P&1>/${nodule}`,
  patientId: '<P&1>',
  seriesUID: '1.2.3',
  noduleId: String(nodule),
  diameterMm,
  equivalentDiameterMm: diameterMm,
  spacingMm: (2 * diameterMm) / SIZE,
  class: malignancyRatings.every((rating) => rating > 3) ? 'malignant' : 'benign',
  centre: [0, 0, 0],
  characteristics: {
    ...{ subtlety: 3, internalStructure: 1, calcification: 6, sphericity: 5, margin: 4 },
    ...{ lobulation: 1, spiculation: 2.5, texture: 4.5, malignancy: 4 },
  },
  readers: malignancyRatings.length,
  malignancyRatings,
  ratingSource: 'readers',
  maskOf: 'consensus',
  flags: nodule === 2 ? ['scale-in-doubt'] : [],
  sourceSha256: HASH,
});

const synthetic: PatchEntry = {
  origin: 'synthetic',
  id: 'synthetic/0',
  diameterMm: 9,
  equivalentDiameterMm: 9,
  spacingMm: 18 / SIZE,
  class: 'malignant',
  model: { name: 'seed-64', sha256: 'b'.repeat(64) },
  seed: 7,
  index: 3,
  conditions: {},
  sampleSha256: HASH,
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'nodulelab-sheet-'));
  set = join(root, 'set');
  const entries = [real(1, 6, [1, 2]), real(2, 20, [5, 4, 5]), synthetic];
  const counts = { malignant: 2, benign: 1, indeterminate: 0 };
  await writePatchSet({ outDir: set, dtype: 'f32' }, async (writer) => {
    for (const [at, entry] of entries.entries())
      await writer.add([new Float32Array(SIZE ** 3).fill(at / 4)], entry);
    return {
      ...{ size: SIZE, channels: ['hu'], form: 'isolated', class: 'all', fold: 'train' },
      ...{ fieldOfView: { diameters: 2 }, windowHu: [-1000, 400], minDiameterMm: 5, maxDiameterMm: 40 },
      cancerRule: {
        rule: MEDIAN_RULE,
        text: 'by the test',
        ratedBy: { readers: 2, majority: 0, none: 0 },
        counts,
        countsInSet: counts,
      },
      ...{ leftOut: [], problems: [] },
      split: {
        ...{ seed: 1, folds: 5, testPatients: [], assignment: { '<P&1>': 1 } },
        sha256: assignmentHash({ '<P&1>': 1 }),
      },
    };
  });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const sheetOf = (name: string, more: Partial<Parameters<typeof writeContactSheet>[0]> = {}) =>
  writeContactSheet({
    setDir: set,
    outDir: join(root, name),
    columns: 2,
    sort: 'diameter',
    count: 300,
    ...more,
  });

/** Ids in the order of the page, unescaped. */
const idsOf = (html: string): string[] =>
  [...html.matchAll(/<b title="([^"]*)"/g)].map(([, id = '']) =>
    id.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'),
  );

describe('a contact sheet', () => {
  test('is one page without links, a figure a patch with what is known of it', async () => {
    const { html, shown, of } = await sheetOf('page');
    const page = readFileSync(html, 'utf8');
    expect([shown, of]).toEqual([3, 3]);
    expect(idsOf(page)).toEqual(['<P&1>/2', 'synthetic/0', '<P&1>/1']);
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(page).not.toContain('<P&1>');
    expect(page).toContain('malignancy 5 4 5 (3 readers)');
    expect(page).toContain('texture 4.5, spiculation 2.5');
    expect(page).toContain('flags: scale-in-doubt');
    expect(page).toContain('20.0 mm');
    expect(page).toContain('3 nodules, 1 of them synthetic');
    expect(page).toContain('by the test');
  });

  test('marks the synthetic ones, and only those, in a colour that nothing else has', async () => {
    const { html, png } = await sheetOf('marks');
    const figures = readFileSync(html, 'utf8').split('<figure').slice(1);
    expect(figures.map((figure) => figure.includes('>SYNTHETIC<'))).toEqual([false, true, false]);
    expect(figures[1]).toContain('seed-64 bbbbbbbb');
    expect(figures[1]).toContain('seed 7, number 3');
    const { data, width, height } = decode(readFileSync(png));
    const marked = Array.from({ length: width * height }, (_, at) => at).filter((at) =>
      SYNTHETIC_COLOUR.every((value, channel) => data[3 * at + channel] === value),
    );
    const columns = marked.map((at) => at % width);
    // The second cell of two: the right half of the picture.
    expect(marked.length).toBeGreaterThan(1000);
    expect(columns.every((x) => x >= width / 2)).toBe(true);
  });

  test('comes in the order that is asked for, and in a selection that is spread over it', async () => {
    const order = async (sort: 'id' | 'malignancy') =>
      idsOf(readFileSync((await sheetOf(sort, { sort })).html, 'utf8'));
    expect(await order('id')).toEqual(['<P&1>/1', '<P&1>/2', 'synthetic/0']);
    expect(await order('malignancy')).toEqual(['<P&1>/2', 'synthetic/0', '<P&1>/1']);
    const two = await sheetOf('two', { count: 2 });
    expect([two.shown, two.of]).toEqual([2, 3]);
    const page = readFileSync(two.html, 'utf8');
    expect(idsOf(page)).toEqual(['<P&1>/2', '<P&1>/1']);
    expect(page).toContain('2 of 3 shown, spread evenly');
  });

  test('is refused where the folder is there already', async () => {
    await sheetOf('twice');
    await expect(sheetOf('twice')).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('shows each nodule beside the most alike of another set, none twice', async () => {
    const other = join(root, 'other');
    const manifest = await openPatchFile(set).then(async (file) => {
      await file.close();
      return restOf(file.manifest);
    });
    const made = (n: number, diameterMm: number, more: Partial<SyntheticPatch> = {}): PatchEntry => ({
      ...(synthetic as SyntheticPatch),
      id: `made/${n}`,
      diameterMm,
      ...more,
    });
    await writePatchSet({ outDir: other, dtype: 'f32' }, async (writer) => {
      for (const entry of [
        // As large as the first, of another class; as large as the second with other ratings; and like both.
        made(1, 20, { class: 'benign' }),
        made(2, 9, { conditions: { texture: 1 } }),
        made(3, 14, { conditions: { texture: 4.5, spiculation: 2.5 } }),
        made(4, 6.5, { class: 'benign' }),
      ])
        await writer.add([new Float32Array(SIZE ** 3)], entry);
      return manifest;
    });
    const { html, png, shown, beside } = await sheetOf('beside', { besideDir: other });
    expect([shown, beside]).toEqual([3, 3]);
    const page = readFileSync(html, 'utf8');
    expect(idsOf(page)).toEqual(['<P&1>/2', 'made/3', 'synthetic/0', 'made/2', '<P&1>/1', 'made/4']);
    expect(page).toContain('texture 4.5, spiculation 2.5</div><div class="detail">model seed-64');
    expect(page).toContain('To the right of each the most alike of other (4 nodules');
    expect(decode(readFileSync(png)).width).toBeGreaterThan(2 * 3 * 96);
    await expect(sheetOf('odd', { besideDir: other, columns: 3 })).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining('take an even number of --columns'),
    });
    await expect(sheetOf('none', { besideDir: join(root, 'nowhere') })).rejects.toMatchObject({
      kind: 'invalid-input',
    });
  });
});

describe('the planes of a patch', () => {
  const size = 8;
  const bright = (x: number, y: number, z: number): Float32Array => {
    const patch = new Float32Array(size ** 3);
    patch[x + size * (y + size * z)] = 1;
    return patch;
  };
  const brightest = (patch: Float32Array): (readonly [number, number] | undefined)[] =>
    planesOf(patch, size, size).map(({ data }) => {
      const at = data.indexOf(255);
      return at < 0 ? undefined : [at % size, Math.floor(at / size)];
    });

  test('have the patient’s right on the left, anterior up, head up', () => {
    expect(brightest(bright(1, 2, 4))).toEqual([[1, 2], undefined, undefined]);
    expect(brightest(bright(1, 4, 6))).toEqual([undefined, [1, 1], undefined]);
    expect(brightest(bright(4, 2, 6))).toEqual([undefined, undefined, [2, 1]]);
  });

  test('show the lung window, whatever size they are drawn at', () => {
    for (const edge of [8, 3, 20]) {
      const [axial] = planesOf(new Float32Array(size ** 3).fill(windowHu(-600)), size, edge);
      expect(axial.data).toHaveLength(edge ** 2);
      expect([...new Set(axial.data)]).toEqual([128]);
    }
    expect(planesOf(new Float32Array(size ** 3).fill(windowHu(150)), size, 5)[0].data[0]).toBe(255);
  });
});
