/**
 * A user marks a nodule, changes it, deletes it. What is marked goes the way of an accepted edit: its segmentation and its
 * report are registered as ours before the first byte is sent, read back and verified, and known together with the nodule
 * in one transaction; on any failure they are taken away again. The originals are not touched.
 */
import { createHash } from 'node:crypto';
import type { AnnotationChange, AnnotationRequest, Nodule, NoduleAnnotation } from '@nodulelab/contract';
import { makeUidGenerator } from '../dicom/uid.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import type { MarkedFiles, MarkWork } from './imaging/protocol.ts';
import { annotationLedger } from './ledgers.ts';
import { createWithdrawal, type Withdrawal } from './withdrawal.ts';

type Context = Pick<ServiceContext, 'store' | 'archive' | 'imaging' | 'configuration' | 'now' | 'newId'>;

export interface Annotating {
  /** @throws refused for a synthetic series, not-found, unusable where nothing usable was drawn, upstream */
  add(seriesInstanceUID: string, request: AnnotationRequest): Promise<Nodule>;
  /** @throws as `add`; refused for a nodule that was imported, conflict where it changed meanwhile */
  change(seriesInstanceUID: string, noduleId: string, change: AnnotationChange): Promise<Nodule>;
  /** @throws refused for a nodule that was imported, not-found, upstream */
  remove(seriesInstanceUID: string, noduleId: string): Promise<void>;
  /** Takes away what was left half written or half deleted. @throws upstream */
  sweep: Withdrawal['sweep'];
  /** How much is left to be taken away. */
  waiting(): Promise<number>;
  close(): void;
}

type Plan = Pick<MarkWork, 'shape' | 'characteristics' | 'author' | 'markId' | 'replaces'>;

export function createAnnotating(context: Context): Annotating {
  const { store, archive, imaging, configuration, now, newId } = context;
  const ledger = annotationLedger(store);
  const withdrawal = createWithdrawal(context, ledger);

  /** Makes and sends the objects of a plan, then lets `list` make them known. */
  async function write<T>(
    seriesInstanceUID: string,
    plan: Plan,
    list: (entry: string, nodule: Nodule) => Promise<T>,
  ): Promise<T> {
    await requireNotSynthetic(store, seriesInstanceUID);
    // What an earlier one left is taken away first; where that cannot be, nothing could be written either.
    await withdrawal.sweep();
    const { studyInstanceUID } = await imaging.facts({ seriesInstanceUID });
    const taken = await archive.studySeries(studyInstanceUID);
    const files = await imaging.mark({
      ...{ ...plan, seriesInstanceUID, now: now(), codeVersion: configuration.version },
      trackingUid: trackingUidOf(plan.markId),
      seriesNumbers: new Set(taken.flatMap(({ seriesNumber }) => seriesNumber ?? [])),
    });
    const { nodule, segmentation, report } = files;
    const entry = segmentation.seriesInstanceUID;
    return withdrawal.whileWriting(entry, async () => {
      await store.annotations.begin({
        ...{ noduleId: nodule.id, ctSeriesInstanceUID: seriesInstanceUID },
        ...objectsOf(nodule),
      });
      try {
        await archive.storeSeries([segmentation, report]);
        await imaging.verifyMark({ segmentation, report });
        return await list(entry, nodule);
      } catch (error) {
        await takeAway(withdrawal, entry, !isUpstream(error));
        throw error;
      }
    });
  }

  const audit = (action: string, nodule: Nodule) => ({
    at: now().toISOString(),
    action,
    subject: nodule.id,
    details: { seriesInstanceUID: nodule.seriesInstanceUID, annotation: nodule.annotation },
  });

  return {
    add: (seriesInstanceUID, { shape, characteristics, author }) =>
      write(
        seriesInstanceUID,
        { shape, characteristics, author, markId: newId(), replaces: null },
        (entry, nodule) => store.annotations.add(entry, nodule, audit('nodule-annotated', nodule)),
      ),

    async change(seriesInstanceUID, noduleId, { shape, characteristics, author }) {
      const { nodule, annotation } = await annotated(store, seriesInstanceUID, noduleId, 'changed');
      const [mark] = nodule.marks;
      const ratings = characteristics ?? mark?.characteristics;
      if (mark === undefined || !ratings) throw new Error(`annotated nodule ${noduleId} without its mark`);
      return write(
        seriesInstanceUID,
        {
          ...{ author, characteristics: ratings, markId: mark.markId, replaces: annotation },
          shape: shape ?? { kind: 'kept', nodule },
        },
        async (entry, made) => {
          const next = { ...made, number: nodule.number };
          const { sopInstanceUID } = annotation.report;
          await store.annotations.change(entry, next, sopInstanceUID, audit('nodule-changed', next));
          return next;
        },
      );
    },

    async remove(seriesInstanceUID, noduleId) {
      const { nodule } = await annotated(store, seriesInstanceUID, noduleId, 'deleted');
      // Before anything is forgotten: it can be done now.
      await archive.capabilities();
      const entries = await store.annotations.remove(noduleId, audit('nodule-deleted', nodule));
      // Where the archive goes away in between, it is tried again until it is back.
      for (const entry of entries) await takeAway(withdrawal, entry, true);
    },

    sweep: () => withdrawal.sweep(),
    waiting: async () => (await ledger.unfinished()).length,
    close: () => withdrawal.close(),
  };
}

