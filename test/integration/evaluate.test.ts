import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPatchFile } from '../../server/src/dataset/patchFile.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { evaluationResultSchema, type EvaluationResult } from '../../server/src/evaluation/result.ts';
import { REPOSITORY } from '../../server/src/cli/runtime.ts';
import { sampleLike } from '../../server/src/services/balance/sampleLike.ts';
import type { BalanceModel } from '../../server/src/services/balance/balanceModel.ts';
import { evaluateSets, type EvaluateRequest } from '../../server/src/services/evaluation/evaluateSets.ts';
import { openEvaluationTools, type EvaluationTools } from '../../server/src/services/evaluation/tools.ts';
import { Random } from '../../server/src/nn/random.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';
import { PARENCHYMA_HU, windowHu } from '../../server/src/volume/window.ts';
import { drawing } from '../support/drawing.ts';
import { ballPatch, makeSet, RULE, splitOf, type SetPlan } from '../support/nodulePatches.ts';
import { nodulelab } from '../support/product.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-evaluate-'));
const SIZE = 32;
const COUNT = 20;
const DRAWS = 100;
const SPLIT = splitOf(400);
const MARGIN = { fullMm: 1, rimMm: 3 };

/** Balls of many sizes and softnesses: as different from each other as those of the other set. */
const lump = (name: string): Float32Array => {
  const random = Random.of('lump', name);
  return ballPatch(SIZE, SIZE * (0.15 + 0.12 * random.uniform()), name, 0.6 + 1.2 * random.uniform());
};

/** A generator by a formula that makes what the real sets hold. */
const GENERATOR: BalanceModel = {
  card: {
    name: 'lumps',
    splitSha256: null,
    split: { ...RULE, testPatients: [...RULE.testPatients], fold: 'train' },
    fieldOfView: { diameters: 2 },
    softMargin: MARGIN,
  },
  sha256: 'ab'.repeat(32),
  size: SIZE,
  ...drawing((seed, index) => lump(`sample ${seed} ${index}`)),
};

const at = (name: string): string => join(root, name);

const makeReal = (name: string, fold: 'train' | 'test', more: Partial<SetPlan> = {}): Promise<unknown> =>
  makeSet(at(name), {
    ...{ malignant: COUNT, benign: 0, size: SIZE },
    patch: (n) => lump(`${name} ${n}`),
    ...more,
    manifest: { fold, class: 'malignant', split: SPLIT, softMargin: MARGIN, ...more.manifest },
  });

let tools: EvaluationTools;

beforeAll(async () => {
  await makeReal('real', 'test');
  await makeReal('training', 'train');
  await sampleLike(GENERATOR, {
    ...{ likeDir: at('real'), outDir: at('synthetic'), class: 'malignant', count: COUNT + 4 },
    ...{ seed: 1, unlocked: false },
  });
  tools = await openEvaluationTools([join(REPOSITORY, 'models')], onnxCpuEngine({ threads: 1 }));
});

afterAll(async () => {
  await tools.release();
  rmSync(root, { recursive: true, force: true });
});

const evaluate = (
  out: string,
  sets: Partial<EvaluateRequest> = {},
  setup: Partial<EvaluateRequest['setup']> = {},
): ReturnType<typeof evaluateSets> =>
  evaluateSets({
    ...{ real: at('real'), synthetic: at('synthetic'), training: at('training'), dataDir: at('data') },
    models: { list: async () => [], folderOf: async () => root },
    ...sets,
    setup: {
      ...{ outDir: at(out), tools, seed: 1, draws: DRAWS, spotting: false },
      ...{ now: () => performance.now(), ...setup },
    },
    ...{ codeVersion: '1.2.3', command: 'nodulelab evaluate', date: () => new Date(0) },
  });

/** All of it that does not say how long it took. */
const timeless = ({ seconds: _seconds, ...rest }: EvaluationResult): unknown => rest;

const chunks = (out: string): string[] =>
  readdirSync(at(join(out, 'work')), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(at(join(out, 'work')), name))
    .toSorted();

test('a set that was sampled like a real one has its sizes, its fold, its ground and its lineage', async () => {
  const real = await openPatchFile(at('real'));
  const sampled = await openPatchFile(at('synthetic'));
  const { manifest } = sampled;
  expect(manifest).toMatchObject({ fold: 'test', class: 'malignant', softMargin: MARGIN, count: COUNT + 4 });
  expect(manifest.cancerRule.countsInSet).toEqual({ malignant: COUNT + 4, benign: 0, indeterminate: 0 });
  expect(manifest.sampled).toMatchObject({ likeSha256: real.sha256, lock: 'same rule', seed: 1 });
  const sizes = new Set(real.manifest.patches.map(({ diameterMm }) => diameterMm));
  for (const [index, patch] of manifest.patches.entries()) {
    expect(patch).toMatchObject({ origin: 'synthetic', seed: 1, class: 'malignant' });
    expect(sizes).toContain(patch.diameterMm);
    expect((await sampled.patch(index))[0]).toBeCloseTo(windowHu(PARENCHYMA_HU), 4);
  }
  await Promise.all([real.close(), sampled.close()]);
});

