/**
 * Accept: a preview and all that it stands on become a new CT series with a segmentation and a report. The order keeps
 * the archive safe: all three series are registered as ours before the first byte is sent, all are read back and
 * verified, they become known in one transaction, and on any failure they are taken away again.
 */
import type { AcceptResult, Edit } from '@nodulelab/contract';
import { editsInWords } from '../dicom/provenance.ts';
import { mayWriteBack } from '../security/writeBack.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import { bytesOfHu } from './editRecord.ts';
import type { MadeEdit } from './editStack.ts';
import type { JobContext } from './face.ts';
import type { WrittenFiles } from './imaging/protocol.ts';
import type { OpenPreview, Previews } from './openPreviews.ts';
import type { Withdrawal } from './withdrawal.ts';

/** Says early, before a job is queued, that a preview cannot be accepted. */
export async function checkAcceptable(
  context: Pick<ServiceContext, 'imaging' | 'configuration'>,
  previews: Previews,
  previewId: string,
  confirmed: readonly string[],
): Promise<{ readonly title: string }> {
  const open = previews.get(previewId);
  await requireAcceptable(context, open, confirmed);
  return { title: titleOf(editsOf(open)) };
}

export async function acceptPreview(
  context: ServiceContext,
  previews: Previews,
  withdrawal: Withdrawal,
  previewId: string,
  confirmed: readonly string[],
  job: JobContext,
): Promise<AcceptResult> {
  return previews.write(previewId, async (open) => {
    await requireAcceptable(context, open, confirmed);
    // What an earlier one left is taken away first; where that cannot be, nothing could be written either.
    await withdrawal.sweep();
    return writeSeries(context, withdrawal, open, confirmed, job);
  });
}

async function requireAcceptable(
  { imaging, configuration }: Pick<ServiceContext, 'imaging' | 'configuration'>,
  open: OpenPreview,
  confirmed: readonly string[],
): Promise<void> {
  const { sourceSeriesInstanceUID: seriesInstanceUID } = open.below;
  const unconfirmed = [
    ...new Set(
      editsOf(open)
        .flatMap((made) => badChecks(made))
        .filter((name) => !confirmed.includes(name)),
    ),
  ];
  if (unconfirmed.length > 0)
    throw new NoduleLabError(
      'refused',
      `these checks are bad: ${unconfirmed.join(', ')}. Look at them, and confirm them by name to write the series all the same`,
      { unconfirmed },
    );
  const decision = mayWriteBack(await imaging.facts({ seriesInstanceUID }), configuration);
  if (!decision.allowed) throw new NoduleLabError('refused', decision.reason, { seriesInstanceUID });
}

const editsOf = ({ below, made }: OpenPreview): MadeEdit[] => [...below.edits, made];

const badChecks = ({ checks }: MadeEdit): string[] =>
  checks.filter(({ verdict }) => verdict === 'bad').map(({ name }) => name);

