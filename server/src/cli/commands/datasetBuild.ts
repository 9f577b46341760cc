import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { softMarginSchema } from '../../dataset/manifest.ts';
import { buildDataset } from '../../dataset/build.ts';
import type { BuildOptions } from '../../dataset/build.ts';
import type { CancerRule } from '../../dataset/cancerRule.ts';
import type { PatchManifest } from '../../dataset/manifest.ts';
import type { CommandContext } from '../context.ts';
import { integer, positive, UsageError } from '../options.ts';
import { withSource, withSourceOptions, type SourceFlags } from './datasetSource.ts';

interface BuildFlags extends SourceFlags {
  readonly class: BuildOptions['class'];
  readonly rule?: 'median' | 'table';
  readonly readers?: number;
  readonly diagnosis?: string;
  readonly form: BuildOptions['form'];
  readonly alpha?: true;
  readonly size: number;
  readonly field?: Field;
  readonly spacing?: number;
  readonly margin?: NonNullable<BuildOptions['softMargin']>;
  readonly minDiameter?: number;
  readonly maxDiameter?: number;
  readonly fold: BuildOptions['fold'];
  readonly splitSeed?: number;
  readonly out: string;
}

type Field = 'scaled' | { readonly mm: number } | { readonly diameters: number };

export function registerBuild(dataset: Command, context: () => CommandContext): void {
  withSourceOptions(dataset.command('build'))
    .description('cut patches of the nodules of one fold of a split by patient')
    .addOption(
      new Option('--class <class>', 'which nodules')
        .choices(['malignant', 'benign', 'all'])
        .default('malignant'),
    )
    .addOption(
      new Option(
        '--rule <rule>',
        'what counts as malignant: the median of the readers’ ratings, or the label in the table of --vois; default median',
      ).choices(['median', 'table']),
    )
    .option('--readers <number>', 'with the median: nodules that this many readers marked', integer(1, 4))
    .option('--diagnosis <file>', 'TCIA’s diagnosis spreadsheet as CSV says what is malignant')
    .addOption(
      new Option('--form <form>', 'isolated on parenchyma, or as in the CT')
        .choices(['isolated', 'context'])
        .default('isolated'),
    )
    .option('--alpha', 'isolated form: write its soft mask as a second channel')
    .option('--size <voxels>', 'edge length; the presets train on 64', integer(8, 512), 64)
    .option(
      '--field <scaled|Nd|mm>',
      'field of view: twice the diameter (scaled), N diameters (1.5d), or millimetres; default scaled',
      field,
    )
    .option('--spacing <mm>', 'field of view as the distance between voxels', positive)
    .option(
      '--margin <full,rim>',
      'isolated form: mm around the nodule with all of the CT, and up to none of it; default 3,5',
      margin,
    )
    .option('--min-diameter <mm>', 'leave out smaller nodules', positive)
    .option('--max-diameter <mm>', 'leave out larger nodules', positive)
    .addOption(new Option('--fold <fold>', 'which patients').choices(['train', 'test']).default('train'))
    .option('--split-seed <number>', 'seed of the split by patient', integer(0))
    .requiredOption('--out <dir>', 'new folder for patches and manifest')
    .action(async (flags: BuildFlags) => run(context(), flags));
}

function field(text: string): Field {
  if (text === 'scaled') return 'scaled';
  const diameters = /^(.+)d$/.exec(text)?.[1];
  try {
    return diameters === undefined ? { mm: positive(text) } : { diameters: positive(diameters) };
  } catch {
    throw new InvalidArgumentError('scaled, a number of diameters such as 2d, or a number of millimetres');
  }
}

function margin(text: string): NonNullable<BuildFlags['margin']> {
  const [fullMm, rimMm, ...rest] = text.split(',').map(Number);
  const parsed = softMarginSchema.safeParse({ fullMm, rimMm });
  if (parsed.success && rest.length === 0) return parsed.data;
  throw new InvalidArgumentError('two lengths in mm such as 3,5, the second one larger');
}

function ruleOf({ rule, readers, diagnosis, vois }: BuildFlags): CancerRule {
  if (diagnosis !== undefined && rule !== undefined)
    throw new UsageError('give --rule or --diagnosis: one of them says what is malignant');
  if (readers !== undefined && (diagnosis !== undefined || rule === 'table'))
    throw new UsageError('--readers goes with the median of the readers’ ratings only');
  if (rule === 'table' && vois === undefined)
    throw new UsageError('--rule table goes with --vois: only its table has a label');
  if (diagnosis !== undefined) return { kind: 'diagnosis', file: resolve(diagnosis) };
  return rule === 'table' ? { kind: 'table' } : { kind: 'median', leastReaders: readers ?? 1 };
}

