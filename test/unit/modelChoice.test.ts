import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { compareModels } from '../../server/src/services/modelComparison/compareModels.ts';
import { modelChoiceFile } from '../../server/src/services/modelChoice.ts';
import { createModelRegistry, type ModelRegistry } from '../../server/src/services/models.ts';
import { writeConditionalModel } from '../support/conditionalModel.ts';

let dir: string;
let file: string;
const at = new Date('2026-11-23T19:00:00Z');
const engine = onnxCpuEngine({ threads: 1 });
/** As after a restart: nothing is remembered but what is on the disk. */
const opened = (): ModelRegistry => createModelRegistry([join(dir, 'models')], engine, modelChoiceFile(file));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-choice-'));
  for (const name of ['a', 'b', 'c']) await writeConditionalModel(join(dir, 'models', name), name);
});
beforeEach(async () => {
  file = join(dir, 'current-model.json');
  await rm(file, { force: true });
});
afterAll(() => rm(dir, { recursive: true }));

describe('the preferred model', () => {
  test('is the finest where nobody chose', async () => {
    expect(await opened().current()).toEqual({
      ...{ name: 'a', chosen: false, since: null, former: null, missing: null },
    });
  });

  test('is the chosen one, first in the list and loaded where none is named, also after a restart', async () => {
    await opened().choose('c', at);
    const again = opened();
    expect(await again.current()).toEqual({
      ...{ name: 'c', chosen: true, since: at.toISOString(), former: 'a', missing: null },
    });
    expect((await again.list()).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
    expect((await again.load()).model.name).toBe('c');
  });

  test('leads back to the one before it, and on to the one before that where it is gone', async () => {
    const models = opened();
    await models.choose('b', at);
    await models.choose('c', at);
    expect((await models.current()).former).toBe('b');
    await cp(join(dir, 'models/b'), join(dir, 'away'), { recursive: true });
    await rm(join(dir, 'models/b'), { recursive: true });
    expect((await opened().current()).former).toBe('a');
    await cp(join(dir, 'away'), join(dir, 'models/b'), { recursive: true });
  });

  test('that is not here any more gives way to the finest, which is said', async () => {
    await writeFile(file, JSON.stringify({ model: 'gone', since: at.toISOString(), before: [] }));
    expect(await opened().current()).toMatchObject({ name: 'a', chosen: false, missing: 'gone' });
  });

  test('cannot be one that is not there, and a damaged note of it takes no model away', async () => {
    await expect(opened().choose('absent', at)).rejects.toThrow('There is no model named absent');
    await writeFile(file, '{');
    expect(await opened().current()).toMatchObject({ name: 'a', chosen: false });
  });

  test('choosing it twice keeps the way back', async () => {
    const models = opened();
    await models.choose('b', at);
    await models.choose('b', at);
    expect((await models.current()).former).toBe('a');
  });
});

describe('models side by side', () => {
  test('have one cell in every row, tell their lesions and say that nothing was attached', async () => {
    const { models, groups } = await compareModels(opened(), { models: ['b', 'a'] });
    expect(models).toEqual(['b', 'a']);
    const rows = groups.flatMap((group) => group.rows);
    expect(rows.every(({ cells }) => cells.length === 2)).toBe(true);
    const row = (title: string) => rows.find((one) => one.title === title)?.cells.map(({ text }) => text);
    expect(row('Preferred')).toEqual(['no', 'current model']);
    expect(row('Lesions')![0]).toBe('44 nodules: 4 rated malignant, 0 benign, 40 undecided');
    expect(row('Evaluated')).toEqual(['no', 'no']);
    expect(row('Experiment')).toEqual(['not attached', 'not attached']);
    expect(row('One sample')![0]).toMatch(/^[\d.]+ m?s$/);
    expect(row('Diameter')![0]).toMatch(/^3 to 40 mm; most \d+ to \d+$/);
  });

  test('with evaluations show every gate that either has, with its light, and figures with their intervals', async () => {
    const shipped = createModelRegistry([join(import.meta.dirname, '../../models')], engine);
    const known = await shipped.list();
    const { groups } = await compareModels(shipped, { models: known.map(({ name }) => name) });
    const found = groups.find(({ title }) => title === 'How good it was found to be')!;
    for (const [at, { evaluation }] of known.entries())
      for (const gate of evaluation!.gates) {
        const cell = found.rows.find(({ title }) => title === `Gate ${gate.name}`)!.cells[at]!;
        expect(cell.verdict).toBe(gate.passed === null ? 'unknown' : gate.passed ? 'good' : 'bad');
      }
    expect(found.rows.some(({ cells }) => /\[.+, .+\]/.test(cells[0]!.text))).toBe(true);
  }, 60_000);
});
