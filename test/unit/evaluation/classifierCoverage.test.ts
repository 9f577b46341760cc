/** Whether the intervals of classifiers' figures hold the truth as often as they say, where the truth is known. */
import { describe, expect, test } from '@jest/globals';
import { pairedAuc } from '../../../server/src/evaluation/classification/pairedAuc.ts';
import {
  aucStatistic,
  meanOverSeeds,
  meanStatistic,
  redrawn,
} from '../../../server/src/evaluation/classification/redraws.ts';
import { incompleteBeta, normalCdf } from '../../../server/src/evaluation/quantiles.ts';
import { Random } from '../../../server/src/nn/random.ts';

const { sqrt } = Math;
const PATIENTS = 50;
const NODULES = 2;
const SEEDS = 4;
/** Standard deviations: what nodules of a patient share, a nodule's own, a seed's own on a nodule, a seed's as a whole. */
const SPREAD = { patient: 0.7, nodule: 1, answer: 0.5, seed: 0.4 };
/** Malignant less benign, in the scores of each arm. */
const GAP = { a: 2.6, b: 2 };

/** P(at least this many of the trials succeed). */
const atLeast = (hits: number, trials: number, p: number): number =>
  hits === 0 ? 1 : incompleteBeta(p, hits, trials - hits + 1);

const clusters = Array.from({ length: PATIENTS * NODULES }, (_, i) => `patient ${i % PATIENTS}`);
/** Nodules of a patient are of one class, so that the AUC is that of nodules of two patients. */
const malignant = clusters.map((_, i) => (i % PATIENTS) % 5 < 2);

function scoresOf(random: Random): (gap: number) => Float64Array[] {
  const ofPatient = Array.from({ length: PATIENTS }, () => SPREAD.patient * random.gaussian());
  const shared = clusters.map((_, i) => ofPatient[i % PATIENTS]! + SPREAD.nodule * random.gaussian());
  return (gap) =>
    Array.from({ length: SEEDS }, () => {
      const whole = gap + SPREAD.seed * random.gaussian();
      return Float64Array.from(
        shared,
        (score, i) => score + (malignant[i] ? whole : 0) + SPREAD.answer * random.gaussian(),
      );
    });
}

const own = SPREAD.patient ** 2 + SPREAD.nodule ** 2 + SPREAD.answer ** 2;
const areaOf = (gap: number): number => normalCdf(gap / sqrt(2 * own + SPREAD.seed ** 2));

/** Fails where the share of hits is below 95 %, or above 98 %, by more than chance in a thousand. */
function expectCoverage(hits: number, trials: number): void {
  expect(1 - atLeast(hits + 1, trials, 0.95)).toBeGreaterThan(0.001);
  expect(atLeast(hits, trials, 0.98)).toBeGreaterThan(0.001);
}

describe('the interval of a difference of AUCs', () => {
  test('holds the truth in 95 to 98 % of 10,000 experiments', () => {
    const truth = areaOf(GAP.a) - areaOf(GAP.b);
    const random = Random.of('coverage of differences');
    const trials = 10_000;
    let hits = 0;
    for (let trial = 0; trial < trials; trial++) {
      const scores = scoresOf(random);
      const { interval } = pairedAuc({ a: scores(GAP.a), b: scores(GAP.b), labels: malignant, clusters });
      if (interval!.low <= truth && truth <= interval!.high) hits++;
    }
    expectCoverage(hits, trials);
  });
});

describe('the intervals of a mean over seeds', () => {
  test('hold the truth in 95 to 98 % of 700 experiments', () => {
    const random = Random.of('coverage of means');
    const trials = 700;
    const threshold = GAP.a / 2;
    const truths = {
      area: areaOf(GAP.a),
      sensitivity: normalCdf((GAP.a - threshold) / sqrt(own + SPREAD.seed ** 2)),
    };
    const all = Uint32Array.from(malignant.keys());
    const positives = all.filter((i) => malignant[i]);
    const hits = { area: 0, sensitivity: 0 };
    for (let trial = 0; trial < trials; trial++) {
      const seeds = scoresOf(random)(GAP.a);
      const draws = redrawn(clusters, 200, trial, 'patients');
      const found = {
        area: meanOverSeeds(
          seeds.map((scores) => aucStatistic(scores, malignant, all)),
          draws,
          { clusterCount: (PATIENTS * 2) / 5 },
        ),
        sensitivity: meanOverSeeds(
          seeds.map((scores) =>
            meanStatistic(
              scores.map((score) => Number(score >= threshold)),
              positives,
            ),
          ),
          draws,
          { clusterCount: (PATIENTS * 2) / 5 },
        ),
      };
      for (const key of ['area', 'sensitivity'] as const) {
        const { low, high } = found[key].interval!;
        if (low <= truths[key] && truths[key] <= high) hits[key]++;
      }
    }
    expectCoverage(hits.area, trials);
    expectCoverage(hits.sensitivity, trials);
  });
});
