/** From the records of trainings to the answers of an arm, nodule by nodule. */
import type { ArmScores, SeedScores, TestNodule } from '../../evaluation/classification/scores.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { Folds } from './folds.ts';
import type { RealNodule } from './nodules.ts';
import type { TrainingRecord } from './training.ts';

/** Of a design, each once, in the order of the set. */
export function testedNodules({ parts }: Folds, nodules: readonly RealNodule[]): TestNodule[] {
  const tested = new Set(parts.flatMap(({ test }) => test));
  return nodules.flatMap(({ id, patient, malignant, diameterMm }) =>
    tested.has(patient) ? [{ id, patient, malignant, diameterMm }] : [],
  );
}

/**
 * @param records of all folds of these seeds
 * @param nodules as {@link testedNodules} gives them
 */
export function scoresOf(
  arm: Pick<ArmScores, 'name' | 'kind' | 'title' | 'text'>,
  records: readonly TrainingRecord[],
  seeds: readonly number[],
  nodules: readonly TestNodule[],
): ArmScores {
  const places = new Map(nodules.map(({ id }, at) => [id, at]));
  const mean = (of: keyof TrainingRecord['trainedOn']): number =>
    records.reduce((sum, { trainedOn }) => sum + trainedOn[of], 0) / records.length;
  return {
    ...arm,
    trainedOn: {
      malignant: mean('malignant'),
      benign: mean('benign'),
      syntheticMalignant: mean('syntheticMalignant'),
      syntheticBenign: mean('syntheticBenign'),
    },
    seeds: seeds.map((seed) =>
      seedScores(
        arm.name,
        records.filter((record) => record.seed === seed),
        nodules,
        places,
      ),
    ),
  };
}

function seedScores(
  arm: string,
  records: readonly TrainingRecord[],
  nodules: readonly TestNodule[],
  places: ReadonlyMap<string, number>,
): SeedScores {
  const probabilities = new Float64Array(nodules.length).fill(NaN);
  const called = new Uint8Array(nodules.length);
  for (const { test, rule, design, seed, fold } of records) {
    test.id.forEach((id, i) => {
      const at = places.get(id);
      if (at === undefined || nodules[at]!.malignant !== test.malignant[i])
        throw new NoduleLabError(
          'unusable',
          `The training of ${arm}, seed ${seed}, fold ${fold}, tested ${id}, which is not a nodule of this design with that label: remove trainings/${rule}/${design}/${arm}/${seed}-${fold}.json, and the same command makes it anew.`,
        );
      probabilities[at] = test.probability[i]!;
      called[at] = test.called[i] === true ? 1 : 0;
    });
  }
  const missing = probabilities.findIndex(Number.isNaN);
  if (missing >= 0)
    throw new NoduleLabError(
      'unusable',
      `No training of ${arm} in seed ${records[0]?.seed} tested ${nodules[missing]!.id}: its records are not complete. Remove those of the seed, and the same command makes them anew.`,
    );
  return { probabilities, called, ...probesOf(records) };
}

/** Each of one training only, as a nodule that is tested: probe i of fold i modulo folds. */
function probesOf(records: readonly TrainingRecord[]): Pick<SeedScores, 'probes' | 'probesCalled'> {
  const byFold = records.toSorted((a, b) => a.fold - b.fold);
  const count = Math.min(...byFold.map(({ probes }) => probes.probability.length));
  const asked = Array.from({ length: count }, (_, i) => byFold[i % byFold.length]!.probes);
  return {
    probes: Float64Array.from(asked, ({ probability }, i) => probability[i]!),
    probesCalled: Uint8Array.from(asked, ({ called }, i) => Number(called[i])),
  };
}
