import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemErrorText } from '../../server/src/cli/systemError.ts';

describe('an error of the operating system', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nodulelab-system-error-'));
    await writeFile(join(dir, 'file'), '');
  });
  afterAll(() => rm(dir, { recursive: true }));

  test.each([
    [
      'a folder that is not there',
      () => writeFile(join(dir, 'none', 'a.nii'), ''),
      /none\/a\.nii is not there: .*make the folder/,
    ],
    [
      'a file in the way of a folder',
      () => mkdir(join(dir, 'file')),
      /\/file cannot be made as a folder, because a file stands/,
    ],
    [
      'a file within a path',
      () => readFile(join(dir, 'file', 'a')),
      /file\/a cannot be used, because a part of that path is a file/,
    ],
    ['a folder instead of a file', () => open(dir, 'w'), /is a folder where a file is needed/],
  ] as const)('says what to do about %s', async (_, fail, words) => {
    const error = await (fail() as Promise<unknown>).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(systemErrorText(error)).toMatch(words);
  });

  test('says that a disk is full, though the system does not say for which file', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      ...{ code: 'ENOSPC', syscall: 'write' },
    });
    expect(systemErrorText(error)).toMatch(/no room left on the disk for a file of the output: free some/);
  });

  test('is left as it is where it is of a network or another program, and so is any other error', () => {
    const refused = Object.assign(new Error('listen EACCES'), { code: 'EACCES', syscall: 'listen' });
    expect([systemErrorText(refused), systemErrorText(new Error('broken')), systemErrorText('x')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
