/** Previews of insertions and removals, each on top of what was done to the series before. */
import type { Edit, Preview, PreviewRequest, QualityCheck, RemovalRequest } from '@nodulelab/contract';
import { sha256Of } from '../store/artefacts.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import { detectorCheck } from './detectorCheck.ts';
import { insertEdit, removeEdit } from './editRecord.ts';
import { stackBelow, type EditStack, type MadeEdit } from './editStack.ts';
import { masksMeet } from './imaging/boxes.ts';
import type { EditResult } from './imaging/protocol.ts';
import type { OpenPreview, Previews } from './openPreviews.ts';
import { blendingSeed, boxGeometry } from './placement.ts';
import { requireCandidate } from './requireCandidate.ts';
import { usualDiameterOf } from './usualDiameter.ts';

type Context = Pick<ServiceContext, 'imaging' | 'store' | 'newId' | 'newUid'>;
type InsertionContext = Context & Pick<ServiceContext, 'models'>;

/** A check that needs more than the CT: how near the candidate is to what its model was trained on. */
export type CandidateCheck = (model: string, patch: Float32Array) => Promise<QualityCheck>;

/** @throws NoduleLabError `unusable` with the reason where the place is refused; as `stackBelow` */
export async function previewInsertion(
  context: InsertionContext,
  previews: Previews,
  candidateCheck: CandidateCheck,
  request: PreviewRequest,
): Promise<Preview> {
  const { seriesInstanceUID, candidateId, centre, options = {} } = request;
  const { candidate, voxels } = await requireCandidate(context.store, candidateId);
  const { diameterMm = usualDiameterOf(candidate) } = request;
  const below = await stackBelow(context, previews, request);
  const seed = blendingSeed(candidate.sha256);
  // Opened meanwhile; where that fails, the check says so.
  context.models.detector().catch(() => undefined);
  const [result, nearest] = await Promise.all([
    context.imaging.preview({
      ...{ seriesInstanceUID: below.sourceSeriesInstanceUID, patch: voxels, centre, diameterMm, seed },
      ...{ options, earlier: changesOf(below) },
    }),
    candidateCheck(candidate.model, voxels),
  ]);
  requireApart(result, below);
  const detected = await detectorCheck(context.models, result.detectorBox);
  const edit = insertEdit(
    {
      ...{ candidateSha256: candidate.sha256, candidateId: candidate.id },
      ...{ model: { name: candidate.model, sha256: candidate.modelSha256 } },
      ...{ seed: candidate.seed, index: candidate.index },
      ...(candidate.conditions === null ? {} : { conditions: candidate.conditions }),
      ...{ centre, diameterMm, options, blendingSeed: seed },
    },
    result,
  );
  return open(context, previews, {
    ...{ request, below, edit, result, checks: [...result.checks, nearest, detected] },
    shown: { kind: 'insert', candidateId, options, setting: result.setting },
    ...{ seriesInstanceUID, centre, diameterMm },
  });
}

/** @throws NoduleLabError `not-found` for an unknown nodule; `unusable` where it cannot be removed; as `stackBelow` */
export async function previewRemoval(
  context: Context,
  previews: Previews,
  request: RemovalRequest,
): Promise<Preview> {
  const { seriesInstanceUID, noduleId } = request;
  const below = await stackBelow(context, previews, request);
  const nodule = await context.store.nodules.get(noduleId);
  if (!nodule || nodule.seriesInstanceUID !== below.sourceSeriesInstanceUID)
    throw new NoduleLabError(
      'not-found',
      `series ${seriesInstanceUID} has no nodule ${noduleId}: its nodules are listed under /api/series/…/nodules`,
      { noduleId, seriesInstanceUID },
    );
  if (below.edits.some(({ edit }) => edit.kind === 'remove' && edit.noduleId === noduleId))
    throw new NoduleLabError('conflict', `nodule ${noduleId} is removed in this series already`, {
      noduleId,
    });
  const seed = blendingSeed(sha256Of(noduleId));
  const result = await context.imaging.remove({
    ...{ seriesInstanceUID: below.sourceSeriesInstanceUID, nodule, seed, earlier: changesOf(below) },
  });
  requireNothingInsertedIn(result, below, noduleId);
  const { centre, diameterMm } = nodule;
  const maskSha256 = sha256Of(result.mask);
  const edit = removeEdit({ noduleId, maskSha256, seed, centre, diameterMm }, result);
  return open(context, previews, {
    ...{ request, below, edit, result, checks: result.checks, mask: result.mask },
    shown: { kind: 'remove', noduleId },
    ...{ seriesInstanceUID, centre, diameterMm },
  });
}

/** Two nodules in one place would be one lump of which segmentation and report tell as of two. */
function requireApart(
  { box, footprint: mask }: Pick<EditResult, 'box' | 'footprint'>,
  { edits }: EditStack,
): void {
  for (const [index, { edit, box: earlier, footprint }] of edits.entries())
    if (edit.kind === 'insert' && masksMeet({ box, mask }, { box: earlier, mask: footprint }))
      throw new NoduleLabError(
        'unusable',
        `The nodule would run into the one that edit ${index + 1} inserted: choose a place further away or a smaller diameter.`,
        { reason: 'overlap', edit: index },
      );
}

/** What is refilled takes an inserted nodule away, of which segmentation and report would still tell. */
function requireNothingInsertedIn(
  { box, footprint: mask }: Pick<EditResult, 'box' | 'footprint'>,
  { edits, sourceSeriesInstanceUID }: EditStack,
  noduleId: string,
): void {
  for (const [index, { edit, box: earlier, footprint }] of edits.entries())
    if (edit.kind === 'insert' && masksMeet({ box, mask }, { box: earlier, mask: footprint }))
      throw new NoduleLabError(
        'conflict',
        `removing nodule ${noduleId} would also remove a part of the nodule that edit ${index + 1} inserted: remove it first, in the original ${sourceSeriesInstanceUID}, then insert`,
        { noduleId, edit: index },
      );
}

const changesOf = ({ edits }: EditStack): { box: MadeEdit['box']; hu: Int16Array }[] =>
  edits.map(({ box, hu }) => ({ box, hu }));

interface Opened extends Pick<Preview, 'seriesInstanceUID' | 'centre' | 'diameterMm'> {
  readonly request: { readonly after?: string | undefined };
  readonly below: EditStack;
  readonly edit: Edit;
  readonly result: EditResult;
  readonly checks: readonly QualityCheck[];
  readonly mask?: Uint8Array;
  readonly shown: Preview['edit'];
}

/** Keeps the voxels for accept, and answers them with what is shown of them. */
function open({ newId, newUid }: Context, previews: Previews, opened: Opened): Preview {
  const { request, below, edit, result, checks, mask, shown } = opened;
  const { seriesInstanceUID, centre, diameterMm } = opened;
  const { box, hu, footprint, alpha, geometry, measured } = result;
  const preview: OpenPreview['preview'] = {
    ...{ id: newId(), seriesInstanceUID, after: request.after ?? null, edit: shown },
    ...{ centre, diameterMm, measured, checks: [...checks] },
  };
  const trackingUid = newUid();
  previews.add({
    preview,
    below,
    made: { edit, box, hu, footprint, trackingUid, checks, ...(mask ? { mask } : {}) },
  });
  return { ...preview, box: { ...boxGeometry(geometry, box), hu: base64(hu), alpha: base64(alpha) } };
}

function base64(array: Int16Array | Uint8Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
}
