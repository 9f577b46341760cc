/** From what trained classifiers said of the test nodules to the figures of every arm, with intervals and tests. */
import { aucEstimate } from '../auc.ts';
import type { Seed } from '../bootstrap.ts';
import type { Estimate } from '../result.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { calibrationOf } from './calibration.ts';
import { holm } from './holm.ts';
import { pairedAuc } from './pairedAuc.ts';
import { aucStatistic, meanOverSeeds, meanStatistic, redrawn, type Times } from './redraws.ts';
import type { ArmFigures, Difference, Stratum } from './result.ts';
import { meanRoc } from './roc.ts';
import { DIAMETER, DIAMETER_TEXTURE, REAL_ONLY, type ArmScores, type TestNodule } from './scores.ts';
import { shortcutOf } from './shortcut.ts';
import { smallerClass, stratumOf, type Bounds, type NodulesInStratum } from './strata.ts';

export interface DesignScores {
  /** That were tested, from two patients or more of each class. */
  readonly nodules: readonly TestNodule[];
  /** Arms, baselines and checks, all of the same seeds. */
  readonly arms: readonly ArmScores[];
  readonly strata: readonly Bounds[];
  /** Of the bootstrap. */
  readonly draws: number;
  readonly seed: Seed;
}

/**
 * The figures of every arm in the order given. p values are corrected (Holm) over the arms of the design that are held
 * against the same one; in a stratum over those of the stratum. Baselines and checks are no part of that family.
 *
 * @throws NoduleLabError `invalid-input` where scores do not fit the nodules, `unusable` for too few patients
 */
export function summariseDesign(design: DesignScores): ArmFigures[] {
  requireComplete(design);
  const { nodules, arms, strata, draws: count, seed } = design;
  const draws = redrawn(
    nodules.map(({ patient }) => patient),
    count,
    seed,
    'patients',
  );
  const whole = stratumOf(nodules, [0, null]);
  const parts = strata.map((bounds) => stratumOf(nodules, bounds));
  const against = (name: string, within: NodulesInStratum): (Difference | null)[] =>
    differences({ nodules, arms, name, within });

  const overDiameter = against(DIAMETER, whole);
  const overDiameterTexture = against(DIAMETER_TEXTURE, whole);
  const overReal = against(REAL_ONLY, whole).map((difference, i) =>
    arms[i]!.kind === 'arm' ? difference : null,
  );
  const partsOver = parts.map((part) => ({
    overDiameter: against(DIAMETER, part),
    overDiameterTexture: against(DIAMETER_TEXTURE, part),
  }));
  return arms.map((arm, i) => ({
    name: arm.name,
    kind: arm.kind,
    title: arm.title,
    text: arm.text,
    trainedOn: arm.trainedOn,
    ...scoredAlone(arm, nodules, draws, whole.rows),
    strata: parts.map((part, k): Stratum => ({
      fromMm: part.bounds[0],
      toMm: part.bounds[1],
      nodules: part.nodules,
      auc: part.comparable ? meanAuc(arm, nodules, draws, part.rows) : null,
      overDiameter: partsOver[k]!.overDiameter[i]!,
      overDiameterTexture: partsOver[k]!.overDiameterTexture[i]!,
    })),
    overDiameter: overDiameter[i]!,
    overDiameterTexture: overDiameterTexture[i]!,
    overReal: overReal[i]!,
    shortcut: shortcutOf(arm, nodules, draws, seed),
  }));
}

/** What is said of an arm without any other. */
function scoredAlone(
  arm: ArmScores,
  nodules: readonly TestNodule[],
  draws: readonly Times[],
  rows: Uint32Array,
): Pick<ArmFigures, 'auc' | 'accuracy' | 'sensitivity' | 'specificity' | 'roc' | 'calibration'> {
  const malignant = nodules.map((nodule) => nodule.malignant);
  const clusters = nodules.map(({ patient }) => patient);
  const probabilities = arm.seeds.map((of) => of.probabilities);
  const scores = Float64Array.from(
    nodules,
    (_, i) => probabilities.reduce((sum, ofSeed) => sum + ofSeed[i]!, 0) / probabilities.length,
  );
  const right = arm.seeds.map(({ called }) => called.map((yes, i) => Number(Boolean(yes) === malignant[i])));
  const shareRight = (cases: Uint32Array): Estimate =>
    meanOverSeeds(
      right.map((ofSeed) => meanStatistic(ofSeed, cases)),
      draws,
      { clusterCount: new Set([...cases].map((i) => clusters[i])).size },
    );
  return {
    auc: {
      mean: meanAuc(arm, nodules, draws, rows),
      seeds: probabilities.map((ofSeed) => aucStatistic(ofSeed, malignant, rows)(once(nodules.length))),
      deLong: estimateOnly(aucEstimate({ scores, labels: malignant })),
      clustered: estimateOnly(aucEstimate({ scores, labels: malignant, clusters })),
    },
    accuracy: shareRight(rows),
    sensitivity: shareRight(rows.filter((i) => malignant[i])),
    specificity: shareRight(rows.filter((i) => !malignant[i])),
    roc: meanRoc(probabilities, malignant),
    calibration: calibrationOf({ probabilities, malignant, draws, patients: new Set(clusters).size }),
  };
}

