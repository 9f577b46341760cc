/**
 * What a new edit stands on: the original of its series, the edits that are recorded of the series, and the previews
 * that the new one comes after.
 */
import type { Edit, QualityCheck } from '@nodulelab/contract';
import type { BoxChange } from '../dicom/derivedCt.ts';
import type { RecordedEdit } from '../store/rows.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import { editMaterial } from './editMaterial.ts';
import { huHash, huOfBytes } from './editRecord.ts';
import type { Previews } from './openPreviews.ts';

/** An edit with the voxels that it left. */
export interface MadeEdit extends BoxChange {
  readonly edit: Edit;
  readonly trackingUid: string;
  readonly footprint: Uint8Array;
  /** What was removed, on the box; absent for an insertion. */
  readonly mask?: Uint8Array;
  /** Of a preview; what is recorded was looked at when it was accepted. */
  readonly checks: readonly QualityCheck[];
}

export interface EditStack {
  /** The original. */
  readonly sourceSeriesInstanceUID: string;
  /** In the order in which they were made. */
  readonly edits: readonly MadeEdit[];
}

type Context = Pick<ServiceContext, 'store' | 'imaging'>;

/**
 * @param after a preview in the same series
 * @throws NoduleLabError `not-found` for an unknown preview; `invalid-input` for one in another series; `conflict` for a
 *   series or a preview that is being written; `unusable` for a series whose edits are not recorded whole
 */
export async function stackBelow(
  context: Context,
  previews: Pick<Previews, 'get'>,
  { seriesInstanceUID, after }: { readonly seriesInstanceUID: string; readonly after?: string | undefined },
): Promise<EditStack> {
  if (after === undefined) return recordedStack(context, seriesInstanceUID);
  const { preview, made, below } = previews.get(after);
  if (preview.seriesInstanceUID !== seriesInstanceUID)
    throw new NoduleLabError(
      'invalid-input',
      `preview ${after} is in series ${preview.seriesInstanceUID}: a preview can only stand on one in its own series`,
      { previewId: after, seriesInstanceUID: preview.seriesInstanceUID },
    );
  return { ...below, edits: [...below.edits, made] };
}

/** An original has no edits; of a synthetic series the registry has them all. */
async function recordedStack(context: Context, seriesInstanceUID: string): Promise<EditStack> {
  const row = await context.store.derived.get(seriesInstanceUID);
  if (!row) return { sourceSeriesInstanceUID: seriesInstanceUID, edits: [] };
  const { sourceSeriesInstanceUID } = row;
  if (row.state === 'writing')
    throw new NoduleLabError(
      'conflict',
      `series ${seriesInstanceUID} is being written: wait for its job to end`,
      { seriesInstanceUID },
    );
  if (row.earlier !== null)
    throw new NoduleLabError(
      'unusable',
      `series ${seriesInstanceUID} was written by an earlier NoduleLab, which did not record enough to edit it further: work on its original ${sourceSeriesInstanceUID}`,
      { seriesInstanceUID, sourceSeriesInstanceUID },
    );
  return { sourceSeriesInstanceUID, edits: await loadEdits(context, sourceSeriesInstanceUID, row.edits) };
}

/**
 * The voxels of recorded edits as they were written. Where a file of the store is gone, they are made again from
 * candidate and mask, and must be the same.
 * @throws NoduleLabError `unusable` where what is made again differs
 */
async function loadEdits(
  context: Context,
  sourceSeriesInstanceUID: string,
  recorded: readonly RecordedEdit[],
): Promise<MadeEdit[]> {
  const { artefacts } = context.store;
  const kept = await Promise.all(
    recorded.map(async ({ edit, trackingUid, footprintSha256 }): Promise<MadeEdit> => {
      const [hu, footprint, mask] = await Promise.all([
        artefacts.get(edit.huSha256),
        artefacts.get(footprintSha256),
        edit.kind === 'remove' ? artefacts.get(edit.maskSha256) : undefined,
      ]);
      return {
        ...{ edit, trackingUid, box: edit.box, hu: huOfBytes(hu), footprint, checks: [] },
        ...(mask ? { mask } : {}),
      };
    }),
  ).catch((error: unknown) => {
    if (error instanceof NoduleLabError && error.kind === 'not-found') return undefined;
    throw error;
  });
  return kept ?? remakeAll(context, sourceSeriesInstanceUID, recorded);
}

async function remakeAll(
  { store, imaging }: Context,
  seriesInstanceUID: string,
  recorded: readonly RecordedEdit[],
): Promise<MadeEdit[]> {
  const steps = await Promise.all(
    recorded.map(async ({ edit }) => ({ edit, material: await editMaterial(store, edit) })),
  );
  const results = await imaging.remake({ seriesInstanceUID, steps });
  return recorded.map(({ edit, trackingUid }, index): MadeEdit => {
    const result = results[index];
    const material = steps[index]?.material;
    if (!result || !material) throw new Error('an edit was not made again');
    if (huHash(result.hu) !== edit.huSha256)
      throw new NoduleLabError(
        'unusable',
        `edit ${index + 1} of the series cannot be made again as it was recorded, and its voxels are no longer in the store: work on the original ${seriesInstanceUID}`,
        { seriesInstanceUID, edit: index },
      );
    const { box, hu, footprint } = result;
    return {
      ...{ edit, trackingUid, box, hu, footprint, checks: [] },
      ...(material.kind === 'remove' ? { mask: material.mask } : {}),
    };
  });
}
