/**
 * Stores the instances of a series all or nothing. What this call added is removed again when it fails or is
 * cancelled; what the archive had before is neither replaced nor removed, whatever its configuration says.
 */
import { readDicomHeader } from '../dicom/header.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { concurrently } from './concurrently.ts';
import type { OrthancClient } from './orthancClient.ts';

export interface InstanceToStore {
  readonly sopInstanceUID: string;
  /** A complete Part 10 file. */
  readonly bytes: Uint8Array;
}

export interface StoreOptions {
  readonly signal?: AbortSignal;
  /** Instances that the archive has by now, of all. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface StoreResult {
  /** Instances that the archive did not have before. */
  readonly added: number;
  readonly alreadyStored: number;
}

type Archive = Pick<
  OrthancClient,
  'baseUrl' | 'seriesInstances' | 'findInstance' | 'uploadInstance' | 'deleteInstanceByOrthancId'
>;

const UPLOADS = 4;

function requireConsistent(instances: readonly InstanceToStore[]): string[] {
  const uids = new Set<string>();
  const series = new Set<string>();
  for (const { sopInstanceUID, bytes } of instances) {
    const header = readDicomHeader(bytes, `instance ${sopInstanceUID}`);
    if (header.sopInstanceUID !== sopInstanceUID)
      throw new NoduleLabError(
        'invalid-input',
        `Instance ${sopInstanceUID} says that it is ${header.sopInstanceUID}.`,
      );
    if (uids.has(sopInstanceUID))
      throw new NoduleLabError(
        'invalid-input',
        `Instance ${sopInstanceUID} is given twice. Remove one of the two files.`,
      );
    uids.add(sopInstanceUID);
    series.add(header.seriesInstanceUID);
  }
  return [...series];
}

/** Removes what this call stored, and what it sent without hearing the outcome. Gives the UIDs that could not be removed. */
async function rollBack(archive: Archive, sent: ReadonlyMap<string, string | undefined>): Promise<string[]> {
  const remaining: string[] = [];
  await concurrently([...sent], UPLOADS, async ([sopInstanceUID, orthancId]) => {
    // An archive that stands still would be waited for once for every instance.
    if (remaining.length > 0) return void remaining.push(sopInstanceUID);
    try {
      const id = orthancId ?? (await archive.findInstance(sopInstanceUID));
      if (id !== undefined) await archive.deleteInstanceByOrthancId(id);
    } catch {
      remaining.push(sopInstanceUID);
    }
  });
  return remaining;
}

function stopped(
  error: unknown,
  all: number,
  remaining: readonly string[],
  options: StoreOptions,
): NoduleLabError {
  const rest =
    remaining.length === 0
      ? 'Nothing of it is left in the archive.'
      : `${remaining.length} instances could not be removed again; they are removed when NoduleLab next starts with Orthanc.`;
  const details = { instances: all, remaining };
  if (options.signal?.aborted === true)
    return new NoduleLabError('cancelled', `Storing was cancelled. ${rest}`, details, error);
  const message = error instanceof Error ? error.message : String(error);
  return new NoduleLabError(
    error instanceof NoduleLabError ? error.kind : 'upstream',
    `Storing ${all} instances failed: ${message} ${rest}`,
    details,
    error,
  );
}

/**
 * @throws NoduleLabError 'cancelled' where the signal fired, 'upstream' where the archive failed; `details.remaining`
 *   lists the SOP Instance UIDs that may still be there (only where Orthanc went away)
 */
export async function storeAll(
  archive: Archive,
  instances: readonly InstanceToStore[],
  options: StoreOptions = {},
): Promise<StoreResult> {
  const series = requireConsistent(instances);
  const before = new Set<string>();
  for (const uid of series)
    for (const { sopInstanceUID } of await archive.seriesInstances(uid)) before.add(sopInstanceUID);
  const missing = instances.filter(({ sopInstanceUID }) => !before.has(sopInstanceUID));
  let done = instances.length - missing.length;
  /** SOP Instance UID → Orthanc's id; undefined from sending until the answer. */
  const sent = new Map<string, string | undefined>();
  try {
    await concurrently(missing, UPLOADS, async ({ sopInstanceUID, bytes }) => {
      // A transfer under way is never cut off: its outcome would be unknown.
      options.signal?.throwIfAborted();
      sent.set(sopInstanceUID, undefined);
      const { orthancId, status } = await archive.uploadInstance(bytes);
      if (status === 'stored') sent.set(sopInstanceUID, orthancId);
      else sent.delete(sopInstanceUID);
      options.onProgress?.(++done, instances.length);
    });
    options.signal?.throwIfAborted();
    const after = new Set<string>();
    for (const uid of series)
      for (const { sopInstanceUID } of await archive.seriesInstances(uid)) after.add(sopInstanceUID);
    const lost = instances.filter(({ sopInstanceUID }) => !after.has(sopInstanceUID));
    if (lost.length > 0)
      throw new NoduleLabError(
        'upstream',
        `Orthanc at ${archive.baseUrl} accepted ${instances.length} instances but lists ${instances.length - lost.length} of them.`,
        { lost: lost.map(({ sopInstanceUID }) => sopInstanceUID) },
      );
    options.signal?.throwIfAborted();
  } catch (error) {
    throw stopped(error, instances.length, await rollBack(archive, sent), options);
  }
  return { added: sent.size, alreadyStored: instances.length - sent.size };
}
