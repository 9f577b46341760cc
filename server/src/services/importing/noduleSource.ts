/** LIDC folders (CT with XML, or with the official SEG and SR) as a source of patches, without archive or database. */
import { readCtSeries, type CtSeries } from '../../dicom/ctSeries.ts';
import { seriesNodule } from '../../dataset/seriesSource.ts';
import type { NoduleSource, SourceNodule } from '../../dataset/source.ts';
import type { CtVolume } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { nodulesOf } from './annotate.ts';
import {
  annotationsBySeries,
  mayBeOfficial,
  messageOf,
  readAnnotations,
  readOfficial,
  type Failure,
  type OfficialObject,
} from './annotations.ts';
import { gather, type FoundInstance } from './gather.ts';

/**
 * The rated nodules of every annotated CT under the paths. Segmentations and reports are read for those CTs only that
 * have no XML. What cannot be read or used is named in `problems` and keeps nothing else from being used.
 *
 * @throws NoduleLabError `invalid-input` where no rated nodule is left
 */
export async function lidcFolderNodules(
  paths: readonly string[],
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<NoduleSource> {
  const found = await gather(paths, signal);
  const problems: Failure[] = [...found.broken];
  const { list } = await readAnnotations(found.xml, problems, signal);
  const withXml = new Set(list.map(({ seriesInstanceUID }) => seriesInstanceUID));
  const cts = Map.groupBy(
    found.instances.filter(({ header }) => header.kind === 'ct'),
    ({ header }) => header.seriesInstanceUID,
  );
  const official = await readObjects(found.instances, studiesWithoutXml(cts, withXml), problems, signal);
  const annotations = annotationsBySeries(list, official, problems);

  const nodules: SourceNodule[] = [];
  const absent: string[] = [];
  for (const [seriesInstanceUID, annotation] of annotations) {
    signal.throwIfAborted();
    const files = cts.get(seriesInstanceUID);
    const [first] = files ?? [];
    if (!files || !first) {
      absent.push(annotation.xml[0]?.name ?? annotation.segmentations[0]?.name ?? seriesInstanceUID);
      continue;
    }
    progress(`Reading ${first.header.patientId}`);
    try {
      const series = await readSeries(files);
      const read = nodulesOf(annotation, series);
      problems.push(...read.failures);
      for (const { name, where, message } of read.problems)
        problems.push({ name, message: where === '' ? message : `${where}: ${message}` });
      const loadCt = rereading(files, series.volume);
      for (const nodule of read.nodules)
        if (nodule.characteristics) nodules.push(seriesNodule(series.patientId, nodule, loadCt));
        else problems.push({ name: seriesInstanceUID, message: `Nodule ${nodule.id} has no ratings` });
    } catch (error) {
      problems.push({ name: first.name, message: messageOf(error) });
    }
  }
  const [firstAbsent] = absent;
  if (firstAbsent !== undefined)
    problems.push({
      name: firstAbsent,
      message:
        absent.length === 1
          ? `${firstAbsent} annotates a CT series that is not under ${paths.join(', ')}: give its folder too`
          : `${firstAbsent} and ${absent.length - 1} other files annotate CT series that are not under ${paths.join(', ')}`,
    });
  if (nodules.length === 0)
    throw new NoduleLabError(
      'invalid-input',
      `There is no rated LIDC nodule under ${paths.join(', ')}${problems[0] ? ` (${problems[0].message})` : ''}: ` +
        'give folders with a CT and its LIDC XML, or its official SEG and SR.',
      { paths, problems },
    );
  return { wholeCts: true, nodules, problems };
}

function studiesWithoutXml(
  cts: ReadonlyMap<string, readonly FoundInstance[]>,
  withXml: ReadonlySet<string>,
): Set<string> {
  return new Set(
    [...cts].flatMap(([uid, [first]]) => (first && !withXml.has(uid) ? first.header.studyInstanceUID : [])),
  );
}

async function readObjects(
  instances: readonly FoundInstance[],
  studies: ReadonlySet<string>,
  problems: Failure[],
  signal: AbortSignal,
): Promise<OfficialObject[]> {
  const objects: OfficialObject[] = [];
  for (const { name, header, read } of instances) {
    if (!mayBeOfficial(header) || !studies.has(header.studyInstanceUID)) continue;
    signal.throwIfAborted();
    try {
      objects.push(readOfficial(header.kind, { name, bytes: await read() }));
    } catch (error) {
      problems.push({ name, message: messageOf(error) });
    }
  }
  return objects;
}

async function readSeries(files: readonly FoundInstance[]): Promise<CtSeries> {
  return readCtSeries(
    await Promise.all(files.map(async ({ name, read }) => ({ name, bytes: await read() }))),
  );
}

/** Lets the garbage collector have a volume between its nodules: a thousand CTs do not fit in memory. */
function rereading(files: readonly FoundInstance[], volume: CtVolume): () => Promise<CtVolume> {
  let kept = new WeakRef(volume);
  return async () => {
    const held = kept.deref();
    if (held) return held;
    const read = (await readSeries(files)).volume;
    kept = new WeakRef(read);
    return read;
  };
}
