/** The real set must be of patients that nothing was trained on, or every figure flatters. */
import { createHash } from 'node:crypto';
import type { PatchGroup } from '../../evaluation/patchGroup.ts';
import { splitPatients, TEST_FOLD } from '../../dataset/split.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { NamedSet } from './requireComparable.ts';

/** @throws NoduleLabError `refused` where a patient is in both sets */
export function requireOtherPatients(real: NamedSet, training: NamedSet): void {
  const trained = patientsOf(training);
  const shared = [...patientsOf(real)].filter((patient) => trained.has(patient));
  if (shared.length === 0) return;
  throw refused(
    `${named(shared.length, 'patient')} of ${real.dir} ${shared.length === 1 ? 'is' : 'are'} also in the training set ${training.dir}, for example ${shared[0]!}: evaluate on patients that the generator has not seen (dataset build --fold test).`,
  );
}

/**
 * @returns what the reader must know where the card leaves it open
 * @throws NoduleLabError `refused` where the generator was trained on the fold that the real set's patients are in
 */
export function requireHeldOut(
  real: NamedSet,
  card: Pick<ModelCard, 'name' | 'split' | 'splitSha256'>,
): string[] {
  const { split } = real.manifest;
  if (card.split === undefined) {
    if (card.splitSha256 === split.sha256 && real.manifest.fold === 'test') return [];
    return [
      `The card of ${card.name} does not say how its patients were split: it may have seen those of ${real.dir}.`,
    ];
  }
  if ((card.split.seriesForPatients ?? false) !== (split.seriesForPatients ?? false))
    throw refused(
      `${card.name} was trained on ${card.split.seriesForPatients === true ? 'series' : 'patients'} and ${real.dir} is split by ${split.seriesForPatients === true ? 'series' : 'patients'}: whether it has seen them cannot be told. Build the set from the same source.`,
    );
  const patients = [...patientsOf(real)];
  const { assignment } = splitPatients(patients, card.split);
  const seen = patients.filter(
    (patient) => (assignment[patient] === TEST_FOLD ? 'test' : 'train') === card.split!.fold,
  );
  if (seen.length === 0) return [];
  throw refused(
    `${named(seen.length, 'patient')} of ${real.dir} belong${seen.length === 1 ? 's' : ''} to the ${card.split.fold} fold that ${card.name} was trained on, for example ${seen[0]!}: evaluate on the other fold (dataset build --fold test --split-seed ${card.split.seed}).`,
  );
}

export interface NamedGroup {
  readonly dir: string;
  readonly group: PatchGroup;
}

/**
 * Reads every patch once.
 * @throws NoduleLabError `refused` where the same voxels lie in two sets; `invalid-input` for NaN
 */
export async function requireOtherPatches(
  real: NamedGroup,
  others: readonly NamedGroup[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const own = new Map<string, string>();
  for await (const [hash, id] of hashes(real.group, signal)) own.set(hash, id);
  for (const { dir, group } of others)
    for await (const [hash, id] of hashes(group, signal)) {
      const there = own.get(hash);
      if (there !== undefined)
        throw refused(
          `Patch ${id} of ${dir} is patch ${there} of ${real.dir}, voxel by voxel: a set cannot be evaluated against itself. Take another set of real nodules.`,
        );
    }
}

async function* hashes(
  group: PatchGroup,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [string, string]> {
  for (let index = 0; index < group.count; index++) {
    if (signal?.aborted === true) throw new NoduleLabError('cancelled', 'The evaluation was stopped.');
    const { buffer, byteOffset, byteLength } = await group.patch(index);
    const hash = createHash('sha256')
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest('hex');
    yield [hash, group.items[index]!.id];
  }
}

const patientsOf = ({ manifest: { patches } }: NamedSet): Set<string> =>
  new Set(patches.flatMap((patch) => (patch.origin === 'real' ? [patch.patientId] : [])));

const named = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const refused = (message: string): NoduleLabError => new NoduleLabError('refused', message);
