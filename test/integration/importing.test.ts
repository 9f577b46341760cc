/** Import: what it takes, that a second time changes nothing, and one clear error for each kind of bad input. */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Nodule } from '@nodulelab/contract';
import { zipSync } from 'fflate';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import type { PhantomStudy } from '../../server/src/services/phantomStudy.ts';
import { describeWithLidc } from '../support/lidcData.ts';
import { readPhantom, writeOfficial } from '../support/officialPhantom.ts';
import { makePhantomStudy, openProduct, type Product, unwatched } from '../support/product.ts';

let product: Product;
let work: string;
let phantom: PhantomStudy & { readonly dir: string };

beforeAll(async () => {
  product = await openProduct();
  work = await mkdtemp(join(tmpdir(), 'nodulelab-import-'));
  phantom = await makePhantomStudy(join(work, 'phantom'), 2);
}, 240_000);
afterAll(async () => {
  await product?.close();
  if (work) await rm(work, { recursive: true, force: true });
});

const run = (...paths: string[]) => importPaths(product.context, paths, unwatched());

/** A copy of the phantom's folder for a test to spoil. */
async function copyOf(name: string, keep: (file: string) => boolean = () => true): Promise<string> {
  const dir = join(work, name);
  await mkdir(dir);
  for (const file of await readdir(phantom.dir))
    if (keep(file)) await copyFile(join(phantom.dir, file), join(dir, file));
  return dir;
}

const slicesOnly = (file: string): boolean => file.endsWith('.dcm');

describe('import', () => {
  test('takes a zip of a study, and taking the same study again changes nothing', async () => {
    const entries: Record<string, Uint8Array> = {};
    for (const file of await readdir(phantom.dir))
      entries[`patient/${file}`] = await readFile(join(phantom.dir, file));
    const zip = join(work, 'study.zip');
    await writeFile(zip, zipSync(entries, { level: 1 }));

    const first = await run(zip);
    expect(first).toMatchObject({ nodules: phantom.nodules, failures: [] });
    expect(first.series).toEqual([
      expect.objectContaining({ modality: 'CT', instances: phantom.slices, added: phantom.slices }),
    ]);
    const nodules = await product.context.store.nodules.ofSeries(phantom.seriesInstanceUID);

    const second = await run(phantom.dir);
    expect(second.series).toEqual([expect.objectContaining({ added: 0, nodules: phantom.nodules })]);
    expect(await product.context.store.nodules.ofSeries(phantom.seriesInstanceUID)).toEqual(nodules);
  });

  test('names a folder without CT', async () => {
    const dir = join(work, 'empty');
    await mkdir(dir);
    await writeFile(join(dir, 'notes.txt'), 'no images here');
    await expect(run(dir)).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining(dir) as unknown,
    });
  });

  test('names a path that is not there', async () => {
    await expect(run(join(work, 'nowhere'))).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('names the file of a truncated slice and stores nothing of its series', async () => {
    const dir = await copyOf('truncated', slicesOnly);
    const [victim] = (await readdir(dir)).toSorted();
    const path = join(dir, victim ?? '');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
    const before = await product.context.archive.seriesInstances(phantom.seriesInstanceUID);
    await expect(run(dir)).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining(victim ?? 'no file') as unknown,
    });
    expect(await product.context.archive.seriesInstances(phantom.seriesInstanceUID)).toEqual(before);
  });

  test('refuses a series with a missing slice', async () => {
    const files = (await readdir(phantom.dir)).filter(slicesOnly).toSorted();
    const dir = await copyOf('gap', (file) => slicesOnly(file) && file !== files[20]);
    await expect(run(dir)).rejects.toMatchObject({
      message: expect.stringMatching(/missing|gap/i) as unknown,
    });
  });

  test('refuses a series with a slice twice', async () => {
    const dir = await copyOf('twice', slicesOnly);
    const [first] = (await readdir(dir)).toSorted();
    await copyFile(join(dir, first ?? ''), join(dir, 'again.dcm'));
    await expect(run(dir)).rejects.toMatchObject({
      message: expect.stringMatching(/twice|duplicate|same/i) as unknown,
    });
  });

  test('names XML that is cut short, that is not LIDC, and that annotates a series which is not there', async () => {
    const xml = await readFile(join(phantom.dir, 'annotations.xml'), 'utf8');
    const cases = {
      'cut.xml': xml.slice(0, xml.length / 2),
      'other.xml': '<?xml version="1.0"?><note>hello</note>',
      'stranger.xml': xml.replaceAll(phantom.seriesInstanceUID, '1.2.3.4.5'),
    };
    for (const [name, text] of Object.entries(cases)) {
      const path = join(work, name);
      await writeFile(path, text);
      await expect(run(path)).rejects.toMatchObject({ message: expect.stringContaining(name) as unknown });
    }
    await expect(run(join(work, 'stranger.xml'))).rejects.toThrow('1.2.3.4.5');
  });

  test('what is good is imported although something beside it is not', async () => {
    const dir = await copyOf('mixed');
    await writeFile(join(dir, 'other.xml'), '<note/>');
    const summary = await run(dir);
    expect(summary.nodules).toBe(phantom.nodules);
    expect(summary.failures).toEqual([expect.objectContaining({ name: join(dir, 'other.xml') })]);
  });
});

