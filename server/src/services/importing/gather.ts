/**
 * Finds what can be imported under the given paths: DICOM instances and LIDC XML, in folders and zips. Only headers are
 * kept; the pixels are read when their series has its turn, so that a whole archive does not have to fit in memory.
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { headerOf, readFileHead, type FileHead } from '../../dicom/fileHead.ts';
import type { DicomHeader } from '../../dicom/header.ts';
import { isDicom } from '../../dicom/sniff.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface FoundInstance {
  readonly name: string;
  readonly header: DicomHeader;
  read(): Promise<Uint8Array>;
}

export interface FoundXml {
  readonly name: string;
  readonly size: number;
  /** The file as it is: its first bytes say how it is encoded. */
  read(): Promise<Uint8Array>;
}

export interface Found {
  readonly instances: FoundInstance[];
  readonly xml: FoundXml[];
  /** Files that are neither DICOM nor XML nor zip. */
  ignored: number;
  /** Files that claim to be DICOM but cannot be read, with the reason. */
  readonly broken: { readonly name: string; readonly message: string }[];
}

/** @throws NoduleLabError `not-found` for a path that is not there. */
export async function gather(paths: readonly string[], signal: AbortSignal): Promise<Found> {
  const found: Found = { instances: [], xml: [], ignored: 0, broken: [] };
  const walk: Walk = { found, signal, seen: new Set() };
  for (const path of paths) {
    if (!(await stat(path).catch(() => undefined)))
      throw new NoduleLabError('not-found', `${path} is not there: check the path`, { path });
    await visit(path, walk);
  }
  return found;
}

interface Walk {
  readonly found: Found;
  readonly signal: AbortSignal;
  /** Real paths: links may lead back up, and the given paths may overlap. */
  readonly seen: Set<string>;
}

/** What cannot be read is named among the broken and keeps nothing else from being found. */
async function visit(path: string, walk: Walk): Promise<void> {
  walk.signal.throwIfAborted();
  try {
    const real = await realpath(path);
    if (walk.seen.has(real)) return;
    walk.seen.add(real);
    const info = await stat(real);
    if (info.isDirectory())
      for (const entry of (await readdir(path)).toSorted()) await visit(join(path, entry), walk);
    else if (info.isFile()) await visitFile(path, info.size, walk.found);
    // A pipe or a device would be waited for without end.
    else walk.found.ignored += 1;
  } catch (error) {
    walk.signal.throwIfAborted();
    walk.found.broken.push({ name: path, message: `${path} cannot be read: ${reasonOf(error)}` });
  }
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ELOOP':
      return 'it is a link that leads nowhere';
    case 'EACCES':
    case 'EPERM':
      return 'permission is missing';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

async function visitFile(path: string, size: number, found: Found): Promise<void> {
  switch (extname(path).toLowerCase()) {
    case '.zip':
      await visitZip(path, found);
      return;
    case '.xml':
      found.xml.push({ name: path, size, read: () => readFile(path) });
      return;
    default:
      await addInstance(path, await readFileHead(path), () => readFile(path), found);
  }
}

async function visitZip(path: string, found: Found): Promise<void> {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(await readFile(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    found.broken.push({ name: path, message: `${path} is not a whole zip (${reason}): fetch it again` });
    return;
  }
  for (const [entry, bytes] of Object.entries(entries)) {
    if (entry.endsWith('/')) continue;
    const name = `${path}!${entry}`;
    if (extname(entry).toLowerCase() === '.xml')
      found.xml.push({ name, size: bytes.length, read: async () => bytes });
    else await addInstance(name, { head: bytes, size: bytes.length }, async () => bytes, found);
  }
}

async function addInstance(
  name: string,
  head: FileHead,
  read: () => Promise<Uint8Array>,
  found: Found,
): Promise<void> {
  if (!isDicom(head.head)) {
    if (extname(name).toLowerCase() === '.dcm')
      found.broken.push({ name, message: 'named .dcm but it has no DICOM preamble: the file is damaged' });
    else found.ignored += 1;
    return;
  }
  if (basename(name).toUpperCase() === 'DICOMDIR') {
    found.ignored += 1;
    return;
  }
  try {
    found.instances.push({ name, header: await headerOf(name, head, read), read });
  } catch (error) {
    found.broken.push({ name, message: error instanceof Error ? error.message : String(error) });
  }
}
