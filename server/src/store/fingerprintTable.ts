/** The registry of the voxels of all edits. */
import { Uid } from '@nodulelab/contract';
import { z } from 'zod';
import type { Database } from './database.ts';
import { EditFingerprint } from './editFingerprint.ts';
import { emptyInbox } from './fingerprintInbox.ts';
import { parseRows } from './rows.ts';
import { fingerprints as sql } from './sql.ts';

export type { EditFingerprint, SliceFingerprint } from './editFingerprint.ts';

export const RegisteredEdit = z.object({
  seriesInstanceUID: Uid,
  sourceSeriesInstanceUID: Uid,
  fingerprint: EditFingerprint,
});
export type RegisteredEdit = z.infer<typeof RegisteredEdit>;

export interface FingerprintTable {
  /** Enters the edits of a series; those entered for it before go. Rows of `derived` take theirs with them. */
  put(
    seriesInstanceUID: string,
    sourceSeriesInstanceUID: string,
    edits: readonly EditFingerprint[],
  ): Promise<void>;
  /** Forgets a series. */
  remove(seriesInstanceUID: string): Promise<void>;
  /** Edits of all series with slices of this size, the oldest first. */
  ofSize(columns: number, rows: number): Promise<RegisteredEdit[]>;
  /** How many edits there are in all. */
  count(): Promise<number>;
}

const Count = z.object({ count: z.int().min(0) });

/** @param inbox folder of what was written without the database; it is taken in before the table is read */
export function fingerprintTable({ query, transaction }: Database, inbox: string): FingerprintTable {
  const put: FingerprintTable['put'] = (series, source, edits) =>
    transaction(async (run) => {
      await run(sql.remove, [series]);
      for (const [number, edit] of edits.entries()) {
        const { columns, rows } = edit;
        await run(sql.insert, [
          ...[series, number, source, columns, rows],
          JSON.stringify(EditFingerprint.parse(edit)),
        ]);
      }
    });
  let taking: Promise<void> | undefined;
  // One at a time: what one takes out of the inbox another would miss.
  const takeIn = (): Promise<void> =>
    (taking ??= emptyInbox(inbox, ({ seriesInstanceUID, sourceSeriesInstanceUID, fingerprints }) =>
      put(seriesInstanceUID, sourceSeriesInstanceUID, fingerprints),
    ).finally(() => {
      taking = undefined;
    }));
  return {
    put,
    async remove(series) {
      await query(sql.remove, [series]);
    },
    async ofSize(columns, rows) {
      await takeIn();
      return parseRows(RegisteredEdit, 'fingerprint', await query(sql.ofSize, [columns, rows]));
    },
    async count() {
      await takeIn();
      return parseRows(Count, 'fingerprint', await query(sql.count))[0]?.count ?? 0;
    },
  };
}
