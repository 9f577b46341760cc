import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { insertIntoNifti } from '../../services/niftiInsertion.ts';
import { DEFAULT_DIAMETER_MM, type NoduleChoice } from '../../services/nodulePatch.ts';
import { insertOffline } from '../../services/offlineInsertion.ts';
import type { WantedPlace } from '../../services/wantedPlace.ts';
import { checksTable } from '../checksTable.ts';
import type { CommandContext } from '../context.ts';
import { insertArchived } from '../insertArchived.ts';
import { integer, place, positive, UsageError, type PlaceOption } from '../options.ts';
import { openModels, VERSION } from '../runtime.ts';

interface InsertOptions {
  readonly series?: string;
  readonly dicom?: string;
  readonly nifti?: string;
  readonly out?: string;
  readonly nodule?: string;
  readonly at: PlaceOption;
  readonly diameter?: number;
  readonly seed: number;
  readonly model?: string;
  readonly researchArchive: boolean;
}

export function registerInsert(program: Command, context: () => CommandContext): void {
  program
    .command('insert')
    .description(
      'insert one nodule, sampled or from a file: into a series in Orthanc, a folder of DICOM, or a NIfTI file',
    )
    .option('--series <uid>', 'Series Instance UID of the host in Orthanc; the new series is stored there')
    .option('--dicom <dir>', 'folder of the host CT; needs no server and writes to --out')
    .option('--nifti <file>', 'host CT in Hounsfield units as .nii or .nii.gz; writes to --out')
    .option('--out <path>', 'new folder for the derived series (--dicom), or new file (--nifti)')
    .option('--nodule <file>', 'a patch as .npy instead of a new sample (--dicom, --nifti)')
    .requiredOption(
      '--at <place>',
      'centre: i,j,k in voxels of a NIfTI file, else x,y,z in LPS mm; lps:x,y,z and ijk:i,j,k say which; auto proposes one',
      place,
    )
    .option(
      '--diameter <mm>',
      `diameter of the nodule (default: what is recorded beside its file, else ${DEFAULT_DIAMETER_MM})`,
      positive,
    )
    .option('--seed <number>', 'seed of the sample and of a proposed place', integer(0, 2 ** 31 - 1), 1)
    .option('--model <name>', 'a model under models/')
    .option(
      '--research-archive',
      'the host is research data: Patient Identity Removed = YES is not required',
      false,
    )
    .action(async (options: InsertOptions) => run(context(), options));
}

async function run(context: CommandContext, options: InsertOptions): Promise<void> {
  const { series, dicom, nifti, out, nodule } = options;
  if (
    [series, dicom, nifti].filter((host) => host !== undefined).length !== 1 ||
    (series === undefined) === (out === undefined)
  )
    throw new UsageError(
      'give either --series UID, or --dicom DIR with --out DIR, or --nifti FILE with --out FILE (see insert --help)',
    );
  if (nodule !== undefined && (options.model !== undefined || series !== undefined))
    throw new UsageError(
      '--nodule stands for a sample: it goes with --dicom or --nifti, and without --model',
    );
  if (series !== undefined) {
    const at = wanted(options.at, 'lps');
    if (at !== 'auto' && 'ijk' in at)
      throw new UsageError('--series takes no voxels, since an archive orders no slices: give LPS mm');
    const { seed, model, researchArchive } = options;
    return insertArchived(context, {
      ...{ seriesInstanceUID: series, at: at === 'auto' ? at : at.lps, seed, model, researchArchive },
      diameterMm: options.diameter ?? DEFAULT_DIAMETER_MM,
    });
  }
  if (dicom !== undefined) return offline(context, options, dicom, out ?? '');
  return inNifti(context, options, nifti ?? '', out ?? '');
}

/** @param plain what three numbers alone are */
function wanted(at: PlaceOption, plain: 'lps' | 'ijk'): WantedPlace {
  if (at === 'auto') return 'auto';
  return (at.frame === 'plain' ? plain : at.frame) === 'lps' ? { lps: at.at } : { ijk: at.at };
}

const noduleOf = ({ nodule, model, seed }: InsertOptions): NoduleChoice =>
  nodule === undefined ? { model, seed } : { file: resolve(nodule) };

async function inNifti(
  { dataDir, output }: CommandContext,
  options: InsertOptions,
  nifti: string,
  out: string,
): Promise<void> {
  const result = await insertIntoNifti(
    openModels(dataDir),
    {
      nifti: resolve(nifti),
      out: resolve(out),
      nodule: noduleOf(options),
      at: wanted(options.at, 'ijk'),
      diameterMm: options.diameter,
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
  const result = await insertOffline(
    openModels(dataDir),
    {
      dicomDir: resolve(dicom),
      outDir: resolve(out),
      nodule: noduleOf(options),
      at: wanted(options.at, 'lps'),
      diameterMm: options.diameter,
      seed: options.seed,
      researchArchive: options.researchArchive,
      codeVersion: VERSION,
      now: new Date(),
      newUid: makeUidGenerator((length) => randomBytes(length)),
    },
    (fraction, message) => output.progress(fraction, message),
  );
  output.result(
    { ...result },
    [
      `${result.slices} slices in ${result.outDir}, nodule of ${result.diameterMm} mm at ${result.centre.map((v) => v.toFixed(1)).join(',')} LPS mm`,
      `Series ${result.seriesInstanceUID}`,
      checksTable(result.checks),
    ].join('\n'),
  );
}