function meanAuc(
  arm: ArmScores,
  nodules: readonly TestNodule[],
  draws: readonly Times[],
  rows: Uint32Array,
): Estimate {
  const malignant = nodules.map((nodule) => nodule.malignant);
  return meanOverSeeds(
    arm.seeds.map(({ probabilities }) => aucStatistic(probabilities, malignant, rows)),
    draws,
    { clusterCount: smallerClass([...rows].map((i) => nodules[i]!)) },
  );
}

/** Of every arm to the one with this name, on nodules of one stratum; null for itself and where there is nothing to compare. */
function differences(options: {
  readonly nodules: readonly TestNodule[];
  readonly arms: readonly ArmScores[];
  readonly name: string;
  readonly within: NodulesInStratum;
}): (Difference | null)[] {
  const { nodules, arms, name, within } = options;
  const other = arms.find((arm) => arm.name === name);
  if (!other || !within.comparable) return arms.map(() => null);
  const inside = [...within.rows].map((i) => nodules[i]!);
  const scoresOf = (arm: ArmScores): Float64Array[] =>
    arm.seeds.map(({ probabilities }) => Float64Array.from(within.rows, (i) => probabilities[i]!));
  const b = scoresOf(other);
  const found = arms.map((arm) =>
    arm === other
      ? null
      : pairedAuc({
          a: scoresOf(arm),
          b,
          labels: inside.map(({ malignant }) => malignant),
          clusters: inside.map(({ patient }) => patient),
        }),
  );
  const family = found.map((difference, i) => (arms[i]!.kind === 'arm' ? (difference?.p ?? null) : null));
  const several = family.filter((p) => p !== null).length > 1;
  const corrected = holm(family);
  return found.map(
    (difference, i) =>
      difference && {
        value: difference.value,
        interval: difference.interval,
        p: difference.p,
        corrected: several ? corrected[i]! : null,
      },
  );
}

const once = (count: number): Times => new Uint16Array(count).fill(1);
const estimateOnly = ({ value, interval }: Estimate): Estimate => ({ value, interval });

function requireComplete({ nodules, arms }: DesignScores): void {
  if (smallerClass(nodules) < 2)
    throw new NoduleLabError(
      'unusable',
      'Figures of classifiers need malignant nodules of two patients or more and benign ones of two or more: test more patients.',
    );
  const seeds = arms[0]?.seeds.length ?? 0;
  for (const arm of arms) {
    if (arm.seeds.length === 0 || arm.seeds.length !== seeds)
      throw new NoduleLabError(
        'invalid-input',
        `${arm.name} has ${arm.seeds.length} seeds and ${arms[0]!.name} has ${seeds}: summarise the seeds that all arms have.`,
        { arm: arm.name },
      );
    arm.seeds.forEach(({ probabilities, called }, seed) => {
      if (probabilities.length !== nodules.length || called.length !== nodules.length)
        throw new NoduleLabError(
          'invalid-input',
          `${arm.name} has ${probabilities.length} probabilities and ${called.length} calls of seed ${seed} for ${nodules.length} nodules: test each exactly once.`,
          { arm: arm.name },
        );
      const bad = probabilities.findIndex((p) => !(p >= 0 && p <= 1));
      if (bad >= 0)
        throw new NoduleLabError(
          'unusable',
          `${arm.name} gives nodule ${nodules[bad]!.id} the probability ${probabilities[bad]} in seed ${seed}: train it anew.`,
          { arm: arm.name },
        );
    });
  }
}
