import { Nodule } from '@nodulelab/contract';
import { NoduleLabError } from '../volume/errors.ts';
import type { Database, Query } from './database.ts';
import { AnnotationRow, type AuditRow, NoduleRow, parseRows } from './rows.ts';
import { annotations as sql, audit as auditSql, nodules as noduleSql } from './sql.ts';

type Audit = Omit<AuditRow, 'number'>;

/**
 * The registry of what users marked: each state of a nodule is a segmentation and a report, entered before the first of
 * them is sent, so that after a crash it is known what to remove. An entry is named by its segmentation's series.
 */
export interface AnnotationsTable {
  begin(row: Omit<AnnotationRow, 'state'>): Promise<void>;
  /**
   * Both objects are in the archive and verified: lists the nodule, under the next free number of its series.
   * @throws conflict where they are not being written any more
   */
  add(entry: string, nodule: Nodule, audit: Audit): Promise<Nodule>;
  /**
   * The same for a new state of a nodule that is listed.
   * @param before the SOP Instance UID of the report that it takes the place of
   * @throws conflict where the nodule has changed meanwhile
   */
  change(entry: string, nodule: Nodule, before: string, audit: Audit): Promise<void>;
  /**
   * Forgets a nodule; its objects are still in the archive.
   * @returns the entries whose objects are to be taken away now
   */
  remove(noduleId: string, audit: Audit): Promise<string[]>;
  /** Forgets an entry after its objects were removed from the archive. */
  abandon(entry: string): Promise<void>;
  get(entry: string): Promise<AnnotationRow | undefined>;
  /** Entries whose writing or removal began and did not end. */
  unfinished(): Promise<AnnotationRow[]>;
  /** Those of them whose process has said nothing for so many seconds. */
  silent(seconds: number): Promise<AnnotationRow[]>;
  touch(entry: string): Promise<void>;
}

export function annotationsTable({ query, transaction }: Database): AnnotationsTable {
  const select = async (statement: string, parameters: readonly unknown[]): Promise<AnnotationRow[]> =>
    parseRows(AnnotationRow, 'annotation', await query(statement, parameters));
  return {
    async begin({ segmentation, report, noduleId, ctSeriesInstanceUID }) {
      await query(sql.begin, [
        segmentation.seriesInstanceUID,
        segmentation.sopInstanceUID,
        report.seriesInstanceUID,
        report.sopInstanceUID,
        noduleId,
        ctSeriesInstanceUID,
      ]);
    },
    add: (entry, nodule, audit) =>
      transaction(async (run) => {
        await complete(run, entry, audit);
        await run(noduleSql.lock, []);
        const known = parseRows(
          NoduleRow,
          'nodule',
          await run(noduleSql.ofSeries, [nodule.seriesInstanceUID]),
        );
        const number = 1 + Math.max(0, ...known.map((row) => row.nodule.number));
        const numbered = Nodule.parse({ ...nodule, number });
        await run(noduleSql.insert, [
          numbered.id,
          numbered.seriesInstanceUID,
          number,
          JSON.stringify(numbered),
        ]);
        return numbered;
      }),
    change: (entry, nodule, before, audit) =>
      transaction(async (run) => {
        await complete(run, entry, audit);
        const written = JSON.stringify(Nodule.parse(nodule));
        if ((await run(noduleSql.replace, [nodule.id, written, before])).length === 0)
          throw new NoduleLabError(
            'conflict',
            `Nodule ${nodule.number} was changed or deleted meanwhile. Look at the list again, then change it.`,
            { noduleId: nodule.id },
          );
      }),
    remove: (noduleId, audit) =>
      transaction(async (run) => {
        if ((await run(noduleSql.remove, [noduleId])).length === 0)
          throw new NoduleLabError('not-found', `Nodule ${noduleId} was deleted already.`, { noduleId });
        await append(run, audit);
        return (await run(sql.leave, [noduleId])).map(({ uid }) => String(uid));
      }),
    async abandon(entry) {
      await query(sql.abandon, [entry]);
    },
    get: async (entry) => (await select(sql.get, [entry]))[0],
    unfinished: () => select(sql.unfinished, []),
    silent: (seconds) => select(sql.silent, [seconds]),
    async touch(entry) {
      await query(sql.touch, [entry]);
    },
  };
}

async function complete(run: Query, entry: string, audit: Audit): Promise<void> {
  if ((await run(sql.complete, [entry])).length === 0)
    throw new NoduleLabError(
      'conflict',
      `Segmentation ${entry} is not being written any more, so it cannot be completed. Save the nodule again.`,
    );
  await append(run, audit);
}

const append = (run: Query, { at, action, subject, details }: Audit): Promise<unknown> =>
  run(auditSql.append, [at, action, subject, JSON.stringify(details)]);
