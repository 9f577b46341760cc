/** A synthetic series whose edits are not in the registry: written in a folder, or by another installation. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { importPaths } from '../../server/src/services/importing/importPaths.ts';
import { nodulelab, openProduct, unwatched, type Product } from '../support/product.ts';

let product: Product;
let work: string;

beforeAll(async () => {
  product = await openProduct();
  work = await mkdtemp(join(tmpdir(), 'nodulelab-foreign-'));
}, 180_000);
afterAll(async () => {
  await product?.close();
  if (work) await rm(work, { recursive: true, force: true });
});

test('it is no host for another nodule, neither as a folder nor in an archive', async () => {
  const { seriesInstanceUID: original, services, context } = product;
  const insertInto = (folder: string, out: string) =>
    nodulelab(
      ...['--data', join(work, 'data'), '--json', 'insert', '--dicom', folder, '--out', join(work, out)],
      ...['--at', 'auto', '--diameter', '9', '--setting', 'parenchyma'],
    );
  const first = await insertInto(join(product.dataDir, 'phantom'), 'foreign');
  expect([first.status, first.status === 0 ? '' : first.stderr]).toEqual([0, '']);
  const { seriesInstanceUID } = JSON.parse(first.stdout) as { seriesInstanceUID: string };
  const reason = `${seriesInstanceUID} is synthetic already, and what was done to it is not in the registry here: work on its original ${original}`;

  const again = await insertInto(join(work, 'foreign'), 'again');
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining(reason)]);
  await importPaths(context, [join(work, 'foreign')], unwatched());
  await expect(services.place({ seriesInstanceUID, diameterMm: 9, seed: 1 })).rejects.toMatchObject({
    kind: 'unusable',
    message: expect.stringContaining(reason),
    details: { sourceSeriesInstanceUID: original },
  });
}, 120_000);

test('its other slices are looked at where one file is cut short, and that one is named', async () => {
  const slice = '0001.dcm';
  const whole = await readFile(join(work, 'foreign', slice));
  await mkdir(join(work, 'cut'));
  await cp(join(work, 'foreign'), join(work, 'cut'), { recursive: true });
  await writeFile(join(work, 'cut', slice), whole.subarray(0, whole.length - 100));
  const verified = await nodulelab('--data', join(work, 'data'), 'verify', join(work, 'cut'));
  expect([verified.status, verified.stdout]).toEqual([
    3,
    expect.stringMatching(/1 of \d+ slices could not be read: .*cut short/),
  ]);
  // A damaged file is no sign of a mark that was taken away.
  expect(verified.stdout).toMatch(/mark +present /);
  const alone = await nodulelab('verify', join(work, 'cut', slice));
  expect([alone.status, alone.stderr]).toEqual([1, expect.stringContaining('cut short')]);
}, 60_000);
