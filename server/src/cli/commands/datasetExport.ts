import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { readManifest } from '../../dataset/patchFile.ts';
import { requireNewFolder } from '../../dataset/patchSetWriter.ts';
import { readModelCard, type ModelCard } from '../../gan/modelCard.ts';
import { exportKey, type ExportKey } from '../../services/exportSet/exportKey.ts';
import {
  EXPORT_FORMATS,
  type ExportedClass,
  type ExportFormat,
} from '../../services/exportSet/exportRecord.ts';
import { DATASHEET_FILE, exportSet } from '../../services/exportSet/exportSet.ts';
import type { ModelRegistry } from '../../services/models.ts';
import type { CommandContext } from '../context.ts';
import { openModels, VERSION } from '../runtime.ts';

interface ExportOptions {
  readonly format: ExportFormat;
  readonly class: ExportedClass;
  readonly out: string;
  readonly deidentified: boolean;
  readonly key?: string;
  readonly alpha: boolean;
  readonly purpose?: string;
  readonly contact?: string;
}

export function registerDatasetExport(dataset: Command, context: () => CommandContext): void {
  dataset
    .command('export <set>')
    .description("write a set for other people's training: patches, lineage (export.json) and a datasheet")
    .addOption(
      new Option('--format <format>', 'npy: float32 in [0, 1]; nifti and dicom: HU with spacing')
        .choices(EXPORT_FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'new folder for the export')
    .addOption(
      new Option('--class <class>', 'which patches')
        .choices(['malignant', 'benign', 'indeterminate', 'all'])
        .default('all'),
    )
    .option('--key <file>', 'key of the pseudonyms, made where it is not there; <out>.key.json by default')
    .option('--no-deidentified', 'keep the identifiers of patients and series')
    .option('--no-alpha', 'leave the alpha channel of a set behind')
    .option('--purpose <text>', 'for the datasheet: what the set was made for')
    .option('--contact <text>', 'for the datasheet: whom to ask')
    .action(async (set: string, options: ExportOptions) => run(context(), resolve(set), options));
}

async function run(
  { dataDir, output, signal }: CommandContext,
  setDir: string,
  options: ExportOptions,
): Promise<void> {
  const outDir = resolve(options.out);
  await requireNewFolder(outDir);
  const cards = await cardsOf(setDir, openModels(dataDir));
  const keyFile = resolve(options.key ?? `${outDir}.key.json`);
  const key = options.deidentified ? await exportKey(keyFile, outDir, (count) => randomBytes(count)) : null;
  try {
    const { patches, ...record } = await exportSet({
      setDir,
      outDir,
      format: options.format,
      class: options.class,
      key: key?.key ?? null,
      withoutAlpha: !options.alpha,
      codeVersion: VERSION,
      now: new Date(),
      cards,
      stated: { purpose: options.purpose, contact: options.contact },
      signal,
      onProgress: (done, total) => output.progress(done / total, `patch ${done} of ${total}`),
    });
    const synthetic = patches.filter(({ origin }) => origin === 'synthetic').length;
    output.result(
      { outDir, keyFile: key === null ? null : keyFile, synthetic, ...record },
      [
        `${record.count} patches (${synthetic} synthetic) as ${record.format} in ${outDir}, with ${DATASHEET_FILE}`,
        keyText(key, keyFile),
      ].join('\n'),
    );
  } catch (error) {
    // A key without an export is of no use.
    if (key?.made === true) await rm(keyFile, { force: true });
    throw error;
  }
}

/** Cards of the models whose nodules are in the set, as far as they are here. */
async function cardsOf(setDir: string, models: ModelRegistry): Promise<Map<string, ModelCard>> {
  const { patches } = await readManifest(setDir);
  const wanted = new Set(
    patches.flatMap((patch) => (patch.origin === 'synthetic' ? [patch.model.sha256] : [])),
  );
  const cards = new Map<string, ModelCard>();
  if (wanted.size === 0) return cards;
  for (const { name, sha256 } of await models.list())
    if (wanted.has(sha256) && !cards.has(sha256))
      cards.set(sha256, await readModelCard(await models.folderOf(name)));
  return cards;
}

function keyText(key: ExportKey | null, file: string): string {
  if (key === null) return 'Identifiers are those of the set.';
  return key.made
    ? `Identifiers are replaced by keyed hashes; the key is in ${file}: keep it to yourself, it is not part of the export.`
    : `Identifiers are replaced by the hashes of the key in ${file}.`;
}
