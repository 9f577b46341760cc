/**
 * Opens everything that a command or the server needs, in the order in which it depends on each other, and closes it in
 * the opposite order: the store (which locks the data folder), Orthanc, the imaging thread, the services.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerEvent } from '@nodulelab/contract';
import { startOrthanc } from '../../../orthanc/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Engine } from '../engine/engine.ts';
import { onnxCpuEngine } from '../engine/onnxCpu.ts';
import { makeUidGenerator } from '../dicom/uid.ts';
import { createGuardedArchive } from '../security/guardedArchive.ts';
import { createOrthancClient } from '../pacs/orthancClient.ts';
import type { ServiceContext } from '../services/context.ts';
import { startImaging } from '../services/imaging/client.ts';
import { modelChoiceFile } from '../services/modelChoice.ts';
import { createModelRegistry, type ModelRegistry } from '../services/models.ts';
import { openStore } from '../store/store.ts';

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
/** Where the weights lie that come with NoduleLab: beside the program, or where an installation keeps them. */
export const SHIPPED_MODELS = process.env['NODULELAB_MODELS'] ?? join(REPOSITORY, 'models');
export const VERSION = packageJson.version;

export interface RuntimeOptions {
  readonly dataDir: string;
  /** An Orthanc that runs already; without it one is started on a free loopback port. */
  readonly orthancUrl?: string | undefined;
  readonly researchArchive?: boolean;
  readonly databaseUrl?: string | undefined;
  /** What samples; the default engine without it. */
  readonly engine?: Engine;
  readonly emit?: (event: ServerEvent) => void;
  readonly log: (line: string) => void;
  /** Ends the start where it stands. */
  readonly signal?: AbortSignal;
}

export interface Runtime {
  readonly context: ServiceContext;
  /** With credentials where it needs them. */
  readonly orthancUrl: string;
  close(): Promise<void>;
}

/** Answers its address with the credentials of this data folder in it. */
async function startOwnOrthanc(
  { dataDir, log, signal }: RuntimeOptions,
  closers: (() => Promise<void>)[],
): Promise<string> {
  const orthanc = await startOrthanc({
    dir: join(dataDir, 'orthanc'),
    log,
    ...(signal ? { signal } : {}),
    onEnd: (logFile) =>
      log(
        `Orthanc has ended by itself (its log: ${logFile}). End this with Ctrl-C and start again: what was half written is taken out then.`,
      ),
  });
  closers.push(() => orthanc.stop());
  const url = new URL(orthanc.baseUrl);
  url.username = orthanc.auth.username;
  url.password = orthanc.auth.password;
  return url.href;
}

/** The shipped models and those that the user trained. */
export function openModels(dataDir: string, engine: Engine = onnxCpuEngine()): ModelRegistry {
  return createModelRegistry(
    [SHIPPED_MODELS, join(dataDir, 'models')],
    engine,
    modelChoiceFile(join(dataDir, 'current-model.json')),
  );
}

/** Where networks that measure are looked for: those that the user trained go before the shipped ones. */
export const networkRoots = (dataDir: string): string[] => [join(dataDir, 'models'), SHIPPED_MODELS];

export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const store = await openStore(
      options.databaseUrl
        ? { dir: options.dataDir, connectionString: options.databaseUrl }
        : { dir: options.dataDir },
    );
    closers.push(() => store.close());
    const orthancUrl = options.orthancUrl ?? (await startOwnOrthanc(options, closers));
    const archive = createGuardedArchive(createOrthancClient({ baseUrl: orthancUrl }), store.derived);
    const imaging = startImaging(orthancUrl, options.dataDir);
    closers.push(() => imaging.close());
    return {
      orthancUrl,
      close,
      context: {
        dataDir: options.dataDir,
        store,
        archive,
        imaging,
        models: openModels(options.dataDir, options.engine),
        configuration: { researchArchive: options.researchArchive ?? false, version: VERSION },
        now: () => new Date(),
        newId: () => randomUUID(),
        newUid: makeUidGenerator((length) => randomBytes(length)),
        emit: options.emit ?? (() => undefined),
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
