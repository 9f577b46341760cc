/**
 * Who is trained on, who fixes the threshold and who is tested, for every seed and fold of a design: `folds.json`, locked
 * by a hash. It proves that no tested patient is trained on, by the classifier or by the generator.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { splitPatients, TEST_FOLD } from '../../dataset/split.ts';
import { splitSchema } from '../../dataset/manifest.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { DESIGNS, RULES, type DesignName, type RuleName } from './protocol.ts';
import { requireBothClasses, type RealNodule } from './nodules.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const patients = z.array(z.string());

const partsSchema = z.object({
  seed: z.number().int(),
  fold: z.number().int().nonnegative(),
  train: patients,
  validation: patients,
  test: patients,
});
export type Parts = z.infer<typeof partsSchema>;

/** By which rule the generator's training patients can be told from others; null where a design has no generator. */
const generatorSplitSchema = splitSchema
  .pick({ seed: true, folds: true, testPatients: true, seriesForPatients: true })
  .extend({ fold: z.enum(['train', 'test']) });

export const foldsSchema = z.object({
  kind: z.literal('nodulelab-folds'),
  version: z.literal(1),
  rule: z.enum(RULES),
  design: z.enum(DESIGNS),
  folds: z.number().int().min(2),
  generator: z
    .object({
      name: z.string(),
      sha256,
      split: generatorSplitSchema,
      /** Its card does not say the split: the user does. */
      vouched: z.literal(true).optional(),
    })
    .nullable(),
  parts: z.array(partsSchema).min(1),
  sha256,
});
export type Folds = z.infer<typeof foldsSchema>;

export interface FoldsRequest {
  readonly rule: RuleName;
  readonly design: DesignName;
  readonly seeds: readonly number[];
  readonly folds: number;
  readonly validationShare: number;
  readonly generator: Folds['generator'];
  /** All real nodules of the rule. */
  readonly nodules: readonly RealNodule[];
}

/**
 * Folds by patient, about as many nodules of each class in each, drawn anew for every seed. In the design `held-out`
 * only patients of the split's test fold are ever tested; the others are in every training.
 * @throws NoduleLabError `unusable` for too few patients of a class, `refused` where the generator has seen a tested patient
 */
export function drawFolds(request: FoldsRequest): Folds {
  const { rule, design, seeds, folds, validationShare, generator, nodules } = request;
  const tested = nodules.filter(({ fold }) => design === 'every-patient' || fold === 'test');
  requireBothClasses(tested, folds, `The ${design} design under the rule ${rule}`);
  const everybody = [...new Set(nodules.map(({ patient }) => patient))].sort();
  const parts = seeds.flatMap((seed) => {
    const foldOf = dealt(tested, folds, Random.of(seed, 'folds', rule, design));
    return Array.from({ length: folds }, (_, fold): Parts => {
      const test = everybody.filter((patient) => foldOf.get(patient) === fold);
      const others = nodules.filter(({ patient }) => foldOf.get(patient) !== fold);
      const pieces = Math.max(2, Math.round(1 / validationShare));
      const pieceOf = dealt(others, pieces, Random.of(seed, 'validation', rule, design, fold));
      const part = (wanted: boolean): string[] =>
        everybody.filter((patient) => pieceOf.has(patient) && (pieceOf.get(patient) === 0) === wanted);
      return { seed, fold, train: part(false), validation: part(true), test };
    });
  });
  const unlocked = { kind: 'nodulelab-folds', version: 1, rule, design, folds, generator, parts } as const;
  const manifest = { ...unlocked, sha256: hashOf(unlocked) };
  requireApart(manifest);
  return manifest;
}

/**
 * Patients in random order, those with most nodules first, each to the part that stays nearest to an equal share of
 * both classes.
 */
function dealt(nodules: readonly RealNodule[], parts: number, random: Random): Map<string, number> {
  const byPatient = new Map<string, [number, number]>();
  const total: [number, number] = [0, 0];
  for (const { patient, malignant } of nodules) {
    const counts = byPatient.get(patient) ?? [0, 0];
    counts[malignant ? 1 : 0] += 1;
    total[malignant ? 1 : 0] += 1;
    byPatient.set(patient, counts);
  }
  const names = [...byPatient.keys()].sort();
  const order = Array.from(random.permutation(names.length), (at) => names[at]!).sort(
    (a, b) => sum(byPatient.get(b)!) - sum(byPatient.get(a)!),
  );
  const filled = Array.from({ length: parts }, (): [number, number] => [0, 0]);
  const result = new Map<string, number>();
  for (const patient of order) {
    const counts = byPatient.get(patient)!;
    // What the sum over parts of squared shares grows by, in both classes.
    const cost = filled.map((own) =>
      [0, 1].reduce(
        (all, k) => all + (counts[k]! * (2 * own[k]! + counts[k]!)) / Math.max(1, total[k]!) ** 2,
        0,
      ),
    );
    const part = cost.indexOf(Math.min(...cost));
    filled[part]![0] += counts[0];
    filled[part]![1] += counts[1];
    result.set(patient, part);
  }
  return result;
}

