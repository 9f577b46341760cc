import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { buildDataset } from '../../dataset/build.ts';
import type { PatchManifest } from '../../dataset/manifest.ts';
import type { SourceOptions } from '../../dataset/openSource.ts';
import { lidcFolderNodules } from '../../services/importing/noduleSource.ts';
import type { CommandContext } from '../context.ts';
import { integer, positive, UsageError } from '../options.ts';

interface BuildOptions {
  readonly vois?: string;
  readonly lidc?: string[];
  readonly xml?: string;
  readonly class: 'malignant' | 'benign' | 'all';
  readonly form: 'isolated' | 'context';
  readonly field: 'scaled' | { readonly mm: number };
  readonly minDiameter?: number;
  readonly fold: 'train' | 'test';
  readonly splitSeed?: number;
  readonly out: string;
}

export function registerDataset(program: Command, context: () => CommandContext): void {
  const dataset = program.command('dataset').description('sets of 64³ nodule patches');
  dataset
    .command('build')
    .description('cut patches of the nodules of one fold of a split by patient')
    .option('--vois <dir>', 'nodule cut-outs: a folder with image/, mask/ and nodules.csv')
    .option('--lidc <path...>', 'LIDC folders: whole CTs with their XML')
    .option('--xml <dir>', 'LIDC XML: readers’ ratings instead of majority votes decide the class')
    .addOption(
      new Option('--class <class>', 'which nodules')
        .choices(['malignant', 'benign', 'all'])
        .default('malignant'),
    )
    .addOption(
      new Option('--form <form>', 'isolated on parenchyma, or as in the CT')
        .choices(['isolated', 'context'])
        .default('isolated'),
    )
    .option('--field <scaled|mm>', 'field of view: twice the diameter, or millimetres', field, 'scaled')
    .option('--min-diameter <mm>', 'leave out smaller nodules', positive)
    .addOption(new Option('--fold <fold>', 'which patients').choices(['train', 'test']).default('train'))
    .option('--split-seed <number>', 'seed of the split by patient', integer(0))
    .requiredOption('--out <dir>', 'new folder for patches and manifest')
    .action(async (options: BuildOptions) => run(context(), options));
}

function field(text: string): BuildOptions['field'] {
  if (text === 'scaled') return 'scaled';
  try {
    return { mm: positive(text) };
  } catch {
    throw new InvalidArgumentError('scaled, or a number of millimetres');
  }
}

async function sourceOf(
  { vois, lidc, xml }: BuildOptions,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<SourceOptions> {
  if (vois !== undefined && lidc === undefined)
    return { kind: 'vois', dir: resolve(vois), ...(xml === undefined ? {} : { xmlDir: resolve(xml) }) };
  if (lidc !== undefined && vois === undefined) {
    const paths = lidc.map((path) => resolve(path));
    return { kind: 'series', nodules: await lidcFolderNodules(paths, signal, progress) };
  }
  throw new UsageError('give either --vois DIR or --lidc PATH (see dataset build --help)');
}

async function run({ output, signal }: CommandContext, options: BuildOptions): Promise<void> {
  const outDir = resolve(options.out);
  const manifest = await buildDataset({
    source: await sourceOf(options, signal, (message) => output.progress(0, message)),
    class: options.class,
    form: options.form,
    fieldOfView: options.field,
    ...(options.minDiameter === undefined ? {} : { minDiameterMm: options.minDiameter }),
    ...(options.splitSeed === undefined ? {} : { split: { seed: options.splitSeed } }),
    fold: options.fold,
    outDir,
    signal,
    onProgress: (done, total) => output.progress(done / total, `patch ${done} of ${total}`),
  });
  const { patches, ...summary } = manifest;
  const patients = new Set(patches.map((patch) => (patch.origin === 'real' ? patch.patientId : undefined)))
    .size;
  output.result(
    { outDir, patients, ...summary },
    [
      `${manifest.count} patches of ${patients} patients (${options.fold} fold) in ${outDir}`,
      ruleText(manifest.cancerRule),
      `Split ${manifest.split.sha256.slice(0, 12)}, patches ${manifest.patchesSha256.slice(0, 12)}`,
    ].join('\n'),
  );
}

function ruleText({ text, ratedBy, counts, countsInSet }: PatchManifest['cancerRule']): string {
  const listed = (of: typeof counts): string =>
    `${of.malignant} malignant, ${of.benign} benign, ${of.indeterminate} indeterminate`;
  return [
    `Cancer rule: ${text}`,
    `  ratings from the readers' XML for ${ratedBy.readers} nodules, majority votes for ${ratedBy.majority}`,
    `  whole source: ${listed(counts)}`,
    `  this set:     ${listed(countsInSet)}`,
  ].join('\n');
}
