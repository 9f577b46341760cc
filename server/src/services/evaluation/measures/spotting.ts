/** Whether a fresh classifier tells synthetic from real, and the proof that such a classifier can tell at all. */
import { LIMITS } from '../../../evaluation/gates.ts';
import type { PatchGroup } from '../../../evaluation/patchGroup.ts';
import type { SpottingScores } from '../../../evaluation/report/material.ts';
import type { EvaluationResult, Figure } from '../../../evaluation/result.ts';
import { spotFakes, type Spotting } from '../../../evaluation/spotting/spotFakes.ts';
import type { EvaluationSetup } from '../evaluateGroups.ts';
import { SPOTTING } from './kinds.ts';
import { computed, notComputed, type Measuring } from './measuring.ts';

/** Proofs that classifiers of this kind tell ellipsoids: many evaluations against one real set need one only. */
export type SpottingProofs = Map<string, Spotting>;

export interface SpottingFound {
  /** For each subject. */
  readonly figures: Figure[];
  readonly spotting: EvaluationResult['spotting'];
  readonly scores: SpottingScores | null;
}

export async function measureSpotting(
  { real, bad, subjects, seed, draws }: Measuring,
  { tools, spotting: wanted, proofs, signal }: EvaluationSetup,
  onProgress: (share: number) => void,
): Promise<SpottingFound> {
  const n = subjects.map(({ group }) => ({ real: real.group.count, synthetic: group.count }));
  const none = (why: string): SpottingFound => ({
    figures: n.map((sizes) => notComputed(SPOTTING, why, sizes)),
    ...{ spotting: null, scores: null },
  });
  if (wanted === false) return none('It was not asked for.');
  const spot = (fake: PatchGroup, from: number): ReturnType<typeof spotFakes> =>
    spotFakes(real.group, fake, {
      ...{ engine: tools.engine, seed, draws },
      ...(signal === undefined ? {} : { signal }),
      onProgress: (share) => onProgress(from + share / 2),
    });
  const name = JSON.stringify([real.group.sha256, bad.group.sha256, seed, draws]);
  const proof = proofs?.get(name) ?? (await spot(bad.group, 0));
  proofs?.set(name, proof);
  if ('notComputed' in proof) return none(proof.notComputed);
  const own = await spot(subjects[0]!.group, 0.5);
  if ('notComputed' in own) return none(own.notComputed);
  const proved = proof.auc.value >= LIMITS.spottingProof;
  return {
    figures: subjects.map((subject, index) => {
      const measured = index === 0 ? own.auc : subject === bad ? proof.auc : null;
      return measured === null
        ? notComputed(
            SPOTTING,
            'Classifiers are trained for the synthetic set and the ellipsoids only.',
            n[index],
          )
        : computed(SPOTTING, {
            ...{ measured, bad: proof.auc, n: n[index]! },
            floor: { value: 0.5, interval: null },
          });
    }),
    spotting: {
      ...{ auc: own.auc, proof: proof.auc, folds: own.folds },
      text: `${own.text} ${proved ? 'It is proved' : 'It is not proved'}: the same kind of classifier told ellipsoids with an AUC of ${proof.auc.value.toFixed(2)}.`,
    },
    scores: {
      real: Array.from(own.scores.real),
      synthetic: Array.from(own.scores.fake),
      proofReal: Array.from(proof.scores.real),
      ellipsoids: Array.from(proof.scores.fake),
    },
  };
}
