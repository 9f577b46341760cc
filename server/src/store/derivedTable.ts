import { NoduleLabError } from '../volume/errors.ts';
import type { Database, Query } from './database.ts';
import { type AuditRow, DerivedRow, type SeriesRow, parseRows } from './rows.ts';
import { audit as auditSql, derived as sql } from './sql.ts';
import { upsertSeries } from './seriesTable.ts';

/** What becomes known at once when a series is complete. */
export interface Completion {
  /** The CT, its segmentation and its report. */
  readonly series: readonly SeriesRow[];
  readonly audit: Omit<AuditRow, 'number'>;
}

/**
 * The registry of the series that NoduleLab writes into the archive. A CT is entered together with its segmentation and
 * its report before the first instance is sent, so that after a crash it is known what to remove, and so that the
 * guard of originals can tell own series from originals at any moment.
 */
export interface DerivedTable {
  /** @throws conflict where one of the UIDs is taken. */
  begin(row: Omit<DerivedRow, 'state'>): Promise<void>;
  /**
   * All objects are in the archive and verified: lists the series and appends to the audit trail in one transaction.
   * @throws conflict where the series is not being written.
   */
  complete(seriesInstanceUID: string, completion: Completion): Promise<void>;
  /** Forgets a series that is being written, after its objects were removed from the archive. */
  abandon(seriesInstanceUID: string): Promise<void>;
  /**
   * True from `begin` on, for companions and for the objects of users' nodules too: the guard lets NoduleLab write and
   * undo its own series only.
   */
  isOurs(seriesInstanceUID: string): Promise<boolean>;
  /** Complete series derived from this one, oldest first. */
  ofSource(sourceSeriesInstanceUID: string): Promise<DerivedRow[]>;
  get(seriesInstanceUID: string): Promise<DerivedRow | undefined>;
  /** Series whose writing began and neither ended nor was undone. */
  unfinished(): Promise<DerivedRow[]>;
  /** Those of them whose process has said nothing for so many seconds. */
  silent(seconds: number): Promise<DerivedRow[]>;
  /** Says that the process that writes a series is alive. */
  touch(seriesInstanceUID: string): Promise<void>;
}

export function derivedTable({ query, transaction }: Database): DerivedTable {
  const select = async (statement: string, parameters: readonly unknown[]): Promise<DerivedRow[]> =>
    parseRows(DerivedRow, 'derived', await query(statement, parameters));
  const get = async (uid: string): Promise<DerivedRow | undefined> => (await select(sql.get, [uid]))[0];
  return {
    async begin(row) {
      const checked = DerivedRow.parse({ ...row, state: 'writing' });
      await transaction((run) => enter(run, checked));
    },
    async complete(uid, { series, audit }) {
      await transaction(async (run) => {
        if ((await run(sql.complete, [uid])).length === 0)
          throw new NoduleLabError(
            'conflict',
            `Series ${uid} is not being written, so it cannot be completed.`,
          );
        for (const row of series) await upsertSeries(run, row);
        await run(auditSql.append, [audit.at, audit.action, audit.subject, JSON.stringify(audit.details)]);
      });
    },
    async abandon(uid) {
      if ((await query(sql.abandon, [uid])).length > 0) return;
      if ((await get(uid))?.state === 'complete')
        throw new NoduleLabError('conflict', `Series ${uid} is complete: it cannot be abandoned any more.`);
    },
    isOurs: async (uid) => (await query(sql.isOurs, [uid])).length > 0,
    ofSource: (uid) => select(sql.ofSource, [uid]),
    get,
    unfinished: () => select(sql.unfinished, []),
    silent: (seconds) => select(sql.silent, [seconds]),
    async touch(uid) {
      await query(sql.touch, [uid]);
    },
  };
}

async function enter(run: Query, row: DerivedRow): Promise<void> {
  const taken = (uid: string): NoduleLabError =>
    new NoduleLabError(
      'conflict',
      `Series ${uid} is registered already. Give the new series a UID of its own.`,
    );
  const entered = await run(sql.begin, [
    row.seriesInstanceUID,
    row.studyInstanceUID,
    row.sourceSeriesInstanceUID,
    row.codeVersion,
    JSON.stringify(row.edits),
    row.earlier === null ? null : JSON.stringify(row.earlier),
    row.createdAt,
  ]);
  if (entered.length === 0) throw taken(row.seriesInstanceUID);
  for (const role of ['segmentation', 'report'] as const) {
    const object = row[role];
    if (object === null) continue;
    const { seriesInstanceUID, sopInstanceUID } = object;
    const begun = await run(sql.beginCompanion, [
      seriesInstanceUID,
      sopInstanceUID,
      row.seriesInstanceUID,
      role,
    ]);
    if (begun.length === 0) throw taken(seriesInstanceUID);
  }
}
