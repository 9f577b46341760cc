/** A real PostgreSQL on a folder and a port of its own, for one test file. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

const DEBIAN = '/usr/lib/postgresql';

/** The folder of PostgreSQL's programs; undefined where it is not on this machine. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort() : [];
  return versions
    .reverse()
    .map((version) => path.join(DEBIAN, version, 'bin'))
    .find((folder) => existsSync(path.join(folder, 'initdb')));
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: idOf('-u'), gid: idOf('-g') };
}

export interface TestPostgres {
  readonly connectionString: string;
  stop(): Promise<void>;
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const programs = postgresPrograms();
  if (programs === undefined)
    throw new Error('PostgreSQL is not on this machine (apt-get install postgresql).');
  const user = unprivileged();
  const dir = await mkdtemp(path.join(tmpdir(), 'nodulelab-postgres-'));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(dir, user.uid, user.gid);
  const data = path.join(dir, 'data');
  const made = spawnSync(
    path.join(programs, 'initdb'),
    ['--pgdata', data, '--username', 'nodulelab', '--auth', 'trust', '--no-sync', '--encoding', 'UTF8'],
    { ...user, cwd: dir, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const server = spawn(
    path.join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-k', dir, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    { ...user, cwd: dir, stdio: 'ignore' },
  );
  const connectionString = `postgresql://nodulelab@127.0.0.1:${port}/postgres`;
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      await client.end();
      break;
    } catch (error) {
      if (attempt === 100 || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    connectionString,
    async stop() {
      server.kill('SIGINT');
      if (server.exitCode === null) await once(server, 'exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}
