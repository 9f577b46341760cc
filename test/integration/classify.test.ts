import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../server/src/cli/runtime.ts';
import {
  classificationResultSchema,
  type ClassificationResult,
} from '../../server/src/evaluation/classification/result.ts';
import { foldsSchema } from '../../server/src/services/classification/folds.ts';
import { trainingRecordSchema } from '../../server/src/services/classification/training.ts';
import { describeWithLidc } from '../support/lidcData.ts';
import { nodulelab } from '../support/product.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-classify-'));
const out = join(root, 'experiment');
afterAll(() => rmSync(root, { recursive: true }));

const records = (): string[] =>
  existsSync(join(out, 'trainings'))
    ? readdirSync(join(out, 'trainings'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(out, 'trainings', name))
        .toSorted()
    : [];
const record = (path: string) => trainingRecordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));

describeWithLidc(
  ['nodule-vois', 'tcia-lidc-xml'],
  'the quick experiment with classifiers, on real nodules and the shipped generator',
  (vois, xml) => {
    const args = [
      ...['classify', '--vois', join(vois!, 'nodule-vois'), '--xml', xml!, '--protocol', 'quick'],
      ...['--model', 'conditional-64', '--data', join(root, 'data'), '--out', out],
    ];
    let keptBefore: Map<string, number>;
    let stopped: Awaited<ReturnType<typeof stoppedAt>>;
    let result: ClassificationResult;
    const arm = (design: string, name: string) =>
      result.designs.find((one) => one.name === design)!.arms.find((one) => one.name === name)!;

    beforeAll(async () => {
      await stoppedAt(1, 'SIGKILL', args);
      stopped = await stoppedAt(records().length + 1, 'SIGTERM', args);
      keptBefore = new Map(records().map((path) => [path, statSync(path).mtimeMs]));
      const ended = await nodulelab(...args, '--json');
      if (ended.status !== 0) throw new Error(ended.stderr);
      result = classificationResultSchema.parse(
        JSON.parse(readFileSync(join(out, 'classification.json'), 'utf8')),
      );
    }, 600_000);

    test('goes on after it was killed, with the trainings that were done', () => {
      expect(keptBefore.size).toBeGreaterThan(0);
      expect(keptBefore.size).toBeLessThan(records().length);
      for (const [path, changedAt] of keptBefore) expect(statSync(path).mtimeMs).toBe(changedAt);
      expect(result.trainings).toEqual({ done: records().length, total: records().length });
    });

    test('ends in order when it is asked to, in the midst of trainings', () => {
      expect(stopped).toMatchObject({ signal: null, status: 1 });
      expect(stopped.stderr).toContain('the same command goes on with the others');
      expect(readdirSync(out)).not.toContain('lock');
    });

    test('finds a signal that was planted, and nothing in labels that were shuffled', () => {
      const [planted, shuffled] = [arm('every-patient', 'planted'), arm('every-patient', 'shuffled')];
      expect(planted.auc.mean.value).toBeGreaterThan(0.95);
      expect(planted.auc.mean.interval!.low).toBeGreaterThan(shuffled.auc.mean.interval!.high);
      expect(shuffled.auc.clustered.interval!.low).toBeLessThan(0.53);
      expect(result.errors).toEqual([]);
    });

    test('tests each nodule of the held-out patients once, and no other', () => {
      const { parts, generator } = foldsSchema.parse(
        JSON.parse(readFileSync(join(out, 'folds', 'median-held-out.json'), 'utf8')),
      );
      expect(generator!.name).toBe('conditional-64');
      const patients = parts.flatMap(({ test: tested }) => tested);
      expect(patients).toContain('LIDC-IDRI-0001');
      const design = result.designs.find(({ name }) => name === 'held-out')!;
      expect(design.patients).toBe(new Set(patients).size);
      const ids = records()
        .filter((path) => path.includes('held-out') && path.includes('balanced'))
        .flatMap((path) => record(path).test.id);
      expect(ids).toHaveLength(design.nodules.malignant + design.nodules.benign);
      expect(new Set(ids).size).toBe(ids.length);
    });

    test('trains the arms on what they say', () => {
      const { trainedOn: real } = arm('held-out', 'real');
      const { trainedOn: more } = arm('held-out', 'synthetic-100');
      const { trainedOn: even } = arm('held-out', 'balanced');
      expect(real).toMatchObject({ syntheticMalignant: 0, syntheticBenign: 0 });
      expect(more).toEqual({ ...real, syntheticMalignant: real.malignant });
      expect(even.malignant + even.syntheticMalignant).toBe(even.benign + even.syntheticBenign);
    });

    test('is better than guessing by far, and says how it stands to the diameter alone', () => {
      const network = arm('every-patient', 'real');
      expect(network.auc.mean.value).toBeGreaterThan(0.9);
      expect(network.overDiameter!.interval).not.toBeNull();
      expect(arm('every-patient', 'diameter').auc.mean.value).toBeGreaterThan(0.9);
      const middle = network.strata.find(({ fromMm, toMm }) => fromMm === 6 && toMm === 15)!;
      expect(middle.overDiameterTexture).not.toBeNull();
    });

    test('gives the same answers on one thread as on two', async () => {
      const path = records().find((name) => name.includes('held-out') && name.includes('synthetic-100'))!;
      const { seconds: _, ...before } = record(path);
      rmSync(path);
      expect((await nodulelab(...args, '--workers', '1')).status).toBe(0);
      const { seconds: __, ...again } = record(path);
      expect(again).toEqual(before);
    }, 120_000);

    test('refuses to go on where a patient was moved into the training by hand', async () => {
      const path = join(out, 'folds', 'median-held-out.json');
      const before = readFileSync(path, 'utf8');
      const folds = foldsSchema.parse(JSON.parse(before));
      const [{ train, test: tested }] = folds.parts as [(typeof folds.parts)[number]];
      train.push(tested.pop()!);
      writeFileSync(path, JSON.stringify(folds));
      const ended = await nodulelab(...args);
      expect(ended.status).toBe(1);
      expect(ended.stderr).toContain('were changed since their hash was written');
      writeFileSync(path, before);
    }, 60_000);

    test.each([
      ['with other updates', { training: { updates: 10, batchSize: 16, learningRate: 0.002 } }, []],
      ['on another source', {}, ['--vois', join(vois!, 'nodule-vois')]],
    ])(
      'refuses to go on %s, and leaves what is done as it is',
      async (_, change, source) => {
        const protocol = join(root, 'changed.json');
        const quick = JSON.parse(
          readFileSync(join(REPOSITORY, 'server/protocols/classify-quick.json'), 'utf8'),
        ) as object;
        writeFileSync(protocol, JSON.stringify({ ...quick, ...change }));
        const before = records().map((path) => readFileSync(path, 'utf8'));
        const asked =
          source.length === 0
            ? [...args, '--protocol', protocol]
            : ['classify', ...source, ...args.slice(args.indexOf('--protocol'))];
        const ended = await nodulelab(...asked);
        expect(ended.status).toBe(1);
        expect(ended.stderr).toMatch(source.length === 0 ? /made otherwise/ : /cut from another source/);
        expect(records().map((path) => readFileSync(path, 'utf8'))).toEqual(before);
      },
      60_000,
    );

    test('refuses a folder that was begun with other folds', async () => {
      const protocol = join(root, 'protocol.json');
      const quick = JSON.parse(
        readFileSync(join(REPOSITORY, 'server/protocols/classify-quick.json'), 'utf8'),
      ) as object;
      writeFileSync(protocol, JSON.stringify({ ...quick, folds: 3 }));
      const ended = await nodulelab(...args, '--protocol', protocol);
      expect(ended.status).toBe(1);
      expect(ended.stderr).toContain('choose an empty folder');
    }, 60_000);

    test('leaves a report without names of patients', () => {
      const page = readFileSync(join(out, 'classification.html'), 'utf8');
      expect(page).toContain('Planted signal');
      expect(page).not.toMatch(/LIDC-IDRI-\d{4}/);
      expect(readdirSync(join(out, 'figures'))).toContain('auc-held-out-median.svg');
    });
  },
);

/** Sends the command a signal as soon as so many trainings are done. */
async function stoppedAt(
  count: number,
  signal: 'SIGKILL' | 'SIGTERM',
  args: readonly string[],
): Promise<{ status: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  const child = spawn(process.execPath, [join(REPOSITORY, 'server/bin/nodulelab.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let sent = false;
  const watch = setInterval(() => {
    if (!sent && records().length >= count) sent = child.kill(signal);
  }, 100);
  await ended;
  clearInterval(watch);
  if (!sent) throw new Error(`it ended by itself: ${stderr.slice(-2000)}`);
  return { status: child.exitCode, signal: child.signalCode, stderr };
}
