/** Where patches may be cut from beside cut-outs: LIDC folders, and the archive with the store. One gives what the other gives. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NoduleSource } from '../../server/src/dataset/source.ts';
import { archiveNodules } from '../../server/src/services/archiveNodules.ts';
import { archiveVolume } from '../../server/src/services/archiveVolumes.ts';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import { lidcFolderNodules } from '../../server/src/services/importing/noduleSource.ts';
import type { PhantomStudy } from '../../server/src/services/phantomStudy.ts';
import { describeWithLidc } from '../support/lidcData.ts';
import { readPhantom, writeOfficial } from '../support/officialPhantom.ts';
import { makePhantomStudy, openProduct, type Product, unwatched } from '../support/product.ts';

let product: Product;
let work: string;
let phantom: PhantomStudy & { readonly dir: string };
const { signal } = new AbortController();
const silent = (): void => undefined;

beforeAll(async () => {
  product = await openProduct();
  work = await mkdtemp(join(tmpdir(), 'nodulelab-sources-'));
  phantom = await makePhantomStudy(join(work, 'phantom'), 31);
}, 240_000);
afterAll(async () => {
  await product?.close();
  if (work) await rm(work, { recursive: true, force: true });
});

const ofFolders = (...paths: string[]) => lidcFolderNodules(paths, signal, silent);
const ofArchive = (seriesInstanceUIDs?: readonly string[]) =>
  archiveNodules(product.context, seriesInstanceUIDs ? { seriesInstanceUIDs } : {}, signal, silent);

/** Everything of the nodules with their voxels' hash, the mask included. */
async function content({ nodules }: NoduleSource) {
  const loaded = await Promise.all(
    nodules.map(async ({ load, ...nodule }) => {
      const { mask, sha256 } = await load();
      return { ...nodule, box: mask.box, bits: Buffer.from(mask.bits).toString('hex'), sha256 };
    }),
  );
  return loaded.toSorted((a, b) => (a.noduleId < b.noduleId ? -1 : 1));
}

async function copyOf(name: string, keep: (file: string) => boolean = () => true): Promise<string> {
  const dir = join(work, name);
  await mkdir(dir);
  for (const file of await readdir(phantom.dir))
    if (keep(file)) await copyFile(join(phantom.dir, file), join(dir, file));
  return dir;
}

const slicesOnly = (file: string): boolean => file.endsWith('.dcm');

describe('nodules of the archive', () => {
  test('are those of the folder that was imported, voxel for voxel', async () => {
    await importPaths(product.context, [phantom.dir], unwatched());
    const archived = await ofArchive([phantom.seriesInstanceUID]);
    expect(archived).toMatchObject({ wholeCts: true, problems: [] });
    expect(archived.nodules).toHaveLength(phantom.nodules);
    expect(await content(archived)).toEqual(await content(await ofFolders(phantom.dir)));
  });

  test('are of all imported series, but of phantoms that came with the program only where they are named', async () => {
    const series = ({ nodules }: NoduleSource) => new Set(nodules.map(({ seriesUID }) => seriesUID));
    expect(series(await ofArchive())).toEqual(new Set([phantom.seriesInstanceUID]));
    expect(series(await ofArchive([product.seriesInstanceUID]))).toEqual(
      new Set([product.seriesInstanceUID]),
    );
  });

  test('go on without a series that is gone or has none, which is named', async () => {
    const [stored] = await product.context.store.nodules.ofSeries(phantom.seriesInstanceUID);
    const gone = '1.2.3.4.5';
    await product.context.store.nodules.replaceForSeries(gone, [
      { ...stored!, id: 'f'.repeat(24), seriesInstanceUID: gone },
    ]);
    const { nodules, problems } = await ofArchive([gone, '1.2.3.4.6', phantom.seriesInstanceUID]);
    expect(nodules).toHaveLength(phantom.nodules);
    expect(problems.map(({ name, message }) => [name, message])).toEqual([
      [gone, expect.stringMatching(/archive has no series 1\.2\.3\.4\.5/)],
      ['1.2.3.4.6', expect.stringMatching(/No nodules of series 1\.2\.3\.4\.6/)],
    ]);
    await expect(ofArchive([gone])).rejects.toMatchObject({ kind: 'not-found' });
    await product.context.store.nodules.replaceForSeries(gone, []);
  });

  test('lie in a volume that knows its slices and what it was read from', async () => {
    const source = archiveVolume(product.context.archive, phantom.seriesInstanceUID, null);
    const { ct } = readPhantom(phantom.dir);
    const read = await source.load();
    expect(read.ct).toEqual(ct.volume);
    expect(read.sopInstanceUIDs).toEqual(ct.slices.map(({ sopInstanceUID }) => sopInstanceUID));
    expect((await source.load()).sha256).toBe(read.sha256);
    const other = archiveVolume(product.context.archive, product.seriesInstanceUID, null);
    expect((await other.load()).sha256).not.toBe(read.sha256);
  });
});

