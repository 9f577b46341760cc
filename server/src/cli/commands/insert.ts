import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InsertManyRequest, PlacementSetting, PreviewRequest } from '@nodulelab/contract';
import { type Command, Option } from 'commander';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { openProvenanceKeys } from '../../security/provenanceKeys.ts';
import { insertIntoNifti } from '../../services/niftiInsertion.ts';
import type { NoduleChoice } from '../../services/nodulePatch.ts';
import { insertOffline } from '../../services/offline/insertOffline.ts';
import { recorderOf } from '../../services/offline/record.ts';
import { DEFAULT_DIAMETER_MM } from '../../services/usualDiameter.ts';
import type { WantedPlace } from '../../services/wantedPlace.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { withArchive } from '../archiveServices.ts';
import { checksTable } from '../checksTable.ts';
import { conditionOption } from '../conditionOption.ts';
import { checkNames } from '../checkNames.ts';
import type { CommandContext } from '../context.ts';
import { manyReport, offlineReport } from '../editReport.ts';
import { insertArchived } from '../insertArchived.ts';
import { angles, between, integer, place, positive, repeated, UsageError } from '../options.ts';
import { openModels, VERSION } from '../runtime.ts';
import { insertionOptions, placesOf, wanted, type InsertOptions } from '../insertOptions.ts';

export function registerInsert(program: Command, context: () => CommandContext): void {
  program
    .command('insert')
    .description(
      'insert nodules, sampled or from files: into one or many series in Orthanc, a folder of DICOM, or a NIfTI file',
    )
    .option(
      '--series <uid>',
      'Series Instance UID of a host in Orthanc; the new series is stored there. Given several times: each series gets its nodules, and one that fails does not end the others',
      repeated(String),
    )
    .option('--series-file <file>', 'a text file with one Series Instance UID a line')
    .option('--dicom <dir>', 'folder of the host CT; needs no server and writes to --out')
    .option('--nifti <file>', 'host CT in Hounsfield units as .nii or .nii.gz; writes to --out')
    .option('--out <path>', 'new folder for the derived series (--dicom), or new file (--nifti)')
    .option(
      '--at <place>',
      'centre: i,j,k in voxels of a NIfTI file, else x,y,z in LPS mm; lps:x,y,z and ijk:i,j,k say which; auto proposes one. Given several times: so many nodules',
      repeated(place),
    )
    .option('--count <number>', 'so many nodules in each series, at proposed places', integer(1, 20))
    .option(
      '--nodule <file>',
      'a patch as .npy instead of a new sample (--dicom, --nifti); given several times: one for each place',
      repeated(String),
    )
    .option('--candidate <id>', 'a candidate of the server instead of new samples (--series)')
    .option(
      '--diameter <mm>',
      `diameter of the nodule (default: what its model was asked for or is recorded beside its file, else ${DEFAULT_DIAMETER_MM})`,
      positive,
    )
    .addOption(
      new Option('--setting <kind>', 'only places of this kind (default: any)').choices(
        PlacementSetting.options,
      ),
    )
    .option('--rotate <x,y,z>', 'turn the nodule about the L, P and S axes, degrees', angles)
    .option('--hu <number>', 'wanted mean HU of the nodule (default: as it was sampled)', between(-800, 200))
    .option(
      '--confirm <names>',
      'write in spite of these bad checks, names with commas between them',
      checkNames,
    )
    .option('--seed <number>', 'seed of the samples and of proposed places', integer(0, 2 ** 31 - 1), 1)
    .option('--model <name>', 'a model under models/')
    .addOption(conditionOption())
    .option(
      '--research-archive',
      'the host is research data: Patient Identity Removed = YES is not required',
      false,
    )
    .action(async (options: InsertOptions) => run(context(), options));
}

async function run(context: CommandContext, options: InsertOptions): Promise<void> {
  const { series, seriesFile, dicom, nifti, out, nodule, candidate } = options;
  const archived = series !== undefined || seriesFile !== undefined;
  if (
    [archived, dicom !== undefined, nifti !== undefined].filter(Boolean).length !== 1 ||
    archived !== (out === undefined)
  )
    throw new UsageError(
      'give either --series UID, or --dicom DIR with --out DIR, or --nifti FILE with --out FILE (see insert --help)',
    );
  const samples = options.model !== undefined || options.condition !== undefined;
  if (nodule !== undefined && (samples || archived))
    throw new UsageError(
      '--nodule stands for a sample: it goes with --dicom or --nifti, and without --model and --condition',
    );
  if (candidate !== undefined && (samples || !archived))
    throw new UsageError(
      '--candidate stands for a sample: it goes with --series, and without --model and --condition',
    );
  if (dicom !== undefined) return offline(context, options, dicom, out ?? '');
  if (nifti !== undefined) return inNifti(context, options, nifti, out ?? '');
  const hosts = [...(series ?? []), ...(seriesFile === undefined ? [] : await uidsIn(seriesFile))];
  const [only, ...others] = new Set(hosts);
  requireDiameter(options.diameter);
  if (only === undefined) throw new UsageError(`${seriesFile} names no series`);
  if (others.length > 0) return intoMany(context, options, [only, ...others]);
  const { seed, model, researchArchive } = options;
  return insertArchived(context, {
    ...{ seriesInstanceUID: only, seed, model, candidate, researchArchive },
    at: placesOf(options).map((at) => {
      const place = wanted(at, 'lps');
      if (place === 'auto') return place;
      if ('lps' in place) return place.lps;
      throw new UsageError('--series takes no voxels, since an archive orders no slices: give LPS mm');
    }),
    ...{ diameterMm: options.diameter, conditions: options.condition },
    options: insertionOptions(options),
    confirmed: options.confirm ?? [],
  });
}

