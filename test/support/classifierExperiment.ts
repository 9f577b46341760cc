/** An experiment with classifiers whose arms differ from real nodules only in every way that a card can say. */
import type { ClassificationResult, Difference } from '../../server/src/evaluation/classification/result.ts';
import { classificationOf, difference, withArm } from './classificationResult.ts';
import { between } from './evaluationResult.ts';

/** Of the two designs with patients that the generator has not seen. */
const ARMS: readonly (readonly [rule: string, arm: string, auc: number, overReal: Difference | null])[] = [
  ['median', 'real', 0.92, null],
  ['median', 'balanced', 0.93, difference(0.01, 0.02, 0.4, 0.61)],
  ['median', 'synthetic-100', 0.88, difference(-0.04, 0.03, 0.001, 0.004)],
  ['median', 'diameter-texture', 0.9, null],
  ['table', 'real', 0.91, null],
  // Below 0.05 by itself, and no longer once it is corrected for the number of arms.
  ['table', 'balanced', 0.94, difference(0.03, 0.03, 0.02, 0.12)],
  ['table', 'synthetic-100', 0.96, difference(0.05, 0.02, 0.0004, null)],
  ['table', 'diameter-texture', 0.89, null],
];

/** Of a generator with these weights, or of none. */
export const experimentOf = (
  generator: { readonly name: string; readonly sha256: string } | null,
  change: Partial<ClassificationResult> = {},
): ClassificationResult =>
  ARMS.reduce(
    (result, [rule, arm, auc, overReal]) => {
      const mean = between(auc, auc - 0.06, auc + 0.03);
      return withArm(
        result,
        { rule, design: 'held-out', arm },
        {
          title: `Arm ${arm}`,
          auc: { mean, seeds: [auc - 0.01, auc + 0.01], deLong: mean, clustered: mean },
          overReal,
        },
      );
    },
    classificationOf({
      generator: generator && { name: generator.name, sha256: generator.sha256, splitSha256: null },
      trainings: { done: 40, total: 40 },
      ...change,
    }),
  );