describe('nodules of LIDC folders', () => {
  test('come from SEG and SR where there is no XML', async () => {
    const slices = await copyOf('slices only', slicesOnly);
    const official = join(work, 'official');
    writeOfficial(official, readPhantom(phantom.dir));
    const { nodules, problems } = await ofFolders(slices, official);
    expect(problems).toEqual([]);
    const essence = (all: Awaited<ReturnType<typeof content>>) =>
      all
        .map(({ sha256, malignancyRatings, readers, bits }) => ({ sha256, readers, bits, malignancyRatings }))
        .toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
    const fromXml = await content(await ofFolders(phantom.dir));
    expect(essence(await content({ wholeCts: true, nodules, problems }))).toEqual(essence(fromXml));
  });

  test('go on without what is damaged, which is named', async () => {
    const good = phantom.dir;
    const torn = await copyOf('torn');
    const [slice] = (await readdir(torn)).filter(slicesOnly).toSorted();
    const victim = join(torn, slice ?? '');
    await writeFile(victim, (await readFile(victim)).subarray(0, -1000));
    const other = await makePhantomStudy(join(work, 'xml of another'), 32);
    const stranger = join(work, 'stranger.xml');
    await copyFile(join(other.dir, 'annotations.xml'), stranger);
    const cut = join(work, 'cut.xml');
    await writeFile(cut, (await readFile(join(good, 'annotations.xml'))).subarray(0, 500));

    const { nodules, problems } = await ofFolders(good, stranger, cut);
    expect(nodules).toHaveLength(phantom.nodules);
    expect(problems.map(({ name }) => name)).toEqual([cut, stranger]);
    await expect(ofFolders(torn)).rejects.toThrow(victim);
  });
});

describeWithLidc(['LIDC-IDRI-0006'], 'LIDC-IDRI-0006', (six) => {
  test('gives the same nodules from its folder, with and without XML, and from the archive', async () => {
    const files = (await readdir(six, { recursive: true })).map((name) => join(six, name));
    const withoutXml = files.filter((name) => name.endsWith('.dcm'));
    const official = await ofFolders(...withoutXml);
    const xml = await ofFolders(six);
    expect([official.problems, xml.problems]).toEqual([[], []]);
    const voxels = async (source: NoduleSource) =>
      (await content(source)).map(({ sha256, malignancyRatings }) => [sha256, malignancyRatings]).toSorted();
    expect(await voxels(official)).toEqual(await voxels(xml));
    expect(xml.nodules).toHaveLength(4);

    await importPaths(product.context, [six], unwatched());
    const archived = await ofArchive([xml.nodules[0]?.seriesUID ?? '']);
    expect(archived.problems).toEqual([]);
    expect(await content(archived)).toEqual(await content(xml));
  }, 240_000);
});
