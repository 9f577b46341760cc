/**
 * Finds what can be imported under the given paths: DICOM instances and LIDC XML, in folders and zips. Only headers are
 * kept; the pixels are read when their series has its turn, so that a whole archive does not have to fit in memory.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { readDicomHeader, type DicomHeader } from '../../dicom/header.ts';
import { isDicom } from '../../dicom/sniff.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface FoundInstance {
  readonly name: string;
  readonly header: DicomHeader;
  read(): Promise<Uint8Array>;
}

export interface FoundXml {
  readonly name: string;
  read(): Promise<string>;
}

export interface Found {
  readonly instances: FoundInstance[];
  readonly xml: FoundXml[];
  /** Files that are neither DICOM nor XML nor zip. */
  ignored: number;
  /** Files that claim to be DICOM but cannot be read, with the reason. */
  readonly broken: { readonly name: string; readonly message: string }[];
}

/** Enough of a file to hold the header of any CT, SEG or SR that we meet; longer headers are read whole. */
const HEAD_BYTES = 64 * 1024;

/** @throws NoduleLabError `not-found` for a path that is not there. */
export async function gather(paths: readonly string[], signal: AbortSignal): Promise<Found> {
  const found: Found = { instances: [], xml: [], ignored: 0, broken: [] };
  for (const path of paths) await visit(path, found, signal);
  return found;
}

async function visit(path: string, found: Found, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new NoduleLabError('not-found', `${path} is not there: check the path`, { path });
  if (info.isDirectory()) {
    for (const entry of (await readdir(path)).toSorted()) await visit(join(path, entry), found, signal);
    return;
  }
  switch (extname(path).toLowerCase()) {
    case '.zip':
      await visitZip(path, found);
      return;
    case '.xml':
      found.xml.push({ name: path, read: () => readFile(path, 'utf8') });
      return;
    default:
      await visitFile(path, info.size, found);
  }
}

async function visitFile(path: string, size: number, found: Found): Promise<void> {
  const head = await readHead(path, Math.min(size, HEAD_BYTES));
  const read = async (): Promise<Uint8Array> => readFile(path);
  await addInstance(path, head, size, read, found);
}

async function visitZip(path: string, found: Found): Promise<void> {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(await readFile(path));
  } catch (error) {
    found.broken.push({ name: path, message: `not a readable zip: ${String(error)}` });
    return;
  }
  for (const [entry, bytes] of Object.entries(entries)) {
    if (entry.endsWith('/')) continue;
    const name = `${path}!${entry}`;
    if (extname(entry).toLowerCase() === '.xml')
      found.xml.push({ name, read: async () => new TextDecoder().decode(bytes) });
    else await addInstance(name, bytes, bytes.length, async () => bytes, found);
  }
}

async function addInstance(
  name: string,
  head: Uint8Array,
  size: number,
  read: () => Promise<Uint8Array>,
  found: Found,
): Promise<void> {
  if (!isDicom(head)) {
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
    found.instances.push({ name, header: await headerOf(name, head, size, read), read });
  } catch (error) {
    found.broken.push({ name, message: error instanceof Error ? error.message : String(error) });
  }
}

async function headerOf(
  name: string,
  head: Uint8Array,
  size: number,
  read: () => Promise<Uint8Array>,
): Promise<DicomHeader> {
  try {
    return readDicomHeader(head, name);
  } catch (error) {
    if (head.length >= size) throw error;
    return readDicomHeader(await read(), name);
  }
}

async function readHead(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(length);
    const { bytesRead } = await file.read(buffer, 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