/** The server takes these; said here, so that the option is named and not a field of its request. */
function requireDiameter(diameter: number | undefined): void {
  const allowed = PreviewRequest.shape.diameterMm.unwrap();
  if (diameter === undefined || allowed.safeParse(diameter).success) return;
  const { minValue, maxValue } = allowed;
  throw new UsageError(`--diameter ${diameter}: with --series it is ${minValue} to ${maxValue} mm`);
}

/** Lines that begin with # are for people. */
async function uidsIn(file: string): Promise<string[]> {
  const text = await readFile(resolve(file), 'utf8');
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

async function intoMany(
  context: CommandContext,
  options: InsertOptions,
  series: readonly string[],
): Promise<void> {
  if (options.at?.some((at) => at !== 'auto') === true)
    throw new UsageError('one place is not the same place in several series: leave --at out, or give auto');
  if (options.confirm !== undefined)
    throw new UsageError(
      '--confirm goes with one series: with several, other places are tried and bad checks are never written',
    );
  const { model, candidate: candidateId, seed } = options;
  const request = InsertManyRequest.safeParse({
    ...{ series, seed, model, candidateId, options: insertionOptions(options) },
    ...{ diameterMm: options.diameter, conditions: options.condition },
    nodulesPerSeries: placesOf(options).length,
  });
  if (!request.success)
    throw new UsageError(
      request.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  const result = await withArchive(context, options, (services) => services.insertMany(request.data));
  context.output.result(...manyReport(result));
  const failed = result.series.length - result.written;
  if (failed > 0)
    throw new NoduleLabError(
      'unusable',
      `${failed} of ${result.series.length} series were not written; the same command again writes only those`,
    );
}

/** The file of nodule n, or a sample of its own. */
function noduleOf({ nodule, model, seed, condition }: InsertOptions, n: number): NoduleChoice {
  if (nodule === undefined) return { model, seed: (seed + n) % 2 ** 31, wanted: condition };
  return { file: resolve(nodule.length === 1 ? nodule[0]! : nodule[n]!) };
}

async function inNifti(
  { dataDir, output }: CommandContext,
  options: InsertOptions,
  nifti: string,
  out: string,
): Promise<void> {
  const [at, ...others] = placesOf(options);
  if (others.length > 0 || at === undefined)
    throw new UsageError('a NIfTI file takes one nodule at a time: insert the next one into the result');
  const result = await insertIntoNifti(
    openModels(dataDir),
    {
      nifti: resolve(nifti),
      out: resolve(out),
      nodule: noduleOf(options, 0),
      at: wanted(at, 'ijk'),
      diameterMm: options.diameter,
      options: insertionOptions(options),
      confirmed: options.confirm ?? [],
      seed: options.seed,
      codeVersion: VERSION,
      now: new Date(),
    },
    (fraction, message) => output.progress(fraction, message),
  );
  const { centre, voxel, diameterMm, changedVoxels, roundedVoxels, provenanceFile } = result;
  output.result(
    { ...result },
    [
      `${result.out}: nodule of ${diameterMm} mm at voxel ${voxel.map((v) => v.toFixed(1)).join(',')}, which is ${centre.map((v) => v.toFixed(1)).join(',')} LPS mm`,
      `${changedVoxels} voxels changed${roundedVoxels > 0 ? ` (${roundedVoxels} rounded to what the file's slope can hold)` : ''}; all else is the host's, byte for byte, but descrip, which says SYNTHETIC`,
      `Provenance ${provenanceFile}`,
      checksTable(result.checks),
    ].join('\n'),
  );
}

async function offline(
  { dataDir, output }: CommandContext,
  options: InsertOptions,
  dicom: string,
  out: string,
): Promise<void> {
  const places = placesOf(options);
  const result = await insertOffline(
    openModels(dataDir),
    places.map((at, n) => ({
      nodule: noduleOf(options, n),
      at: wanted(at, 'lps') satisfies WantedPlace,
      diameterMm: options.diameter,
      options: insertionOptions(options),
      seed: (options.seed + n) % 2 ** 31,
    })),
    {
      dicomDir: resolve(dicom),
      outDir: resolve(out),
      confirmed: options.confirm ?? [],
      researchArchive: options.researchArchive,
      codeVersion: VERSION,
      now: new Date(),
      newUid: makeUidGenerator((length) => randomBytes(length)),
      signer: (await openProvenanceKeys(dataDir)).signer,
      record: recorderOf(dataDir),
    },
    (fraction, message) => output.progress(fraction, message),
  );
  output.result(...offlineReport(result));
}