const sum = ([a, b]: readonly [number, number]): number => a + b;

/**
 * @throws NoduleLabError `refused` where the hash does not fit, a patient is in two parts of one training, is tested twice
 *   by one seed, or is tested although the generator was trained on the fold that it belongs to
 */
export function requireApart(manifest: Folds): void {
  const { sha256: stated, ...rest } = manifest;
  const refuse = (why: string): never => {
    throw new NoduleLabError(
      'refused',
      `The folds of the ${manifest.design} design under the rule ${manifest.rule} ${why}. Figures on such folds mean nothing: begin anew in an empty folder.`,
    );
  };
  for (const { seed, fold, train, validation, test } of manifest.parts) {
    const seen = new Set<string>();
    for (const patient of [...train, ...validation, ...test]) {
      if (seen.has(patient)) refuse(`have ${patient} in two parts of fold ${fold} of seed ${seed}`);
      seen.add(patient);
    }
    if (train.length === 0 || validation.length === 0 || test.length === 0)
      refuse(`have an empty part in fold ${fold} of seed ${seed}`);
  }
  for (const seed of new Set(manifest.parts.map((part) => part.seed))) {
    const tested = manifest.parts.flatMap((part) => (part.seed === seed ? part.test : []));
    if (new Set(tested).size < tested.length) refuse(`test a patient twice in seed ${seed}`);
  }
  const { generator } = manifest;
  if (generator !== null) {
    const tested = [...new Set(manifest.parts.flatMap(({ test }) => test))];
    const { assignment } = splitPatients(tested, generator.split);
    const seen = tested.filter(
      (patient) => (assignment[patient] === TEST_FOLD ? 'test' : 'train') === generator.split.fold,
    );
    if (seen.length > 0)
      refuse(
        `test ${seen.length} patients of the ${generator.split.fold} fold that the generator ${generator.name} was trained on, for example ${seen[0]!}`,
      );
  }
  if (hashOf(rest) !== stated) refuse('were changed since their hash was written');
}

/**
 * @param nodules with the labels that are learned
 * @throws NoduleLabError `unusable` where what is trained on, or what fixes the threshold, is of one class only
 */
export function requireTrainable({ rule, design, parts }: Folds, nodules: readonly RealNodule[]): void {
  for (const { seed, fold, ...patients } of parts)
    for (const part of ['train', 'validation'] as const) {
      const of = new Set(patients[part]);
      const malignant = nodules.flatMap((nodule) => (of.has(nodule.patient) ? [nodule.malignant] : []));
      if (!malignant.includes(true) || !malignant.includes(false))
        throw new NoduleLabError(
          'unusable',
          `The ${design} design under the rule ${rule} has only ${malignant.includes(true) ? 'malignant' : 'benign'} nodules in the ${part} part of seed ${seed}, fold ${fold}: take a larger source, fewer folds or a larger validationShare.`,
        );
    }
}

/** Over the whole manifest but the hash itself, in the order in which it is written. */
function hashOf({ kind, version, rule, design, folds, generator, parts }: Omit<Folds, 'sha256'>): string {
  const split = generator && {
    ...{ seed: generator.split.seed, folds: generator.split.folds, fold: generator.split.fold },
    testPatients: generator.split.testPatients,
    seriesForPatients: generator.split.seriesForPatients ?? false,
  };
  const inOrder = [
    [kind, version, rule, design, folds],
    generator && [generator.name, generator.sha256, split, ...(generator.vouched ? ['vouched'] : [])],
    parts.map(({ seed, fold, train, validation, test }) => [seed, fold, train, validation, test]),
  ];
  return createHash('sha256').update(JSON.stringify(inOrder)).digest('hex');
}

/** Why no tested patient was seen by the generator, in words. */
export function lockText({ design, generator, parts }: Folds): string {
  const tested = new Set(parts.flatMap(({ test }) => test)).size;
  if (generator === null)
    return `No generator takes part in the ${design} design; each of its ${tested} patients is tested once by every seed, by a training that has not seen them.`;
  return generator.vouched
    ? `The card of ${generator.name} does not say whom it was trained on. The user vouches that it was the ${generator.split.fold} fold of the split of seed ${generator.split.seed}, to which none of the ${tested} tested patients belongs; nothing proves it.`
    : `${generator.name} was trained on the ${generator.split.fold} fold of the split of seed ${generator.split.seed}; all ${tested} tested patients belong to the other fold, checked one by one.`;
}
