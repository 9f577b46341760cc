/**
 * Starts NoduleLab's own Orthanc on a folder and a free loopback port, and ends it with this process. Any other
 * Orthanc on the machine is left alone. A second start on the same folder keeps the data.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { basicAuthorization } from '../server/src/pacs/archiveUrl.ts';
import { NoduleLabError } from '../server/src/volume/errors.ts';
import { ORTHANC_USER, orthancConfiguration } from './configuration.ts';
import { findOrthanc, type OrthancInstallation } from './findOrthanc.ts';
import { freePort } from './ports.ts';
import { endWithThisProcess } from './processGuard.ts';
import { isAlive, readRunRecord, removeRunRecord, writeRunRecord } from './runFile.ts';

export interface StartOrthancOptions {
  /** Folder for configuration, storage, index and log; made where absent. */
  readonly dir: string;
  /** Used where it is free; else a free one is taken. */
  readonly port?: number;
  /** Found on the machine where not given. */
  readonly installation?: OrthancInstallation;
  readonly signal?: AbortSignal;
  /** Progress, one line a call. */
  readonly log?: (line: string) => void;
  /** Hears that Orthanc ended without being asked to, with the path of its log. */
  readonly onEnd?: (logFile: string) => void;
  readonly timeoutMs?: number;
  /** False: this Orthanc keeps compressed images as they come instead of decoding them on arrival. */
  readonly transcodes?: boolean;
}

export interface OrthancCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RunningOrthanc {
  /** http://127.0.0.1:port, no slash at the end and without the credentials that each request needs. */
  readonly baseUrl: string;
  readonly auth: OrthancCredentials;
  /** Value of the Authorization header that goes with each request. */
  readonly authorization: string;
  readonly pid: number;
  /** True where this is an Orthanc that a crashed run had left behind on the same folder. */
  readonly adopted: boolean;
  /** Ends Orthanc and waits until it is gone; more calls do nothing. */
  stop(): Promise<void>;
}

const CONFIGURATION_FILE = 'orthanc.json';
const LOG_FILE = 'orthanc.log';
/** Orthanc that lost the race for its port ends at once; then another port is tried. */
const ATTEMPTS = 3;
const STOP_TIMEOUT_MS = 15_000;
const WATCH_MS = 1_000;

/** Tells the instance of this folder from every other one. */
function instanceName(dir: string): string {
  return `NoduleLab ${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 12)}`;
}

/** The password of an earlier start on this folder, else a new one. */
function passwordOf(dir: string): string {
  try {
    const configuration: unknown = JSON.parse(readFileSync(join(dir, CONFIGURATION_FILE), 'utf8'));
    if (typeof configuration === 'object' && configuration !== null && 'RegisteredUsers' in configuration) {
      const users: unknown = configuration.RegisteredUsers;
      const password = (users as Record<string, unknown> | null)?.[ORTHANC_USER];
      if (typeof password === 'string' && password.length >= 32) return password;
    }
  } catch {
    // No readable configuration: this is a first start.
  }
  return randomBytes(24).toString('base64url');
}

const authorizationOf = ({ username, password }: OrthancCredentials): string =>
  basicAuthorization({ user: username, password });

/** Name that /system gives at this port; undefined where nothing of ours answers. */
async function nameAt(port: number, authorization: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/system`, {
      headers: { authorization },
      signal: AbortSignal.timeout(2000),
    });
    if (!response.ok) return undefined;
    const system: unknown = await response.json();
    const name = typeof system === 'object' && system !== null && 'Name' in system ? system.Name : undefined;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

function logTail(dir: string): string {
  try {
    const lines = readFileSync(join(dir, LOG_FILE), 'utf8').trimEnd().split('\n');
    const errors = lines.filter((line) => /^E/.test(line));
    return (errors.length > 0 ? errors : lines).slice(-3).join(' | ');
  } catch {
    return '';
  }
}

async function waitUntilGone(pid: number): Promise<void> {
  const end = Date.now() + STOP_TIMEOUT_MS;
  while (isAlive(pid)) {
    if (Date.now() > end)
      throw new NoduleLabError(
        'conflict',
        `Orthanc (process ${pid}) was asked to end and still runs after ${STOP_TIMEOUT_MS / 1000} s. End it by hand: kill ${pid}.`,
        { pid },
      );
    await sleep(50);
  }
}

function running(
  dir: string,
  run: { pid: number; port: number; adopted: boolean },
  auth: OrthancCredentials,
  onEnd: StartOrthancOptions['onEnd'],
): RunningOrthanc {
  // An adopted one is no child of this process, so nothing but looking tells that it has ended.
  const watch = setInterval(() => {
    if (isAlive(run.pid)) return;
    clearInterval(watch);
    onEnd?.(join(dir, LOG_FILE));
  }, WATCH_MS);
  watch.unref();
  const release = endWithThisProcess(run.pid);
  writeRunRecord(dir, { pid: run.pid, owner: process.pid, port: run.port });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(watch);
    release();
    if (isAlive(run.pid)) process.kill(run.pid, 'SIGTERM');
    await waitUntilGone(run.pid);
    removeRunRecord(dir);
  };
  return {
    baseUrl: `http://127.0.0.1:${run.port}`,
    auth,
    authorization: authorizationOf(auth),
    pid: run.pid,
    adopted: run.adopted,
    stop: () => (stopped ??= stop()),
  };
}

