/** Whole folders of annotation files: made ones with everything that can be wrong, and the real archive. */
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { summariseArchive, type ArchiveSummary } from '../../server/src/lidc/archive.ts';
import { testWithLidc } from '../support/lidcData.ts';
import { lidcXml, RATINGS, ringAround, SERIES, type XmlSession } from '../support/lidcXml.ts';
import { nodulelab } from '../support/product.ts';

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'nodulelab-archive-'));
});
afterAll(async () => {
  if (work) await rm(work, { recursive: true, force: true });
});

const quiet = () => ({ signal: new AbortController().signal, progress: () => undefined });
const mark = (id: string, x: number) => ({
  id,
  ratings: RATINGS,
  contours: [2, 4].map((z) => ({ z, points: ringAround(x, 20, x + 5, 25) })),
});
/** Two readers agree on one nodule, one of them saw another. */
const SESSIONS: XmlSession[] = [
  {
    marks: [mark('a', 20), mark('b', 200), { id: 's', contours: [{ z: 2, points: [[300, 300]] }] }],
    nonNodules: [{ id: 'v', point: [7, 8] }],
  },
  { marks: [mark('c', 21)] },
];
const xmlOf = (series: number, sessions = SESSIONS): string =>
  lidcXml(sessions).replaceAll(`${SERIES}<`, `${SERIES}.${series}<`);

async function folder(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const dir = join(work, name);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  return dir;
}

describe('a folder of annotation files', () => {
  const xray = '<?xml version="1.0"?><IdriReadMessage><ResponseHeader/></IdriReadMessage>';

  test('counts every series once and goes on past files that cannot be read', async () => {
    const dir = await folder('mixed', {
      'a/1.xml': xmlOf(1),
      'a/2.xml': xmlOf(2),
      'b/again.XML': xmlOf(1).replace('uid="1.2.3"', 'uid="4.5.6"'),
      'b/cut.xml': xmlOf(3).slice(0, 900),
      'b/bomb.xml': `<!DOCTYPE x [<!ENTITY a "b">]>${xmlOf(4)}`,
      'b/latin.xml': new Uint8Array(Buffer.from(xmlOf(5).replace('>a<', '>\u00E9<'), 'latin1')),
      'b/huge.xml': new Uint8Array(17 * 2 ** 20),
      'c/xray.xml': xray,
      'c/readme.txt': 'not XML',
    });
    const summary = await summariseArchive(dir, quiet());
    expect(summary).toMatchObject({
      files: 8,
      chestXrays: 1,
      unreadable: 4,
      ctSeries: 2,
      duplicates: 1,
      annotations: 6,
      unratedMarks: 0,
      nodules: 4,
      nodulesByReaders: { 1: 2, 2: 2, 3: 0, 4: 0 },
      nodulesByAllFour: 0,
      smallNodules: 2,
      nonNodules: 2,
      lesions: 6,
      leftOut: { files: 4, marks: 0, outlines: 0, points: 0, ratings: 0 },
    });
    expect(summary.problems.map(({ file, where }) => [file, where])).toEqual(
      ['b/bomb.xml', 'b/cut.xml', 'b/huge.xml', 'b/latin.xml'].map((file) => [file, 'whole file']),
    );
    for (const { file, message } of summary.problems) expect(message).toContain(file);
  });

  test('says null for what only the CT knows, and what stood in for it', async () => {
    const summary = await summariseArchive(await folder('bare', { '1.xml': xmlOf(1) }), quiet());
    expect(summary).toMatchObject({
      patients: null,
      diametersMm: null,
      flaggedPatients: null,
      seriesWithCt: 0,
      surrogates: { pixelSpacing: { mm: 0.703125, series: 1 }, sliceThickness: { series: 1, constantIn: 0 } },
    });
  });

  test('tells where two files of one series differ in what the readers said; the first one counts', async () => {
    const dir = await folder('differing', { '1.xml': xmlOf(1), '2.xml': xmlOf(1, SESSIONS.slice(0, 1)) });
    const summary = await summariseArchive(dir, quiet());
    expect(summary).toMatchObject({ ctSeries: 1, duplicates: 1, annotations: 3 });
    expect(summary.problems).toEqual([
      {
        file: '2.xml',
        where: 'whole file',
        message: expect.stringMatching(/differently; only 1\.xml counts/),
      },
    ]);
  });

  test('counts the parts that were left out, by file and place', async () => {
    const dir = await folder('parts', {
      '1.xml': xmlOf(1)
        .replace('<malignancy>4<', '<malignancy>9<')
        .replace('<locus><xCoord>7<', '<locus><xCoord>-7<'),
      '2.xml': xmlOf(2).replace('<xCoord>19<', '<xCoord>x<'),
    });
    const summary = await summariseArchive(dir, quiet());
    expect(summary.leftOut).toEqual({ files: 0, marks: 0, outlines: 1, points: 1, ratings: 1 });
    expect(summary).toMatchObject({ annotations: 5, unratedMarks: 1, nonNodules: 1 });
    expect(summary.problems.map(({ file, where }) => `${file} ${where}`)).toEqual([
      '1.xml reader 1, nodule a',
      '1.xml reader 1, non-nodule v',
      '2.xml reader 1, nodule a, roi 1',
    ]);
  });

  test('on several threads gives what one thread gives, whatever order they end in', async () => {
    const files = Array.from({ length: 80 }, (_, at) => [`${at}.xml`, xmlOf(at)] as const);
    const few = Array.from({ length: 20 }, (_, at) => [`${at}.xml`, xmlOf(at)] as const);
    const many = await summariseArchive(await folder('many', Object.fromEntries(files)), quiet());
    const one = await summariseArchive(await folder('few', Object.fromEntries(few)), quiet());
    const counts = ({ annotations, nodules, smallNodules, lesions }: ArchiveSummary) => [
      annotations,
      nodules,
      smallNodules,
      lesions,
    ];
    expect(counts(many)).toEqual(counts(one).map((count) => 4 * count));
    const ended = new AbortController();
    ended.abort();
    await expect(summariseArchive(join(work, 'many'), { ...quiet(), signal: ended.signal })).rejects.toThrow(
      /abort/i,
    );
  });

  test('without XML, or not there, is an error that says what to give', async () => {
    const empty = await folder('empty', { 'readme.txt': 'x' });
    for (const dir of [empty, join(work, 'nowhere')])
      await expect(summariseArchive(dir, quiet())).rejects.toMatchObject({
        kind: 'not-found',
        message: expect.stringMatching(/give the folder of LIDC annotation files/),
      });
  });
});

