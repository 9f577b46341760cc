/** `nodulelab verify`: does a CT carry an edit of NoduleLab. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Uid, type VerificationReport } from '@nodulelab/contract';
import type { Command } from 'commander';
import { knownPublicKeys } from '../../security/provenanceKeys.ts';
import { verifyPath } from '../../services/verification/verifySeries.ts';
import { openStore } from '../../store/store.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { withArchive } from '../archiveServices.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';
import { findRunningServer } from '../runningServer.ts';

const STATUS: Readonly<Record<VerificationReport['verdict'], number>> = {
  'no-evidence': 0,
  synthetic: 3,
  altered: 4,
};

export function registerVerify(program: Command, context: () => CommandContext): void {
  program
    .command('verify')
    .description(
      'tell of any CT whether it carries a nodule that NoduleLab inserted or removed: by its mark, by its signed provenance, and by its voxels where the tags are gone',
    )
    .argument(
      '<path|series>',
      'a DICOM file, a folder (each series in it is reported), or a Series Instance UID in Orthanc',
    )
    .addHelpText(
      'after',
      [
        '',
        'Voxels are compared with the registry of the data folder (--data), signatures with its key and those under <data>/keys/trusted/*.pem.',
        'Images that were resampled, compressed with loss or cropped in the plane are not recognised by their voxels.',
        `Exit status: 0 no evidence (which is no proof of absence), ${STATUS.synthetic} synthetic, ${STATUS.altered} synthetic and changed after it was signed; of several series the highest; 1 failure, 2 wrong usage.`,
      ].join('\n'),
    )
    .action(async (target: string) => run(context(), target));
}

async function run(context: CommandContext, target: string): Promise<void> {
  const reports = await verify(context, target);
  context.output.result({ reports }, reports.map(inWords).join('\n\n'));
  context.setStatus(Math.max(...reports.map(({ verdict }) => STATUS[verdict])));
}

async function verify(context: CommandContext, target: string): Promise<readonly VerificationReport[]> {
  const path = resolve(target);
  const isPath = (await stat(path).catch(() => undefined)) !== undefined;
  if (!isPath) {
    if (!Uid.safeParse(target).success)
      throw new NoduleLabError(
        'not-found',
        `${target} is neither a file or folder nor a Series Instance UID.`,
      );
    const { reports } = await withArchive(context, { researchArchive: false }, (services) =>
      services.verify({ seriesInstanceUID: target }),
    );
    return reports;
  }
  const { dataDir, output, signal } = context;
  if (await findRunningServer(dataDir)) {
    const { reports } = await withArchive(context, { researchArchive: false }, (services) =>
      services.verify({ path }),
    );
    return reports;
  }
  const isThere = async (name: string): Promise<boolean> =>
    (await stat(join(dataDir, name)).catch(() => undefined)) !== undefined;
  const keys = (await isThere('keys')) ? await knownPublicKeys(dataDir) : undefined;
  const hasRegistry = (await isThere('db')) || (await isThere('fingerprints'));
  const store = hasRegistry ? await openStore({ dir: dataDir }) : undefined;
  try {
    return await verifyPath(
      path,
      { keys, registry: store?.fingerprints },
      {
        signal,
        onProgress: (done, total) => output.progress(done / total, `image ${done} of ${total}`),
      },
    );
  } finally {
    await store?.close();
  }
}

const VERDICTS: Readonly<Record<VerificationReport['verdict'], string>> = {
  synthetic: 'SYNTHETIC',
  altered: 'SYNTHETIC, and changed after it was signed',
  'no-evidence': 'No evidence of an edit by NoduleLab (this is no proof of absence)',
};

function inWords({ seriesInstanceUID, slices, verdict, evidence, found }: VerificationReport): string {
  // Without a registry nothing was compared: "0 of 21" would read as voxels that differ.
  const compared = evidence.every(({ by, outcome }) => by !== 'voxels' || outcome !== 'unknown');
  const rows = found.map((one) => [
    one.kind === 'insert' ? 'inserted' : 'removed',
    one.centre.map((value) => value.toFixed(1)).join(','),
    one.diameterMm.toFixed(1),
    compared ? `${one.slices} of ${one.slicesInAll}` : 'not compared',
    one.by,
    one.kind === 'remove'
      ? `nodule ${one.noduleId}`
      : one.model === null
        ? 'model not recorded'
        : `${one.model.name} ${one.model.sha256?.slice(0, 12) ?? ''}`.trim(),
  ]);
  const origins = new Set(
    found.map(
      ({ sourceSeriesInstanceUID, writtenAs }) =>
        `Source ${sourceSeriesInstanceUID}${writtenAs === null || writtenAs === seriesInstanceUID ? '' : `, written as ${writtenAs}`}`,
    ),
  );
  return [
    `Series ${seriesInstanceUID} (${slices === 1 ? '1 slice' : `${slices} slices`})`,
    VERDICTS[verdict],
    table(
      ['by', 'outcome', ''],
      evidence.map(({ by, outcome, explanation }) => [by, outcome, explanation]),
    ),
    ...(found.length > 0
      ? [table(['nodule', 'centre LPS mm', 'diameter mm', 'slices', 'known by', 'of'], rows), ...origins]
      : verdict === 'no-evidence'
        ? []
        : ['It says that it is synthetic, but no edit of NoduleLab was found in it']),
  ].join('\n');
}
