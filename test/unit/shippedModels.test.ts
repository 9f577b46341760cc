import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { loadGenerator } from '../../server/src/gan/model.ts';
import { CARD_FILE } from '../../server/src/gan/modelCard.ts';
import { encodeOnnxModel } from '../../server/src/gan/modelFile.ts';
import { stateOf } from '../../server/src/gan/shippedState.ts';
import { loadState } from '../../server/src/gan/trainingState.ts';
import { createModelRegistry } from '../../server/src/services/models.ts';

const MODELS = join(import.meta.dirname, '../../models');
const MEGABYTE = 1e6;
/** What the licence of LIDC-IDRI asks of whoever passes on what was made from it: its name, and where the data are. */
const LICENCE = /LIDC-IDRI/;
const TERMS = /CC BY 3\.0/;
const DOI = /10\.7937\/K9\/TCIA\.2015\.LO9QL9SX/i;

let folders: string[];
let files: { path: string; bytes: number }[];
beforeAll(async () => {
  const entries = await readdir(MODELS, { withFileTypes: true });
  folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found = await readdir(MODELS, { recursive: true, withFileTypes: true });
  files = await Promise.all(
    found
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return { path, bytes: (await stat(path)).size };
      }),
  );
});
const withCard = (card: string): string[] => folders.filter((name) => existsSync(join(MODELS, name, card)));

describe('what is shipped under models/', () => {
  test('takes 100 MB at most in all, and 30 MB for the weights of one model', () => {
    const weights = files.filter(
      ({ path }) => /\.(safetensors|onnx)$/.test(path) && !path.includes('/training/'),
    );
    expect(weights.length).toBeGreaterThanOrEqual(3);
    for (const { path, bytes } of weights) expect([path, bytes <= 30 * MEGABYTE]).toEqual([path, true]);
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(100 * MEGABYTE);
  });

  test('says in every card what it was trained on, under which terms and where that is', async () => {
    const cards = [
      ...withCard(CARD_FILE).map((name) => join(MODELS, name, CARD_FILE)),
      ...withCard('network.json').map((name) => join(MODELS, name, 'network.json')),
    ];
    expect(cards.length).toBeGreaterThanOrEqual(3);
    for (const path of cards) {
      const card = JSON.parse(await readFile(path, 'utf8')) as { license: string };
      for (const part of [LICENCE, TERMS, DOI])
        expect([path, card.license]).toEqual([path, expect.stringMatching(part)]);
    }
  });

  test('is whole: weights have the hash, names and shapes of their card, and it names the split and the faults', async () => {
    const generators = withCard(CARD_FILE);
    expect(generators).toContain('malignant-64');
    for (const name of generators) {
      const { card } = await loadGenerator(join(MODELS, name));
      expect(card.name).toBe(name);
      expect([card.datasetSha256, card.splitSha256]).toEqual([expect.any(String), expect.any(String)]);
      expect(card.split?.fold).toBe('train');
      expect(card.faults.length).toBeGreaterThan(0);
    }
  });

  test('has each generator as ONNX too, the very network of its card', async () => {
    for (const name of withCard(CARD_FILE)) {
      const model = await loadGenerator(join(MODELS, name));
      if (!('parameters' in model)) throw new Error(`${name} is no network of ours`);
      const shipped = await readFile(join(MODELS, name, `${name}.onnx`));
      expect([name, Buffer.from(encodeOnnxModel(model)).equals(shipped)]).toEqual([name, true]);
    }
  });

  test('shows with the conditional generator what it makes, and what that was held against', async () => {
    const [preferred] = await createModelRegistry([MODELS], onnxCpuEngine({ threads: 1 })).list();
    expect(preferred!.conditions.map(({ name }) => name)).toContain('malignancy');
    expect(preferred!.pictures.length).toBeGreaterThanOrEqual(2);
    for (const { file, caption } of preferred!.pictures) {
      expect((await stat(join(MODELS, preferred!.name, 'pictures', file))).size).toBeGreaterThan(10_000);
      expect(caption).toMatch(LICENCE);
    }
    expect(preferred!.evaluation).toMatchObject({ errors: [], real: expect.any(Number) });
    expect(existsSync(join(MODELS, preferred!.name, 'evaluation', 'report.html'))).toBe(true);
  });

  test('shows with the conditional generator what classifiers learned from its nodules, without naming a patient', async () => {
    const [preferred] = await createModelRegistry([MODELS], onnxCpuEngine({ threads: 1 })).list();
    const found = preferred!.classification!;
    expect(found).toMatchObject({ errors: [], trainings: { done: 1450, total: 1450 } });
    expect(found.designs.map(({ rule, seeds, folds }) => [rule, seeds, folds])).toEqual([
      ['median', 5, 5],
      ['table', 5, 5],
    ]);
    const folder = join(MODELS, preferred!.name, 'classification');
    for (const file of await readdir(folder))
      expect([file, /LIDC-IDRI-\d{4}/.test(await readFile(join(folder, file), 'utf8'))]).toEqual([
        file,
        false,
      ]);
  });

  test('holds with each generator one state of the very training that it comes from', async () => {
    for (const name of withCard(CARD_FILE)) {
      const state = await stateOf(join(MODELS, name));
      expect([name, state === undefined]).toEqual([name, false]);
      const { card } = await loadGenerator(join(MODELS, name));
      const { config, state: stored } = await loadState(state!);
      expect(card).toMatchObject({ preset: config.preset });
      expect(card.training).toMatchObject({ updates: stored.counters.update, seed: config.seed });
      // The training of malignant-64 is of before states named their patches.
      if (name === 'malignant-64') expect([config.patches, config.patchesSha256]).toEqual([165, null]);
      else expect(config.patchesSha256).toBe(card.datasetSha256);
    }
  });

  test('is listed with or without seed-64, whose page says how it is made where it is not shipped', async () => {
    const listed = await createModelRegistry([MODELS], onnxCpuEngine({ threads: 1 })).list();
    expect(listed.map(({ name }) => name).toSorted()).toEqual(withCard(CARD_FILE).toSorted());
    const page = await readFile(join(MODELS, 'seed-64', 'README.md'), 'utf8');
    expect(page).toContain('--preset seed-64');
    expect(page.includes('is not shipped')).toBe(!existsSync(join(MODELS, 'seed-64', CARD_FILE)));
  });
});
