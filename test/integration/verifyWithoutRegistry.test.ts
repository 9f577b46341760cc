/** What `nodulelab verify` says of a synthetic CT on a machine that did not make it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makePhantomStudy, nodulelab } from '../support/product.ts';

let work: string;
let derived: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'nodulelab-verify-'));
  const host = (await makePhantomStudy(join(work, 'host'), 1)).dir;
  derived = join(work, 'derived');
  const inserted = await nodulelab(
    ...['--data', join(work, 'data'), 'insert', '--dicom', host, '--at', 'auto', '--diameter', '10'],
    // Whatever the checks say of the small phantom: this is about what is told of the file afterwards.
    ...['--out', derived, '--confirm', 'seam,noise-power'],
  );
  if (inserted.status !== 0) throw new Error(inserted.stderr);
}, 120_000);
afterAll(async () => {
  if (work) await rm(work, { recursive: true, force: true });
});

test('slices that no registry could be compared with are called so, not counted as different', async () => {
  const home = await nodulelab('--data', join(work, 'data'), 'verify', derived);
  expect(home.status).toBe(3);
  expect(home.stdout).toMatch(/^inserted .*\b([1-9]\d*) of \1\b/m);
  const elsewhere = await nodulelab('--data', join(work, 'elsewhere'), 'verify', derived);
  expect(elsewhere.status).toBe(3);
  expect(elsewhere.stdout).toMatch(/^voxels +unknown/m);
  expect(elsewhere.stdout).toMatch(/^inserted .* not compared /m);
  expect(elsewhere.stdout).not.toMatch(/\b0 of \d/);
}, 120_000);
