import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { openDetector, type Detector } from '../../server/src/networks/detector.ts';
import { BOX_VOXELS } from '../../server/src/networks/detectorBox.ts';
import { boxOf, drawPair } from '../../server/src/networks/detectorPairs.ts';
import { Random } from '../../server/src/nn/random.ts';
import { detectorCheck } from '../../server/src/services/detectorCheck.ts';
import { createModelRegistry } from '../../server/src/services/models.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import { madeVois } from '../support/madeVois.ts';

const MODELS = join(import.meta.dirname, '../../models');
const SHIPPED = join(MODELS, 'detector-32');
const engine = onnxCpuEngine({ threads: 1 });
let work: string;
let detector: Detector;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'nodulelab-detector-'));
  detector = await openDetector(SHIPPED, engine);
});
afterAll(async () => {
  await detector?.release();
  await rm(work, { recursive: true, force: true });
});

/** A copy of the shipped detector with another card. */
async function withCard(name: string, change: (card: Record<string, unknown>) => void): Promise<string> {
  const folder = join(work, name);
  await cp(SHIPPED, folder, { recursive: true });
  const path = join(folder, 'network.json');
  const card = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(card);
  await writeFile(path, JSON.stringify(card));
  return folder;
}

describe('the shipped detector', () => {
  test('has a card whose hash its weights have, and says on whom it was trained and where it fails', () => {
    const { split, figures, faults, trainingPatients } = detector.card;
    expect(split).toMatchObject({ seed: 1, folds: 5, fold: 'train' });
    expect(split.testPatients).toContain('LIDC-IDRI-0001');
    expect(trainingPatients).toBeGreaterThan(200);
    expect(faults.length).toBeGreaterThan(2);
    for (const { what, value, interval } of figures.filter(({ what }) => /^AUC/.test(what))) {
      expect(what.length).toBeGreaterThan(10);
      expect(interval![0]).toBeLessThanOrEqual(value!);
    }
  });

  test('tells balls from vessels and plain lung in made cut-outs, and gives a box the same score each time', async () => {
    const vois = madeVois(12, 3);
    const pairs = vois
      .map((voi) => drawPair(vois, voi, Random.of('shipped', voi.id)))
      .filter((pair) => pair !== null);
    expect(pairs.length).toBeGreaterThan(6);
    let [right, all] = [0, 0];
    for (const { positive, negative } of pairs) {
      const box = boxOf(positive);
      const score = await detector.scoreBox(box);
      right += Number(score >= 0.5) + Number((await detector.scoreBox(boxOf(negative))) < 0.5);
      all += 2;
      expect(await detector.scoreBox(box)).toBe(score);
    }
    expect(right / all).toBeGreaterThan(0.8);
  });

  test('scores many places as it scores each', async () => {
    const [{ ct, centre, diameterMm }] = madeVois(1, 4) as [ReturnType<typeof madeVois>[number]];
    const places = [
      { centre, diameterMm },
      { centre: [5, 5, centre[2]] as const, diameterMm: 6 },
    ];
    const scores = await detector.scoreMany(ct, places);
    expect(scores[0]).toBe(await detector.score(ct, centre, diameterMm));
    expect(scores[1]).toBe(await detector.score(ct, [5, 5, centre[2]], 6));
    expect(scores[0]).not.toBe(scores[1]);
  });

  test('refuses a box that is none', async () => {
    await expect(detector.scoreBox(new Float32Array(8))).rejects.toThrow(/boxes of 32 × 32 × 16/);
    await expect(detector.scoreBox(new Float32Array(BOX_VOXELS).fill(NaN))).rejects.toThrow(/finite/);
  });
});

describe('a detector’s folder', () => {
  test.each([
    ['another kind', (card: Record<string, unknown>) => (card['kind'] = 'attributes'), /for attributes/],
    [
      'another box',
      (card: Record<string, unknown>) =>
        ((card['architecture'] as { box: { size: number[] } }).box.size = [64, 64, 64]),
      /architecture\.box.*train it again/,
    ],
    [
      'other layers',
      (card: Record<string, unknown>) => ((card['architecture'] as { hidden: number }).hidden = 5),
      /restore card and weights together/,
    ],
    [
      'another hash',
      (card: Record<string, unknown>) => ((card['weights'] as { sha256: string }).sha256 = 'ab'.repeat(32)),
      /damaged or was exchanged/,
    ],
  ])('is refused where its card speaks of %s', async (name, change, message) => {
    const folder = await withCard(name.replaceAll(' ', '-'), change);
    await expect(openDetector(folder, engine)).rejects.toThrow(message);
  });
});

describe('the check of a preview', () => {
  test('says how surely there is a nodule, with a verdict and what it rests on', async () => {
    const [voi] = madeVois(1, 5);
    const pair = drawPair([voi!, ...madeVois(20, 6)], voi!, Random.of('check'));
    const { positive, negative } = pair!;
    const models = createModelRegistry([MODELS], engine);
    const check = await detectorCheck(models, boxOf(positive));
    expect(check).toMatchObject({ name: 'detector', unit: '%', verdict: 'good' });
    expect(check.value).toBe(Math.round(100 * (await detector.scoreBox(boxOf(positive)))));
    expect(check.explanation).toMatch(/not real nodules from made ones/);
    const empty = await detectorCheck(models, boxOf(negative));
    expect(empty.value).toBeLessThan(check.value!);
    expect(empty.verdict).toBe('bad');
    await (await models.detector()).release();
  });

  test('is unknown, with what to do, where there is no detector or a damaged one', async () => {
    const box = new Float32Array(BOX_VOXELS);
    const none = await detectorCheck(createModelRegistry([work], engine), box);
    expect(none).toMatchObject({ name: 'detector', value: null, verdict: 'unknown' });
    expect(none.explanation).toMatch(/no detector here.*networks train detector/);
    await cp(SHIPPED, join(work, 'models', 'detector-32'), { recursive: true });
    await writeFile(join(work, 'models', 'detector-32', 'weights.safetensors'), 'damaged');
    const damaged = await detectorCheck(createModelRegistry([join(work, 'models')], engine), box);
    expect(damaged).toMatchObject({ value: null, verdict: 'unknown' });
    expect(damaged.explanation).toMatch(/damaged/);
  });

  test('does not hide a fault of the program', async () => {
    const broken = { detector: () => Promise.reject(new TypeError('a fault')) };
    await expect(detectorCheck(broken, new Float32Array(BOX_VOXELS))).rejects.toThrow('a fault');
    const absent = { detector: () => Promise.reject(new NoduleLabError('not-found', 'none')) };
    await expect(detectorCheck(absent, new Float32Array(BOX_VOXELS))).resolves.toMatchObject({
      explanation: 'none',
    });
  });
});
