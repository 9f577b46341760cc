/**
 * One narrow face over the two places where the SQL runs: the embedded PGlite (one process, one folder) and a
 * PostgreSQL server (many processes). Parameters are `$1`-style; JSON goes in as text with a `::jsonb` cast.
 */
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { NoduleLabError } from '../volume/errors.ts';

export type Row = Record<string, unknown>;

/** Runs one statement with parameters. */
export type Query = (sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** What the job queue needs to share the database. */
export type QueueConnection =
  | { readonly kind: 'pglite'; readonly pglite: PGlite }
  | { readonly kind: 'postgres'; readonly connectionString: string };

export interface Database {
  readonly query: Query;
  /** Runs several statements without parameters. */
  script(sql: string): Promise<void>;
  /** All or nothing: a throw inside rolls back. */
  transaction<T>(work: (query: Query, script: (sql: string) => Promise<void>) => Promise<T>): Promise<T>;
  readonly queue: QueueConnection;
  close(): Promise<void>;
}

/**
 * The embedded database in `folder`. The caller holds the lock of the folder: PGlite takes none, and a second
 * process on the same folder silently loses rows of the first.
 */
export async function openPglite(folder: string): Promise<Database> {
  const pglite = await PGlite.create(folder).catch((cause: unknown) => {
    throw new NoduleLabError(
      'unusable',
      `The embedded database in ${folder} does not open: ${messageOf(cause)}. ` +
        'If the folder is damaged, move it away and import again.',
      {},
      cause,
    );
  });
  return {
    query: async (sql, parameters = []) => (await pglite.query<Row>(sql, [...parameters])).rows,
    script: async (sql) => {
      await pglite.exec(sql);
    },
    transaction: (work) =>
      pglite.transaction((tx) =>
        work(
          async (sql, parameters = []) => (await tx.query<Row>(sql, [...parameters])).rows,
          async (sql) => {
            await tx.exec(sql);
          },
        ),
      ),
    queue: { kind: 'pglite', pglite },
    close: () => pglite.close(),
  };
}

/** A PostgreSQL server. */
export async function openPostgres(connectionString: string): Promise<Database> {
  const pool = new pg.Pool({ connectionString, max: 8 });
  // An idle connection that breaks is replaced by the pool; unheard, the event would end the process.
  pool.on('error', () => {});
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    await pool.end();
    throw new NoduleLabError(
      'upstream',
      `PostgreSQL at ${hostOf(connectionString)} does not answer: ${messageOf(cause)}. ` +
        'Check that it runs and that the connection string is right.',
      {},
      cause,
    );
  }
  return {
    query: async (sql, parameters = []) => (await pool.query<Row>(sql, [...parameters])).rows,
    script: async (sql) => {
      await pool.query(sql);
    },
    transaction: async (work) => {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('BEGIN');
        const result = await work(
          async (sql, parameters = []) => (await client.query<Row>(sql, [...parameters])).rows,
          async (sql) => {
            await client.query(sql);
          },
        );
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((cause: unknown) => {
          broken = cause instanceof Error ? cause : new Error(String(cause));
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    queue: { kind: 'postgres', connectionString },
    close: () => pool.end(),
  };
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Host and port only: a connection string carries a password. */
function hostOf(connectionString: string): string {
  try {
    return new URL(connectionString).host;
  } catch {
    return 'the given address';
  }
}