describe('an evaluation', () => {
  let whole: EvaluationResult;
  beforeAll(async () => {
    whole = (await evaluate('whole')).result;
  }, 120_000);

  test('leaves its figures and its report in the folder', () => {
    const written: unknown = JSON.parse(readFileSync(at('whole/evaluation.json'), 'utf8'));
    expect(evaluationResultSchema.parse(written)).toEqual(whole);
    expect(readFileSync(at('whole/report.html'), 'utf8')).toContain('<html');
    expect(whole.real).toMatchObject({ name: 'real', count: COUNT, fold: 'test' });
    expect(whole.synthetic).toMatchObject({ count: COUNT + 4, model: { name: 'lumps' } });
  });

  test('measures every distance in both spaces and views, each with its floor, its bad end and its interval', () => {
    for (const measure of ['frechet', 'position', 'kid', 'precision', 'recall', 'density', 'coverage'])
      for (const place of ['attributes/patch', 'attributes/nodule', 'radiomics/patch', 'radiomics/nodule']) {
        const figure = whole.figures.find(({ key }) => key === `${measure}/${place}`);
        expect(figure).toMatchObject({ floor: expect.anything(), bad: expect.anything() });
        expect([figure?.key, figure?.measured?.interval]).not.toEqual([figure?.key, null]);
        expect(figure?.definition.length).toBeGreaterThan(40);
      }
    expect(whole.spaces.map(({ space, dimension }) => [space, dimension])).toEqual([
      ['attributes', 2],
      ['radiomics', 2],
    ]);
  });

  test('puts every control through the same measures and gates, and catches the gross ones', () => {
    expect(whole.controls.map(({ name }) => name)).toEqual([
      ...['ellipsoids', 'blurred', 'collapsed', 'noise', 'memorised'],
    ]);
    const keys = whole.figures.map(({ key }) => key);
    for (const control of whole.controls) {
      expect(control.figures.map(({ key }) => key)).toEqual(keys);
      expect(control.gates.map(({ name }) => name)).toEqual(whole.gates.map(({ name }) => name));
      expect(control.caughtBy).toEqual(
        control.gates.flatMap(({ name, passed }) => (passed === false ? [name] : [])),
      );
    }
    const caughtBy = new Map(whole.controls.map(({ name, caughtBy: by }) => [name, by]));
    expect(caughtBy.get('noise')).not.toEqual([]);
    expect(caughtBy.get('collapsed')).not.toEqual([]);
    expect(caughtBy.get('memorised')).toContain('memorisation');
    // What is not caught is an error of the report, and nothing else about controls is.
    const uncaught = whole.controls.filter(({ caughtBy: by }) => by.length === 0);
    expect(whole.errors).toHaveLength(uncaught.length);
    for (const { name } of uncaught) expect(whole.errors.join()).toContain(`"${name}"`);
  });

  test('a generator that makes what the real sets hold stands nearer to them than any gross control', () => {
    const at = (figures: EvaluationResult['figures']): number =>
      figures.find(({ key }) => key === 'kid/attributes/patch')!.measured!.value;
    for (const control of whole.controls.filter(({ name }) => name === 'noise' || name === 'collapsed'))
      expect(at(whole.figures)).toBeLessThan(at(control.figures));
  });

  test('gives the same figures again, from the start and after it was stopped half way', async () => {
    const controller = new AbortController();
    const stopped = evaluate(
      'again',
      {},
      {
        signal: controller.signal,
        onProgress: (_, message) => {
          if (message.startsWith('describing training')) controller.abort();
        },
      },
    );
    await expect(stopped).rejects.toMatchObject({ kind: 'cancelled' });
    expect(readdirSync(at('again'))).toEqual(['work']);
    const kept = chunks('again');
    expect(kept.length).toBeGreaterThan(3);
    const times = kept.map((path) => statSync(path).mtimeMs);
    // A chunk that was cut short by a crash is made again.
    writeFileSync(kept[0]!, readFileSync(kept[0]!, 'utf8').slice(0, 100));
    const { result } = await evaluate('again');
    expect(timeless(result)).toEqual(timeless(whole));
    expect(kept.slice(1).map((path) => statSync(path).mtimeMs)).toEqual(times.slice(1));
    expect(chunks('again').map((path) => sha256Of(readFileSync(path)))).toEqual(
      chunks('whole').map((path) => sha256Of(readFileSync(path))),
    );
  }, 120_000);

  test('without a training set says why memorisation is not computed, and halves the real set for the floor', async () => {
    // In the folder of the whole one: what was described there is not described again.
    const { result } = await evaluate('whole', { training: undefined });
    expect(result.training).toBeNull();
    expect(result.floorOf).toContain('two halves of the 20 nodules of real');
    const memorisation = result.figures.find(({ key }) => key === 'memorisation/pixels');
    expect(memorisation).toMatchObject({ measured: null });
    expect(memorisation?.notComputed).toContain('name its training set with --training');
    const control = result.controls.find(({ name }) => name === 'memorised');
    expect(control?.figures.find(({ key }) => key === 'memorisation/pixels')?.measured).not.toBeNull();
    expect(result.warnings.join('\n')).toContain('The generator lumps (weights abababababab) is not here');
  }, 120_000);
});

