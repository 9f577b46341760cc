/** Opens the sets of an evaluation and refuses what could not be compared, or would flatter. */
import { basename } from 'node:path';
import type { ClassCounts, PatchManifest } from '../../dataset/manifest.ts';
import { openPatchFile, type PatchFile } from '../../dataset/patchFile.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import type { PatchGroup } from '../../evaluation/patchGroup.ts';
import type { SetSummary } from '../../evaluation/result.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { fieldText } from '../balance/balanceModel.ts';
import { marginOf, marginText } from '../balance/material.ts';
import type { ModelRegistry } from '../models.ts';
import { generatorOf, trainingSetOf, type Generator } from './generatorOf.ts';
import { groupOf } from './patchGroups.ts';
import { requireComparable, type NamedSet } from './requireComparable.ts';
import { requireHeldOut, requireOtherPatches, requireOtherPatients } from './requireHeldOut.ts';

export interface SetsWanted {
  readonly real: string;
  readonly synthetic: string;
  /** Found by the generator's card where absent. */
  readonly training?: string | undefined;
  /** The generator's name, where the user says it. */
  readonly model?: string | undefined;
  readonly dataDir: string;
  readonly models: Pick<ModelRegistry, 'list' | 'folderOf'>;
  readonly signal?: AbortSignal | undefined;
}

export interface OpenedSets {
  readonly real: PatchGroup;
  readonly synthetic: PatchGroup;
  readonly training: PatchGroup | null;
  readonly summaries: Record<'real' | 'synthetic', SetSummary> & { readonly training: SetSummary | null };
  readonly margin: SoftMargin;
  readonly generator: Generator;
  /** Whether the training set holds the same classes as the real one, so that the two make a floor. */
  readonly sameClasses: boolean;
  readonly whyNoTraining: string | undefined;
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/**
 * @throws NoduleLabError `refused` for sets that are cut differently, shared patients or patches, and a real set that the
 *   generator was trained on; `unusable` for sets without what is asked of them; `invalid-input` for damaged ones
 */
export async function openSets(wanted: SetsWanted): Promise<OpenedSets> {
  const files: PatchFile[] = [];
  const open = async (dir: string): Promise<PatchFile> => {
    const file = await openPatchFile(dir);
    files.push(file);
    return file;
  };
  const close = async (): Promise<void> => {
    for (const file of files.splice(0)) await file.close();
  };
  try {
    return { ...(await opened(wanted, open)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function opened(
  wanted: SetsWanted,
  open: (dir: string) => Promise<PatchFile>,
): Promise<Omit<OpenedSets, 'close'>> {
  const real = await openNamed(wanted.real, open);
  const synthetic = await openNamed(wanted.synthetic, open);
  const chosen = indexesOf(synthetic, 'synthetic');
  requireRealOnly(real);
  if (chosen.length === 0)
    throw new NoduleLabError(
      'unusable',
      `${synthetic.dir} holds no synthetic patch: make some with "nodulelab sample --like ${wanted.real} --out DIR".`,
    );
  requireComparable(real, synthetic);
  const generator = await generatorOf(synthetic.file, synthetic.dir, wanted.models, wanted.model);
  const warnings = [...generator.warnings];
  if (generator.card !== null) warnings.push(...requireHeldOut(real, generator.card));

  const found = await trainingSetOf(generator, wanted.dataDir, wanted.training);
  const training = 'dir' in found ? await openNamed(found.dir, open) : null;
  if (training !== null) {
    requireRealOnly(training);
    requireComparable(real, training);
    requireOtherPatients(real, training);
    const stated = generator.card?.datasetSha256 ?? null;
    if (stated !== null && stated !== training.file.sha256)
      warnings.push(
        `${training.dir} is not the very set that ${generator.card!.name} was trained on (its patches have another hash): memorisation is measured against what was named.`,
      );
  }
  const group = ({ file }: Opened, name: string, indexes: readonly number[]): PatchGroup =>
    groupOf(file, name, indexes);
  const groups = {
    real: group(real, 'real', indexesOf(real, 'real')),
    synthetic: group(synthetic, 'synthetic', chosen),
    training: training === null ? null : group(training, 'training', indexesOf(training, 'real')),
  };
  await requireOtherPatches(
    { dir: real.dir, group: groups.real },
    [
      { dir: synthetic.dir, group: groups.synthetic },
      ...(training === null ? [] : [{ dir: training.dir, group: groups.training! }]),
    ],
    wanted.signal,
  );
  const sameClasses = training === null || classesIn(training.manifest) === classesIn(real.manifest);
  if (!sameClasses)
    warnings.push(
      `${real.dir} holds ${classesIn(real.manifest)} nodules and ${training!.dir} ${classesIn(training!.manifest)}: the floor is taken from two halves of the real set.`,
    );
  return {
    ...groups,
    summaries: {
      real: summaryOf(real, groups.real, 'real', null),
      synthetic: summaryOf(synthetic, groups.synthetic, 'synthetic', generator.model),
      training: training === null ? null : summaryOf(training, groups.training!, 'real', null),
    },
    margin: marginOf(real.manifest),
    ...{ generator, sameClasses, warnings },
    whyNoTraining: 'why' in found ? found.why : undefined,
  };
}

interface Opened extends NamedSet {
  readonly file: PatchFile;
}

async function openNamed(dir: string, open: (dir: string) => Promise<PatchFile>): Promise<Opened> {
  const file = await open(dir);
  return { dir, file, manifest: file.manifest };
}

const indexesOf = ({ manifest }: NamedSet, origin: 'real' | 'synthetic'): number[] =>
  manifest.patches.flatMap((patch, index) => (patch.origin === origin ? [index] : []));

function requireRealOnly(set: NamedSet): void {
  const synthetic = indexesOf(set, 'synthetic');
  if (synthetic.length === 0) return;
  throw new NoduleLabError(
    'refused',
    `${set.dir} holds ${synthetic.length} synthetic patches, for example ${set.manifest.patches[synthetic[0]!]!.id}: name a set of real nodules only.`,
    { dir: set.dir },
  );
}

const classesIn = ({ patches }: PatchManifest): string =>
  [...new Set(patches.map((patch) => patch.class))].toSorted().join(', ');

function summaryOf(
  { dir, manifest, file }: Opened,
  group: PatchGroup,
  origin: 'real' | 'synthetic',
  model: SetSummary['model'],
): SetSummary {
  const own = manifest.patches.filter((patch) => patch.origin === origin);
  const classes: ClassCounts = { malignant: 0, benign: 0, indeterminate: 0 };
  for (const patch of own) classes[patch.class] += 1;
  return {
    name: basename(dir),
    sha256: file.sha256,
    count: group.count,
    patients: origin === 'real' ? new Set(group.items.map(({ cluster }) => cluster)).size : null,
    classes,
    form: manifest.form,
    fieldOfView: fieldText(manifest.fieldOfView),
    softMargin: manifest.form === 'isolated' ? marginText(marginOf(manifest)) : null,
    windowHu: [...manifest.windowHu],
    fold: manifest.fold,
    splitSha256: manifest.split.sha256,
    model: model === null ? null : { name: model.name, sha256: model.sha256 },
  };
}
