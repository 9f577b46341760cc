/** The header of a DICOM file without its pixels: most headers lie within the first bytes. */
import { open } from 'node:fs/promises';
import { readDicomHeader } from './header.ts';
import type { DicomHeader } from './header.ts';

/** Enough of a file to hold the header of any CT, SEG or SR that we meet; longer headers are read whole. */
const HEAD_BYTES = 64 * 1024;

export interface FileHead {
  readonly head: Uint8Array;
  /** Of the whole file, in bytes. */
  readonly size: number;
}

export async function readFileHead(path: string): Promise<FileHead> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const buffer = new Uint8Array(Math.min(size, HEAD_BYTES));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { head: buffer.subarray(0, bytesRead), size };
  } finally {
    await file.close();
  }
}

/**
 * @param name of the file, for messages
 * @param read the whole file, where its head does not hold the header
 * @throws NoduleLabError where the file is damaged
 */
export async function headerOf(
  name: string,
  { head, size }: FileHead,
  read: () => Promise<Uint8Array>,
): Promise<DicomHeader> {
  try {
    return readDicomHeader(head, name);
  } catch (error) {
    if (head.length >= size) throw error;
    return readDicomHeader(await read(), name);
  }
}
