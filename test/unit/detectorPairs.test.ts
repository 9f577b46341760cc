import { describe, expect, test } from '@jest/globals';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { climb, smoothed } from '../../server/src/networks/brightPlaces.ts';
import { calibrated, fitCalibration } from '../../server/src/networks/calibration.ts';
import { detectorBatch, withPairs } from '../../server/src/networks/detectorBatches.ts';
import { detectorRunner } from '../../server/src/networks/detector.ts';
import { detectorNetwork } from '../../server/src/networks/detectorNetwork.ts';
import { boxOf, drawPair, type Example, type Pair } from '../../server/src/networks/detectorPairs.ts';
import { constantParameters } from '../../server/src/networks/networkFolder.ts';
import { auc } from '../../server/src/evaluation/auc.ts';
import { binaryCrossEntropy } from '../../server/src/nn/losses.ts';
import { Random } from '../../server/src/nn/random.ts';
import { supervisedTrainee } from '../../server/src/nn/supervised.ts';
import type { Vec3 } from '../../server/src/volume/ctVolume.ts';
import { madeVois } from '../support/madeVois.ts';

const VOIS = madeVois(40, 1);

function pairsOf(vois: typeof VOIS, draws: number): Pair[] {
  return vois.flatMap((voi) =>
    Array.from({ length: draws }, (_, draw) => drawPair(vois, voi, Random.of(1, voi.id, draw))).filter(
      (pair) => pair !== null,
    ),
  );
}
const PAIRS = pairsOf(VOIS, 6);

/** What could tell a nodule from another place besides what is in the box. */
function nuisances({ voi, index, diameterMm, below, above }: Example): number[] {
  const between = index.map((at) => at - Math.floor(at));
  return [diameterMm, ...voi.ct.spacing, ...between, ...below, ...above];
}

/** Scores of a logistic regression on the values and their squares, trained on every other pair, for the rest. */
function scoresByNuisances(pairs: readonly Pair[]): { scores: number[]; labels: boolean[] } {
  const rows = pairs.flatMap(({ positive, negative }) => [nuisances(positive), nuisances(negative)]);
  const columns = rows[0]!.map((_, column) => rows.map((row) => row[column]!));
  const standard = columns.flatMap((column) => {
    const mean = column.reduce((a, b) => a + b, 0) / column.length;
    const scale = Math.sqrt(column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / column.length) || 1;
    const z = column.map((value) => (value - mean) / scale);
    return [z, z.map((value) => value * value - 1)];
  });
  const labels = rows.map((_, row) => row % 2 === 0);
  const inTraining = (row: number): boolean => (row >> 1) % 2 === 0;
  const weights = standard.map(() => 0);
  const scoreOf = (row: number): number => standard.reduce((sum, z, c) => sum + weights[c]! * z[row]!, 0);
  for (let step = 0; step < 60; step++) {
    const gradient = weights.map(() => 0);
    for (let row = 0; row < rows.length; row++) {
      if (!inTraining(row)) continue;
      const off = 1 / (1 + Math.exp(-scoreOf(row))) - Number(labels[row]);
      standard.forEach((z, c) => (gradient[c]! += (off * z[row]!) / rows.length));
    }
    gradient.forEach((slope, c) => (weights[c]! -= 0.3 * slope));
  }
  const held = rows.flatMap((_, row) => (inTraining(row) ? [] : [row]));
  return { scores: held.map(scoreOf), labels: held.map((row) => labels[row]!) };
}

