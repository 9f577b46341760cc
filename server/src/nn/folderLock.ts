/**
 * An exclusive lock on a folder (the program's data, or a training's), held by one process at a time.
 *
 * The lock is a file that names its holder. It appears by a hard link of a complete file, so that it is never seen
 * half written and only one process can make it. A holder that died without removing it is recognised (the pid is
 * gone, or belongs to another process now: on Linux by its start time and the boot) and its lock is taken over.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';

const Holder = z.object({
  pid: z.int().positive(),
  /** Clock ticks from boot to the start of the process; null where /proc is not there. */
  startTicks: z.string().nullable(),
  bootId: z.string().nullable(),
  /** Pid namespace: a pid means nothing outside it (containers that share the folder). */
  pidNamespace: z.string().nullable(),
  host: z.string(),
  /** Distinguishes two locks of one process. */
  token: z.string(),
});
type Holder = z.infer<typeof Holder>;

export interface FolderLock {
  release(): Promise<void>;
}

/** Tokens of the locks that this very process holds: its own pid is always alive, so the pid says nothing. */
const heldHere = new Set<string>();

const orNull = (reading: Promise<string>): Promise<string | null> =>
  reading.then((text) => text.trim()).catch(() => null);

async function startTicksOf(pid: number): Promise<string | null> {
  const stat = await orNull(readFile(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the command in brackets and may hold spaces: count fields after its end (proc(5): the
  // start time is field 22).
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

const bootId = (): Promise<string | null> => orNull(readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
const pidNamespace = (): Promise<string | null> => orNull(readlink('/proc/self/ns/pid'));

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host === hostname() && holder.bootId !== (await bootId())) return false;
  if (holder.pidNamespace !== (await pidNamespace())) return true;
  if (holder.pid === process.pid) return heldHere.has(holder.token);
  if (!pidExists(holder.pid)) return false;
  return holder.startTicks === (await startTicksOf(holder.pid));
}

/** The holder written in a lock file; undefined where the file is gone; null where it is not readable as a lock. */
async function readHolder(file: string): Promise<Holder | null | undefined> {
  try {
    return Holder.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : null;
  }
}

const inUse = (folder: string, file: string, holder: Holder): NoduleLabError =>
  new NoduleLabError(
    'conflict',
    `The folder ${folder} is in use by process ${holder.pid} on ${holder.host}. ` +
      `End that process or use another folder (if it is certainly gone, delete ${file}).`,
    { pid: holder.pid, host: holder.host },
  );

/**
 * Takes the lock of `folder`.
 * @throws conflict where a living process holds it; the message and `details.pid` name that process.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'lock');
  const token = randomUUID();
  const own: Holder = {
    pid: process.pid,
    startTicks: await startTicksOf(process.pid),
    bootId: await bootId(),
    pidNamespace: await pidNamespace(),
    host: hostname(),
    token,
  };
  const draft = `${file}.${token}`;
  await writeFile(draft, JSON.stringify(own));
  heldHere.add(token);
  try {
    for (;;) {
      try {
        await link(draft, file);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = await readHolder(file);
      if (holder && (await isAlive(holder))) throw inUse(folder, file, holder);
      if (holder !== undefined) await setAside(file, holder?.token, `${file}.stale.${token}`);
    }
  } catch (error) {
    heldHere.delete(token);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return {
    release: async () => {
      heldHere.delete(token);
      if ((await readHolder(file))?.token === token) await rm(file, { force: true });
    },
  };
}

/**
 * Removes the lock judged dead. Two processes may judge the same file at once and the slower one would then remove
 * the new lock of the faster one: so the file is moved first, looked at, and put back if it is another one.
 */
async function setAside(file: string, deadToken: string | undefined, aside: string): Promise<void> {
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readHolder(aside))?.token !== deadToken) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}
