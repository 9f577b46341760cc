/**
 * Import: CT, SEG and SR go to the archive; LIDC XML, or where it is missing the official SEG and SR, become nodules in
 * the store. Running it twice changes nothing: instances are known by their UIDs and nodules by their marks.
 */
import type { ImportResult } from '@nodulelab/contract';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import type { JobContext } from '../face.ts';
import {
  annotationsBySeries,
  mayBeOfficial,
  messageOf,
  readAnnotations,
  type Failure,
  type OfficialObject,
} from './annotations.ts';
import type { AnnotationProblem } from './annotate.ts';
import { gather, type FoundInstance } from './gather.ts';
import { importNodules } from './importNodules.ts';

export type ImportContext = Pick<ServiceContext, 'store' | 'archive' | 'imaging' | 'now'>;
type ImportedSeries = Omit<ImportResult['series'][number], 'nodules' | 'nodulesFrom'>;

/** @throws NoduleLabError where nothing at all could be imported: it names the first thing that failed. */
export async function importPaths(
  context: ImportContext,
  paths: readonly string[],
  job: JobContext,
  origin: 'imported' | 'phantom' = 'imported',
): Promise<ImportResult> {
  job.progress(0, 'Looking through the files');
  const found = await gather(paths, job.signal);
  const failures: Failure[] = [...found.broken];
  const problems: AnnotationProblem[] = [];
  const annotations = await readAnnotations(found.xml, failures, job.signal);
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
  const official: OfficialObject[] = [];
  let done = 0;
  for (const group of groups) {
    job.signal.throwIfAborted();
    try {
      const series = await importSeries(context, group, origin, {
        signal: job.signal,
        say: (sent, message) => job.progress((done + sent) / found.instances.length, message),
        official,
        problems,
      });
      imported.push(series);
    } catch (error) {
      if (job.signal.aborted || isUpstream(error)) throw error;
      failures.push({ name: group[0]?.name ?? '', message: messageOf(error) });
    }
    done += group.length;
  }

  const nodulesOf = await importNodules(context, {
    bySeries: annotationsBySeries(annotations.list, official, failures),
    signal: job.signal,
    failures,
    problems,
  });
  const series = imported.map((entry) => {
    const { nodules, from } = nodulesOf.series.get(entry.seriesInstanceUID) ?? { nodules: 0, from: null };
    return { ...entry, nodules, nodulesFrom: from };
  });
  const nodules = [...nodulesOf.series.values()].reduce((sum, entry) => sum + entry.nodules, 0);
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
    problems,
    leftOut: leftOutOf(problems),
    disagreements: nodulesOf.disagreements,
  };
}

function leftOutOf(problems: readonly AnnotationProblem[]): ImportResult['leftOut'] {
  const count = (what: AnnotationProblem['leftOut']): number =>
    problems.filter(({ leftOut }) => leftOut === what).length;
  return {
    marks: count('mark'),
    outlines: count('outline'),
    points: count('point'),
    ratings: count('ratings'),
  };
}

function bySeries(instances: readonly FoundInstance[]): FoundInstance[][] {
  const groups = Map.groupBy(instances, ({ header }) => header.seriesInstanceUID);
  // CT first: annotations refer to it.
  return [...groups.values()].toSorted(
    (a, b) => Number(b[0]?.header.modality === 'CT') - Number(a[0]?.header.modality === 'CT'),
  );
}

interface SeriesImport {
  readonly signal: AbortSignal;
  readonly say: (sent: number, message: string) => void;
  /** Takes what the series says about nodules. */
  readonly official: OfficialObject[];
  readonly problems: AnnotationProblem[];
}

async function importSeries(
  { archive, store, imaging }: ImportContext,
  group: readonly FoundInstance[],
  origin: 'imported' | 'phantom',
  { signal, say, official, problems }: SeriesImport,
): Promise<ImportedSeries> {
  const [first] = group;
  if (!first) throw new Error('a group of instances is never empty');
  const { header } = first;
  const files = await Promise.all(
    group.map(async ({ name, header: own, read }) => ({
      name,
      sopInstanceUID: own.sopInstanceUID,
      bytes: await read(),
    })),
  );
  // What cannot be used is refused before anything of it is stored; the arithmetic is done beside the event loop.
  const instances =
    header.modality === 'CT' ? await stackOf(imaging, files) : files.map((file) => ({ ...file }));
  if (mayBeOfficial(header))
    for (const file of files) official.push(await officialOf(imaging, header.kind, file, problems));
  const label = `${header.modality} ${header.seriesDescription || header.patientId}`;
  const { added } = await archive.storeSeries(instances, {
    signal,
    onProgress: (sent, all) => say(sent, `${label}: ${sent} of ${all}`),
  });
  const series = {
    seriesInstanceUID: header.seriesInstanceUID,
    studyInstanceUID: header.studyInstanceUID,
    patientId: header.patientId,
    modality: header.modality,
    instances: instances.length,
  };
  await store.series.upsert({ ...series, description: header.seriesDescription, origin });
  return { ...series, added };
}

type ReadFile = { readonly name: string; readonly sopInstanceUID: string; readonly bytes: Uint8Array };

/** The slices of a CT series in order; scout views and the like are left out. */
async function stackOf(
  imaging: ImportContext['imaging'],
  files: readonly ReadFile[],
): Promise<{ sopInstanceUID: string; bytes: Uint8Array }[]> {
  const bytesOf = new Map(files.map(({ name, bytes }) => [name, bytes]));
  const slices = await imaging.readCt({ files: files.map(({ name, bytes }) => ({ name, bytes })) });
  return slices.flatMap(({ name, sopInstanceUID }) => {
    const bytes = bytesOf.get(name);
    return bytes ? [{ sopInstanceUID, bytes }] : [];
  });
}

/** @throws NoduleLabError where the file is damaged; one of a form that is not read is stored all the same */
async function officialOf(
  imaging: ImportContext['imaging'],
  kind: FoundInstance['header']['kind'],
  { name, bytes }: ReadFile,
  problems: AnnotationProblem[],
): Promise<OfficialObject> {
  try {
    return await imaging.readOfficial({ kind, file: { name, bytes } });
  } catch (error) {
    if (!(error instanceof NoduleLabError) || error.kind !== 'unusable') throw error;
    problems.push({ name, where: '', message: error.message, leftOut: null });
    return { kind: 'other' };
  }
}

export function isUpstream(error: unknown): boolean {
  return error instanceof NoduleLabError && error.kind === 'upstream';
}
