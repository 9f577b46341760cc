/** LIDC folders (CT and XML side by side) as a source of patches, without archive or database. */
import { readCtSeries, type CtSeries } from '../../dicom/ctSeries.ts';
import { seriesNodule } from '../../dataset/seriesSource.ts';
import type { SourceNodule } from '../../dataset/source.ts';
import { parseLidcXml } from '../../lidc/xml.ts';
import type { CtVolume } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { gather, type FoundInstance } from './gather.ts';
import { lidcNodulesOf } from './nodules.ts';

/**
 * The rated nodules of every annotated CT under the paths.
 * @throws NoduleLabError `not-found` where an XML annotates a CT that is not under the paths
 */
export async function lidcFolderNodules(
  paths: readonly string[],
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<SourceNodule[]> {
  const found = await gather(paths, signal);
  const nodules: SourceNodule[] = [];
  for (const { name, read } of found.xml) {
    signal.throwIfAborted();
    const annotations = parseLidcXml(await read(), name);
    if (annotations.kind !== 'ct') continue;
    const { seriesInstanceUID } = annotations;
    const files = found.instances.filter(({ header }) => header.seriesInstanceUID === seriesInstanceUID);
    const [first] = files;
    if (!first)
      throw new NoduleLabError(
        'not-found',
        `${name} annotates CT series ${seriesInstanceUID}, which is not under ${paths.join(', ')}: give its folder too.`,
        { seriesInstanceUID },
      );
    progress(`Reading ${first.header.patientId}`);
    const series = await readSeries(files);
    const loadCt = rereading(files, series.volume);
    for (const nodule of lidcNodulesOf(annotations, series))
      if (nodule.characteristics) nodules.push(seriesNodule(series.patientId, nodule, loadCt));
  }
  if (nodules.length === 0)
    throw new NoduleLabError(
      'invalid-input',
      `There is no rated LIDC nodule under ${paths.join(', ')}: give folders with a CT and its LIDC XML.`,
      { paths },
    );
  return nodules;
}

async function readSeries(files: readonly FoundInstance[]): Promise<CtSeries> {
  return readCtSeries(
    await Promise.all(files.map(async ({ name, read }) => ({ name, bytes: await read() }))),
  );
}

/** Lets the garbage collector have a volume between its nodules: a thousand CTs do not fit in memory. */
function rereading(files: readonly FoundInstance[], volume: CtVolume): () => Promise<CtVolume> {
  const kept = new WeakRef(volume);
  return async () => kept.deref() ?? (await readSeries(files)).volume;
}
