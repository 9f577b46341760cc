/**
 * The state of a training beside its model, so that others can train on: one checkpoint in the folder `training` of the
 * model's, in half the size.
 */
import { join } from 'node:path';
import { copyCheckpoint, listCheckpoints, type CheckpointInfo } from '../nn/checkpoint.ts';
import { firstMoment } from '../nn/learning.ts';
import { newestGoodCheckpoint, saveTraining } from '../nn/trainingState.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { average } from './steps.ts';
import { loadState, stageParameters, valueShapes } from './trainingState.ts';

export const STATE_FOLDER = 'training';

/**
 * Writes a checkpoint of a training into the folder of its model. Weights, averages and first moments are rounded to
 * float16: that changes a weight by 1/2048 of itself at most, less than a step of Adam does. Second moments are
 * squares of gradients, most of them below what float16 holds; as zeros they would make the next steps ten times as large.
 */
export async function exportState(checkpoint: CheckpointInfo, modelFolder: string): Promise<CheckpointInfo> {
  const stored = await loadState(checkpoint);
  const { stage } = stored.state.counters;
  const { all, generator } = stageParameters(stored.config.preset, stage);
  const rounded = new Set([
    ...all.flatMap(({ name }) => [name, firstMoment(name)]),
    ...generator.map(({ name }) => average(name)),
  ]);
  return saveTraining(
    join(modelFolder, STATE_FOLDER),
    // The checkpoint before it, which it would name where it is in doubt, does not go with it.
    { ...stored, lastGood: null },
    valueShapes(stored.config, stage),
    true,
    (name) => (rounded.has(name) ? 'F16' : 'F32'),
  );
}

/** The state in a model's folder; undefined where none is shipped with it. */
export const stateOf = async (modelFolder: string): Promise<CheckpointInfo | undefined> =>
  (await listCheckpoints(join(modelFolder, STATE_FOLDER))).at(-1);

/** The state of a model, or the newest good checkpoint of a training: whichever `folder` is. */
export const stateIn = async (folder: string): Promise<CheckpointInfo | undefined> =>
  (await stateOf(folder)) ?? (await newestGoodCheckpoint(folder));

/**
 * Puts the state of a model or of another training's folder into `outDir`, where the same training then goes on. A
 * folder that holds a training already is left as it is.
 */
export async function takeUpState(source: string, outDir: string): Promise<void> {
  if ((await listCheckpoints(outDir)).length > 0) return;
  const state = await stateIn(source);
  if (state === undefined)
    throw new NoduleLabError(
      'not-found',
      `${source} holds no state that a training could go on from: name a folder that nodulelab train wrote to, or a model ` +
        'that was exported with --state. A new training can begin with its weights: --from.',
      { source },
    );
  await copyCheckpoint(state, outDir);
}
