/** What a detector's card says of it on cut-outs of patients that it has not seen. */
import { aucEstimate } from '../../evaluation/auc.ts';
import { clusterBootstrap } from '../../evaluation/bootstrap.ts';
import type { Estimate } from '../../evaluation/result.ts';
import { calibrated, type Calibration } from '../../networks/calibration.ts';
import type { DetectorRunner } from '../../networks/detector.ts';
import { pairOf } from '../../networks/detectorBatches.ts';
import { boxOf, type NegativeKind } from '../../networks/detectorPairs.ts';
import type { DetectorVoi } from '../../networks/detectorVois.ts';
import type { CardFigure } from '../../networks/networkCard.ts';

/** One place, and what the network says of it. */
export interface JudgedPlace {
  /** What a bootstrap draws as one. */
  readonly patientId: string;
  readonly what: 'nodule' | NegativeKind;
  readonly logit: number;
}

/** Pairs drawn for each cut-out. */
const DRAWS = 4;
const BOOTSTRAP_DRAWS = 1000;
const BINS = 10;
/** Of the 97.5th percentile of a normal distribution. */
const Z_SQUARED = 1.959964 ** 2;

const PLACES: Readonly<Record<NegativeKind, string>> = {
  bright: 'bright places (vessels, fissures, chest wall)',
  anywhere: 'any other places',
  beside: 'places just beside the nodule',
};

/** Both places of a few pairs of every cut-out that has one. */
export async function judgePairs(
  vois: readonly DetectorVoi[],
  runner: DetectorRunner,
  seed: number,
): Promise<JudgedPlace[]> {
  const judged: JudgedPlace[] = [];
  for (const voi of vois)
    for (let draw = 0; draw < DRAWS; draw++) {
      const pair = pairOf(vois, voi, [seed, 'judge', voi.id, draw]);
      if (pair === null) continue;
      const { positive, negative, kind } = pair;
      judged.push(
        { patientId: voi.patientId, what: 'nodule', logit: await runner.logit(boxOf(positive)) },
        { patientId: negative.voi.patientId, what: kind, logit: await runner.logit(boxOf(negative)) },
      );
    }
  return judged;
}

export function cutOutFigures(
  judged: readonly JudgedPlace[],
  calibration: Calibration,
  seed: number,
): CardFigure[] {
  const nodules = judged.filter(({ what }) => what === 'nodule');
  const others = judged.filter(({ what }) => what !== 'nodule');
  const against = (places: readonly JudgedPlace[], of: string): CardFigure => {
    const both = [...nodules, ...places];
    const estimate = aucEstimate({
      scores: both.map(({ logit }) => logit),
      labels: both.map(({ what }) => what === 'nodule'),
      clusters: both.map(({ patientId }) => patientId),
    });
    return figure(`AUC on cut-outs of the test fold: nodules against ${of}`, estimate, both.length);
  };
  const kinds = (Object.keys(PLACES) as NegativeKind[]).map((kind) =>
    against(
      others.filter(({ what }) => what === kind),
      PLACES[kind],
    ),
  );
  const share = (places: readonly JudgedPlace[], high: boolean, what: string): CardFigure =>
    shareFigure(
      what,
      places.map(({ patientId, logit }) => ({
        patientId,
        counts: calibrated(logit, calibration) >= 0.5 === high,
      })),
      seed,
    );
  return [
    against(others, 'all other places'),
    ...kinds,
    share(nodules, true, 'Sensitivity at a probability of 0.5, cut-outs of the test fold'),
    share(others, false, 'Specificity at a probability of 0.5, cut-outs of the test fold'),
    {
      what: 'Calibration error, cut-outs of the test fold: mean over ten bins of |probability − share of nodules|, by places',
      value: calibrationError(judged, calibration),
      ...{ interval: null, ceiling: null, n: judged.length },
    },
  ];
}

/** A figure of a card, with its interval where there is one. */
export function figure(what: string, { value, interval }: Estimate, n: number, note?: string): CardFigure {
  return {
    ...{ what, value, ceiling: null, n },
    interval: interval === null ? null : [interval.low, interval.high],
    ...(note === undefined ? {} : { note }),
  };
}

/**
 * A share with its interval: a bootstrap by patient, or where all cases are alike, of which a bootstrap makes no
 * interval, Wilson's (1927) with one trial a patient.
 */
export function shareFigure(
  what: string,
  cases: readonly { readonly patientId: string; readonly counts: boolean }[],
  seed: number,
): CardFigure {
  const estimate = clusterBootstrap({
    clusters: [cases.map(({ patientId }) => patientId)],
    statistic: ([rows]) => {
      let sum = 0;
      for (const row of rows!) sum += Number(cases[row]!.counts);
      return sum / rows!.length;
    },
    ...{ draws: BOOTSTRAP_DRAWS, seed },
  });
  const { value } = estimate;
  if (value !== 0 && value !== 1) return figure(what, estimate, cases.length);
  const patients = new Set(cases.map(({ patientId }) => patientId)).size;
  const beyond = Z_SQUARED / (patients + Z_SQUARED);
  return {
    ...{ what, value, ceiling: null, n: cases.length },
    interval: value === 1 ? [1 - beyond, 1] : [0, beyond],
    note: `of ${patients} patients`,
  };
}

function calibrationError(judged: readonly JudgedPlace[], calibration: Calibration): number {
  const bins = Array.from({ length: BINS }, () => ({ expected: 0, found: 0 }));
  for (const { logit, what } of judged) {
    const probability = calibrated(logit, calibration);
    const bin = bins[Math.min(BINS - 1, Math.floor(probability * BINS))]!;
    bin.expected += probability;
    bin.found += Number(what === 'nodule');
  }
  return bins.reduce((sum, { expected, found }) => sum + Math.abs(expected - found), 0) / judged.length;
}
