import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openPatchFile } from '../../server/src/dataset/patchFile.ts';
import { openTrainingSet } from '../../server/src/gan/trainingSet.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';
import { balanced, model, root, RULE_OF_MODEL, synthetics } from '../support/balancedSets.ts';
import { drawing } from '../support/drawing.ts';
import { ballPatch, makeSet, RULE, splitOf, type SetPlan } from '../support/nodulePatches.ts';
import { nodulelab } from '../support/product.ts';

describe('a balanced set', () => {
  test('keeps the real nodules as they are, leaves indeterminate ones behind and fills up to the ratio', async () => {
    const manifest = await balanced({ malignant: 3, benign: 9, indeterminate: 4 });
    expect(manifest.balance).toMatchObject({
      ratio: [1, 1],
      before: { malignant: 3, benign: 9 },
      after: { malignant: 3, syntheticMalignant: 6, benign: 9 },
      indeterminateLeftOut: 4,
      model: { name: 'balls', sha256: 'ab'.repeat(32), splitSha256: 'cd'.repeat(32) },
      lock: 'same rule',
    });
    expect(manifest.cancerRule.countsInSet).toEqual({ malignant: 9, benign: 9, indeterminate: 0 });
    const from = await openPatchFile(manifest.setDir);
    const to = await openPatchFile(manifest.outDir);
    expect(manifest.balance?.fromSha256).toBe(from.sha256);
    expect(to.count).toBe(18);
    for (let index = 0; index < 12; index++) {
      expect(to.manifest.patches[index]).toEqual(from.manifest.patches[index]);
      expect(await to.patch(index)).toEqual(await from.patch(index));
    }
    await Promise.all([from.close(), to.close()]);
  });

  test('says of every synthetic nodule what makes it again', async () => {
    const made = model();
    const manifest = await balanced({}, made);
    const items = synthetics(manifest.patches);
    expect(items).toHaveLength(6);
    expect(new Set(items.map(({ id }) => id)).size).toBe(6);
    for (const item of items) {
      expect(item).toMatchObject({
        model: { name: 'balls', sha256: 'ab'.repeat(32) },
        seed: 7,
        conditions: {},
      });
      const { hu } = await made.draw(item.seed, item.index, item.conditions);
      expect(sha256Of(new Uint8Array(hu.buffer))).toBe(item.sampleSha256);
    }
  });

  test('lays synthetic nodules on the ground of the real ones', async () => {
    const manifest = await balanced(
      {},
      model(
        drawing((seed, index) =>
          ballPatch(16, 3.5, `${seed} ${index}`).map((value, at) => value + (at % 3) / 200),
        ),
      ),
    );
    const file = await openPatchFile(manifest.outDir);
    for (const [index, { origin }] of manifest.patches.entries()) {
      const face = (await file.patch(index)).subarray(0, 16 ** 2);
      if (origin === 'synthetic') expect(new Set(face).size).toBe(1);
    }
    await file.close();
  });

  test('ends synthetic nodules where the CTs of the real ones end, and measures what is left', async () => {
    const made = async (plan: Partial<SetPlan>): Promise<{ slices: number[]; sizes: number[] }> => {
      const manifest = await balanced(plan);
      const file = await openPatchFile(manifest.outDir);
      const slices: number[] = [];
      for (const [index, { origin }] of manifest.patches.entries()) {
        const values = await file.patch(index);
        const planes = Array.from({ length: 16 }, (_, k) => values.subarray(k * 16 ** 2, (k + 1) * 16 ** 2));
        if (origin === 'synthetic') slices.push(planes.filter((plane) => new Set(plane).size > 1).length);
      }
      await file.close();
      return { slices, sizes: synthetics(manifest.patches).map((entry) => entry.equivalentDiameterMm) };
    };
    // The spacing is at least 1.5 mm: six slices reach 0.25 mm beyond 3.5 mm on either side.
    const flat = await made({ ctEnds: { low: [-25, -25, -3.5], high: [25, 25, 3.5] } });
    const whole = await made({});
    for (const slices of flat.slices) expect(slices).toBeLessThanOrEqual(6);
    for (const slices of whole.slices) expect(slices).toBeGreaterThan(9);
    for (const [n, size] of flat.sizes.entries()) expect(size).toBeLessThan(0.95 * whole.sizes[n]!);
  });

  test('gives synthetic nodules the sizes of the real malignant ones, and the spacing that goes with each', async () => {
    const manifest = await balanced({ malignant: 3, benign: 40 });
    const real = manifest.patches.slice(0, 3).map(({ diameterMm }) => diameterMm);
    const items = synthetics(manifest.patches);
    expect(new Set(items.map(({ diameterMm }) => diameterMm))).toEqual(new Set(real));
    for (const { diameterMm, spacingMm, equivalentDiameterMm } of items) {
      expect(spacingMm).toBeCloseTo((2 * diameterMm) / 16, 10);
      // The ball is soft and 7 to 8 of 16 voxels wide, and 16 voxels are two diameters.
      expect(equivalentDiameterMm / diameterMm).toBeGreaterThan(0.8);
      expect(equivalentDiameterMm / diameterMm).toBeLessThan(1.05);
    }
  });

  test('has the same bytes for the same set, model and seed, and others for another seed', async () => {
    const first = await balanced({});
    const again = await balanced({}, model(), { setDir: first.setDir });
    const other = await balanced({}, model(), { setDir: first.setDir, seed: 8 });
    const bytes = (dir: string): string[] =>
      ['manifest.json', 'patches.f16'].map((file) => sha256Of(readFileSync(join(dir, file))));
    expect(bytes(again.outDir)).toEqual(bytes(first.outDir));
    expect(bytes(other.outDir)).not.toEqual(bytes(first.outDir));
  });

  test('leaves out samples that show no nodule, says so, and still reaches the ratio', async () => {
    const manifest = await balanced(
      {},
      model(
        drawing((seed, index) =>
          index === 2 ? new Float32Array(16 ** 3).fill(0.093) : ballPatch(16, 3.5, `${seed} ${index}`),
        ),
      ),
    );
    expect(synthetics(manifest.patches).map(({ index }) => index)).toEqual([0, 1, 3, 4, 5, 6]);
    expect(manifest.leftOut).toContainEqual({ id: 'sample 7/2', reason: 'the sample shows no nodule' });
    await expect(balanced({}, model(drawing(() => new Float32Array(16 ** 3).fill(0.093))))).rejects.toThrow(
      '9 of 9 samples of balls show no nodule',
    );
  });

  test('leaves nothing behind when it is cancelled', async () => {
    const controller = new AbortController();
    const outDir = join(root, 'cancelled');
    await expect(
      balanced({}, model(), {
        outDir,
        signal: controller.signal,
        onProgress: (done) => {
          if (done === 14) controller.abort();
        },
      }),
    ).rejects.toMatchObject({ kind: 'cancelled' });
    expect(readdirSync(dirname(outDir)).filter((name) => name.includes(basename(outDir)))).toEqual([]);
  });
});

