/**
 * Trains the detector on cut-outs of the train fold, calibrates it on patients of that fold that were kept apart,
 * measures it on cut-outs of the test fold, and writes card and weights.
 */
import { createHash } from 'node:crypto';
import type { Engine } from '../../engine/engine.ts';
import { binaryCrossEntropy } from '../../nn/losses.ts';
import { Random } from '../../nn/random.ts';
import { supervisedTrainee, type SupervisedConfig, type SupervisedMeasures } from '../../nn/supervised.ts';
import { runTraining, type EndReason, type LoopEvent } from '../../nn/trainingLoop.ts';
import { TEST_FOLD } from '../../dataset/split.ts';
import { fitCalibration, type Calibration } from '../../networks/calibration.ts';
import { DETECTOR_BOX, detectorRunner, openDetector, type Detector } from '../../networks/detector.ts';
import { BOX_REACH, BOX_SIZE } from '../../networks/detectorBox.ts';
import { detectorBatch, withPairs } from '../../networks/detectorBatches.ts';
import { DETECTOR_ARCHITECTURE, detectorNetwork } from '../../networks/detectorNetwork.ts';
import { readDetectorVois, type DetectorVoi, type DetectorVois } from '../../networks/detectorVois.ts';
import { NETWORK_WEIGHTS_FILE, type CardFigure, type NetworkCard } from '../../networks/networkCard.ts';
import {
  constantParameters,
  decodeWeights,
  encodeWeights,
  writeNetworkFolder,
} from '../../networks/networkFolder.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { cutOutFigures, judgePairs } from './detectorFigures.ts';

export interface TrainDetectorOptions {
  /** Folder of cut-outs: image/, mask/, nodules.csv. */
  readonly vois: string;
  /** Folder with the readers' XML; without it what any reader marked stands for their consensus. */
  readonly xml?: string;
  /** Where card and weights go. */
  readonly outDir: string;
  /** Where checkpoints go. */
  readonly checkpoints: string;
  /** Go on from the checkpoints that are there. */
  readonly resume?: boolean;
  readonly engine: Engine;
  readonly seed?: number;
  readonly updates?: number;
  readonly name?: string;
  /** Terms of the data, and so of the weights. */
  readonly license?: string;
  readonly codeVersion: string;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: LoopEvent<SupervisedMeasures>) => void | Promise<void>;
  /** Further figures for the card, for example on whole CTs of the test fold. */
  readonly measure?: (detector: Detector) => Promise<readonly CardFigure[]>;
}

const SPLIT = { seed: 1, folds: 5 } as const;
const PAIRS = 32;
const UPDATES = 2000;
const LEARNING_RATE = 1e-3;
/** Share of the train fold's patients that calibration keeps from training. */
const VALIDATION_SHARE = 0.15;
const STORED = 'F16';

const LICENSE =
  'CC BY 3.0: derived from LIDC-IDRI (Armato et al. 2011; The Cancer Imaging Archive, doi 10.7937/K9/TCIA.2015.LO9QL9SX)';

const FAULTS = [
  'It learned from cut-outs that end with the nodule’s own slices: it sees no more of the body axis than one diameter, and a vessel that runs along it for that long can pass for a nodule.',
  'Of nodules above 25 mm hardly any has room beside it in its cut-out, so few of them were learned from; the box is scaled to the diameter, and larger ones are judged as smaller ones are.',
  'Places without a nodule come from within 20 mm of a nodule, none from the hilum: vessels and bronchi there are judged less well than the figures on cut-outs say.',
  'It tells nodules from other places, not real nodules from made ones: a smooth ball scores as a nodule.',
  'Its probability is that of a place of which as many hold a nodule as do not; scanned over a whole CT, where hardly any do, it raises false alarms (see the figures).',
];

export interface TrainedDetector {
  /** Null where it was ended before the last update: the checkpoints stay, and `resume` goes on from them. */
  readonly card: NetworkCard | null;
  readonly reason: EndReason;
}

