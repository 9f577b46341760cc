/** `nodulelab remove`: the healthy twin of a CT. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Nodule, Preview } from '@nodulelab/contract';
import type { Command } from 'commander';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { openProvenanceKeys } from '../../security/provenanceKeys.ts';
import { requireConfirmed } from '../../services/offline/confirmation.ts';
import { recorderOf } from '../../services/offline/record.ts';
import { removeOffline } from '../../services/offline/removeOffline.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { withArchive } from '../archiveServices.ts';
import { checkNames } from '../checkNames.ts';
import type { CommandContext } from '../context.ts';
import { acceptedReport, offlineReport } from '../editReport.ts';
import { repeated, UsageError } from '../options.ts';
import { VERSION } from '../runtime.ts';

interface RemoveOptions {
  readonly series?: string;
  readonly dicom?: string;
  readonly xml?: string;
  readonly out?: string;
  readonly nodule: readonly string[];
  readonly confirm?: readonly string[];
  readonly researchArchive: boolean;
}

export function registerRemove(program: Command, context: () => CommandContext): void {
  program
    .command('remove')
    .description(
      'write the CT as if nodules were not there: their place is refilled with texture of the lung around them',
    )
    .option('--series <uid>', 'Series Instance UID of a CT in Orthanc; the new series is stored there')
    .option('--dicom <dir>', 'folder of the CT; needs no server, takes --xml and writes to --out')
    .option('--xml <file>', 'LIDC annotations of the CT (--dicom)')
    .option('--out <dir>', 'new folder for the derived series (--dicom)')
    .requiredOption(
      '--nodule <number|id>',
      'which nodule: its number in the series, largest first, or its id; given several times: several',
      repeated(String),
    )
    .option(
      '--confirm <names>',
      'write in spite of these bad checks, names with commas between them',
      checkNames,
    )
    .option(
      '--research-archive',
      'the CT is research data: Patient Identity Removed = YES is not required',
      false,
    )
    .action(async (options: RemoveOptions) => run(context(), options));
}

async function run(context: CommandContext, options: RemoveOptions): Promise<void> {
  const { series, dicom, xml, out } = options;
  if (series !== undefined && [dicom, xml, out].every((one) => one === undefined))
    return archived(context, options, series);
  if (series === undefined && dicom !== undefined && xml !== undefined && out !== undefined)
    return offline(context, options, dicom, xml, out);
  throw new UsageError('give either --series UID, or --dicom DIR with --xml FILE and --out DIR');
}

async function archived(
  context: CommandContext,
  options: RemoveOptions,
  seriesInstanceUID: string,
): Promise<void> {
  const confirmed = options.confirm ?? [];
  await withArchive(context, options, async (services) => {
    const { nodules } = await services.nodules(seriesInstanceUID);
    const previews: Preview[] = [];
    for (const wanted of new Set(options.nodule)) {
      context.signal.throwIfAborted();
      const { id: noduleId } = named(wanted, nodules, seriesInstanceUID);
      const after = previews.at(-1)?.id;
      previews.push(
        await services.removal({ seriesInstanceUID, noduleId, ...(after === undefined ? {} : { after }) }),
      );
    }
    requireConfirmed(
      previews.flatMap(({ checks }) => checks),
      confirmed,
    );
    const result = await services.accept(previews.at(-1)!.id, confirmed);
    context.output.result(...acceptedReport(result, previews));
  });
}

function named(wanted: string, nodules: readonly Nodule[], seriesInstanceUID: string): Nodule {
  const nodule = nodules.find(({ id, number }) => id === wanted || String(number) === wanted);
  if (nodule) return nodule;
  throw new NoduleLabError(
    'not-found',
    nodules.length === 0
      ? `Series ${seriesInstanceUID} has no nodules: import its annotations with \`nodulelab import\`.`
      : `Series ${seriesInstanceUID} has no nodule ${wanted}; it has ${nodules.map(({ number, diameterMm }) => `${number} (${diameterMm.toFixed(1)} mm)`).join(', ')}.`,
    { seriesInstanceUID, nodule: wanted },
  );
}

async function offline(
  { dataDir, output }: CommandContext,
  { nodule, confirm, researchArchive }: RemoveOptions,
  dicom: string,
  xml: string,
  out: string,
): Promise<void> {
  const numbers = [...new Set(nodule)].map((text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1) return number;
    throw new UsageError(`--nodule ${text}: with --xml it is a number from 1, largest first`);
  });
  const result = await removeOffline(
    {
      ...{ dicomDir: resolve(dicom), outDir: resolve(out), xml: resolve(xml), numbers, researchArchive },
      confirmed: confirm ?? [],
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