describe('nodulelab nodules', () => {
  test('--xml prints one object with --json and a table without, and opens no data folder', async () => {
    const dir = await folder('told', { '1.xml': xmlOf(1) });
    const data = join(work, 'no-data');
    const json = await nodulelab('--data', data, '--json', 'nodules', '--xml', dir);
    expect([json.status, json.stdout.trim().split('\n').length]).toEqual([0, 1]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      files: 1,
      ctSeries: 1,
      annotations: 3,
      nodules: 2,
      nodulesByAllFour: 0,
      smallNodules: 1,
      nonNodules: 1,
    });
    const { stdout } = await nodulelab('--data', data, 'nodules', '--xml', dir);
    expect(stdout).toMatch(/^annotations \(.*\) +3 +6859 +official SEG and SR$/m);
    expect(stdout).toMatch(/^patients +unknown +1010/m);
    expect(await readdir(work)).not.toContain('no-data');
    expect((await nodulelab('nodules', '1.2.3', '--xml', dir)).status).toBe(2);
  }, 60_000);

  test('of a series that nobody imported is an error, not an empty table', async () => {
    const { status, stdout, stderr } = await nodulelab('--data', join(work, 'data'), 'nodules', '1.2.3');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/Series 1\.2\.3 was never imported/);
  }, 60_000);
});

testWithLidc(
  ['tcia-lidc-xml'],
  'the whole archive: 1,318 files, 1,018 series, 6,859 annotations, 2,652 nodules',
  async (dir) => {
    const summary = await summariseArchive(dir, quiet());
    expect(summary).toMatchObject({
      files: 1318,
      chestXrays: 283,
      unreadable: 0,
      ctSeries: 1018,
      duplicates: 17,
      patients: null,
      seriesWithAnnotations: 883,
      annotations: 6859,
      unratedMarks: 3,
      nodules: 2652,
      nodulesByReaders: { 1: 773, 2: 489, 3: 482, 4: 908 },
      smallNodules: 13235,
      nonNodules: 21662,
      leftOut: { files: 0, marks: 0, outlines: 64, points: 0, ratings: 3 },
    });
    // Nothing harmless floods the list, and no two files of a series differ.
    expect(summary.problems).toHaveLength(80);
    expect(summary.problems.filter(({ where }) => where === 'whole file')).toEqual([]);
  },
  240_000,
);

testWithLidc(
  ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'],
  'with the CT beside its file patients, diameters and the slice thickness come from the CT',
  async (...dirs) => {
    const all = join(work, 'patients');
    for (const dir of dirs)
      for (const name of (await readdir(dir, { recursive: true })).filter((one) => one.endsWith('.xml'))) {
        const from = join(dir, dirname(name));
        const to = join(all, dirname(name));
        await cp(join(dir, name), join(all, name), { recursive: true });
        const [image] = (await readdir(from)).filter((one) => one.endsWith('.dcm')).sort();
        if (image !== undefined) await cp(join(from, image), join(to, image));
      }
    const summary = await summariseArchive(all, quiet());
    expect(summary).toMatchObject({
      patients: 4,
      seriesWithCt: 4,
      annotations: 29,
      nodules: 10,
      flaggedPatients: {},
      surrogates: { pixelSpacing: { series: 0 }, sliceThickness: { series: 0 } },
    });
    expect(summary.diametersMm?.nodules).toBe(10);
    // The only nodule of patient 0001, as measured on its whole CT.
    expect(summary.diametersMm?.most).toBeCloseTo(31.8, 1);
  },
  120_000,
);
