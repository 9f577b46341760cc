/**
 * Import: CT, SEG and SR go to the archive; LIDC XML becomes nodules in the store. Running it twice changes nothing:
 * instances are known by their UIDs and nodules by their marks.
 */
import { readCtSeries, type CtSeries } from '../../dicom/ctSeries.ts';
import { parseLidcXml, type LidcAnnotations } from '../../lidc/xml.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import type { JobContext } from '../face.ts';
import { gather, type Found, type FoundInstance } from './gather.ts';
import { nodulesOfSeries } from './nodules.ts';

export interface ImportedSeries {
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly patientId: string;
  readonly modality: string;
  readonly instances: number;
  /** Instances that the archive did not have before. */
  readonly added: number;
  readonly nodules: number;
}

export interface ImportSummary {
  readonly series: ImportedSeries[];
  readonly nodules: number;
  /** XML of chest X-rays, which carry no CT series. */
  readonly chestXrayXml: number;
  readonly ignoredFiles: number;
  /** What could not be imported; everything else was. */
  readonly failures: { readonly name: string; readonly message: string }[];
}

type ImportContext = Pick<ServiceContext, 'store' | 'archive' | 'now'>;

/** @throws NoduleLabError where nothing at all could be imported: it names the first thing that failed. */
export async function importPaths(
  context: ImportContext,
  paths: readonly string[],
  job: JobContext,
  origin: 'imported' | 'phantom' = 'imported',
): Promise<ImportSummary> {
  job.progress(0, 'Looking through the files');
  const found = await gather(paths, job.signal);
  const failures = [...found.broken];
  const annotations = await readAnnotations(found, failures);
  const groups = bySeries(found.instances);
  if (
    groups.length === 0 &&
    annotations.list.length === 0 &&
    annotations.chestXrays === 0 &&
    failures.length === 0
  )
    throw new NoduleLabError(
      'invalid-input',
      `no DICOM and no LIDC XML in ${paths.join(', ')} (${found.ignored} other files): give a folder with the CT slices`,
      { paths },
    );

  const imported: ImportedSeries[] = [];
  let done = 0;
  for (const group of groups) {
    job.signal.throwIfAborted();
    try {
      const series = await importSeries(context, group, origin, {
        signal: job.signal,
        say: (sent, message) => job.progress((done + sent) / found.instances.length, message),
      });
      imported.push(series);
    } catch (error) {
      if (job.signal.aborted || (error instanceof NoduleLabError && error.kind === 'upstream')) throw error;
      failures.push({ name: group[0]?.name ?? '', message: messageOf(error) });
    }
    done += group.length;
  }

  const counts = await importNodules(context, annotations.list, failures);
  const series = imported.map((entry) => ({ ...entry, nodules: counts.get(entry.seriesInstanceUID) ?? 0 }));
  const nodules = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [first] = failures;
  if (series.length === 0 && nodules === 0 && first)
    throw new NoduleLabError('invalid-input', first.message, { failures });
  job.progress(1, `${series.length} series, ${nodules} nodules`);
  return {
    series,
    nodules,
    chestXrayXml: annotations.chestXrays,
    ignoredFiles: found.ignored,
    failures,
  };
}

function bySeries(instances: readonly FoundInstance[]): FoundInstance[][] {
  const groups = new Map<string, FoundInstance[]>();
  for (const instance of instances) {
    const { seriesInstanceUID } = instance.header;
    const group = groups.get(seriesInstanceUID);
    if (group) group.push(instance);
    else groups.set(seriesInstanceUID, [instance]);
  }
  // CT first: annotations refer to it.
  return [...groups.values()].toSorted(
    (a, b) => Number(b[0]?.header.modality === 'CT') - Number(a[0]?.header.modality === 'CT'),
  );
}

async function importSeries(
  { archive, store }: ImportContext,
  group: readonly FoundInstance[],
  origin: 'imported' | 'phantom',
  { signal, say }: { signal: AbortSignal; say: (sent: number, message: string) => void },
): Promise<ImportedSeries> {
  const [first] = group;
  if (!first) throw new Error('a group of instances is never empty');
  const { header } = first;
  const files = await Promise.all(group.map(async ({ name, read }) => ({ name, bytes: await read() })));
  // A CT that cannot be used is refused before anything of it is stored.
  const ct = header.modality === 'CT' ? readCtSeries(files) : undefined;
  const instances = ct
    ? ct.slices.map(({ sopInstanceUID, bytes }) => ({ sopInstanceUID, bytes }))
    : group.map((instance, index) => ({
        sopInstanceUID: instance.header.sopInstanceUID,
        bytes: files[index]?.bytes ?? new Uint8Array(),
      }));
  const label = `${header.modality} ${header.seriesDescription || header.patientId}`;
  const { added } = await archive.storeSeries(instances, {
    signal,
    onProgress: (sent, all) => say(sent, `${label}: ${sent} of ${all}`),
  });
  await store.series.upsert({
    seriesInstanceUID: header.seriesInstanceUID,
    studyInstanceUID: header.studyInstanceUID,
    patientId: header.patientId,
    modality: header.modality,
    description: header.seriesDescription,
    instances: instances.length,
    origin,
  });
  return {
    seriesInstanceUID: header.seriesInstanceUID,
    studyInstanceUID: header.studyInstanceUID,
    patientId: header.patientId,
    modality: header.modality,
    instances: instances.length,
    added,
    nodules: 0,
  };
}

async function readAnnotations(
  found: Found,
  failures: { name: string; message: string }[],
): Promise<{ list: LidcAnnotations[]; chestXrays: number }> {
  const list: LidcAnnotations[] = [];
  let chestXrays = 0;
  for (const { name, read } of found.xml) {
    try {
      const parsed = parseLidcXml(await read(), name);
      if (parsed.kind === 'ct') list.push(parsed);
      else chestXrays += 1;
    } catch (error) {
      failures.push({ name, message: messageOf(error) });
    }
  }
  return { list, chestXrays };
}

async function importNodules(
  { store, archive }: ImportContext,
  annotations: readonly LidcAnnotations[],
  failures: { name: string; message: string }[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const annotation of annotations) {
    try {
      const files = await archive.downloadSeries(annotation.seriesInstanceUID);
      if (files.length === 0)
        throw new NoduleLabError(
          'not-found',
          `${annotation.name} annotates CT series ${annotation.seriesInstanceUID}, which is not in the archive: import that CT, then this file again`,
          { seriesInstanceUID: annotation.seriesInstanceUID },
        );
      const series: CtSeries = readCtSeries(files);
      const nodules = nodulesOfSeries(annotation, series);
      await store.nodules.replaceForSeries(series.seriesInstanceUID, nodules);
      counts.set(series.seriesInstanceUID, nodules.length);
    } catch (error) {
      if (error instanceof NoduleLabError && error.kind === 'upstream') throw error;
      failures.push({ name: annotation.name, message: messageOf(error) });
    }
  }
  return counts;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
