/** Patients of the train fold that a training holds back to see whether its critic learns the others by heart. */
import { nameOf, type PatchSource } from '../dataset/patchSource.ts';
import { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Preset } from './presets.ts';

export interface TrainingSources {
  readonly training: PatchSource;
  /** Undefined where the preset's augmentation does not adapt. */
  readonly heldBack: PatchSource | undefined;
}

/** Whole patients, drawn by the seed, until they have the share of the patches that the preset says. */
export function holdBack(source: PatchSource, preset: Preset, seed: number): TrainingSources {
  const share = preset.criticAugmentation?.adaptive?.heldBack;
  if (share === undefined) return { training: source, heldBack: undefined };
  const byPatient = new Map<string, number[]>();
  for (let index = 0; index < source.count; index++) {
    const patient = patientOf(source, index);
    byPatient.set(patient, [...(byPatient.get(patient) ?? []), index]);
  }
  const patients = [...byPatient.keys()].toSorted();
  const chosen = new Set<number>();
  for (const place of Random.of(seed, 'held back').permutation(patients.length)) {
    if (chosen.size >= share * source.count) break;
    for (const index of byPatient.get(patients[place]!)!) chosen.add(index);
  }
  const all = Array.from({ length: source.count }, (_, index) => index);
  const training = all.filter((index) => !chosen.has(index));
  const batchSize = Math.max(...preset.stages.map((stage) => stage.batchSize));
  if (Math.min(chosen.size, training.length) < batchSize)
    throw new NoduleLabError(
      'invalid-input',
      `Adaptive augmentation holds patients back, and of ${nameOf(source)} that makes ${chosen.size} patches beside ` +
        `${training.length} to train on, where a batch takes ${batchSize}: choose a smaller --batch-size, or build a larger set.`,
      { heldBack: chosen.size, training: training.length, batchSize },
    );
  return {
    training: part(source, training),
    heldBack: part(
      source,
      [...chosen].toSorted((a, b) => a - b),
    ),
  };
}

function patientOf(source: PatchSource, index: number): string {
  const entry = source.entry?.(index);
  if (entry?.origin === 'real') return entry.patientId;
  throw new NoduleLabError(
    'invalid-input',
    `Patch ${index} of ${nameOf(source)} does not say whose it is, and adaptive augmentation holds whole patients back: ` +
      'build the set with "nodulelab dataset build", or train without --adaptive.',
    { patch: index },
  );
}

/** Some patches of a set, under its own name and hash. */
function part(source: PatchSource, indices: readonly number[]): PatchSource {
  const { label, alpha, entry } = source;
  const at = (index: number): number => indices[index]!;
  return {
    count: indices.length,
    size: source.size,
    ...(source.sha256 === undefined ? {} : { sha256: source.sha256 }),
    ...(source.name === undefined ? {} : { name: source.name }),
    patch: (index) => source.patch(at(index)),
    ...(label === undefined ? {} : { label: (index: number) => label(at(index)) }),
    ...(alpha === undefined ? {} : { alpha: (index: number) => alpha.call(source, at(index)) }),
    ...(entry === undefined ? {} : { entry: (index: number) => entry.call(source, at(index)) }),
  };
}
