/** One annotation file of a folder, from disk to its summary. */
import { readFile, stat } from 'node:fs/promises';
import { NoduleLabError } from '../volume/errors.ts';
import type { CtBeside } from './ctBeside.ts';
import { summariseFile, type FileSummary } from './fileSummary.ts';
import { MOST_XML_BYTES, tooLarge } from './xmlText.ts';

export interface ArchiveFile {
  readonly path: string;
  /** For messages: the path within the folder. */
  readonly name: string;
  /** A DICOM file in the same folder. */
  readonly ctPath: string | undefined;
}

/** What cannot be read becomes a summary that says so. */
export async function readArchiveFile({ path, name, ctPath }: ArchiveFile): Promise<FileSummary> {
  try {
    const { size } = await stat(path);
    if (size > MOST_XML_BYTES) throw tooLarge(name, size);
    return summariseFile(await readFile(path), name, await ctBeside(ctPath));
  } catch (error) {
    if (error instanceof NoduleLabError) return { kind: 'unreadable', name, message: error.message };
    if (error instanceof Error && 'code' in error)
      return { kind: 'unreadable', name, message: `${name} cannot be read: ${error.message}` };
    throw error;
  }
}

/** Undefined where the file is no CT image: segmentations and reports have annotation files beside them too. */
async function ctBeside(path: string | undefined): Promise<CtBeside | undefined> {
  if (path === undefined) return undefined;
  // Most folders have no CT, and the DICOM reader is the slowest part to load.
  const { readCtBeside } = await import('./ctBeside.ts');
  try {
    return readCtBeside(await readFile(path), path);
  } catch (error) {
    if (error instanceof NoduleLabError) return undefined;
    throw error;
  }
}
