/** A few updates of a tiny training, without disk: what engines and ways of running are compared by. */
import type { Engine } from '../../../server/src/engine/engine.ts';
import type { Preset } from '../../../server/src/gan/presets.ts';
import { StageRunner, type UpdateResult } from '../../../server/src/gan/stageRunner.ts';
import { initialState, type TrainingConfig } from '../../../server/src/gan/trainingState.ts';
import type { TrainingState } from '../../../server/src/nn/trainingState.ts';
import { ballPatches } from './tinyPresets.ts';

const PATCHES = 5;

/** Runs `updates` updates from `from` (by default the start) and answers where the training stands then. */
export async function shortTraining(
  engine: Engine,
  preset: Preset,
  updates: number,
  from?: TrainingState,
  aborted: () => boolean = () => false,
): Promise<{ state: TrainingState; results: UpdateResult[] }> {
  const config: TrainingConfig = { preset, seed: 7, patches: PATCHES, patchesSha256: null, ancestors: [] };
  let state = from ?? initialState(config);
  const dataset = ballPatches(PATCHES, preset.stages.at(-1)!.resolution);
  const runner = await StageRunner.open(engine, config, state, dataset, () => 0, 0);
  const results: UpdateResult[] = [];
  try {
    for (let done = 0; done < updates; done++) {
      const { counters } = state;
      const result = await runner.update(counters, aborted);
      results.push(result);
      const whole = result.measures === undefined ? 0 : 1;
      state = {
        values: await runner.read(),
        counters: {
          ...counters,
          update: counters.update + whole,
          stageUpdate: counters.stageUpdate + whole,
          step: result.step,
        },
      };
    }
  } finally {
    await runner.release();
  }
  return { state, results };
}

/** Largest difference of any value of two states. */
export function stateDistance(a: TrainingState, b: TrainingState): number {
  const names = Object.keys(a.values);
  if (names.join() !== Object.keys(b.values).join()) return Infinity;
  return Math.max(
    ...names.map((name) =>
      a.values[name]!.reduce((most, value, i) => {
        const difference = Math.abs(value - b.values[name]![i]!);
        return difference <= most ? most : difference;
      }, 0),
    ),
  );
}