describe('the lock against leaks', () => {
  test('lets a model through that was trained on this very split', async () => {
    const split = splitOf(104);
    const manifest = await balanced({}, model({}, { splitSha256: split.sha256 }));
    expect(manifest.balance?.lock).toBe('same split');
  });

  test.each([
    ['a set of the test fold', { manifest: { fold: 'test' } }, {}, 'holds the test fold'],
    [
      'a model of another split',
      {},
      { split: { ...RULE_OF_MODEL, seed: 2 } },
      'was trained on another split (seed 2, 5 folds, 1 fixed test patients)',
    ],
    [
      'a set that knows series in place of patients, though its rule is that of the model',
      { manifest: { split: { ...splitOf(104), seriesForPatients: true } } },
      {},
      'by series where the patient is not known',
    ],
    [
      'a model that knew series in place of patients',
      {},
      { split: { ...RULE_OF_MODEL, seriesForPatients: true } },
      'by series where the patient is not known',
    ],
    [
      'a model with fewer test patients',
      {},
      { split: { ...RULE_OF_MODEL, testPatients: [] } },
      'another split',
    ],
    [
      'a model that states another hash and no rule',
      {},
      { split: undefined },
      'does not say how it was drawn: export the model again with --dataset',
    ],
    [
      'a model of an unknown split',
      {},
      { split: undefined, splitSha256: null },
      'vouch for it with --unlocked',
    ],
  ] as const)('refuses %s', async (_, plan, card, words) => {
    const { split, ...rest } = { split: RULE_OF_MODEL, ...card };
    const refused = balanced(plan, {
      ...model(),
      card: {
        ...{ name: 'balls', splitSha256: 'cd'.repeat(32), fieldOfView: { diameters: 2 } },
        ...rest,
        ...(split === undefined ? {} : { split: { ...split, testPatients: [...split.testPatients] } }),
      },
    });
    await expect(refused).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining(words) });
  });

  test('refuses a set whose patients were moved between the folds by hand', async () => {
    const rule = { ...RULE, seed: 2 };
    const split = splitOf(104, rule);
    await expect(balanced({ manifest: { split: { ...split, seed: 1 } } })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('patients were moved by hand'),
    });
  });

  test('takes a model of an unknown split where the user vouches for it, and writes that down', async () => {
    const card = { name: 'foreign', splitSha256: null };
    const manifest = await balanced({}, { ...model(), card }, { unlocked: true });
    expect(manifest.balance).toMatchObject({ lock: 'unlocked', model: { splitSha256: null } });
    // A card that names the split but not the fold leaves as much open.
    const { sha256 } = manifest.split;
    await expect(balanced({}, { ...model(), card: { ...card, splitSha256: sha256 } })).rejects.toMatchObject({
      kind: 'refused',
    });
    // Vouching is for what is unknown; a known contradiction stays one.
    await expect(
      balanced({}, model({}, { split: { ...RULE_OF_MODEL, seed: 2 } }), { unlocked: true }),
    ).rejects.toMatchObject({ kind: 'refused' });
  });
});

