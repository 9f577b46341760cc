/** `nodulelab serve`: Orthanc, the database, the server and the viewer in one process group; Ctrl-C ends them all. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { buildViewer } from '../../../../viewer/build.ts';
import { createEvents } from '../../jobs/events.ts';
import { jobHandlers } from '../../jobs/handlers.ts';
import { createJobs, type Jobs } from '../../jobs/jobs.ts';
import type { ArchiveAddress } from '../../http/archiveProxy.ts';
import { startServer } from '../../http/startServer.ts';
import { openEngine, type EngineChoice } from '../../engine/registry.ts';
import { splitArchiveUrl } from '../../pacs/archiveUrl.ts';
import { createServices } from '../../services/createServices.ts';
import { ensureDemo, welcomeOf } from '../../services/demo.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { engineOption, integer } from '../options.ts';
import { announceServer } from '../runningServer.ts';
import { openRuntime, REPOSITORY, VERSION } from '../runtime.ts';
import { openAccounts, wantsAccounts } from '../serverAccounts.ts';

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly allowHost: string[];
  readonly demo: boolean;
  readonly demoSize: 'demo' | 'small';
  readonly accounts?: boolean;
  readonly researchArchive: boolean;
  readonly engine: EngineChoice;
}

export function registerServe(program: Command, context: () => CommandContext): void {
  program
    .command('serve')
    .description('start the viewer, the server and (unless --orthanc is given) an Orthanc of its own')
    .option(
      '--port <number>',
      'preferred port; a free one is taken where it is in use',
      integer(0, 65535),
      3000,
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--allow-host <name...>', 'names besides those of loopback under which the server is reached', [])
    .option(
      '--accounts',
      'everybody signs in; on by itself with --allow-host, or an address that is not of loopback',
    )
    .option('--no-accounts', 'whoever reaches the server may do everything')
    .option('--no-demo', 'do not import the demo study')
    .addOption(
      new Option('--demo-size <size>', 'demo is 512×512, small is for tests')
        .choices(['demo', 'small'])
        .default('demo'),
    )
    .option(
      '--research-archive',
      'the archive holds research data only: write-back needs no de-identified host',
      false,
    )
    .addOption(engineOption())
    .action(async (options: ServeOptions) => serve(context(), options));
}

/** Until it is asked to end, at whatever point of its start that is. */
async function serve(context: CommandContext, options: ServeOptions): Promise<void> {
  const { output, signal } = context;
  signal.addEventListener('abort', () => output.note('Ending'), { once: true });
  try {
    await serveUntilAborted(context, options);
  } catch (error) {
    if (!isAbort(error)) throw error;
  }
}

const isAbort = (error: unknown): boolean =>
  (error instanceof NoduleLabError && error.kind === 'cancelled') ||
  (error instanceof DOMException && error.name === 'AbortError');

async function serveUntilAborted(
  { dataDir, orthancUrl, output, signal }: CommandContext,
  options: ServeOptions,
): Promise<void> {
  const began = performance.now();
  await mkdir(dataDir, { recursive: true });
  output.note('Preparing the viewer');
  await buildViewer({ onProgress: (message, fraction) => output.progress(fraction, message) });
  signal.throwIfAborted();
  const { engine, reason } = await openEngine(options.engine);
  output.note(`Engine ${engine.name}: ${reason}`);
  signal.throwIfAborted();
  const onError = (error: unknown): void => output.note(`unexpected: ${String(error)}`);
  const events = createEvents(onError);
  const runtime = await openRuntime({
    dataDir,
    orthancUrl,
    databaseUrl: process.env['DATABASE_URL'],
    researchArchive: options.researchArchive,
    engine,
    emit: (event) => events.emit(event),
    log: (line) => output.note(line),
    signal,
  });
  const closers: (() => Promise<void>)[] = [() => runtime.close()];
  try {
    const { context } = runtime;
    const services = createServices(context);
    closers.push(() => services.close());
    const { withdrawn, waiting } = await services.recover();
    for (const series of withdrawn)
      output.note(`An unfinished series was taken out of the archive: ${series}`);
    if (waiting > withdrawn.length)
      output.note('Unfinished series are taken out of the archive as soon as it answers');
    if (options.demo)
      await ensureDemo(
        context,
        dataDir,
        { signal, progress: (fraction, message) => output.progress(fraction, message) },
        options.demoSize,
      );
    const jobs: Jobs = createJobs({
      store: context.store,
      now: context.now,
      newId: context.newId,
      emit: (event) => events.emit(event),
      onError,
      handlers: jobHandlers(services, () => jobs),
    });
    await jobs.start();
    closers.push(() => jobs.stop());
    const accounts = wantsAccounts(options, options.accounts)
      ? await openAccounts(dataDir, context.store, context.now, (text) => output.note(text))
      : undefined;
    const server = await startServer({
      accounts,
      host: options.host,
      port: options.port,
      allowedHosts: options.allowHost,
      services,
      jobs,
      events,
      knowledge: {
        isOurs: (uid) => context.store.derived.isOurs(uid),
        hasSeries: (uid) => context.archive.hasSeries(uid),
        hasInstance: async (uid) => (await context.archive.findInstance(uid)) !== undefined,
      },
      archive: archiveAddress(runtime.orthancUrl),
      viewerDir: join(REPOSITORY, 'viewer/dist/app'),
      pluginsDir: join(REPOSITORY, 'viewer/dist/plugins'),
      version: VERSION,
      engine: `${engine.name}: ${reason}`,
      logFile: join(dataDir, 'server.log'),
    });
    closers.push(() => server.stop());
    closers.push(await announceServer(dataDir, server.url, accounts?.localToken));
    const address = await addressOf(server.url, options.demo, context);
    output.result(
      { url: server.url, open: address, orthanc: context.archive.baseUrl, pid: process.pid },
      [
        `NoduleLab ${VERSION} is ready after ${((performance.now() - began) / 1000).toFixed(0)} s.`,
        '',
        `  Open     ${address}`,
        `  Orthanc  ${context.archive.baseUrl}`,
        `  Data     ${dataDir}`,
        '',
        'Ctrl-C ends everything.',
      ].join('\n'),
    );
    if (!(await services.health()).orthanc.reachable)
      output.note(
        `Orthanc does not answer at ${context.archive.baseUrl} yet: the viewer is empty until it does`,
      );
    await untilAborted(signal);
  } finally {
    for (const closer of closers.toReversed()) await closer();
  }
}

async function addressOf(
  url: string,
  demo: boolean,
  context: Parameters<typeof welcomeOf>[0],
): Promise<string> {
  if (!demo) return `${url}/`;
  const welcome = await welcomeOf(context);
  return `${url}/synthesis?StudyInstanceUIDs=${welcome.studyInstanceUID}`;
}

function archiveAddress(url: string): ArchiveAddress {
  const { baseUrl, auth } = splitArchiveUrl(url);
  return { baseUrl, ...(auth ? { auth: { username: auth.user, password: auth.password } } : {}) };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
