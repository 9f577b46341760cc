/** What is checked of a training's data before its first step. */
import { isDeepStrictEqual } from 'node:util';
import { checkPatches, nameOf, type PatchSource } from '../dataset/patchSource.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Ancestor } from './ancestors.ts';
import { conditionsOf, type Conditions } from './conditions.ts';
import type { Preset } from './presets.ts';
import type { TrainingConfig } from './trainingState.ts';

/** Throws unless the set has patches of the preset's size, as many as a batch takes, and every value is in [0, 1]. */
export async function checkTrainingData(
  source: PatchSource,
  preset: Preset,
  signal?: AbortSignal,
): Promise<void> {
  const finest = preset.stages.at(-1)!.resolution;
  const name = nameOf(source);
  if (source.count < 1)
    throw new NoduleLabError(
      'invalid-input',
      `There are no patches in ${name}: build one of another class or fold with "nodulelab dataset build".`,
    );
  if (source.size !== finest)
    throw new NoduleLabError(
      'invalid-input',
      `The preset ${preset.name} trains on patches of ${finest}³ voxels, and those of ${name} have ${source.size}³: ` +
        'choose a preset of that size, or build another set.',
    );
  const batchSize = Math.max(...preset.stages.map((stage) => stage.batchSize));
  if (batchSize > source.count)
    throw new NoduleLabError(
      'invalid-input',
      `A batch of the preset ${preset.name} takes ${batchSize} different patches, and ${name} holds ${source.count}: ` +
        `choose --batch-size ${source.count} or less, or build a larger set.`,
      { batchSize, patches: source.count },
    );
  const { conditions, output } = preset.architecture;
  if (conditions.length > 0 || preset.weighting !== null) conditionsOfSet(source);
  await checkPatches(source, signal, output === 'hu' ? ['hu'] : ['hu', 'alpha']);
}

/** What each nodule of a set would have had to be asked for as. */
export function conditionsOfSet(source: PatchSource): readonly Conditions[] {
  return Array.from({ length: source.count }, (_, index) => {
    const entry = source.entry?.(index);
    const conditions = entry === undefined ? undefined : conditionsOf(entry);
    if (conditions !== undefined) return conditions;
    throw new NoduleLabError(
      'invalid-input',
      `Patch ${index}${entry === undefined ? '' : ` (${entry.id})`} of ${nameOf(source)} says nothing about what readers ` +
        'saw, and a conditional generator learns from that: build the set with ratings (--vois with --xml, or --lidc).',
      { patch: index },
    );
  });
}

/** What is fixed for a training of this preset and seed on this set. */
export const configOf = (
  preset: Preset,
  seed: number,
  source: PatchSource,
  ancestors: readonly Ancestor[] = [],
): TrainingConfig => ({
  preset,
  seed,
  ancestors: [...ancestors],
  patches: source.count,
  patchesSha256: source.sha256 ?? null,
});

/**
 * Throws unless a training can go on: with its own preset, seed and patches. How the stages after `stage` are trained may
 * have been planned anew, since nothing of them is in its state, and so may how the generator is averaged.
 */
export function checkSameTraining(
  folder: string,
  stored: TrainingConfig,
  given: TrainingConfig,
  stage = stored.preset.stages.length - 1,
): void {
  const differences = [
    ...presetDifferences(withPlanOf(given.preset, stored.preset, stage), given.preset),
    ...(stored.seed === given.seed ? [] : [`seed ${stored.seed}`]),
    ...(stored.patches === given.patches ? [] : [`${stored.patches} patches`]),
    ...(sameHash(stored.patchesSha256, given.patchesSha256)
      ? []
      : [`patches with the SHA-256 ${stored.patchesSha256!.slice(0, 12)}…`]),
    ...(isDeepStrictEqual(stored.ancestors, given.ancestors)
      ? []
      : [stored.ancestors.length === 0 ? 'networks that began at random' : beganWith(stored.ancestors)]),
  ];
  if (differences.length === 0) return;
  throw new NoduleLabError(
    'conflict',
    `${folder} holds a training with another configuration (it has ${differences.join(', ')}): ` +
      'resume it with its own, or choose an empty folder.',
    { stored, given },
  );
}

const beganWith = (ancestors: readonly Ancestor[]): string =>
  `networks that began with ${ancestors.at(-1)!.source}`;

/** Trainings of before hashes were kept know none; there the number of patches has to do. */
const sameHash = (a: string | null, b: string | null): boolean => a === null || b === null || a === b;

/** `preset` with the stages of `plan` after `stage`, where those have the same resolutions. */
function withPlanOf(plan: Preset, preset: Preset, stage: number): Preset {
  const resolutions = ({ stages }: Preset): string => stages.map(({ resolution }) => resolution).join();
  if (resolutions(plan) !== resolutions(preset)) return preset;
  return { ...preset, stages: preset.stages.map((own, i) => (i > stage ? plan.stages[i]! : own)) };
}

function presetDifferences(stored: Preset, given: Preset): string[] {
  if (stored.name !== given.name) return [`the preset ${stored.name}`];
  const values = new Map<string, unknown>(Object.entries(given));
  /** Nothing that is trained depends on how the generator's average is formed. */
  const averaging = /^average(WarmUpRate|Rate|WarmUp)$/;
  const what = (key: string, value: unknown): string =>
    typeof value === 'object' ? `other ${key}` : `${key} ${String(value)}`;
  return Object.entries(stored).flatMap(([key, value]) =>
    averaging.test(key) || isDeepStrictEqual(value, values.get(key)) ? [] : [what(key, value)],
  );
}
