/** The evaluation of a model: kept in the model's folder, so that who is offered the model sees how good it is. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelEvaluation } from '@nodulelab/contract';
import {
  type Estimate,
  type EvaluationResult,
  evaluationResultSchema,
  RESULT_FILE,
} from '../evaluation/result.ts';
import { REPORT_FILE } from '../evaluation/report/material.ts';
import { withoutPatients } from '../evaluation/report/parts.ts';
import { writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import { NoduleLabError } from '../volume/errors.ts';

/** Below the model's folder. */
export const EVALUATION_FOLDER = 'evaluation';

/** The figures that a model's card shows, by their keys, in short words; the report shows all. */
const ON_THE_CARD: Readonly<Record<string, string>> = {
  'position/attributes/patch': 'Position, attributes, whole patch',
  'position/attributes/nodule': 'Position, attributes, crop',
  'position/radiomics/patch': 'Position, radiomics, whole patch',
  'position/radiomics/nodule': 'Position, radiomics, crop',
  'coverage/attributes/patch': 'Coverage, attributes',
  'memorisation/features': 'Memorisation, features',
  'spotting/auc': 'Spotted by a classifier (AUC)',
  'adherence/insertedDiameter': 'Diameter in a CT, error',
  'adherence/textureHu': 'Texture by mean HU',
  'adherence/malignancy': 'Malignancy as asked',
  'adherence/texture': 'Texture as asked',
  'adherence/spiculation': 'Spiculation as asked',
  'adherence/lobulation': 'Lobulation as asked',
  'adherence/sphericity': 'Sphericity as asked',
  'adherence/margin': 'Margin as asked',
};

interface EvaluatedModel {
  readonly name: string;
  readonly folder: string;
  /** SHA-256 of its weights. */
  readonly sha256: string;
}

/** Null where there is none, where it cannot be read, or where it is of other weights, as after a new import. */
export async function readModelEvaluation({
  folder,
  sha256,
}: Omit<EvaluatedModel, 'name'>): Promise<ModelEvaluation | null> {
  const result = await readResult(join(folder, EVALUATION_FOLDER)).catch(() => null);
  return result?.synthetic.model?.sha256 === sha256 ? inShort(result) : null;
}

/** The report as HTML. @throws NoduleLabError `not-found` where the model was not evaluated */
export async function readModelReport(model: EvaluatedModel): Promise<Uint8Array> {
  const { name, folder } = model;
  if ((await readModelEvaluation(model)) !== null)
    try {
      return await readFile(join(folder, EVALUATION_FOLDER, REPORT_FILE));
    } catch {
      // Told below, as for a model without any.
    }
  throw new NoduleLabError(
    'not-found',
    `The model ${name} has no evaluation: make one with "nodulelab evaluate --model ${name} …", then "nodulelab model attach-evaluation ${name} DIR".`,
    { name },
  );
}

/**
 * Keeps an evaluation with the model that it is of; one that was there is replaced.
 * @param dir what `nodulelab evaluate --out` wrote
 * @param patients whether the report keeps its pictures and names of real nodules; without them the model may be passed on
 * @throws NoduleLabError `invalid-input` where there is no whole evaluation, `refused` where it is of another model
 */
export async function attachEvaluation(
  { name, folder, sha256 }: EvaluatedModel,
  dir: string,
  { patients = true }: { readonly patients?: boolean } = {},
): Promise<ModelEvaluation> {
  const result = await readResult(dir);
  const evaluated = result.synthetic.model;
  if (evaluated?.sha256 !== sha256)
    throw new NoduleLabError(
      'refused',
      `${dir} is the evaluation of ${evaluated === null ? 'no single model' : `${evaluated.name} (weights ${evaluated.sha256.slice(0, 12)})`}, ` +
        `and the weights of ${name} are ${sha256.slice(0, 12)}: evaluate samples of ${name} itself.`,
      { dir, name },
    );
  const report = await readFile(join(dir, REPORT_FILE), 'utf8').catch((error: unknown) => {
    throw unusable(dir, `${REPORT_FILE} is missing`, error);
  });
  const kept = patients ? report : withoutPatients(report);
  if (!patients && kept === report && report.includes('<img'))
    throw unusable(dir, `${REPORT_FILE} does not say which of its pictures show real nodules`);
  const target = join(folder, EVALUATION_FOLDER);
  await mkdir(target, { recursive: true });
  await writeAtomically(join(target, REPORT_FILE), [new TextEncoder().encode(kept)]);
  await writeJsonAtomically(join(target, RESULT_FILE), patients ? result : withoutNames(result));
  return inShort(result);
}

/** The name of a real nodule, or of a CT, may hold that of its patient; its number does not. */
const withoutNames = (result: EvaluationResult): EvaluationResult => ({
  ...result,
  ...(result.insertedInto === undefined
    ? {}
    : {
        insertedInto: result.insertedInto.map((into, at) => ({ ...into, host: `CT ${at + 1}` })),
      }),
  memorisedPairs: result.memorisedPairs.map((pair) => ({
    ...pair,
    training: { ...pair.training, id: `training nodule ${pair.training.index}` },
  })),
});

async function readResult(dir: string): Promise<EvaluationResult> {
  try {
    return evaluationResultSchema.parse(JSON.parse(await readFile(join(dir, RESULT_FILE), 'utf8')));
  } catch (error) {
    throw unusable(dir, `${RESULT_FILE} is missing or not one of this version`, error);
  }
}

const unusable = (dir: string, why: string, cause?: unknown): NoduleLabError =>
  new NoduleLabError(
    'invalid-input',
    `There is no whole evaluation in ${dir}: ${why}. Make one with "nodulelab evaluate --out ${dir} …".`,
    { dir },
    cause,
  );

/** What a model's card says of it. */
export function inShort(result: EvaluationResult): ModelEvaluation {
  const { finishedAt, seed, gates, figures, errors, real, synthetic } = result;
  const byKey = new Map(figures.map((figure) => [figure.key, figure]));
  return {
    finishedAt,
    seed,
    real: real.count,
    synthetic: synthetic.count,
    gates: gates.map(({ name, rule, passed, found }) => ({ name, rule, passed, found })),
    figures: Object.entries(ON_THE_CARD).flatMap(([key, title]) => {
      const figure = byKey.get(key);
      if (figure === undefined || figure.measured === null) return [];
      const { definition, unit, measured, floor } = figure;
      return [
        {
          title,
          definition,
          unit: unit === '1' ? '' : unit,
          measured: short(measured),
          floor: floor && short(floor),
        },
      ];
    }),
    errors,
  };
}

const short = ({ value, interval }: Estimate): ModelEvaluation['figures'][number]['measured'] => ({
  value,
  interval: interval && [interval.low, interval.high],
});