/** An Orthanc of this folder that still runs: taken over where its owner is gone, a conflict where it is not. */
async function adopt(
  dir: string,
  auth: OrthancCredentials,
  log: (line: string) => void,
  onEnd: StartOrthancOptions['onEnd'],
): Promise<RunningOrthanc | undefined> {
  const record = readRunRecord(dir);
  if (record === undefined || !isAlive(record.pid)) return undefined;
  // The id alone proves nothing: it may belong to another program by now.
  if ((await nameAt(record.port, authorizationOf(auth))) !== instanceName(dir)) return undefined;
  if (record.owner !== process.pid && isAlive(record.owner))
    throw new NoduleLabError(
      'conflict',
      `Orthanc already runs on ${dir} (process ${record.pid}, port ${record.port}), started by process ${record.owner}. Use that NoduleLab, or stop it first.`,
      { pid: record.pid, owner: record.owner, baseUrl: `http://127.0.0.1:${record.port}` },
    );
  log(`Orthanc of an earlier run still runs on port ${record.port}: using it.`);
  return running(dir, { pid: record.pid, port: record.port, adopted: true }, auth, onEnd);
}

function launch(installation: OrthancInstallation, dir: string): ChildProcess {
  const log = openSync(join(dir, LOG_FILE), 'w', 0o600);
  try {
    // A group of its own: Ctrl-C reaches NoduleLab, which finishes or rolls back what it writes before Orthanc ends.
    return spawn(installation.executable, [join(dir, CONFIGURATION_FILE)], {
      stdio: ['ignore', log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

type Outcome = 'ready' | 'ended';

async function waitUntilReady(
  child: ChildProcess,
  port: number,
  expectedName: string,
  authorization: string,
  options: StartOrthancOptions,
): Promise<Outcome> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const started = Date.now();
  let nextNotice = 5000;
  for (;;) {
    options.signal?.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return 'ended';
    if ((await nameAt(port, authorization)) === expectedName) return 'ready';
    const waited = Date.now() - started;
    if (waited > timeoutMs)
      throw new NoduleLabError(
        'upstream',
        `Orthanc does not answer at http://127.0.0.1:${port} after ${Math.round(timeoutMs / 1000)} s. ${logTail(options.dir)}`.trim(),
      );
    if (waited > nextNotice) {
      options.log?.(`Waiting for Orthanc at port ${port} (${Math.round(waited / 1000)} s) ...`);
      nextNotice += 5000;
    }
    await sleep(50);
  }
}

/**
 * Starts Orthanc and waits until it answers.
 *
 * @throws NoduleLabError 'unusable' where Orthanc or its plugin is missing, 'conflict' where another living NoduleLab
 *   runs it on this folder, 'upstream' where it does not come up, 'cancelled' where the signal fires
 */
export async function startOrthanc(options: StartOrthancOptions): Promise<RunningOrthanc> {
  const dir = resolve(options.dir);
  const log = options.log ?? (() => undefined);
  for (const folder of [dir, join(dir, 'storage'), join(dir, 'index')])
    mkdirSync(folder, { recursive: true });
  const auth: OrthancCredentials = { username: ORTHANC_USER, password: passwordOf(dir) };
  const adopted = await adopt(dir, auth, log, options.onEnd);
  if (adopted !== undefined) return adopted;
  const search = options.installation === undefined ? findOrthanc() : undefined;
  if (search?.found === false)
    throw new NoduleLabError('unusable', search.message, { missing: search.missing });
  const installation = options.installation ?? (search?.found === true ? search.installation : undefined);
  if (installation === undefined) throw new NoduleLabError('unusable', 'Orthanc was not found.');
  const name = instanceName(dir);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(attempt === 1 ? options.port : undefined);
    const configuration = orthancConfiguration({
      dir,
      port,
      name,
      password: auth.password,
      dicomWebPlugin: installation.dicomWebPlugin,
      ...(options.transcodes === undefined ? {} : { transcodes: options.transcodes }),
    });
    writeFileSync(join(dir, CONFIGURATION_FILE), `${JSON.stringify(configuration, null, 2)}\n`, {
      mode: 0o600,
    });
    log(`Starting Orthanc on port ${port} ...`);
    const child = launch(installation, dir);
    child.on('error', () => undefined);
    child.unref();
    const pid = child.pid;
    const abandon = async (): Promise<void> => {
      if (pid === undefined || !isAlive(pid)) return;
      child.kill('SIGTERM');
      await waitUntilGone(pid);
    };
    let outcome: Outcome;
    try {
      outcome = await waitUntilReady(child, port, name, authorizationOf(auth), { ...options, dir });
    } catch (error) {
      await abandon();
      if (options.signal?.aborted === true)
        throw new NoduleLabError('cancelled', 'Starting Orthanc was cancelled.', {}, error);
      throw error;
    }
    if (outcome === 'ready' && pid !== undefined)
      return running(dir, { pid, port, adopted: false }, auth, options.onEnd);
    if (attempt === ATTEMPTS)
      throw new NoduleLabError(
        'upstream',
        `Orthanc (${installation.executable}) ended while starting. Its log ${join(dir, LOG_FILE)} says: ${logTail(dir)}`,
        { exitCode: child.exitCode },
      );
  }
}
