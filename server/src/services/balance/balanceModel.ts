/** What balancing asks of a generator. */
import type { FieldOfView } from '../../dataset/manifest.ts';
import type { ConditionName } from '../../gan/conditions.ts';
import { readModelCard } from '../../gan/modelCard.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import type { DrawnSample } from '../../gan/sampler.ts';
import type { WantedConditions } from '../../gan/support.ts';
import type { ModelRegistry } from '../models.ts';

export interface BalanceModel {
  readonly card: Pick<ModelCard, 'name' | 'splitSha256' | 'split' | 'fieldOfView' | 'softMargin'>;
  /** SHA-256 of the weights. */
  readonly sha256: string;
  /** Edge of a sample in voxels. */
  readonly size: number;
  /** What it can be asked for; empty for an unconditional one. */
  readonly conditionNames: readonly ConditionName[];
  /** Whether its samples come with alpha: then they lie on exactly constant ground already. */
  readonly makesAlpha: boolean;
  /** size³ values in [0, 1] a channel, x fastest; the same arguments give the same voxels. */
  draw(seed: number, index: number, wanted: WantedConditions): Promise<DrawnSample>;
}

/** @param name the preferred model where absent */
export async function openBalanceModel(
  models: Pick<ModelRegistry, 'load' | 'folderOf'>,
  name: string | undefined,
): Promise<BalanceModel> {
  const { model, sampler } = await models.load(name);
  const card = await readModelCard(await models.folderOf(model.name));
  return {
    card,
    sha256: sampler.modelSha256,
    size: sampler.size,
    conditionNames: sampler.conditionNames,
    makesAlpha: sampler.makesAlpha,
    draw: (seed, index, wanted) => sampler.draw(seed, index, wanted),
  };
}

/** How a field of view is named in messages. */
export const fieldText = (field: FieldOfView): string =>
  'mm' in field ? `${field.mm} mm` : `${field.diameters} diameters`;
