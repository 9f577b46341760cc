/** What single readers said of nodules: how far one agrees with another is the most that a network can be asked for. */
import { readerMarks } from '../../dataset/readerMarks.ts';
import { voiFile } from '../../dataset/voiFile.ts';
import { readVoiTable, voiName } from '../../dataset/voiTable.ts';
import type { Characteristics } from '../../dataset/manifest.ts';

/** Ratings of each reader by the nodule's id (`<patient>/<nodule>`). */
export type ReaderRatings = ReadonlyMap<string, readonly Characteristics[]>;

/**
 * @param vois folder of cut-outs (image/, mask/, nodules.csv)
 * @param xml folder with the readers' XML
 * @param wanted ids of the nodules
 */
export async function readReaderRatings(
  vois: string,
  xml: string,
  wanted: ReadonlySet<string>,
): Promise<ReaderRatings> {
  const { rows } = await readVoiTable(vois);
  const cutOuts = rows
    .map((row) => ({ row, id: `${row.patient_id}/${row.nodule_id}`, file: voiFile(vois, voiName(row)) }))
    .filter(({ id }) => wanted.has(id));
  const { found } = await readerMarks(cutOuts, xml);
  return new Map(
    cutOuts.flatMap(({ id, file }) => {
      const marks = found.get(file.name);
      return marks === undefined ? [] : [[id, marks.ratings] as const];
    }),
  );
}