describe('the pairs that the detector learns from', () => {
  test('are found for nearly every nodule, and hold one at the centre of the first box only', () => {
    expect(PAIRS.length).toBeGreaterThan(0.8 * 6 * VOIS.length);
    for (const { positive, negative } of PAIRS) {
      const clearance = ({ voi, index }: Example): number => {
        const [i, j, k] = index.map(Math.floor) as unknown as Vec3;
        return voi.clearanceMm[i + voi.ct.size[0] * (j + voi.ct.size[1] * k)]!;
      };
      expect(clearance(positive)).toBe(0);
      expect(clearance(negative)).toBeGreaterThanOrEqual(Math.max(1.5, 0.2 * negative.diameterMm));
    }
  });

  test('are alike in everything but the nodule: a classifier of the rest is at chance', () => {
    for (const { positive, negative } of PAIRS) {
      const [a, b] = [nuisances(positive), nuisances(negative)];
      // Pixels differ by a tenth at most; all else is the same.
      for (const [at, value] of a.entries())
        expect(Math.abs(value - b[at]!)).toBeLessThan(at === 1 || at === 2 ? 0.12 * value : 1e-6);
    }
    const { scores, labels } = scoresByNuisances(PAIRS);
    expect(scores.length).toBeGreaterThan(100);
    expect(Math.abs(auc(scores, labels) - 0.5)).toBeLessThan(0.07);
  });

  test('would be told apart by where a cut-out ends, were their boxes not cut down alike', () => {
    // The proof that the classifier above would see a leak: what each box had before it was cut down to the other.
    const room = ({ voi, index }: Example): Pick<Example, 'below' | 'above'> => {
      const first = index.map(Math.floor) as unknown as Vec3;
      return { below: first, above: first.map((at, axis) => voi.ct.size[axis]! - 1 - at) as unknown as Vec3 };
    };
    const uncut = PAIRS.map(({ positive, negative, kind }) => ({
      positive: { ...positive, ...room(positive) },
      negative: { ...negative, ...room(negative) },
      kind,
    }));
    const { scores, labels } = scoresByNuisances(uncut);
    expect(auc(scores, labels)).toBeGreaterThan(0.75);
  });

  test('are the same for the same seed, and others for another', () => {
    const usable = withPairs(VOIS, 1);
    const [a, b, c] = [1, 1, 2].map((seed) => detectorBatch(VOIS, usable, seed, 3, 4));
    expect(Buffer.from(a!.input.buffer).equals(Buffer.from(b!.input.buffer))).toBe(true);
    expect(Buffer.from(a!.input.buffer).equals(Buffer.from(c!.input.buffer))).toBe(false);
    expect([...a!.target]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  });
});

describe('bright places', () => {
  test('are climbed to under a Gaussian, and not through what is not allowed', () => {
    const size: Vec3 = [21, 21, 9];
    const data = new Int16Array(21 * 21 * 9).fill(-900);
    data[15 + 21 * (12 + 21 * 4)] = 300;
    const field = smoothed(data, size, [0.7, 0.7, 1.5], 2);
    expect(climb(field, [11, 10, 3], () => true)).toEqual([15, 12, 4]);
    expect(climb(field, [11, 10, 3], ([i]) => i <= 12)[0]).toBe(12);
  });
});

describe('the network', () => {
  test('learns in a few updates to tell balls from vessels and plain lung in cut-outs that it has not seen', async () => {
    const architecture = { channels: [8, 8, 8] as [number, number, number], hidden: 16, slope: 0.1 };
    const network = detectorNetwork(architecture);
    const engine = onnxCpuEngine({ threads: 1 });
    const usable = withPairs(VOIS, 1);
    const config = {
      ...{ name: 'test', seed: 1, data: 'made', batchSize: 16, updates: 40, checkpointUpdates: 40 },
      ...{ learningRate: 3e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, schedule: 'constant' as const },
    };
    const trainee = supervisedTrainee({
      ...{ config, network, engine, loss: binaryCrossEntropy, clock: () => 0 },
      ...{ inputShape: [16, 1, 16, 32, 32], targetShape: [16, 1] },
      batch: async (index) => detectorBatch(VOIS, usable, 1, index, 8),
    });
    const run = await trainee.open(trainee.initial());
    for (let update = 0; update < config.updates; update++)
      await run.update(
        { stage: 0, stageUpdate: update, update, step: 0, stageSeconds: 0, seconds: 0 },
        () => false,
      );
    const runner = await detectorRunner(
      architecture,
      constantParameters(network.parameters, await run.read()),
      engine,
    );
    await run.release();
    const scores: number[] = [];
    const labels: boolean[] = [];
    for (const { positive, negative } of pairsOf(madeVois(20, 2), 2))
      for (const [example, nodule] of [
        [positive, true],
        [negative, false],
      ] as const) {
        scores.push(await runner.logit(boxOf(example)));
        labels.push(nodule);
      }
    await runner.release();
    expect(auc(scores, labels)).toBeGreaterThan(0.95);
    const calibration = fitCalibration(scores, labels);
    const mean = (nodule: boolean): number => {
      const those = scores.filter((_, at) => labels[at] === nodule);
      return those.reduce((sum, score) => sum + calibrated(score, calibration), 0) / those.length;
    };
    expect(mean(true)).toBeGreaterThan(0.75);
    expect(mean(false)).toBeLessThan(0.25);
  }, 120_000);
});

describe('the calibration', () => {
  test('finds the scale and offset that logits were made with', () => {
    const random = Random.of('calibration');
    const logits = Array.from({ length: 20_000 }, () => 4 * random.gaussian());
    const labels = logits.map((logit) => random.uniform() < calibrated(logit, { scale: 0.6, offset: -0.8 }));
    const { scale, offset } = fitCalibration(logits, labels);
    expect(scale).toBeCloseTo(0.6, 1);
    expect(offset).toBeCloseTo(-0.8, 1);
  });

  test('stays finite where all are told apart, and refuses examples of one kind or a network that is no use', () => {
    expect(fitCalibration([-3, -2, 2, 3], [false, false, true, true]).scale).toBeLessThan(10);
    expect(() => fitCalibration([1, 2], [true, true])).toThrow(/both kinds/);
    expect(() => fitCalibration([-3, -2, 2, 3], [true, true, false, false])).toThrow(/train it longer/);
  });
});
