import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  needsGenerator,
  protocolHash,
  readProtocol,
} from '../../../server/src/services/classification/protocol.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-protocol-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the full protocol', () => {
  it('has 5 seeds and 5 folds under both label rules', async () => {
    const { seeds, folds, rules } = await readProtocol('full');
    expect([new Set(seeds).size, folds, rules]).toEqual([5, 5, ['median', 'table']]);
  });

  it('holds every arm that a claim about synthetic nodules must be held against', async () => {
    const { designs } = await readProtocol('full');
    expect(designs['held-out']!.map(({ name }) => name)).toEqual([
      ...['real', 'class-weighted', 'oversampled', 'augmented', 'cutmix'],
      ...['synthetic-25', 'synthetic-50', 'synthetic-100', 'synthetic-200', 'balanced'],
      ...['scarce', 'scarce-oversampled', 'scarce-balanced', 'synthetic-only'],
      ...['ellipsoids', 'transplants'].flatMap((of) => [`${of}-100`, `${of}-balanced`, `${of}-only`]),
      'fingerprint',
    ]);
    expect(designs['every-patient']!.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['real', 'planted', 'shuffled']),
    );
  });
});

describe('a protocol of one’s own', () => {
  const change = async (more: object): Promise<string> => {
    const path = join(root, 'own.json');
    writeFileSync(path, JSON.stringify({ ...(await readProtocol('quick')), ...more }));
    return readProtocol(path).then(
      () => 'read',
      (error: Error) => error.message,
    );
  };
  const REAL = { name: 'real', kind: 'real' };

  it('is read, and named by its content', async () => {
    expect(await change({})).toBe('read');
    const quick = await readProtocol('quick');
    expect(protocolHash(await readProtocol(join(root, 'own.json')))).toBe(protocolHash(quick));
    expect(protocolHash({ ...quick, folds: 3 })).not.toBe(protocolHash(quick));
  });

  it.each([
    [
      'a generator where every patient is tested',
      { designs: { 'every-patient': [REAL, { name: 'x', kind: 'balanced' }] } },
      /x needs a generator/,
    ],
    ['two arms of one name', { designs: { 'held-out': [REAL, REAL] } }, /two arms have one name/],
    [
      'no arm of real nodules only',
      { designs: { 'held-out': [{ name: 'real', kind: 'balanced' }] } },
      /is what all are held against/,
    ],
    [
      'an unknown kind of arm',
      { designs: { 'held-out': [REAL, { name: 'y', kind: 'magic' }] } },
      /designs.held-out.1.kind/,
    ],
    ['no design', { designs: {} }, /at least one of held-out, every-patient/],
    ['a comparison with an arm that is none', { contrasts: [['real', 'nobody']] }, /has no arm nobody/],
    ['a comparison of an arm with itself', { contrasts: [['real', 'real']] }, /real is compared with itself/],
    ['a rule twice', { rules: ['median', 'median'] }, /rules: each once/],
    [
      'a misspelt option of an arm',
      { designs: { 'held-out': [REAL, { name: 'few', kind: 'real', keepMalignent: 0.5 }] } },
      /keepMalignent/,
    ],
    ['a part that nobody knows', { repeats: 3 }, /repeats/],
    [
      'an arm that is called as a baseline',
      { designs: { 'held-out': [REAL, { name: 'diameter', kind: 'cutmix', share: 0.5 }] } },
      /diameter is the name of a baseline/,
    ],
    ['strata in disorder', { strataMm: [15, 6] }, /ascending/],
    ['a seed twice', { seeds: [1, 1] }, /each once/],
    [
      'a share of 300 %',
      { designs: { 'held-out': [REAL, { name: 'z', kind: 'added', percent: 300 }] } },
      /designs.held-out.1.percent/,
    ],
  ])('is refused with %s', async (_, more, message) => {
    expect(await change(more)).toMatch(message);
  });

  it('that does not exist is named, with what there is', async () => {
    await expect(readProtocol(join(root, 'none.json'))).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('name quick or full'),
    });
  });

  it('needs a generator for arms that ask for its samples only', async () => {
    const { designs } = await readProtocol('full');
    const needing = designs['held-out']!.filter(needsGenerator).map(({ name }) => name);
    expect(needing).toContain('synthetic-25');
    expect(needing).toContain('scarce-balanced');
    expect(needing).not.toContain('ellipsoids-100');
    expect(needing).not.toContain('scarce');
  });
});
