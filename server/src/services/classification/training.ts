/** One training of one arm: from its nodules to what it says of the patients that it was not shown. */
import { z } from 'zod';
import type { Engine } from '../../engine/engine.ts';
import { fitLogistic } from '../../evaluation/classification/logistic.ts';
import { youdenThreshold } from '../../evaluation/classification/operatingPoint.ts';
import { fitPlatt } from '../../evaluation/classification/platt.ts';
import { trainClassifier, type ClassifierScorer } from '../../networks/classifierTraining.ts';
import { Random } from '../../nn/random.ts';
import { diameterScale, exampleBatches, looksAt, standardised } from './exampleBatches.ts';
import { partsOf, type Example } from './examples.ts';
import type { Parts } from './folds.ts';
import type { Lesions, RealLesion } from './lesions.ts';
import { withDealtLabels, type RealNodule } from './nodules.ts';
import { isCheck, type Arm, type DesignName, type Protocol, type RuleName } from './protocol.ts';

const share = z.number().min(0).max(1);
const answers = z.object({ probability: z.array(share), called: z.array(z.boolean()) });

/** `trainings/<rule>/<design>/<arm>/<seed>-<fold>.json` */
export const trainingRecordSchema = z.object({
  rule: z.string(),
  design: z.string(),
  arm: z.string(),
  seed: z.number().int(),
  fold: z.number().int(),
  /** Of the folds that it was made for, and of all else that it depends on. */
  inputsSha256: z.string(),
  trainedOn: z.object({
    malignant: z.number(),
    benign: z.number(),
    syntheticMalignant: z.number(),
    syntheticBenign: z.number(),
  }),
  /** Of probabilities, fixed on the validation patients. */
  threshold: z.number(),
  test: answers.extend({ id: z.array(z.string()), malignant: z.array(z.boolean()) }),
  probes: answers,
  lastLoss: z.number(),
  seconds: z.number(),
});
export type TrainingRecord = z.infer<typeof trainingRecordSchema>;

/** What is asked for, as plain data: it goes to worker threads. */
export interface TrainingTask {
  readonly rule: RuleName;
  readonly design: DesignName;
  readonly arm: Arm;
  readonly parts: Parts;
  readonly inputsSha256: string;
}

export interface TrainingTools {
  readonly engine: Engine;
  readonly scorer: ClassifierScorer;
  readonly lesions: Lesions;
  readonly protocol: Protocol;
  /** Milliseconds. */
  readonly clock: () => number;
  readonly onUpdate?: (done: number) => void;
}

export async function trainArm(task: TrainingTask, tools: TrainingTools): Promise<TrainingRecord> {
  const { rule, design, arm, parts, inputsSha256 } = task;
  const { engine, scorer, protocol, clock, onUpdate } = tools;
  const { network, training, looks } = protocol;
  const began = clock();
  const lesions = isCheck(arm)
    ? { ...tools.lesions, real: labelsOfChecks(tools.lesions.real, rule, design) }
    : tools.lesions;
  const of = (patients: readonly string[]): RealLesion[] => {
    const wanted = new Set(patients);
    return lesions.real.filter(({ patient }) => wanted.has(patient));
  };
  const tested = of(parts.test);
  const { seed, fold } = parts;
  const learned = partsOf({
    ...{ arm, lesions, seed, fold, test: tested },
    train: of(parts.train),
    validation: of(parts.validation),
    probes: probesOf(protocol, design),
  });
  const scale = diameterScale(learned.train.map(({ diameterMm }) => diameterMm));
  const name = `${rule} ${design} ${arm.name} ${fold}`;
  const { size } = lesions;
  const maker = exampleBatches(learned.train, learned.showing, {
    ...{ size, scale, seed, name },
    batchSize: training.batchSize,
  });
  const trained = await trainClassifier({
    ...{ engine, architecture: network, plan: training, seed, name },
    start: startOf(learned.train, (example) => standardised(scale, example.diameterMm)),
    batch: (index) => maker.batch(index),
    ...(onUpdate === undefined ? {} : { onUpdate }),
  });
  const logitsOf = async (examples: readonly Example[]): Promise<number[]> => {
    const each = await scorer.score(
      trained.weights,
      examples.length * looks,
      looksAt(examples, { size, scale, looks }),
    );
    return examples.map((_, i) => {
      let sum = 0;
      for (let look = 0; look < looks; look++) sum += each[i * looks + look]!;
      return sum / looks;
    });
  };
  const { answer, threshold } = judgeOn(
    await logitsOf(learned.validation),
    learned.validation.map(({ malignant }) => malignant),
  );
  return {
    ...{ rule, design, arm: arm.name, seed, fold, inputsSha256 },
    trainedOn: countsOf(learned.train),
    threshold,
    test: {
      id: tested.map(({ id }) => id),
      malignant: tested.map(({ malignant }) => malignant),
      ...answer(await logitsOf(learned.test)),
    },
    probes: answer(learned.probes.length === 0 ? [] : await logitsOf(learned.probes)),
    lastLoss: trained.lastLoss,
    seconds: (clock() - began) / 1000,
  };
}

/** Synthetic benign nodules that are kept apart: only where a generator may take part. */
export const probesOf = ({ probes }: Protocol, design: DesignName): number =>
  design === 'held-out' ? probes : 0;

/** Probabilities and the threshold as the validation patients fix them. */
export function judgeOn(
  logits: readonly number[],
  labels: readonly boolean[],
): {
  readonly threshold: number;
  answer(logits: readonly number[]): { probability: number[]; called: boolean[] };
} {
  const { probability } = fitPlatt(logits, labels);
  const threshold = youdenThreshold(logits.map(probability), labels);
  return {
    threshold,
    answer(asked) {
      const probabilities = asked.map(probability);
      return { probability: probabilities, called: probabilities.map((value) => value >= threshold) };
    },
  };
}

/** What the diameter alone says, from the nodules that the arm learns from. */
function startOf(
  examples: readonly Example[],
  valueOf: (example: Example) => number,
): { intercept: number; slope: number } {
  const { intercept, coefficients } = fitLogistic(
    examples.map((example) => [valueOf(example)]),
    examples.map(({ malignant }) => malignant),
  );
  return { intercept, slope: coefficients[0]! };
}

/** Labels dealt out at random, the same for all checks and seeds of a design. */
export function labelsOfChecks<T extends RealNodule>(
  nodules: readonly T[],
  rule: RuleName,
  design: DesignName,
): T[] {
  return withDealtLabels(nodules, Random.of('random labels', rule, design).permutation(nodules.length));
}

function countsOf(examples: readonly Example[]): TrainingRecord['trainedOn'] {
  const count = (malignant: boolean, synthetic: boolean): number =>
    examples.filter((one) => one.malignant === malignant && one.synthetic === synthetic).length;
  return {
    malignant: count(true, false),
    benign: count(false, false),
    syntheticMalignant: count(true, true),
    syntheticBenign: count(false, true),
  };
}
