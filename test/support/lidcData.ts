/**
 * Real LIDC-IDRI material for tests that ask for it: from `NODULELAB_LIDC_DIR` (a folder with one subfolder per
 * archive), else from the archives in `../shared/data` beside the repository, unpacked once into the temporary folder.
 * Where neither exists the tests are skipped under a name that says so.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from '@jest/globals';

export type LidcDataName =
  'LIDC-IDRI-0001' | 'LIDC-IDRI-0003' | 'LIDC-IDRI-0004' | 'LIDC-IDRI-0006' | 'nodule-vois' | 'tcia-lidc-xml';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const archives = join(repository, '..', 'shared', 'data');
/** An unpacking that takes longer than this was killed; its lock is taken over. */
const STALE_LOCK_MS = 5 * 60_000;

/** The folder of one archive, or undefined where the material is not at hand. */
export function lidcData(name: LidcDataName): string | undefined {
  const given = process.env['NODULELAB_LIDC_DIR'];
  if (given !== undefined && given !== '') {
    const dir = join(given, name);
    return existsSync(dir) ? dir : undefined;
  }
  if (!existsSync(join(archives, 'unpack'))) return undefined;
  const root = join(tmpdir(), 'nodulelab-lidc');
  const dir = join(root, name);
  const done = join(dir, '.done');
  const lock = join(root, `${name}.lock`);
  mkdirSync(root, { recursive: true });
  while (!existsSync(done)) {
    if (!takeLock(lock)) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      continue;
    }
    try {
      if (!existsSync(done)) execFileSync(join(archives, 'unpack'), [name, root], { stdio: 'ignore' });
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return dir;
}

/** `test` where all the named material is there, else `test.skip` with the reason in the title. */
export function testWithLidc(
  names: readonly LidcDataName[],
  title: string,
  body: (...dirs: string[]) => void | Promise<void>,
  timeoutMs?: number,
): void {
  const dirs = names.map(lidcData);
  if (dirs.every((dir) => dir !== undefined)) test(title, async () => body(...dirs), timeoutMs);
  else
    test.skip(`${title} (skipped: ${names.join(', ')} not found; set NODULELAB_LIDC_DIR)`, () => undefined);
}

/** `describe` likewise; the body gets the folders. */
export function describeWithLidc(
  names: readonly LidcDataName[],
  title: string,
  body: (...dirs: string[]) => void,
): void {
  const dirs = names.map(lidcData);
  if (dirs.every((dir) => dir !== undefined)) describe(title, () => body(...dirs));
  else
    describe(title, () => {
      test.skip(`skipped: ${names.join(', ')} not found; set NODULELAB_LIDC_DIR`, () => undefined);
    });
}

function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > STALE_LOCK_MS)
      rmSync(lock, { recursive: true, force: true });
    return false;
  }
}