export async function trainDetector(options: TrainDetectorOptions): Promise<TrainedDetector> {
  const { vois: dir, xml, checkpoints, engine, clock, seed = 1, updates = UPDATES } = options;
  const read = await readDetectorVois(dir, xml, SPLIT);
  const { vois, split, sha256 } = read;
  const ofTrain = vois.filter(({ patientId }) => split.assignment[patientId] !== TEST_FOLD);
  const { training } = parts(ofTrain, seed);
  const usable = withPairs(training, seed);
  if (usable.length === 0)
    throw new NoduleLabError(
      'unusable',
      `${dir} holds no cut-out of the train fold with room for a place without a nodule: give the folder with all cut-outs.`,
      { dir },
    );
  const network = detectorNetwork(DETECTOR_ARCHITECTURE);
  const config: SupervisedConfig = {
    ...{ name: 'the detector', seed, batchSize: 2 * PAIRS, updates, learningRate: LEARNING_RATE },
    ...{ schedule: 'cosine', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, checkpointUpdates: updates },
    data: createHash('sha256').update(`${sha256}\t${split.sha256}`).digest('hex'),
  };
  const [nx, ny, nz] = BOX_SIZE;
  const trainee = supervisedTrainee({
    ...{ config, network, engine, clock },
    inputShape: [2 * PAIRS, 1, nz, ny, nx],
    targetShape: [2 * PAIRS, 1],
    loss: binaryCrossEntropy,
    batch: async (index) => detectorBatch(training, usable, seed, index, PAIRS),
  });
  const { state, reason } = await runTraining({
    ...{ trainee, folder: checkpoints, clock, checkpointMinutes: 3 },
    ...{ resume: options.resume ?? false },
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
  });
  if (reason !== 'complete') return { card: null, reason };
  const trained = {
    values: state.values,
    training: {
      ...{ seed, examples: 2 * usable.length, updates: state.counters.update },
      seconds: Math.round(state.counters.seconds),
    },
    patients: new Set(usable.map(({ patientId }) => patientId)).size,
  };
  return { card: await writeDetector(options, read, trained), reason };
}

interface Trained {
  readonly values: Readonly<Record<string, Float32Array>>;
  readonly training: NetworkCard['training'];
  readonly patients: number;
}

async function writeDetector(
  options: TrainDetectorOptions,
  { vois, split, sha256 }: DetectorVois,
  { values, training, patients }: Trained,
): Promise<NetworkCard> {
  const { engine, outDir, seed = 1 } = options;
  const specs = detectorNetwork(DETECTOR_ARCHITECTURE).parameters;
  const weights = encodeWeights(specs, values, STORED);
  // Measured is what is shipped: the weights as they are stored.
  const stored = decodeWeights(Buffer.concat(weights), specs, NETWORK_WEIGHTS_FILE);
  const runner = await detectorRunner(DETECTOR_ARCHITECTURE, constantParameters(specs, stored), engine);
  const inFold = (test: boolean): DetectorVoi[] =>
    vois.filter(({ patientId }) => (split.assignment[patientId] === TEST_FOLD) === test);
  const { validation } = parts(inFold(false), seed);
  const kept = await judgePairs(validation, runner, seed);
  const calibration: Calibration = fitCalibration(
    kept.map(({ logit }) => logit),
    kept.map(({ what }) => what === 'nodule'),
  );
  const figures = cutOutFigures(await judgePairs(inFold(true), runner, seed), calibration, seed);
  await runner.release();
  const { seed: splitSeed, folds, testPatients } = split;
  const write = (more: readonly CardFigure[]): Promise<NetworkCard> =>
    writeNetworkFolder(outDir, weights, (weightsSha256) => ({
      ...{ format: 1, kind: 'detector', name: options.name ?? 'detector-32' },
      data: `Cut-outs of LIDC-IDRI nodules: boxes scaled to the nodule, and boxes of the same cut-outs (or of others with like voxels) without one; ${patients} patients trained on, others of the train fold kept for calibration.`,
      datasetSha256: [sha256],
      split: { seed: splitSeed, folds, testPatients: [...testPatients], fold: 'train', sha256: split.sha256 },
      trainingPatients: patients,
      ...{ fieldOfView: { diameters: 2 * BOX_REACH[0] }, softMargins: [], codeVersion: options.codeVersion },
      license: options.license ?? LICENSE,
      weights: { file: NETWORK_WEIGHTS_FILE, sha256: weightsSha256, type: STORED },
      architecture: { ...DETECTOR_ARCHITECTURE, box: DETECTOR_BOX, calibration },
      ...{ training, figures: [...figures, ...more], faults: FAULTS },
    }));
  const card = await write([]);
  if (options.measure === undefined) return card;
  const detector = await openDetector(outDir, engine);
  try {
    return await write(await options.measure(detector));
  } finally {
    await detector.release();
  }
}

/** The train fold's patients, and some of them set apart. */
function parts(
  vois: readonly DetectorVoi[],
  seed: number,
): { readonly training: DetectorVoi[]; readonly validation: DetectorVoi[] } {
  const patients = [...new Set(vois.map(({ patientId }) => patientId))].sort();
  const order = Random.of(seed, 'validation').permutation(patients.length);
  const apart = new Set(
    [...order.slice(0, Math.round(VALIDATION_SHARE * patients.length))].map((at) => patients[at]!),
  );
  return {
    training: vois.filter(({ patientId }) => !apart.has(patientId)),
    validation: vois.filter(({ patientId }) => apart.has(patientId)),
  };
}
