/** What balancing asks of a generator. */
import type { FieldOfView } from '../../dataset/manifest.ts';
import { readModelCard } from '../../gan/modelCard.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import type { ModelRegistry } from '../models.ts';
import type { ConditionName, Conditions } from './drawNodule.ts';

export interface BalanceModel {
  readonly card: Pick<ModelCard, 'name' | 'splitSha256' | 'split' | 'fieldOfView' | 'softMargin'>;
  /** SHA-256 of the weights. */
  readonly sha256: string;
  /** Edge of a sample in voxels. */
  readonly size: number;
  /** Conditions that it takes; none for an unconditional one. */
  readonly conditions: readonly ConditionName[];
  /** size³ values in [0, 1], x fastest; the same arguments give the same voxels. */
  sample(seed: number, index: number, conditions: Conditions): Promise<Float32Array>;
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
    conditions: [],
    sample: (seed, index) => sampler.sample(seed, index),
  };
}

/** How a field of view is named in messages. */
export const fieldText = (field: FieldOfView): string =>
  'mm' in field ? `${field.mm} mm` : `${field.diameters} diameters`;