describe('import of odd folders', () => {
  test('links that lead back up, pipes and paths that overlap are no slices twice and nothing to wait for', async () => {
    const dir = await copyOf('with odd entries');
    await symlink(dir, join(dir, 'self'));
    expect(spawnSync('mkfifo', [join(dir, 'pipe')]).status).toBe(0);
    const other = join(work, 'only a link');
    await mkdir(other);
    await symlink(dir, join(other, 'linked study'));
    const summary = await run(other, dir);
    expect(summary.failures).toEqual([]);
    expect(summary.series).toEqual([expect.objectContaining({ instances: phantom.slices })]);
  });

  test('what cannot be read is named and the rest is imported', async () => {
    const dir = await copyOf('with a dead link and half a zip');
    await symlink(join(work, 'nowhere'), join(dir, 'dead.dcm'));
    await writeFile(join(dir, 'half.zip'), 'PK, and no more');
    const summary = await run(dir);
    expect(summary.nodules).toBe(phantom.nodules);
    expect(summary.failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/dead\.dcm cannot be read: .*link/),
      expect.stringMatching(/half\.zip is not a whole zip/),
    ]);
  });

  test('cancelled while a series is sent, it leaves nothing of it', async () => {
    const { dir, seriesInstanceUID } = await makePhantomStudy(join(work, 'cancelled'), 9);
    const job = unwatched(/: [5-9] of /);
    await expect(importPaths(product.context, [dir], job)).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await product.context.archive.seriesInstances(seriesInstanceUID)).toEqual([]);
  }, 60_000);
});