describe('sets and models that do not go together', () => {
  test.each([
    ['surroundings', { manifest: { form: 'context' } }, {}, 'take a set of the isolated form'],
    ['an alpha channel', { alpha: true }, {}, 'build the set without alpha'],
    ['another size', { size: 24 }, {}, 'patches of 24³ voxels, and balls makes 16³'],
    ['one class only', { manifest: { class: 'malignant' } }, {}, 'dataset build --class all'],
    ['no benign nodule', { benign: 0 }, {}, 'balancing needs some of both'],
    ['enough malignant ones', { malignant: 9 }, {}, 'has 1:1 malignant to benign already'],
    [
      'a margin other than its nodules have',
      {},
      { softMargin: { fullMm: 1, rimMm: 3 } },
      '1 to 3 mm of lung around them, and those of',
    ],
    ['a model that does not say its margin', {}, { softMargin: undefined }, 'what margin its nodules have'],
    ['another field of view', { manifest: { fieldOfView: { mm: 48 } } }, {}, 'of 2 diameters, and'],
  ] as const)('are refused for %s', async (_, plan, card, words) => {
    await expect(balanced(plan, model({}, card))).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining(words),
    });
  });

  test('are refused where the set was balanced before', async () => {
    const { outDir } = await balanced({});
    await expect(balanced({}, model(), { setDir: outDir, ratio: [2, 1] })).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('holds synthetic nodules already'),
    });
  });
});

describe('a generator does not train on', () => {
  test('synthetic nodules', async () => {
    const { outDir, patches } = await balanced({});
    const synthetic = patches.filter(({ origin }) => origin === 'synthetic').length;
    await expect(openTrainingSet(outDir)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining(`holds ${synthetic} synthetic nodules`),
    });
  });

  test('the test fold', async () => {
    const dir = join(root, 'test-fold');
    await makeSet(dir, { malignant: 2, benign: 3, manifest: { fold: 'test' } });
    await expect(openTrainingSet(dir)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('is a set of the test fold'),
    });
  });
});

test('the command balances with the shipped model and prints the counts before and after', async () => {
  const setDir = join(root, 'whole');
  const split = splitOf(80, {
    ...{ seed: 1, folds: 5 },
    testPatients: ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'],
  });
  await makeSet(setDir, {
    malignant: 2,
    benign: 6,
    indeterminate: 1,
    size: 64,
    manifest: { split, softMargin: { fullMm: 1, rimMm: 3 } },
  });
  const args = ['--data', join(root, 'data'), 'balance', '--set', setDir, '--model', 'malignant-64'];
  const text = await nodulelab(...args, '--to', '1:1', '--out', join(root, 'as-text'));
  expect(text.status).toBe(0);
  expect(text.stdout).toMatch(
    /^Before augmentation\n +Cancerous +2\n +Benign +6\n +Ratio +1:3\nAfter augmentation\n +Real cancerous +2\n +Synthetic cancerous +4\n +Benign +6\n +Ratio +1:1\n/,
  );
  expect(text.stdout).toContain('Left behind: 1 indeterminate');
  const json = await nodulelab('--json', ...args, '--to', '1:2', '--out', join(root, 'as-json'));
  expect(JSON.parse(json.stdout)).toMatchObject({
    before: { cancerous: 2, benign: 6, ratio: '1:3' },
    after: { realCancerous: 2, syntheticCancerous: 1, benign: 6, ratio: '1:2' },
    balance: { lock: 'same rule', indeterminateLeftOut: 1 },
  });
  const refused = await nodulelab(...args, '--to', '1;1', '--out', join(root, 'refused'));
  expect([refused.status, existsSync(join(root, 'refused'))]).toEqual([2, false]);
}, 60_000);
