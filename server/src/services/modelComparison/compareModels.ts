/** Generators side by side, in words that both faces print as they are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompareModels, Model, ModelComparison } from '@nodulelab/contract';
import { readModelCard } from '../../gan/modelCard.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ModelRegistry } from '../models.ts';
import { networkGroups, useGroups } from './cardRows.ts';
import { classifierGroup } from './classifierRows.ts';
import { evaluationGroup } from './evaluationRows.ts';
import { type Compared, groupsOf } from './rows.ts';
import { samplingSpeed } from './speed.ts';

type Models = Pick<ModelRegistry, 'list' | 'folderOf' | 'load' | 'engine'>;

/** @throws NoduleLabError `not-found` */
export async function compareModels(
  models: Models,
  { models: names }: CompareModels,
): Promise<ModelComparison> {
  const known = await models.list();
  const chosen = names.map((name) => requireModel(known, name));
  const compared: Compared[] = [];
  // One after the other: two that are timed at once would each seem slow.
  for (const model of chosen) {
    const folder = await models.folderOf(model.name);
    const card = await readModelCard(folder);
    const { size } = await stat(join(folder, card.weights.file)).catch(() => ({ size: null }));
    compared.push({ model, card, weightsBytes: size, speed: await samplingSpeed(models, model) });
  }
  const current = known[0]?.name ?? null;
  return {
    models: [...names],
    groups: groupsOf(compared, [
      ...networkGroups(current),
      evaluationGroup(compared),
      classifierGroup(compared),
      ...useGroups(models.engine),
    ]),
  };
}

function requireModel(known: readonly Model[], name: string): Model {
  const found = known.find((model) => model.name === name);
  if (found !== undefined) return found;
  throw new NoduleLabError(
    'not-found',
    `There is no model named ${name}; there are: ${known.map((model) => model.name).join(', ') || 'none'}.`,
    { name },
  );
}
