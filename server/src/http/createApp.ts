/**
 * The HTTP face: the DICOMweb proxy behind the guard of originals, the interface of the contract, and the viewer. It
 * holds no logic of its own.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import compression from 'compression';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { appConfigScript, importMapText } from '../../../viewer/appConfig.ts';
import type { Events } from '../jobs/events.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { ArchiveKnowledge } from '../security/index.ts';
import type { ServicesFace } from '../services/face.ts';
import { type AccountGuardOptions, accessByAccount, gate, NO_ACCOUNTS } from './accountGuard.ts';
import { apiRouter } from './api.ts';
import { signInRouter } from './signIn.ts';
import { type ArchiveAddress, archiveProxy } from './archiveProxy.ts';
import { eventStream } from './eventStream.ts';
import { routeHandlers } from './handlers.ts';
import { nothingHere, problemAnswers } from './problems.ts';
import { ownHostOnly, ownOriginOnly } from './requestGuards.ts';
import { inlineScriptsOf, securityHeaders } from './securityHeaders.ts';
import { precompressed, viewerFiles, viewerPage } from './viewerFiles.ts';

export interface AppDependencies {
  readonly services: ServicesFace;
  readonly jobs: Jobs;
  readonly events: Events;
  readonly archive: ArchiveAddress;
  /** What the guard of originals asks before a request reaches the archive. */
  readonly knowledge: ArchiveKnowledge;
  /** The built viewer: `index.html` and its files. */
  readonly viewerDir: string;
  /** `extension.js` and `mode-synthesis.js`. */
  readonly pluginsDir: string;
  readonly version: string;
  /** Names besides those of loopback under which the server is reached. */
  readonly allowedHosts: readonly string[];
  /** Without it whoever reaches the server may do everything. */
  readonly accounts?: AccountGuardOptions | undefined;
  readonly log: Logger;
}

export interface App {
  readonly express: Express;
  /** Ends the event streams. */
  close(): void;
}

/** Builds the application; it listens nowhere yet. */
export async function createApp(dependencies: AppDependencies): Promise<App> {
  const {
    services,
    jobs,
    events,
    archive,
    knowledge,
    viewerDir,
    pluginsDir,
    version,
    allowedHosts,
    accounts,
    log,
  } = dependencies;
  const page = await readFile(path.join(viewerDir, 'index.html'), 'utf8').catch(() => '');
  const appConfig = appConfigScript({ version });
  const access = accounts ? accessByAccount(accounts) : NO_ACCOUNTS;
  const stream = eventStream(jobs, events, (request) => access.holds(request, 'annotator'));

  const app = express();
  app.disable('x-powered-by');
  app.use(ownHostOnly(allowedHosts), ownOriginOnly);
  app.use(access.identify);
  app.use('/dicom-web', gate(access, 'annotator'));
  // Ahead of everything that reads a body: the proxy needs it whole.
  app.use(archiveProxy(archive, knowledge, log));
  app.use(securityHeaders([...inlineScriptsOf(page), importMapText()]));
  // Ahead of compression, which would hold events back.
  app.get('/api/events', gate(access, 'annotator'), stream.handler);
  if (accounts) app.use(signInRouter(accounts.accounts));
  app.use(compression());
  app.use(
    '/api',
    apiRouter(routeHandlers(services, jobs, accounts?.accounts ?? null, access), version, access),
    nothingHere,
  );
  app.get('/app-config.js', (_request, response) => {
    response.type('js').set('Cache-Control', 'no-store').send(appConfig);
  });
  app.use(
    '/plugins',
    express.static(pluginsDir, { index: false, setHeaders: (r) => r.set('Cache-Control', 'no-cache') }),
  );
  app.use(await precompressed(viewerDir), viewerFiles(viewerDir), viewerPage(viewerDir));
  app.use(nothingHere);
  app.use(problemAnswers(log));
  return { express: app, close: () => stream.close() };
}
