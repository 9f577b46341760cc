/**
 * Accept: the previewed nodule becomes a new CT series. The order keeps the archive safe: the series is registered as
 * ours before its first instance is sent, is verified by reading it back, and is taken away again on any failure.
 */
import type { AcceptResult } from '@nodulelab/contract';
import { mayWriteBack } from '../security/writeBack.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import type { JobContext } from './face.ts';
import { insertEdit } from './editRecord.ts';
import { blendingSeed, type OpenPreview, type Previews } from './placement.ts';

/** Says early, before a job is queued, that a preview cannot be accepted. */
export async function checkAcceptable(
  { imaging, configuration }: Pick<ServiceContext, 'imaging' | 'configuration'>,
  previews: Previews,
  previewId: string,
): Promise<{ readonly title: string }> {
  const { preview } = previews.get(previewId);
  const facts = await imaging.facts({ seriesInstanceUID: preview.seriesInstanceUID });
  const decision = mayWriteBack(facts, configuration);
  if (!decision.allowed)
    throw new NoduleLabError('refused', decision.reason, { seriesInstanceUID: facts.seriesInstanceUID });
  return { title: `Synthetic nodule of ${preview.diameterMm.toFixed(1)} mm` };
}

export async function acceptPreview(
  context: ServiceContext,
  previews: Previews,
  previewId: string,
  job: JobContext,
): Promise<AcceptResult> {
  await checkAcceptable(context, previews, previewId);
  return previews.write(previewId, (open) => writeSeries(context, open, job));
}

async function writeSeries(
  context: ServiceContext,
  open: OpenPreview,
  job: JobContext,
): Promise<AcceptResult> {
  const began = context.now();
  job.progress(0.02, 'Writing the new series');
  const derived = await deriveSeries(context, open, began);
  job.signal.throwIfAborted();

  const { store, archive, imaging } = context;
  const { seriesInstanceUID } = derived.files;
  await store.derived.begin({
    seriesInstanceUID,
    studyInstanceUID: derived.studyInstanceUID,
    sourceSeriesInstanceUID: open.preview.seriesInstanceUID,
    candidateId: open.preview.candidateId,
    centre: open.preview.centre,
    diameterMm: open.preview.diameterMm,
    parameters: derived.parameters,
    createdAt: began.toISOString(),
  });
  try {
    await archive.storeSeries(derived.files.instances, {
      signal: job.signal,
      onProgress: (done, all) => job.progress(0.1 + (0.6 * done) / all, `Sending slice ${done} of ${all}`),
    });
    job.progress(0.72, 'Reading it back');
    const files = await archive.downloadSeries(seriesInstanceUID);
    await imaging.verify({
      seriesInstanceUID: open.preview.seriesInstanceUID,
      changes: [{ box: open.result.box, hu: open.result.hu }],
      files: files.map(({ bytes }) => bytes),
    });
    job.signal.throwIfAborted();
  } catch (error) {
    // Where Orthanc is gone the registry keeps the series as unfinished, and the next start takes it away.
    await withdraw(context, seriesInstanceUID).catch((failure: unknown) => {
      if (!(failure instanceof NoduleLabError && failure.kind === 'upstream')) throw failure;
    });
    throw job.signal.aborted
      ? new NoduleLabError('cancelled', 'cancelled; the archive is as it was before', {}, error)
      : error;
  }
  await store.series.upsert({
    seriesInstanceUID,
    studyInstanceUID: derived.studyInstanceUID,
    patientId: derived.patientId,
    modality: 'CT',
    description: derived.description,
    instances: derived.files.instances.length,
    origin: 'synthetic',
  });
  await store.derived.complete(seriesInstanceUID);
  await store.audit.append({
    at: context.now().toISOString(),
    action: 'series-created',
    subject: seriesInstanceUID,
    details: derived.parameters,
  });
  context.emit({
    type: 'series-created',
    studyInstanceUID: derived.studyInstanceUID,
    seriesInstanceUID,
    sourceSeriesInstanceUID: open.preview.seriesInstanceUID,
  });
  job.progress(1, 'Verified');
  return {
    studyInstanceUID: derived.studyInstanceUID,
    seriesInstanceUID,
    instances: derived.files.instances.length,
    seconds: (context.now().getTime() - began.getTime()) / 1000,
  };
}

async function deriveSeries(context: ServiceContext, { preview, result }: OpenPreview, now: Date) {
  const { store, imaging, configuration } = context;
  const stored = await store.candidates.get(preview.candidateId);
  if (!stored)
    throw new NoduleLabError('not-found', `candidate ${preview.candidateId} is gone: generate it again`, {
      candidateId: preview.candidateId,
    });
  const { candidate } = stored;
  const facts = await imaging.facts({ seriesInstanceUID: preview.seriesInstanceUID });
  const source = await store.series.get(preview.seriesInstanceUID);
  const parameters = {
    candidateSha256: candidate.sha256,
    model: candidate.model,
    modelSha256: candidate.modelSha256,
    seed: candidate.seed,
    index: candidate.index,
    centre: preview.centre,
    diameterMm: preview.diameterMm,
    codeVersion: configuration.version,
  };
  const edit = insertEdit(
    {
      ...{ candidateSha256: candidate.sha256, candidateId: candidate.id },
      ...{ model: { name: candidate.model, sha256: candidate.modelSha256 } },
      ...{ seed: candidate.seed, index: candidate.index },
      ...{ centre: preview.centre, diameterMm: preview.diameterMm, options: {} },
      blendingSeed: blendingSeed(candidate.sha256),
    },
    result,
  );
  const files = await imaging.derive({
    seriesInstanceUID: preview.seriesInstanceUID,
    changes: [{ box: result.box, hu: result.hu }],
    now,
    provenance: {
      ...{ version: 2, codeVersion: configuration.version, edits: [edit] },
      sourceSeriesInstanceUID: preview.seriesInstanceUID,
    },
  });
  return {
    files,
    parameters,
    studyInstanceUID: facts.studyInstanceUID,
    patientId: source?.patientId ?? '',
    description: files.seriesDescription,
  };
}

/** Takes a series that we began out of the archive and the registry; the first error of the job is what is reported. */
async function withdraw({ archive, store }: ServiceContext, seriesInstanceUID: string): Promise<void> {
  await archive.deleteOwnSeries(seriesInstanceUID);
  await store.derived.abandon(seriesInstanceUID);
}

/** Removes what a crash left half written. Run at start, before anything else. */
export async function withdrawUnfinished(context: ServiceContext): Promise<string[]> {
  const removed: string[] = [];
  for (const { seriesInstanceUID } of await context.store.derived.unfinished()) {
    await withdraw(context, seriesInstanceUID);
    removed.push(seriesInstanceUID);
  }
  return removed;
}
