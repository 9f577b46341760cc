/** When a stage, or a training, ends. */
import { z } from 'zod';
import type { End } from '../nn/trainee.ts';
import type { Counters } from '../nn/trainingState.ts';
import { batchesPerEpoch } from './batches.ts';
import type { Preset } from './presets.ts';

const limitSchema = z.object({
  maxUpdates: z.number().int().positive().optional(),
  maxMinutes: z.number().positive().optional(),
  epochs: z.number().positive().optional(),
});

export const limitsSchema = limitSchema.extend({
  /** One entry per stage of the preset; an entry replaces what the preset says about the end of that stage. */
  stages: z.array(limitSchema).optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

/** How an epoch counts in generator updates: each shows the critic `criticSteps` batches. */
const updatesFor = (epochs: number, preset: Preset, stage: number, patches: number): number =>
  Math.ceil((epochs * batchesPerEpoch(patches, preset.stages[stage]!.batchSize)) / preset.criticSteps);

/** End of a stage, counted from its begin. */
export function stageEnd(preset: Preset, stage: number, limits: Limits, patches: number): End {
  const own = preset.stages[stage]!;
  const { maxUpdates, maxMinutes, epochs } = limits.stages?.[stage] ?? {
    maxUpdates: own.updates,
    epochs: own.epochs,
  };
  return {
    updates: Math.min(
      maxUpdates ?? Infinity,
      epochs === undefined ? Infinity : updatesFor(epochs, preset, stage, patches),
    ),
    seconds: 60 * (maxMinutes ?? Infinity),
  };
}

/** Whether a limit on the whole training is reached. Epochs count in the current stage. */
export function trainingOver(preset: Preset, limits: Limits, counters: Counters, patches: number): boolean {
  const { maxUpdates = Infinity, maxMinutes = Infinity, epochs } = limits;
  return (
    counters.update >= maxUpdates ||
    counters.seconds >= 60 * maxMinutes ||
    (epochs !== undefined && counters.stageUpdate >= updatesFor(epochs, preset, counters.stage, patches))
  );
}
