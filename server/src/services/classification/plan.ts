/** All trainings of an experiment under one rule, in the order in which they are done: one seed after the other. */
import { createHash } from 'node:crypto';
import { samplesFor, type PoolSizes } from './examples.ts';
import type { Folds } from './folds.ts';
import type { KnownSet } from './sets.ts';
import type { RealNodule } from './nodules.ts';
import type { Protocol } from './protocol.ts';
import type { TrainingTask } from './training.ts';

/** Counts up where the same inputs would give other answers than before: records of older code are then not taken. */
const VERSION = 1;

/** How many samples the arms of a design ask for at most, what they are probed with included. */
export function poolSizes(
  protocol: Protocol,
  folds: readonly Folds[],
  nodules: readonly RealNodule[],
): PoolSizes {
  let [malignant, benign] = [0, 0];
  for (const { design, parts } of folds)
    for (const { train } of parts) {
      const trained = new Set(train);
      const real = nodules.filter(({ patient }) => trained.has(patient));
      const count = real.filter((nodule) => nodule.malignant).length;
      for (const arm of protocol.designs[design] ?? []) {
        const needed = samplesFor(arm, count, real.length - count);
        malignant = Math.max(malignant, needed.malignant);
        benign = Math.max(benign, needed.benign);
      }
    }
  return malignant + benign === 0 ? { malignant, benign } : { malignant, benign: benign + protocol.probes };
}

export interface PlanRequest {
  readonly protocol: Protocol;
  readonly folds: readonly Folds[];
  readonly realSets: readonly KnownSet[];
  readonly samples: readonly KnownSet[];
}

/** Seeds first, so that a run that is broken off has whole seeds of every arm. */
export function trainingTasks({ protocol, folds, realSets, samples }: PlanRequest): TrainingTask[] {
  const { network, training, looks, probes } = protocol;
  const of = (sets: readonly KnownSet[]): unknown =>
    sets.map(({ manifest }) => [
      manifest.patchesSha256,
      manifest.patches.map((patch) => patch.class[0]).join(''),
    ]);
  const real = of(realSets);
  const synthetic = of(samples);
  return protocol.seeds.flatMap((seed) =>
    folds.flatMap(({ rule, design, parts: all }) =>
      (protocol.designs[design] ?? []).flatMap((arm) =>
        all
          .filter((parts) => parts.seed === seed)
          .map((parts): TrainingTask => {
            const inputs = [
              VERSION,
              rule,
              design,
              arm,
              parts,
              network,
              training,
              looks,
              probes,
              real,
              synthetic,
            ];
            return { rule, design, arm, parts, inputsSha256: hashOf(inputs) };
          }),
      ),
    ),
  );
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
