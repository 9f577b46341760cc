/** Draws a recorded nodule again from its model. */
import type { InsertEdit, ReplayedEdit } from '@nodulelab/contract';
import type { ModelRegistry } from '../models.ts';

/**
 * How far the blended voxels may be from the stored ones, HU, when the nodule is sampled anew. Engines add in different
 * orders, so samples differ in their last digits (onnx-cpu against onnx-wasm: less than 0.001 HU), and where a voxel lies at
 * a rounding border this makes a whole HU of it: 1 HU at most, in one voxel of some 100,000, over 12 nodules of 7 to 18 mm in
 * a real CT.
 */
export const TOLERANCE_HU = 2;

type Impossible = Extract<ReplayedEdit['resampled'], { possible: false }>;

export type SampledAnew = { readonly voxels: Float32Array } | Impossible;

export async function sampleAnew(models: ModelRegistry, edit: InsertEdit): Promise<SampledAnew> {
  const { model, seed, index, details, conditions } = edit;
  if (model === null || model.sha256 === null || seed === null || index === null)
    return impossible('not-recorded', 'Its record names no model, seed and index: it came from a file.');
  // As it lay in a set it was on the set's ground, which no model draws.
  if (details?.['sampleSha256'] !== undefined)
    return impossible('not-recorded', 'It was taken as it lay in a set, not as its model draws it.');
  const here = (await models.list()).find(({ name }) => name === model.name);
  if (here === undefined)
    return impossible(
      'model-missing',
      `The model ${model.name} (${model.sha256.slice(0, 12)}) is not here: put its folder under models/ of the data folder.`,
    );
  if (here.sha256 !== model.sha256)
    return impossible(
      'model-changed',
      `The model ${model.name} is another one now: it was ${model.sha256.slice(0, 12)} and is ${here.sha256.slice(0, 12)}. Put the old weights back to sample it anew.`,
    );
  const { sampler } = await models.load(model.name);
  if (conditions === undefined && sampler.conditionNames.length > 0)
    return impossible(
      'not-recorded',
      'Its model takes conditions, and the record does not say what it was asked for.',
    );
  return { voxels: await sampler.sample(seed, index, conditions) };
}

const impossible = (reason: Impossible['reason'], message: string): Impossible => ({
  possible: false,
  reason,
  message,
});
