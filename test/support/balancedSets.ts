import { afterAll } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SyntheticPatch } from '../../server/src/dataset/manifest.ts';
import type { BalanceModel } from '../../server/src/services/balance/balanceModel.ts';
import { balanceSet, type BalanceOptions } from '../../server/src/services/balance/balanceSet.ts';
import { drawing } from './drawing.ts';
import { ballPatch, makeSet, RULE, type SetPlan } from './nodulePatches.ts';

/** Where all of them are written. */
export const root = mkdtempSync(join(tmpdir(), 'nodulelab-balance-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

export const RULE_OF_MODEL = { ...RULE, testPatients: [...RULE.testPatients], fold: 'train' as const };

/** A generator by a formula: what balancing does with a model does not depend on how it was trained. */
export const model = (
  more: Partial<BalanceModel> = {},
  card: Partial<BalanceModel['card']> = {},
): BalanceModel => ({
  card: {
    name: 'balls',
    splitSha256: 'cd'.repeat(32),
    split: RULE_OF_MODEL,
    fieldOfView: { diameters: 2 },
    softMargin: { fullMm: 3, rimMm: 5 },
    ...card,
  },
  sha256: 'ab'.repeat(32),
  size: 16,
  ...drawing((seed, index) => ballPatch(16, 3.5, `${seed} ${index}`)),
  ...more,
});

let sets = 0;
export async function balanced(
  plan: Partial<SetPlan>,
  made: BalanceModel = model(),
  options: Partial<BalanceOptions> = {},
): Promise<Awaited<ReturnType<typeof balanceSet>> & { readonly setDir: string; readonly outDir: string }> {
  const setDir = options.setDir ?? join(root, `set-${++sets}`);
  const outDir = options.outDir ?? join(root, `balanced-${sets}-${readdirSync(root).length}`);
  if (!existsSync(setDir)) await makeSet(setDir, { malignant: 3, benign: 9, ...plan });
  const manifest = await balanceSet(made, {
    ...{ ratio: [1, 1], seed: 7, unlocked: false },
    ...options,
    ...{ setDir, outDir },
  });
  return { ...manifest, setDir, outDir };
}

export const synthetics = (patches: readonly { readonly origin: string }[]): SyntheticPatch[] =>
  patches.filter((patch): patch is SyntheticPatch => patch.origin === 'synthetic');
