/**
 * What classifiers learned from a model's nodules: kept in the model's folder, so that who is offered the model sees
 * what its nodules are good for.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelClassification } from '@nodulelab/contract';
import {
  type ArmFigures,
  CLASSIFICATION_FILE,
  CLASSIFICATION_REPORT,
  type ClassificationResult,
  classificationResultSchema,
  type DesignResult,
} from '../evaluation/classification/result.ts';
import { decisiveP, verdictOf } from '../evaluation/classification/report/figureText.ts';
import { DIAMETER_TEXTURE, REAL_ONLY } from '../evaluation/classification/scores.ts';
import type { Estimate } from '../evaluation/result.ts';
import { writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import { replaceFolder } from '../nn/replaceFolder.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** Below the model's folder. */
export const CLASSIFICATION_FOLDER = 'classification';

/** The arms that a model's card shows, in this order: what most would ask first; the report shows all. */
const ON_THE_CARD: readonly string[] = [REAL_ONLY, 'balanced', 'synthetic-100', DIAMETER_TEXTURE];

const VERDICTS = { better: 'better', worse: 'worse', open: 'no difference shown' } as const;

type Design = ModelClassification['designs'][number];

interface ClassifiedModel {
  readonly name: string;
  readonly folder: string;
  /** SHA-256 of its weights. */
  readonly sha256: string;
}

/** Null where there is none, where it cannot be read, or where it is of other weights, as after a new import. */
export async function readModelClassification({
  folder,
  sha256,
}: Omit<ClassifiedModel, 'name'>): Promise<ModelClassification | null> {
  const found = await readExperiment(join(folder, CLASSIFICATION_FOLDER)).catch(() => null);
  return found?.result.generator?.sha256 === sha256 ? found.short : null;
}

/** The report as HTML. @throws NoduleLabError `not-found` where nothing was attached to the model */
export async function readClassificationReport(model: ClassifiedModel): Promise<Uint8Array> {
  const { name, folder } = model;
  if ((await readModelClassification(model)) !== null)
    try {
      return await readFile(join(folder, CLASSIFICATION_FOLDER, CLASSIFICATION_REPORT));
    } catch {
      // Told below, as for a model without any.
    }
  throw new NoduleLabError(
    'not-found',
    `No experiment with classifiers was kept with the model ${name}: run one with "nodulelab classify --model ${name} …", then "nodulelab model attach-classification ${name} DIR".`,
    { name },
  );
}

/**
 * Keeps an experiment with the model whose nodules were in it; one that was there is replaced, as a whole.
 * @param dir what `nodulelab classify --out` wrote
 * @param unfinished takes one of which trainings are left to do, too: the card then says so
 * @throws NoduleLabError `invalid-input` where there is no whole experiment, `refused` where it is of another model or none,
 *   or unfinished
 */
export async function attachClassification(
  { name, folder, sha256 }: ClassifiedModel,
  dir: string,
  { unfinished = false }: { readonly unfinished?: boolean } = {},
): Promise<ModelClassification> {
  const { result, short } = await readExperiment(dir);
  const { generator, trainings } = result;
  if (generator?.sha256 !== sha256)
    throw new NoduleLabError(
      'refused',
      `${dir} is an experiment with ${generator === null ? 'no generator' : `the nodules of ${generator.name} (weights ${generator.sha256.slice(0, 12)})`}, ` +
        `and the weights of ${name} are ${sha256.slice(0, 12)}: run "nodulelab classify --model ${name} …".`,
      { dir, name },
    );
  if (trainings.done < trainings.total && !unfinished)
    throw new NoduleLabError(
      'refused',
      `${dir} is unfinished (${trainings.done} of ${trainings.total} trainings): let the same command go on, or keep it as it is with --unfinished, which the card says.`,
      { dir, name },
    );
  if (short.designs.length === 0)
    throw new NoduleLabError(
      'refused',
      `${dir} has no figures on patients that ${name} has not seen: its protocol must have the design held-out, and one seed of it must be done.`,
      { dir, name },
    );
  const report = await readFile(join(dir, CLASSIFICATION_REPORT)).catch((error: unknown) => {
    throw unusable(dir, `${CLASSIFICATION_REPORT} is missing`, error);
  });
  await replaceFolder(join(folder, CLASSIFICATION_FOLDER), async (target) => {
    await writeAtomically(join(target, CLASSIFICATION_REPORT), [report]);
    await writeJsonAtomically(join(target, CLASSIFICATION_FILE), result);
  });
  return short;
}

async function readExperiment(
  dir: string,
): Promise<{ readonly result: ClassificationResult; readonly short: ModelClassification }> {
  try {
    const text = await readFile(join(dir, CLASSIFICATION_FILE), 'utf8');
    const result = classificationResultSchema.parse(JSON.parse(text));
    // What breaks the contract must not reach the list of models, which would then be refused as a whole.
    return { result, short: ModelClassification.parse(classificationInShort(result)) };
  } catch (error) {
    throw unusable(dir, `${CLASSIFICATION_FILE} is missing or not one of this version`, error);
  }
}

const unusable = (dir: string, why: string, cause?: unknown): NoduleLabError =>
  new NoduleLabError(
    'invalid-input',
    `There is no whole experiment with classifiers in ${dir}: ${why}. Make one with "nodulelab classify --out ${dir} …".`,
    { dir },
    cause,
  );

/** What a model's card says of it: only patients that the model has not seen count. */
export function classificationInShort(result: ClassificationResult): ModelClassification {
  const { finishedAt, trainings, rules, designs, errors } = result;
  return {
    finishedAt,
    trainings,
    designs: designs
      .filter(({ name }) => name === 'held-out')
      .map((design) => ({
        rule: design.rule,
        text: rules.find(({ rule }) => rule === design.rule)?.text ?? design.text,
        patients: design.patients,
        ...design.nodules,
        folds: design.folds,
        seeds: design.seeds.length,
        arms: armsOf(design),
      })),
    errors,
  };
}

const armsOf = ({ arms }: DesignResult): Design['arms'] =>
  ON_THE_CARD.flatMap((wanted) => {
    const found = arms.find(({ name, kind }) => name === wanted && kind !== 'check');
    return found === undefined ? [] : [shortArm(found)];
  });

const shortArm = ({ name, kind, title, auc, overReal }: ArmFigures): Design['arms'][number] => ({
  name,
  kind: kind === 'baseline' ? 'baseline' : 'arm',
  title,
  auc: short(auc.mean),
  overReal: overReal && {
    gain: short(overReal),
    p: decisiveP(overReal),
    verdict: VERDICTS[verdictOf(overReal)],
  },
});

const short = ({ value, interval }: Estimate): Design['arms'][number]['auc'] => ({
  value,
  interval: interval && [interval.low, interval.high],
});
