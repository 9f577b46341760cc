/** The folds of a design in the folder of the experiment: drawn once, and held against what would be drawn ever after. */
import { mkdir, readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { PatchManifest } from '../../dataset/manifest.ts';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { BalanceModel } from '../balance/balanceModel.ts';
import { nothingMade } from './experimentFolder.ts';
import { drawFolds, foldsSchema, requireApart, requireTrainable, type Folds } from './folds.ts';
import type { RealNodule } from './nodules.ts';
import { isCheck, needsGenerator, type DesignName, type Protocol, type RuleName } from './protocol.ts';
import { labelsOfChecks } from './training.ts';

export interface LockedFoldsRequest {
  readonly rule: RuleName;
  readonly design: DesignName;
  readonly protocol: Protocol;
  readonly nodules: readonly RealNodule[];
  /** Of the training set, whose split is the generator's where the user vouches for one that does not say its own. */
  readonly train: PatchManifest;
  readonly model: BalanceModel | null;
  readonly unlocked: boolean;
  readonly outDir: string;
  /** Nothing is drawn that is not there. */
  readonly reportOnly: boolean;
}

/**
 * Drawn, or read and held against what would be drawn: nobody has moved a patient since.
 * @throws NoduleLabError `refused`, `conflict`, `unusable`; `not-found` where only a report is asked for and there are none
 */
export async function lockedFolds(request: LockedFoldsRequest): Promise<Folds> {
  const { rule, design, protocol, nodules, train, model, unlocked, outDir, reportOnly } = request;
  const { seeds, folds, validationShare } = protocol;
  const arms = protocol.designs[design] ?? [];
  const drawn = drawFolds({
    ...{ rule, design, seeds, folds, validationShare, nodules },
    generator: model !== null && arms.some(needsGenerator) ? generatorOf(model, train, unlocked) : null,
  });
  requireTrainable(drawn, nodules);
  if (arms.some(isCheck)) requireTrainable(drawn, labelsOfChecks(nodules, rule, design));
  const path = join(outDir, 'folds', `${rule}-${design}.json`);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) {
    if (reportOnly) throw nothingMade(path);
    await mkdir(join(outDir, 'folds'), { recursive: true });
    await writeJsonAtomically(path, drawn);
    return drawn;
  }
  const parsed = foldsSchema.safeParse(jsonOf(text));
  if (!parsed.success)
    throw new NoduleLabError(
      'refused',
      `${path} is no manifest of folds any more: begin anew in an empty folder.`,
    );
  requireApart(parsed.data);
  if (!isDeepStrictEqual(parsed.data, foldsSchema.parse(JSON.parse(JSON.stringify(drawn)))))
    throw new NoduleLabError(
      'conflict',
      `${path} has other folds than this protocol, source and generator give: choose an empty folder, or go on with those it was begun with.`,
      { path },
    );
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whose training patients are known by the rule of their split; by the set's own where the user vouches. */
function generatorOf(
  { card, sha256 }: BalanceModel,
  { split }: PatchManifest,
  unlocked: boolean,
): Folds['generator'] {
  const known = card.split ?? (unlocked ? { ...split, fold: 'train' as const } : undefined);
  if (known === undefined)
    throw new NoduleLabError(
      'refused',
      `Nobody knows on whom ${card.name} was trained: its card does not say how its patients were split. Export it again with --dataset, or vouch for it with --unlocked.`,
    );
  const { seed, folds, testPatients, fold, seriesForPatients } = known;
  return {
    name: card.name,
    sha256,
    split: {
      ...{ seed, folds, testPatients: [...testPatients], fold },
      ...(seriesForPatients === undefined ? {} : { seriesForPatients }),
    },
    ...(card.split === undefined ? { vouched: true as const } : {}),
  };
}