/** @throws NoduleLabError `refused` with the series to annotate instead */
async function requireNotSynthetic({ derived }: Context['store'], seriesInstanceUID: string): Promise<void> {
  const row = await derived.get(seriesInstanceUID);
  if (row === undefined) return;
  throw new NoduleLabError(
    'refused',
    `Series ${seriesInstanceUID} is synthetic: annotate its source ${row.sourceSeriesInstanceUID}, where the patient is as he was.`,
    { seriesInstanceUID, sourceSeriesInstanceUID: row.sourceSeriesInstanceUID },
  );
}

async function annotated(
  { nodules }: Context['store'],
  seriesInstanceUID: string,
  noduleId: string,
  what: 'changed' | 'deleted',
): Promise<{ readonly nodule: Nodule; readonly annotation: NoduleAnnotation }> {
  const nodule = await nodules.get(noduleId);
  if (nodule?.seriesInstanceUID !== seriesInstanceUID)
    throw new NoduleLabError(
      'not-found',
      `Series ${seriesInstanceUID} has no nodule ${noduleId}: look at its list of nodules again.`,
      { seriesInstanceUID, noduleId },
    );
  const { annotation } = nodule;
  if (annotation === null)
    throw new NoduleLabError(
      'refused',
      `Nodule ${nodule.number} was imported with the readings of LIDC and is not ${what}: only nodules that were annotated here are. Annotate it anew where the readers were wrong.`,
      { noduleId },
    );
  return { nodule, annotation };
}

/** Where the archive is away, the registry keeps the entry as unfinished, and it is tried again until the archive is back. */
async function takeAway(withdrawal: Withdrawal, entry: string, answered: boolean): Promise<void> {
  await withdrawal.withdraw(entry, answered).catch((failure: unknown) => {
    if (!isUpstream(failure)) throw failure;
  });
}

const isUpstream = (error: unknown): boolean => error instanceof NoduleLabError && error.kind === 'upstream';

/** The same for every state of a nodule. */
function trackingUidOf(markId: string): string {
  const digest = createHash('sha256').update(`NoduleLab mark ${markId}`).digest();
  return makeUidGenerator((count) => digest.subarray(0, count))();
}

function objectsOf({ annotation }: MarkedFiles['nodule']): Pick<NoduleAnnotation, 'segmentation' | 'report'> {
  if (annotation === null) throw new Error('a marked nodule without its objects');
  return { segmentation: annotation.segmentation, report: annotation.report };
}
