/** pg-boss over the store's database: one queue a kind of job, so that a long training never holds up an accept. */
import { JobKind } from '@nodulelab/contract';
import { type ConstructorOptions, PgBoss, fromPglite } from 'pg-boss';
import type { QueueConnection } from '../store/database.ts';

/** pg-boss allows a job to be active for at most 24 hours. */
const LONGEST_JOB_SECONDS = 24 * 3600 - 1;
const KEEP_ENDED_SECONDS = 30 * 24 * 3600;
/** On a shared server a job whose process fell silent is failed after this long. */
const HEARTBEAT_SECONDS = 60;

/** Starts pg-boss and makes sure that its queues exist. */
export async function openQueue(
  connection: QueueConnection,
  onError: (error: unknown) => void,
): Promise<PgBoss> {
  const common: ConstructorOptions = { schedule: false, monitorVacuum: false, reindex: false };
  const boss = new PgBoss(
    connection.kind === 'pglite'
      ? { ...common, backend: 'pglite', db: fromPglite(connection.pglite) }
      : { ...common, connectionString: connection.connectionString },
  );
  boss.on('error', onError);
  await boss.start();
  for (const kind of JobKind.options)
    await boss.createQueue(kind, {
      retryLimit: 0,
      expireInSeconds: LONGEST_JOB_SECONDS,
      deleteAfterSeconds: KEEP_ENDED_SECONDS,
      ...(connection.kind === 'postgres' ? { heartbeatSeconds: HEARTBEAT_SECONDS } : {}),
    });
  return boss;
}
