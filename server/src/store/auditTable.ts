import type { Database } from './database.ts';
import { AuditRow, parseRows } from './rows.ts';
import { audit as sql } from './sql.ts';

/** What was done to the archive, and when. Entries can be added and read; the database refuses anything else. */
export interface AuditTable {
  append(entry: Omit<AuditRow, 'number'>): Promise<void>;
  /** Oldest first. */
  list(): Promise<AuditRow[]>;
}

export function auditTable({ query }: Database): AuditTable {
  return {
    async append(entry) {
      await query(sql.append, [entry.at, entry.action, entry.subject, JSON.stringify(entry.details)]);
    },
    list: async () => parseRows(AuditRow, 'audit', await query(sql.list)),
  };
}
