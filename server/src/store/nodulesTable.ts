import { type Contour, Nodule } from '@nodulelab/contract';
import { NoduleLabError } from '../volume/errors.ts';
import type { Database } from './database.ts';
import { NoduleRow, parseRows } from './rows.ts';
import { nodules as sql } from './sql.ts';

/** Nodules of the imported series. */
export interface NodulesTable {
  /**
   * Replaces all imported nodules of the series at once; the same call twice changes nothing. Those that users marked
   * stay, with numbers behind the imported ones.
   */
  replaceForSeries(seriesInstanceUID: string, nodules: readonly Nodule[]): Promise<void>;
  /** Keeps the consensus outline of a nodule that was stored without it. */
  outline(id: string, consensusContours: readonly Contour[]): Promise<void>;
  /** By display number. */
  ofSeries(seriesInstanceUID: string): Promise<Nodule[]>;
  get(id: string): Promise<Nodule | undefined>;
  list(): Promise<Nodule[]>;
}

export function nodulesTable(database: Database): NodulesTable {
  const select = async (statement: string, parameters: readonly unknown[]): Promise<Nodule[]> =>
    parseRows(NoduleRow, 'nodule', await database.query(statement, parameters)).map((row) => row.nodule);
  return {
    async replaceForSeries(seriesInstanceUID, nodules) {
      const checked = nodules.map((nodule) => Nodule.parse(nodule));
      const stranger = checked.find((nodule) => nodule.seriesInstanceUID !== seriesInstanceUID);
      if (stranger)
        throw new NoduleLabError(
          'invalid-input',
          `Nodule ${stranger.id} belongs to series ${stranger.seriesInstanceUID}, not to ${seriesInstanceUID}.`,
        );
      await database.transaction(async (query) => {
        await query(sql.lock, []);
        const known = parseRows(NoduleRow, 'nodule', await query(sql.ofSeries, [seriesInstanceUID]));
        await query(sql.clear, [seriesInstanceUID]);
        for (const nodule of withAnnotated(
          checked,
          known.map((row) => row.nodule),
        ))
          await query(sql.insert, [nodule.id, seriesInstanceUID, nodule.number, JSON.stringify(nodule)]);
      });
    },
    async outline(id, consensusContours) {
      await database.query(sql.outline, [id, JSON.stringify(consensusContours)]);
    },
    ofSeries: (uid) => select(sql.ofSeries, [uid]),
    get: async (id) => (await select(sql.get, [id]))[0],
    list: () => select(sql.list, []),
  };
}

/** An annotated nodule keeps its number where it can: people have talked about it. */
function withAnnotated(imported: readonly Nodule[], known: readonly Nodule[]): Nodule[] {
  const all = [...imported];
  let last = Math.max(0, ...imported.map(({ number }) => number));
  for (const nodule of known.filter(({ source }) => source === 'annotated')) {
    last = Math.max(last + 1, nodule.number);
    all.push({ ...nodule, number: last });
  }
  return all;
}
