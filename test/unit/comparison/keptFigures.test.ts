import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptFigures, type KeptFigures } from '../../../server/src/services/comparison/keptFigures.ts';

const dir = mkdtempSync(join(tmpdir(), 'nodulelab-kept-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('figures that take long', () => {
  const made: string[] = [];
  const figures = (word: string): Promise<KeptFigures> =>
    keptFigures(dir, ['spotting', word], async () => {
      made.push(word);
      return { figures: [], warnings: [word] };
    });

  test('are made once for the same inputs, and anew for others', async () => {
    const first = await figures('a');
    expect(await figures('a')).toEqual(first);
    expect(await figures('b')).toEqual({ figures: [], warnings: ['b'] });
    expect(made).toEqual(['a', 'b']);
  });

  test('are made again where their file is damaged', async () => {
    for (const name of readdirSync(dir)) writeFileSync(join(dir, name), '{"figures":');
    expect(await figures('a')).toEqual({ figures: [], warnings: ['a'] });
    expect(made).toEqual(['a', 'b', 'a']);
  });

  test('are not kept where making them was stopped', async () => {
    const stopped = keptFigures(dir, ['c'], () => Promise.reject(new Error('stopped')));
    await expect(stopped).rejects.toThrow('stopped');
    const later = await keptFigures(dir, ['c'], async () => ({ figures: [], warnings: ['later'] }));
    expect(later.warnings).toEqual(['later']);
  });
});
