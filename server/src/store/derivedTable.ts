import { NoduleLabError } from '../volume/errors.ts';
import type { Database } from './database.ts';
import { DerivedRow, parseRows } from './rows.ts';
import { derived as sql } from './sql.ts';

/**
 * The registry of the series that NoduleLab writes into the archive. A series is entered before its first instance
 * is sent, so that after a crash it is known what to remove, and so that the guard of originals can tell own series
 * from originals at any moment.
 */
export interface DerivedTable {
  /** @throws conflict where the UID is taken. */
  begin(row: Omit<DerivedRow, 'state'>): Promise<void>;
  /** All instances are in the archive. @throws conflict where the series is not being written. */
  complete(seriesInstanceUID: string): Promise<void>;
  /** Forgets a series that is being written, after its instances were removed from the archive. */
  abandon(seriesInstanceUID: string): Promise<void>;
  /** True from `begin` on: the guard lets NoduleLab write and undo its own series only. */
  isOurs(seriesInstanceUID: string): Promise<boolean>;
  /** Complete series derived from this one, oldest first. */
  ofSource(sourceSeriesInstanceUID: string): Promise<DerivedRow[]>;
  get(seriesInstanceUID: string): Promise<DerivedRow | undefined>;
  /** Series whose writing began and neither ended nor was undone. */
  unfinished(): Promise<DerivedRow[]>;
}

export function derivedTable({ query }: Database): DerivedTable {
  const select = async (statement: string, parameters: readonly unknown[]): Promise<DerivedRow[]> =>
    parseRows(DerivedRow, 'derived', await query(statement, parameters));
  const get = async (uid: string): Promise<DerivedRow | undefined> => (await select(sql.get, [uid]))[0];
  return {
    async begin(row) {
      const checked = DerivedRow.parse({ ...row, state: 'writing' });
      const entered = await query(sql.begin, [
        checked.seriesInstanceUID,
        checked.studyInstanceUID,
        checked.sourceSeriesInstanceUID,
        checked.candidateId,
        JSON.stringify(checked.centre),
        checked.diameterMm,
        JSON.stringify(checked.parameters),
        checked.createdAt,
      ]);
      if (entered.length === 0)
        throw new NoduleLabError(
          'conflict',
          `Series ${checked.seriesInstanceUID} is registered already. Give the new series a UID of its own.`,
        );
    },
    async complete(uid) {
      if ((await query(sql.complete, [uid])).length === 0)
        throw new NoduleLabError(
          'conflict',
          `Series ${uid} is not being written, so it cannot be completed.`,
        );
    },
    async abandon(uid) {
      if ((await query(sql.abandon, [uid])).length > 0) return;
      if ((await get(uid))?.state === 'complete')
        throw new NoduleLabError('conflict', `Series ${uid} is complete: it cannot be abandoned any more.`);
    },
    isOurs: async (uid) => (await get(uid)) !== undefined,
    ofSource: (uid) => select(sql.ofSource, [uid]),
    get,
    unfinished: () => select(sql.unfinished, []),
  };
}