describe('sets that cannot be held against each other are refused', () => {
  const refused = (sets: Partial<EvaluateRequest>, words: string): Promise<void> =>
    expect(evaluate('refused', sets)).rejects.toMatchObject({ message: expect.stringContaining(words) });

  test.each([
    [
      'margin',
      { softMargin: { fullMm: 3, rimMm: 5 } },
      'margin of lung around the nodules 3 to 5 mm against 1 to 3 mm',
    ],
    ['field of view', { fieldOfView: { mm: 48 } }, 'field of view 48 mm against 2 diameters'],
    ['window', { windowHu: [-1200, 600] }, 'window -1200 to 600 HU against -1000 to 400 HU'],
    ['form', { form: 'context' }, 'only isolated nodules can be evaluated'],
  ] as const)('for another %s', async (name, manifest, words) => {
    await makeReal(`other ${name}`, 'test', {
      ...{ malignant: 2, size: SIZE },
      manifest: manifest as SetPlan['manifest'] & object,
    });
    await refused({ real: at(`other ${name}`) }, words);
  });

  test('where a patient is in both the real and the training set', async () => {
    await makeReal('same-patients', 'test', { malignant: 6, patch: (n) => lump(`more ${n}`) });
    await refused(
      { training: at('same-patients') },
      `6 patients of ${at('real')} are also in the training set`,
    );
  });

  test('where the same voxels lie in both', async () => {
    await makeReal('copies', 'train', {
      malignant: 6,
      patch: (n) => lump(n === 5 ? 'real 3' : `copies ${n}`),
    });
    await refused({ training: at('copies') }, `of ${at('real')}, voxel by voxel`);
  });

  test('where the real set holds synthetic patches, or the synthetic one none', async () => {
    await refused({ real: at('synthetic'), synthetic: at('real') }, 'holds 24 synthetic patches');
    await refused(
      { synthetic: at('training') },
      'holds no synthetic patch: make some with "nodulelab sample --like',
    );
  });

  test('where the real set is of the fold that the generator was trained on', async () => {
    // The shipped card says fold and rule; the set's patients are those of the training fold under that rule.
    const models = {
      list: async () => [
        {
          ...{ name: 'lumps', sha256: GENERATOR.sha256, preset: null, resolution: SIZE, updates: null },
          ...{ summary: '', conditions: [], evaluation: null, classification: null, pictures: [] },
        },
      ],
      folderOf: async () => at('model'),
    };
    await cp(join(REPOSITORY, 'models/malignant-64'), at('model'), { recursive: true });
    await makeReal('of-train', 'train', { malignant: 3, patch: (n) => lump(`of-train ${n}`) });
    await refused(
      { real: at('of-train'), models, training: undefined },
      'belong to the train fold that malignant-64 was trained on',
    );
  });

  test('for a patch that is constant, or holds NaN, by its id', async () => {
    await makeReal('flat', 'test', {
      malignant: 6,
      patch: (n) => (n === 4 ? new Float32Array(SIZE ** 3).fill(0.1) : lump(`flat ${n}`)),
    });
    await refused({ real: at('flat') }, 'is constant');
    await makeReal('nan', 'test', {
      malignant: 6,
      patch: (n) => lump(`nan ${n}`).fill(n === 2 ? Number.NaN : 0.2, 0, 1),
    });
    await refused({ real: at('nan') }, 'holds NaN at voxel (0, 0, 0)');
  });
});

test('the command prints the same result as JSON, and ends with status 3 where the report cannot be trusted', async () => {
  await makeReal('small', 'test', { malignant: 8, patch: (n) => lump(`small ${n}`) });
  const args = ['--data', at('data'), 'evaluate', '--real', at('small'), '--synthetic', at('synthetic')];
  const json = await nodulelab('--json', ...args, '--out', at('as-json'), '--draws', '100');
  const result = JSON.parse(json.stdout) as EvaluationResult & { report: string };
  expect(
    evaluationResultSchema.parse(JSON.parse(readFileSync(at('as-json/evaluation.json'), 'utf8'))),
  ).toEqual(evaluationResultSchema.parse(result));
  expect(json.status).toBe(result.errors.length > 0 ? 3 : 0);
  // Of a handful of patches it computes what can be, and says of the rest why not.
  const position = result.figures.find(({ key }) => key === 'position/attributes/patch');
  expect(position).toMatchObject({ measured: null, notComputed: expect.stringContaining('at least 10') });
  expect(result.gates.find(({ name }) => name === 'frechet-attributes')?.passed).toBeNull();
  const text = await nodulelab(...args, '--out', at('as-json'), '--draws', '100');
  expect(text.stdout).toContain('Position P: 0 as real as real ones, 1 as bad as ellipsoids');
  expect(text.stdout.trimEnd()).toMatch(new RegExp(`Report: ${at('as-json/report.html')}$`));
  const wrong = await nodulelab(...args, '--out', at('wrong'), '--draws', '3');
  expect(wrong.status).toBe(2);
}, 120_000);
