/** The slices of a CT in order, their HU made when asked for. Reading gives way between slices: a server goes on answering. */
import { readCtSlice, type CtSlice, type DicomFile, type ReadSlice } from '../../dicom/ctSlice.ts';
import { stackSlices } from '../../dicom/sliceStack.ts';
import { huLookup, pixelWords } from '../../dicom/storedPixels.ts';

export interface CtStack {
  readonly columns: number;
  readonly rows: number;
  /** In k order. */
  readonly slices: readonly CtSlice[];
  /** HU of slice k, columns fastest; a new array each time. */
  hu(k: number): Int16Array;
}

/** @throws NoduleLabError as `readCtSlice` and `stackSlices` */
export async function openStack(files: readonly DicomFile[]): Promise<CtStack> {
  const read: ReadSlice[] = [];
  for (const file of files) {
    read.push(readCtSlice(file));
    await breathe();
  }
  const { slices } = stackSlices(read);
  const { columns, rows } = slices[0]!.frame;
  const tables = new Map<string, Int16Array>();
  return {
    columns,
    rows,
    slices: slices.map(({ slice }) => slice),
    hu(k) {
      const { bytes, pixelOffset, pixelFormat } = slices[k]!.slice;
      const key = JSON.stringify(pixelFormat);
      const table = tables.get(key) ?? huLookup(pixelFormat);
      tables.set(key, table);
      const words = pixelWords(bytes, pixelOffset, columns * rows);
      const hu = new Int16Array(words.length);
      for (let at = 0; at < hu.length; at++) hu[at] = table[words[at]!]!;
      return hu;
    },
  };
}

/** Lets other work of this thread have its turn. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