describe('import of nodules in the official form', () => {
  const store = () => product.context.store.nodules;
  /** A phantom of its own: folders with its slices, with its XML too, and with its SEG and SR. */
  async function forms(name: string, seed: number) {
    const all = await makePhantomStudy(join(work, name), seed);
    const slices = join(work, `${name} slices`);
    await mkdir(slices);
    for (const file of (await readdir(all.dir)).filter(slicesOnly))
      await copyFile(join(all.dir, file), join(slices, file));
    const official = join(work, `${name} official`);
    const { nodules, ct } = readPhantom(all.dir);
    const annotations = writeOfficial(official, { nodules, ct });
    expect(annotations).toBeGreaterThan(nodules.length);
    return { ...all, slices, official, annotations };
  }
  /** All but who drew it how: readers and outlines are not recorded in the official form. */
  const essence = (nodule: Nodule) => ({
    ...nodule,
    id: null,
    marks: nodule.marks.map(({ markId, characteristics }) => ({ markId, characteristics })).toSorted(byId),
  });
  const byId = (a: { markId: string }, b: { markId: string }): number => (a.markId < b.markId ? -1 : 1);

  test('CT, SEG and SR without XML give the nodules of the XML; the XML counts as soon as it is there', async () => {
    const { dir, slices, official, annotations, nodules, seriesInstanceUID } = await forms('both forms', 21);
    const entries: Record<string, Uint8Array> = {};
    for (const file of await readdir(official))
      entries[`annotations/${file}`] = await readFile(join(official, file));
    const zip = join(work, 'official.zip');
    await writeFile(zip, zipSync(entries, { level: 1 }));

    const withoutXml = await run(slices, zip);
    expect(withoutXml).toMatchObject({ nodules, failures: [], problems: [], disagreements: [] });
    expect(withoutXml.series).toHaveLength(1 + 2 * annotations);
    expect(withoutXml.series.find(({ modality }) => modality === 'CT')).toMatchObject({
      nodules,
      nodulesFrom: 'official',
    });
    const fromOfficial = await store().ofSeries(seriesInstanceUID);

    const withXml = await run(dir, official);
    expect(withXml).toMatchObject({ nodules, failures: [], problems: [], disagreements: [] });
    expect(withXml.series.find(({ modality }) => modality === 'CT')?.nodulesFrom).toBe('xml');
    const fromXml = await store().ofSeries(seriesInstanceUID);
    expect(fromOfficial.map(essence)).toEqual(fromXml.map(essence));

    const again = await run(slices, official);
    expect(again.nodules).toBe(0);
    expect(again.problems).toEqual([
      expect.objectContaining({ message: expect.stringContaining('from its XML already') as unknown }),
    ]);
    expect(await store().ofSeries(seriesInstanceUID)).toEqual(fromXml);
  });

  test('where XML and SEG differ the XML counts, and the summary says where', async () => {
    const { dir, official, nodules, seriesInstanceUID } = await forms('differing', 22);
    const path = join(dir, 'annotations.xml');
    const xml = await readFile(path, 'utf8');
    await writeFile(path, xml.replace(/<malignancy>\d<\/malignancy>/, '<malignancy>1</malignancy>'));
    const summary = await run(dir, official);
    expect(summary).toMatchObject({ nodules, failures: [] });
    expect(summary.disagreements).toEqual([
      {
        seriesInstanceUID,
        message: expect.stringMatching(/rated otherwise: malignancy 1 in the XML, [2-5]/) as unknown,
      },
    ]);
  });

  test('an XML that cannot be read is named, and SEG and SR stand in for it', async () => {
    const { dir, official, nodules } = await forms('bad xml', 23);
    await writeFile(join(dir, 'annotations.xml'), '<LidcReadMessage><ResponseHeader>');
    const summary = await run(dir, official);
    expect(summary.nodules).toBe(nodules);
    expect(summary.failures).toEqual([expect.objectContaining({ name: join(dir, 'annotations.xml') })]);
  });

  test('a SEG that is cut short is named and not stored; an SR without it says that its ratings are lost', async () => {
    const { slices, official, annotations, seriesInstanceUID } = await forms('cut seg', 24);
    const victim = join(official, '1-seg.dcm');
    await writeFile(victim, (await readFile(victim)).subarray(0, -100));
    const summary = await run(slices, official);
    expect(summary.failures).toEqual([{ name: victim, message: expect.stringContaining(victim) as unknown }]);
    expect(summary.problems).toEqual([
      expect.objectContaining({ name: join(official, '1-sr.dcm'), leftOut: 'ratings' }),
    ]);
    expect(summary.leftOut).toEqual({ marks: 0, outlines: 0, points: 0, ratings: 1 });
    expect(await product.context.archive.hasSeries(`${seriesInstanceUID}.6.1.1`)).toBe(false);
    const marks = (await store().ofSeries(seriesInstanceUID)).flatMap((nodule) => nodule.marks);
    expect(marks).toHaveLength(annotations - 1);
  });

  test('a mark on a slice that the CT lacks is left out by name; the others are imported', async () => {
    const { dir, nodules } = await copyOfXml('stray mark', (xml) =>
      xml
        .replace(/<imageSOP_UID>[\d.]+</, '<imageSOP_UID>1.2.3.4<')
        .replace(/<imageZposition>[-\d.]+</, '<imageZposition>9999<'),
    );
    const summary = await run(dir);
    expect(summary.nodules).toBe(nodules);
    expect(summary.failures).toEqual([]);
    expect(summary.leftOut).toEqual({ marks: 1, outlines: 0, points: 0, ratings: 0 });
    expect(summary.problems.filter(({ leftOut }) => leftOut !== null)).toEqual([
      {
        name: join(dir, 'annotations.xml'),
        where: expect.stringMatching(/^reader 1, nodule /) as unknown,
        message: expect.stringContaining('1.2.3.4') as unknown,
        leftOut: 'mark',
      },
    ]);
  });

  async function copyOfXml(name: string, change: (xml: string) => string) {
    const study = await makePhantomStudy(join(work, name), 25);
    const path = join(study.dir, 'annotations.xml');
    await writeFile(path, change(await readFile(path, 'utf8')));
    return study;
  }
});

describeWithLidc(['LIDC-IDRI-0001'], 'LIDC-IDRI-0001', (patient) => {
  test('is imported with CT, SEG, SR and its one nodule of four readers rated 5, 5, 5, 4', async () => {
    const summary = await run(patient);
    expect(summary.failures).toEqual([]);
    expect(summary.series.map(({ modality }) => modality).toSorted()).toEqual(
      ['CT', 'SEG', 'SEG', 'SEG', 'SEG', 'SR', 'SR', 'SR', 'SR'].toSorted(),
    );
    const ct = summary.series.find(({ modality }) => modality === 'CT');
    expect(ct).toMatchObject({ instances: 133, nodules: 1, nodulesFrom: 'xml' });
    expect(summary).toMatchObject({ problems: [], disagreements: [] });
    const [nodule] = await product.context.store.nodules.ofSeries(ct?.seriesInstanceUID ?? '');
    expect(nodule?.readers).toBe(4);
    expect(nodule?.marks.map(({ characteristics }) => characteristics?.malignancy).toSorted()).toEqual([
      4, 5, 5, 5,
    ]);
  }, 240_000);
});
