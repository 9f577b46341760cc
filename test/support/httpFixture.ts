/** A running server over a real store and a real queue; what the services answer is chosen by each test. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import supertest from 'supertest';
import { type ServerOptions, type RunningServer, startServer } from '../../server/src/http/startServer.ts';
import { type Events, createEvents } from '../../server/src/jobs/events.ts';
import { type JobHandler, type Jobs, createJobs } from '../../server/src/jobs/jobs.ts';
import type { ServicesFace } from '../../server/src/services/face.ts';
import { type Store, openStore } from '../../server/src/store/store.ts';

export const BUNDLE = '/app.bundle.0f6159c501addfe9.js';

export interface HttpFixture {
  readonly dir: string;
  readonly store: Store;
  readonly jobs: Jobs;
  readonly events: Events;
  readonly server: RunningServer;
  /** What the services answer: the tests are about everything around them. */
  answers: Partial<ServicesFace>;
  /** What an accept job does, and what a train job does. */
  work: JobHandler;
  train: JobHandler;
  /** To start another server over the same parts. */
  readonly options: ServerOptions;
  api(): ReturnType<typeof supertest>;
  close(): Promise<void>;
}

export async function startHttpFixture(overrides: Partial<ServerOptions> = {}): Promise<HttpFixture> {
  const dir = await mkdtemp(path.join(tmpdir(), 'nodulelab-http-'));
  const viewerDir = path.join(dir, 'viewer');
  await mkdir(path.join(viewerDir, 'assets'), { recursive: true });
  await mkdir(path.join(dir, 'plugins'));
  await writeFile(
    path.join(viewerDir, 'index.html'),
    '<script>window.PUBLIC_URL="/"</script><div id="root">',
  );
  const bundle = `console.log(${JSON.stringify('x'.repeat(5000))})`;
  await writeFile(path.join(viewerDir, BUNDLE), bundle);
  await writeFile(path.join(viewerDir, `${BUNDLE}.gz`), gzipSync(bundle));
  await writeFile(path.join(viewerDir, 'assets', 'plain.css'), 'body{}');
  await writeFile(path.join(dir, 'plugins', 'extension.js'), 'export default {}');
  const store = await openStore({ dir: path.join(dir, 'data') });
  const events = createEvents();
  const jobs = createJobs({
    store,
    handlers: {
      accept: (input, context) => fixture.work(input, context),
      import: async (input) => ({ ...input }),
      insert: async (input) => ({ ...input }),
      train: (input, context) => fixture.train(input, context),
    },
    now: () => new Date(),
    newId: randomUUID,
    emit: events.emit,
    onError: () => {},
  });
  await jobs.start();
  const services = new Proxy({} as ServicesFace, {
    get: (_, name: keyof ServicesFace) => fixture.answers[name],
  });
  const options: ServerOptions = {
    services,
    jobs,
    events,
    archive: { baseUrl: 'http://127.0.0.1:1' },
    knowledge: store.derived,
    viewerDir,
    pluginsDir: path.join(dir, 'plugins'),
    version: '0.0.0-test',
    port: 0,
    allowedHosts: ['nodulelab.test'],
    logFile: path.join(dir, 'server.log'),
    ...overrides,
  };
  const server = await startServer(options);
  const fixture: HttpFixture = {
    dir,
    store,
    jobs,
    events,
    server,
    options,
    answers: {},
    work: async () => ({}),
    train: async () => ({}),
    api: () => supertest(server.url),
    async close() {
      await server.stop();
      await jobs.stop();
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return fixture;
}