async function run(context: CommandContext, flags: BuildFlags): Promise<void> {
  const { output, signal } = context;
  if (flags.field !== undefined && flags.spacing !== undefined)
    throw new UsageError('give --field or --spacing: both say how much a patch shows');
  if (flags.alpha === true && flags.form === 'context')
    throw new UsageError('--alpha goes with --form isolated: a context patch is the CT as it is');
  const cancerRule = ruleOf(flags);
  const outDir = resolve(flags.out);
  const manifest = await withSource(flags, context, (source) =>
    buildDataset({
      source,
      class: flags.class,
      cancerRule,
      form: flags.form,
      size: flags.size,
      fieldOfView: flags.spacing === undefined ? (flags.field ?? 'scaled') : { spacingMm: flags.spacing },
      ...(flags.alpha === undefined ? {} : { alpha: flags.alpha }),
      ...(flags.margin === undefined ? {} : { softMargin: flags.margin }),
      ...(flags.minDiameter === undefined ? {} : { minDiameterMm: flags.minDiameter }),
      ...(flags.maxDiameter === undefined ? {} : { maxDiameterMm: flags.maxDiameter }),
      ...(flags.splitSeed === undefined ? {} : { split: { seed: flags.splitSeed } }),
      fold: flags.fold,
      outDir,
      signal,
      onProgress: (done, total) =>
        output.progress(total === 0 ? 1 : done / total, `patch ${done} of ${total}`),
    }),
  );
  const { patches, ...summary } = manifest;
  const patients = new Set(patches.map((patch) => (patch.origin === 'real' ? patch.patientId : undefined)))
    .size;
  const notes = notesOn(manifest);
  for (const note of notes) output.note(`Note: ${note}`);
  output.result({ outDir, patients, notes, ...summary }, summaryText(manifest, outDir, patients));
}

/** What who uses the set should know before. */
function notesOn({ cancerRule: { rule }, fold }: PatchManifest): string[] {
  return rule.kind === 'diagnosis' && fold === 'train'
    ? [
        'diagnoses are known of too few patients to train on, and they are the only truth beside the readers’ opinion: ' +
          'keep them for tests (--fold test) and train by --rule median.',
      ]
    : [];
}

function summaryText(manifest: PatchManifest, outDir: string, patients: number): string {
  const { count, size, channels, form, fold, leftOut, problems, split, patchesSha256 } = manifest;
  const cube = `${size}³ voxels${channels.length > 1 ? ` with ${channels.slice(1).join()}` : ''}`;
  return [
    `${count} ${form} patches of ${cube}, ${patients} patients (${fold} fold), in ${outDir}`,
    ruleText(manifest.cancerRule),
    ...counted(leftOut, 'nodules of the fold left out', ({ id, reason }) => `${id}: ${reason}`),
    ...counted(problems, 'parts of the source not used as they are', ({ name, message }) =>
      message.startsWith(name) ? message : `${name}: ${message}`,
    ),
    `Split ${split.sha256.slice(0, 12)}, patches ${patchesSha256.slice(0, 12)}`,
  ].join('\n');
}

/** How many there are, and the first of them. */
function counted<T>(all: readonly T[], what: string, text: (one: T) => string): string[] {
  const SHOWN = 3;
  if (all.length === 0) return [];
  const rest = all.length - SHOWN;
  return [
    `${all.length} ${what} (all in manifest.json):`,
    ...all.slice(0, SHOWN).map((one) => `  ${text(one)}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}

function ruleText({
  text,
  ratedBy,
  counts,
  notJudged = 0,
  countsInSet,
}: PatchManifest['cancerRule']): string {
  const listed = (of: typeof counts): string =>
    `${of.malignant} malignant, ${of.benign} benign, ${of.indeterminate} indeterminate`;
  const ratings = [
    `the readers' own for ${ratedBy.readers} nodules`,
    `majority votes for ${ratedBy.majority}`,
    ...(ratedBy.none > 0 ? [`none for ${ratedBy.none}`] : []),
  ];
  return [
    `Cancer rule: ${text}`,
    `  ratings: ${ratings.join(', ')}`,
    `  whole source: ${listed(counts)}${notJudged > 0 ? `, ${notJudged} not judged` : ''}`,
    `  this set:     ${listed(countsInSet)}`,
  ].join('\n');
}
