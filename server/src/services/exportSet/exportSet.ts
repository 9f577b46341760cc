/** A set for other people's training: the semantics of `nodulelab dataset export`. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PatchManifest } from '../../dataset/manifest.ts';
import { openPatchFile } from '../../dataset/patchFile.ts';
import type { PatchFile } from '../../dataset/patchFile.ts';
import { readPatch } from '../../dataset/patchSource.ts';
import { requireNewFolder } from '../../dataset/patchSetWriter.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { datasheet, type DatasheetFacts } from '../datasheet/datasheet.ts';
import { dicomWriter } from './dicomFiles.ts';
import type { PatchWriter } from './exportPatch.ts';
import { EXPORT_FILE, exportedPatch, VOXELS } from './exportRecord.ts';
import type { ExportedClass, ExportedPatch, ExportFormat, ExportRecord } from './exportRecord.ts';
import { writeNifti, writeNpy } from './imageFiles.ts';
import { lineageOf, uidNamed } from './pseudonyms.ts';

export const DATASHEET_FILE = 'DATASHEET.md';
const PATCHES = 'patches';

export interface ExportSetOptions {
  readonly setDir: string;
  readonly outDir: string;
  readonly format: ExportFormat;
  readonly class: ExportedClass;
  /** Of the pseudonyms; null keeps the identifiers of the set. */
  readonly key: Buffer | null;
  /** Leave the alpha channel of a set behind. */
  readonly withoutAlpha: boolean;
  readonly codeVersion: string;
  readonly now: Date;
  /** Cards of the models whose nodules are in the set, as far as they are at hand, by SHA-256 of the weights. */
  readonly cards: ReadonlyMap<string, ModelCard>;
  /** What only the exporter knows. */
  readonly stated: DatasheetFacts['stated'];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes patches, `export.json` and `DATASHEET.md`, all or nothing: the folder appears complete, by one rename.
 *
 * @throws NoduleLabError `conflict` where `outDir` exists, `unusable` where no patch is of the class, `cancelled`
 */
export async function exportSet(options: ExportSetOptions): Promise<ExportRecord> {
  const { setDir, outDir, signal } = options;
  await requireNewFolder(outDir);
  const set = await openPatchFile(setDir);
  const partial = join(dirname(outDir), `.${basename(outDir)}.${process.pid}.partial`);
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(join(partial, PATCHES), { recursive: true });
    const record = await writeAll(set, partial, options);
    signal?.throwIfAborted();
    await rename(partial, outDir);
    return record;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (signal?.aborted !== true) throw error;
    throw new NoduleLabError(
      'cancelled',
      `Exporting to ${outDir} was cancelled; nothing was left behind.`,
      {},
      error,
    );
  } finally {
    await set.close();
  }
}

async function writeAll(set: PatchFile, dir: string, options: ExportSetOptions): Promise<ExportRecord> {
  const { format, key, withoutAlpha, signal, onProgress } = options;
  const { manifest } = set;
  const channels = withoutAlpha
    ? manifest.channels.filter((channel) => channel !== 'alpha')
    : manifest.channels;
  const chosen = chosenPatches(manifest, options);
  const digits = Math.max(4, String(chosen.length - 1).length);
  const writer = writerOf(manifest, options);
  const patches: ExportedPatch[] = [];
  for (const [n, { index, entry, lineage }] of chosen.entries()) {
    signal?.throwIfAborted();
    const files = await writer(
      {
        name: `nodule_${String(n).padStart(digits, '0')}`,
        size: manifest.size,
        ...{ entry, lineage },
        values: await readPatch(set, index),
        alpha: channels.includes('alpha') ? await set.channel(index, 'alpha') : null,
      },
      async (name, bytes) => {
        const path = join(dir, PATCHES, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes, { flag: 'wx' });
      },
    );
    patches.push(exportedPatch(entry, lineage, files, manifest.split.assignment));
    onProgress?.(n + 1, chosen.length);
  }
  const { seed, folds, sha256 } = manifest.split;
  const record: ExportRecord = {
    kind: 'nodulelab-export',
    version: 1,
    format,
    voxels: VOXELS[format],
    exportedAt: options.now.toISOString(),
    codeVersion: options.codeVersion,
    deidentified: key !== null,
    count: patches.length,
    size: manifest.size,
    channels,
    class: options.class,
    fold: manifest.fold,
    form: manifest.form,
    softMargin: manifest.softMargin ?? null,
    fieldOfView: manifest.fieldOfView,
    windowHu: manifest.windowHu,
    cancerRule: manifest.cancerRule.text,
    split: { seed, folds, sha256 },
    fromSha256: manifest.patchesSha256,
    balance: manifest.balance ?? null,
    patches,
  };
  await writeFile(join(dir, EXPORT_FILE), `${JSON.stringify(record, null, 1)}\n`);
  const facts = { manifest, record, cards: options.cards, stated: options.stated };
  await writeFile(join(dir, DATASHEET_FILE), datasheet(facts));
  return record;
}

/** The patches of the class; with pseudonyms in their order, since that of the set is the order of its patients. */
function chosenPatches(manifest: PatchManifest, { class: wanted, key, setDir }: ExportSetOptions) {
  const chosen = manifest.patches
    .map((entry, index) => ({
      ...{ index, entry },
      lineage: entry.origin === 'real' ? lineageOf(entry, key) : null,
    }))
    .filter(({ entry }) => wanted === 'all' || entry.class === wanted);
  if (chosen.length === 0)
    throw new NoduleLabError(
      'unusable',
      `${setDir} holds no patch of the class "${wanted}": choose another one.`,
    );
  if (key === null) return chosen;
  const rank = ({ lineage }: (typeof chosen)[number]): string => lineage?.id ?? '~';
  return chosen.toSorted((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : a.index - b.index));
}

function writerOf(manifest: PatchManifest, { format, key, codeVersion, now }: ExportSetOptions): PatchWriter {
  switch (format) {
    case 'npy':
      return writeNpy;
    case 'nifti':
      return writeNifti;
    case 'dicom':
      return dicomWriter({
        exportName: uidNamed('export', manifest.patchesSha256, now.toISOString(), key?.toString('hex') ?? ''),
        ...{ deidentified: key !== null, form: manifest.form, codeVersion, now },
      });
  }
}
