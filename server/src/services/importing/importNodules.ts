/** Annotations → nodules in the store, CT series by CT series. */
import type { ImportResult } from '@nodulelab/contract';
import { z } from 'zod';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import type { AnnotationProblem } from './annotate.ts';
import { messageOf, type Failure, type SeriesAnnotations } from './annotations.ts';

type Form = 'xml' | 'official';

export interface NoduleImport {
  readonly bySeries: ReadonlyMap<string, SeriesAnnotations>;
  readonly signal: AbortSignal;
  readonly failures: Failure[];
  readonly problems: AnnotationProblem[];
}

export interface ImportedNodules {
  readonly series: ReadonlyMap<string, { readonly nodules: number; readonly from: Form | null }>;
  readonly disagreements: ImportResult['disagreements'];
}

/** A series whose annotations cannot be used is named in `failures`; the others go on. */
export async function importNodules(
  { store, imaging }: Pick<ServiceContext, 'store' | 'imaging'>,
  { bySeries, signal, failures, problems }: NoduleImport,
): Promise<ImportedNodules> {
  const series = new Map<string, { nodules: number; from: Form | null }>();
  const disagreements: ImportResult['disagreements'] = [];
  for (const [seriesInstanceUID, all] of bySeries) {
    signal.throwIfAborted();
    const annotations = await withoutOwn(store, all);
    const name = nameOf(annotations);
    try {
      const found = await imaging.annotate({ seriesInstanceUID, annotations });
      failures.push(...found.failures);
      problems.push(...found.problems);
      for (const message of found.disagreements) disagreements.push({ seriesInstanceUID, message });
      if (found.form === null) continue;
      if (found.form === 'official' && (await hasXmlNodules(store, seriesInstanceUID))) {
        const message =
          `CT series ${seriesInstanceUID} has nodules from its XML already, and those count: ` +
          'its segmentations and reports were stored in the archive only';
        problems.push({ name, where: '', message, leftOut: null });
        continue;
      }
      await store.nodules.replaceForSeries(seriesInstanceUID, found.nodules);
      await store.settings.set(settingOf(seriesInstanceUID), found.form);
      series.set(seriesInstanceUID, { nodules: found.nodules.length, from: found.form });
    } catch (error) {
      if (error instanceof NoduleLabError && error.kind === 'upstream') throw error;
      const missing = error instanceof NoduleLabError && error.kind === 'not-found';
      const message = missing
        ? `${name} annotates CT series ${seriesInstanceUID}, which is not in the archive: import that CT, then this file again`
        : messageOf(error);
      failures.push({ name, message });
    }
  }
  return { series, disagreements };
}

function nameOf({ xml, segmentations }: SeriesAnnotations): string {
  return xml[0]?.name ?? segmentations[0]?.name ?? '';
}

function settingOf(seriesInstanceUID: string): string {
  return `nodules of ${seriesInstanceUID}`;
}

/** What is there already and was not made from segmentations comes from XML. */
async function hasXmlNodules(store: ServiceContext['store'], seriesInstanceUID: string): Promise<boolean> {
  const known = await store.nodules.ofSeries(seriesInstanceUID);
  if (!known.some(({ source }) => source === 'lidc')) return false;
  const form = z.enum(['xml', 'official']).safeParse(await store.settings.get(settingOf(seriesInstanceUID)));
  return form.data !== 'official';
}

/** A nodule that was annotated here is listed already: its own objects, taken out of the archive, are no other reader's. */
async function withoutOwn(
  { derived }: ServiceContext['store'],
  { xml, segmentations, reports }: SeriesAnnotations,
): Promise<SeriesAnnotations> {
  const foreign = async <T extends { readonly seriesInstanceUID: string }>(
    objects: readonly T[],
  ): Promise<T[]> => {
    const ours = await Promise.all(objects.map((object) => derived.isOurs(object.seriesInstanceUID)));
    return objects.filter((_, at) => !ours[at]);
  };
  return { xml, segmentations: await foreign(segmentations), reports: await foreign(reports) };
}
