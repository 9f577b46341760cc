import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PatchManifest } from '../../server/src/dataset/manifest.ts';
import type { WantedConditions } from '../../server/src/gan/support.ts';
import type { BalanceModel } from '../../server/src/services/balance/balanceModel.ts';
import { sampleLike } from '../../server/src/services/balance/sampleLike.ts';
import { drawing } from '../support/drawing.ts';
import { ballPatch, makeSet, RULE } from '../support/nodulePatches.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-like-'));
const SIZE = 16;
const MARGIN = { fullMm: 1, rimMm: 3 };
const asked: WantedConditions[] = [];

/** A conditional generator by a formula. */
const GENERATOR: BalanceModel = {
  card: {
    name: 'balls',
    splitSha256: null,
    split: { ...RULE, testPatients: [...RULE.testPatients], fold: 'train' },
    fieldOfView: { diameters: 2 },
    softMargin: MARGIN,
  },
  sha256: 'ab'.repeat(32),
  size: SIZE,
  ...drawing(
    (seed, index, wanted) => {
      asked.push(wanted);
      return ballPatch(SIZE, 3.5, `${seed} ${index}`);
    },
    ['diameter', 'spiculation'],
  ),
};

let real: PatchManifest;
beforeAll(async () => {
  real = await makeSet(join(root, 'real'), {
    ...{ malignant: 4, benign: 6, indeterminate: 3, size: SIZE, manifest: { softMargin: MARGIN } },
  });
  await makeSet(join(root, 'malignant'), {
    ...{ malignant: 4, benign: 0, size: SIZE, manifest: { softMargin: MARGIN } },
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const sampled = (like: string, wanted: PatchManifest['class'], count = 24): Promise<PatchManifest> =>
  sampleLike(GENERATOR, {
    ...{ likeDir: join(root, like), outDir: join(root, `${like} ${wanted}`), class: wanted, count },
    ...{ seed: 3, unlocked: false },
  });

describe('samples that stand for real nodules', () => {
  test.each(['malignant', 'benign'] as const)(
    'of one class, %s, have that class and the sizes and characteristics of its nodules alone',
    async (wanted) => {
      asked.length = 0;
      const { patches, cancerRule, class: ofSet } = await sampled('real', wanted);
      expect(ofSet).toBe(wanted);
      expect(patches.map((patch) => patch.class)).toEqual(Array.from({ length: 24 }, () => wanted));
      expect(cancerRule.countsInSet).toEqual({ malignant: 0, benign: 0, indeterminate: 0, [wanted]: 24 });
      const donors = real.patches.flatMap((patch) =>
        patch.origin === 'real' && patch.class === wanted
          ? [`${patch.diameterMm} ${patch.characteristics?.spiculation}`]
          : [],
      );
      const drawn = asked.map(({ diameter, spiculation }) => `${diameter} ${spiculation}`);
      // Each of them in its turn, and none of another class.
      expect([...new Set(drawn)].toSorted()).toEqual([...new Set(donors)].toSorted());
    },
  );

  test('of all classes have the class of the nodule that each stands for', async () => {
    const { patches } = await sampled('real', 'all', 40);
    const classOf = new Map(real.patches.map((patch) => [patch.diameterMm, patch.class]));
    expect(new Set(patches.map((patch) => patch.class)).size).toBe(3);
    for (const patch of patches) expect(patch.class).toBe(classOf.get(patch.diameterMm));
  });

  test('are refused where the set has no nodule of that class, and none is written', async () => {
    await expect(sampled('malignant', 'benign')).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining(
        'holds no real benign nodule whose size a sample could have: name a set of real ones, or draw from all classes with --class all.',
      ),
    });
    expect(existsSync(join(root, 'malignant benign'))).toBe(false);
    await sampled('malignant', 'malignant', 2);
    expect(existsSync(join(root, 'malignant malignant'))).toBe(true);
  });
});
