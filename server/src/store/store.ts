/**
 * Everything that NoduleLab remembers outside the archive: a database (embedded PGlite by default, a PostgreSQL server
 * where a connection string is given) and a folder of content-addressed artefacts.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type AccountsTable, accountsTable } from './accountsTable.ts';
import { type AnnotationsTable, annotationsTable } from './annotationsTable.ts';
import { type Artefacts, openArtefacts } from './artefacts.ts';
import { type AuditTable, auditTable } from './auditTable.ts';
import { type CandidatesTable, candidatesTable } from './candidatesTable.ts';
import { type Database, type QueueConnection, openPglite, openPostgres } from './database.ts';
import { type DerivedTable, derivedTable } from './derivedTable.ts';
import { inboxOf } from './fingerprintInbox.ts';
import { type FingerprintTable, fingerprintTable } from './fingerprintTable.ts';
import { type FolderLock, lockFolder } from '../nn/folderLock.ts';
import { migrate } from './migrate.ts';
import { type NodulesTable, nodulesTable } from './nodulesTable.ts';
import { type SeriesTable, seriesTable } from './seriesTable.ts';
import { type SettingsTable, settingsTable } from './settingsTable.ts';

export interface Store {
  readonly series: SeriesTable;
  readonly nodules: NodulesTable;
  readonly annotations: AnnotationsTable;
  readonly candidates: CandidatesTable;
  readonly derived: DerivedTable;
  readonly fingerprints: FingerprintTable;
  readonly settings: SettingsTable;
  readonly accounts: AccountsTable;
  readonly audit: AuditTable;
  readonly artefacts: Artefacts;
  /** For the job queue, which shares the database. */
  readonly sql: QueueConnection;
  /** Closes the database and gives the folder free. Calling it again does nothing. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Data folder: `artefacts/` and, without a connection string, `db/` and the lock. Made where missing. */
  readonly dir: string;
  /** A PostgreSQL server instead of the embedded database; many processes may share it. */
  readonly connectionString?: string | undefined;
}

/**
 * Opens the store and brings its database up to date.
 * @throws conflict where another process has the embedded database open, upstream where PostgreSQL does not answer.
 */
export async function openStore({ dir, connectionString }: StoreOptions): Promise<Store> {
  await mkdir(dir, { recursive: true });
  const lock = connectionString === undefined ? await lockFolder(dir) : undefined;
  let database: Database | undefined;
  try {
    database =
      connectionString === undefined
        ? await openPglite(path.join(dir, 'db'))
        : await openPostgres(connectionString);
    await migrate(database);
  } catch (error) {
    await closeBoth(database, lock);
    throw error;
  }
  const artefacts = openArtefacts(path.join(dir, 'artefacts'));
  const opened = database;
  let closing: Promise<void> | undefined;
  return {
    series: seriesTable(opened),
    nodules: nodulesTable(opened),
    annotations: annotationsTable(opened),
    candidates: candidatesTable(opened, artefacts),
    derived: derivedTable(opened),
    fingerprints: fingerprintTable(opened, inboxOf(dir)),
    settings: settingsTable(opened),
    accounts: accountsTable(opened),
    audit: auditTable(opened),
    artefacts,
    sql: opened.queue,
    close: () => (closing ??= closeBoth(opened, lock)),
  };
}

/** The lock goes last: until the database is closed the folder is in use. */
async function closeBoth(database: Database | undefined, lock: FolderLock | undefined): Promise<void> {
  try {
    await database?.close();
  } finally {
    await lock?.release();
  }
}