function titleOf(made: readonly MadeEdit[]): string {
  const edits = made.map(({ edit }) => edit);
  const [only, ...others] = edits;
  if (only?.kind === 'insert' && others.length === 0)
    return `Synthetic nodule of ${only.diameterMm.toFixed(1)} mm`;
  const words = editsInWords(edits);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a person confirmed stays with the edit for ever. */
function recordOf(made: MadeEdit): Edit {
  const { edit } = made;
  const confirmedChecks = badChecks(made);
  if (edit.kind === 'remove' || confirmedChecks.length === 0) return edit;
  return { ...edit, details: { ...edit.details, confirmedChecks } };
}

async function writeSeries(
  context: ServiceContext,
  withdrawal: Withdrawal,
  open: OpenPreview,
  confirmed: readonly string[],
  job: JobContext,
): Promise<AcceptResult> {
  const began = context.now();
  const { archive, imaging } = context;
  const { sourceSeriesInstanceUID } = open.below;
  const edits = editsOf(open);
  job.progress(0.02, 'Writing the new series');
  const { studyInstanceUID } = await imaging.facts({ seriesInstanceUID: sourceSeriesInstanceUID });
  const provenance = {
    ...{ version: 2 as const, codeVersion: context.configuration.version, sourceSeriesInstanceUID },
    edits: edits.map(recordOf),
  };
  const footprints = await keepVoxels(context, edits);
  const taken = await archive.studySeries(studyInstanceUID);
  const files = await imaging.write({
    ...{ seriesInstanceUID: sourceSeriesInstanceUID, provenance, now: began },
    edits: edits.map(({ box, hu, footprint, trackingUid }) => ({ box, hu, footprint, trackingUid })),
    seriesNumbers: new Set(taken.flatMap(({ seriesNumber }) => seriesNumber ?? [])),
  });
  job.signal.throwIfAborted();

  const { seriesInstanceUID, segmentation, report } = files;
  return withdrawal.whileWriting(seriesInstanceUID, async () => {
    await context.store.derived.begin({
      ...{ seriesInstanceUID, studyInstanceUID, sourceSeriesInstanceUID, earlier: null },
      codeVersion: provenance.codeVersion,
      edits: edits.map(({ trackingUid }, index) => ({
        edit: provenance.edits[index]!,
        trackingUid,
        footprintSha256: footprints[index]!,
      })),
      segmentation: uidsOf(segmentation),
      report: uidsOf(report),
      createdAt: began.toISOString(),
    });
    try {
      await context.store.fingerprints.put(seriesInstanceUID, sourceSeriesInstanceUID, files.fingerprints);
      job.progress(0.1, 'Registered');
      await sendAndVerify(context, sourceSeriesInstanceUID, files, edits, job);
      job.progress(0.98, 'Verified');
      job.signal.throwIfAborted();
      await complete(context, studyInstanceUID, sourceSeriesInstanceUID, files, provenance.edits, confirmed);
    } catch (error) {
      await giveUp(withdrawal, seriesInstanceUID, error);
      throw job.signal.aborted
        ? new NoduleLabError('cancelled', 'cancelled; the archive is as it was before', {}, error)
        : error;
    }
    context.emit({ type: 'series-created', studyInstanceUID, seriesInstanceUID, sourceSeriesInstanceUID });
    job.progress(1, 'Written and verified');
    return {
      ...{ studyInstanceUID, seriesInstanceUID, instances: files.instances.length },
      segmentation: uidsOf(segmentation),
      report: uidsOf(report),
      seconds: (context.now().getTime() - began.getTime()) / 1000,
    };
  });
}

const uidsOf = ({ seriesInstanceUID, sopInstanceUID }: AcceptResult['report']): AcceptResult['report'] => ({
  seriesInstanceUID,
  sopInstanceUID,
});

/** Before anything refers to them: the voxels of each edit, so that it can be replayed and edited further. */
async function keepVoxels({ store }: ServiceContext, edits: readonly MadeEdit[]): Promise<string[]> {
  const { artefacts } = store;
  const footprints: string[] = [];
  for (const { hu, footprint, mask } of edits) {
    await artefacts.put(bytesOfHu(hu));
    if (mask) await artefacts.put(mask);
    footprints.push(await artefacts.put(footprint));
  }
  return footprints;
}

async function sendAndVerify(
  { archive, imaging }: ServiceContext,
  seriesInstanceUID: string,
  { seriesInstanceUID: derivedSeriesInstanceUID, instances, segmentation, report }: WrittenFiles,
  edits: readonly MadeEdit[],
  job: JobContext,
): Promise<void> {
  const slices = instances.length;
  await archive.storeSeries([...instances, segmentation, report], {
    signal: job.signal,
    onProgress: (done, all) =>
      job.progress(
        0.1 + (0.6 * done) / all,
        done <= slices ? `Sending slice ${done} of ${slices}` : 'Sending segmentation and report',
      ),
  });
  job.progress(0.72, 'Reading it back');
  await imaging.verify({
    ...{ seriesInstanceUID, derivedSeriesInstanceUID, segmentation, report },
    changes: edits.map(({ box, hu }) => ({ box, hu })),
  });
}

/** From here on the series is there, whatever happens: all three, and the trail of who confirmed what. */
async function complete(
  { store, now }: ServiceContext,
  studyInstanceUID: string,
  sourceSeriesInstanceUID: string,
  { seriesInstanceUID, seriesDescription, instances, segmentation, report }: WrittenFiles,
  edits: readonly Edit[],
  confirmed: readonly string[],
): Promise<void> {
  const patientId = (await store.series.get(sourceSeriesInstanceUID))?.patientId ?? '';
  const common = { studyInstanceUID, patientId, origin: 'synthetic' as const };
  const one = { ...common, instances: 1 };
  await store.derived.complete(seriesInstanceUID, {
    series: [
      {
        ...{ ...common, seriesInstanceUID, modality: 'CT', description: seriesDescription },
        instances: instances.length,
      },
      {
        ...{ ...one, seriesInstanceUID: segmentation.seriesInstanceUID, modality: 'SEG' },
        description: segmentation.seriesDescription,
      },
      {
        ...{ ...one, seriesInstanceUID: report.seriesInstanceUID, modality: 'SR' },
        description: report.seriesDescription,
      },
    ],
    audit: {
      at: now().toISOString(),
      action: 'series-created',
      subject: seriesInstanceUID,
      details: {
        ...{ sourceSeriesInstanceUID, edits, confirmed },
        segmentation: segmentation.seriesInstanceUID,
        report: report.seriesInstanceUID,
      },
    },
  });
}

/**
 * Takes the series away; the first error of the job is what is reported. Where the archive is away, the registry keeps
 * the series as unfinished, and it is tried again until the archive is back.
 */
async function giveUp(withdrawal: Withdrawal, seriesInstanceUID: string, reason: unknown): Promise<void> {
  const settled = !(reason instanceof NoduleLabError && reason.kind === 'upstream');
  await withdrawal.withdraw(seriesInstanceUID, settled).catch((failure: unknown) => {
    if (!(failure instanceof NoduleLabError && failure.kind === 'upstream')) throw failure;
  });
}
