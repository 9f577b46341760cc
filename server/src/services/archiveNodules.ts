/** Nodules of the store with their CTs from the archive, as a source of patches. */
import { seriesNodule } from '../dataset/seriesSource.ts';
import type { NoduleSource, SourceNodule } from '../dataset/source.ts';
import type { SourceVolume } from '../dataset/volumeSource.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { archiveVolume } from './archiveVolumes.ts';
import type { ServiceContext } from './context.ts';
import { storedNodule } from './storedNodule.ts';

export interface ArchiveNoduleOptions {
  /** These CT series only; all imported ones where absent. */
  readonly seriesInstanceUIDs?: readonly string[];
}

/**
 * The rated nodules of the imported CT series. Series that NoduleLab made (phantoms, augmented CTs) count only where
 * they are named. A series that cannot be read is named in `problems`; the others are not kept from being used.
 *
 * @throws NoduleLabError `not-found` where no rated nodule is left, 'upstream' where the archive does not answer
 */
export async function archiveNodules(
  { store, archive }: Pick<ServiceContext, 'store' | 'archive'>,
  { seriesInstanceUIDs }: ArchiveNoduleOptions,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<NoduleSource> {
  const known = new Map((await store.series.list()).map((row) => [row.seriesInstanceUID, row]));
  const bySeries = Map.groupBy(await store.nodules.list(), (nodule) => nodule.seriesInstanceUID);
  const wanted =
    seriesInstanceUIDs ??
    [...bySeries.keys()].filter((uid) => (known.get(uid)?.origin ?? 'imported') === 'imported').sort();
  const nodules: SourceNodule[] = [];
  const problems: { name: string; message: string }[] = [];
  for (const uid of new Set(wanted)) {
    signal.throwIfAborted();
    const stored = bySeries.get(uid);
    if (!stored) {
      problems.push({ name: uid, message: `No nodules of series ${uid} are known: import its annotations.` });
      continue;
    }
    const patientId = known.get(uid)?.patientId ?? uid;
    progress(`Reading ${patientId}`);
    const volume = archiveVolume(archive, uid, patientId, signal);
    try {
      const loaded = await volume.load();
      const load = reloading(loaded, () => volume.load());
      for (const one of stored) {
        const nodule = storedNodule(one, loaded);
        if (nodule.characteristics)
          nodules.push(flagged(seriesNodule(patientId, nodule, load), one.source === 'annotated'));
        else problems.push({ name: uid, message: `Nodule ${nodule.id} has no ratings and was left out.` });
      }
    } catch (error) {
      if (signal.aborted || (error instanceof NoduleLabError && error.kind === 'upstream')) throw error;
      problems.push({ name: uid, message: error instanceof Error ? error.message : String(error) });
    }
  }
  if (nodules.length === 0)
    throw new NoduleLabError(
      'not-found',
      `The archive has no rated nodule to cut patches from${problems[0] ? ` (${problems[0].message})` : ''}: ` +
        'import CT series with their annotations first (nodulelab import), or name the series. Phantoms and augmented ' +
        'series count only where they are named.',
      { problems },
    );
  return { wholeCts: true, nodules, problems };
}

/** A set says of each of its nodules whether a user marked it: it is one opinion, and not of a reader of LIDC. */
const flagged = (nodule: SourceNodule, annotated: boolean): SourceNodule =>
  annotated ? { ...nodule, flags: [...nodule.flags, 'annotated'] } : nodule;

/** Lets the garbage collector have a volume between its nodules: a thousand CTs do not fit in memory. */
function reloading(
  { ct }: SourceVolume,
  again: () => Promise<SourceVolume>,
): () => Promise<SourceVolume['ct']> {
  let kept = new WeakRef(ct);
  return async () => {
    const held = kept.deref();
    if (held) return held;
    const read = (await again()).ct;
    kept = new WeakRef(read);
    return read;
  };
}
