/**
 * Takes away what was begun and not finished: after a crash, after a cancel, after Orthanc went away in the middle. The
 * registry knows each series from before its first byte was sent; a row stays in it until the archive has said, twice
 * and some seconds apart, that nothing is there: a request that was under way when it was given up may still arrive.
 */
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import type { Ledger } from './ledgers.ts';

export interface Swept {
  /** CT series of which something was taken out of the archive just now. */
  readonly withdrawn: readonly string[];
  /** CT series that are still in the registry as unfinished. */
  readonly waiting: readonly string[];
}

export interface Withdrawal {
  /** Runs the writing of a series, which no sweep takes away meanwhile. */
  whileWriting<T>(seriesInstanceUID: string, work: () => Promise<T>): Promise<T>;
  /**
   * Takes away a series that is being written by this process.
   * @param answered every request to the archive was answered, so that none can arrive later
   * @throws NoduleLabError `upstream` where the archive does not answer: it is tried again until it does
   */
  withdraw(seriesInstanceUID: string, answered: boolean): Promise<void>;
  /**
   * Takes away what this process is not writing, and goes on trying while something is left.
   * @throws NoduleLabError `upstream` where there is something to take away and the archive does not answer
   */
  sweep(): Promise<Swept>;
  /** Ends the trying. */
  close(): void;
}

/** On a database that several processes share, how often one of them says that it is writing… */
const TOUCH_MS = 10_000;
/** …and after which silence another one takes its series away. */
const SILENT_SECONDS = 60;
const RETRY_MS = 5_000;
/** After this time nothing that was given up can still arrive. */
const SETTLED_MS = 4_000;

type Context = Pick<ServiceContext, 'archive' | 'store'>;

/** @param ledger what is begun and not finished: synthetic series, or the objects of users' nodules */
export function createWithdrawal({ archive, store }: Context, ledger: Ledger): Withdrawal {
  const writing = new Set<string>();
  /** Series that this process began and gave up. */
  const givenUp = new Set<string>();
  /** When the archive was first seen without anything of the series. */
  const goneSince = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<Swept> | undefined;
  let closed = false;

  /** True where something was there. */
  async function remove(series: readonly string[]): Promise<boolean> {
    let found = false;
    for (const uid of series) {
      if (!(await archive.hasSeries(uid))) continue;
      found = true;
      await archive.deleteOwnSeries(uid);
    }
    return found;
  }

  async function abandon(uid: string): Promise<void> {
    await ledger.abandon(uid);
    goneSince.delete(uid);
    givenUp.delete(uid);
  }

  /**
   * The embedded database has one process: what it does not write was left by one that is dead. On one that is shared,
   * the process that wrote a series may be alive as long as it was heard of lately.
   */
  async function leftByTheDead(): Promise<(uid: string) => boolean> {
    if (store.sql.kind === 'pglite') return () => true;
    const silent = new Set(await ledger.silent(SILENT_SECONDS));
    return (uid) => silent.has(uid) || givenUp.has(uid);
  }

  async function sweepOnce(): Promise<Swept> {
    const withdrawn: string[] = [];
    const waiting: string[] = [];
    const unfinished = await ledger.unfinished();
    const abandoned = await leftByTheDead();
    for (const uid of unfinished) {
      // In this order: what is not being written any more has its final state, which the list above may not have.
      if (writing.has(uid)) continue;
      const series = await ledger.seriesOf(uid);
      if (series === undefined) continue;
      const found = abandoned(uid) && (await remove(series));
      if (found) withdrawn.push(uid);
      if (abandoned(uid) && !found && settled(uid)) await abandon(uid);
      else {
        if (found || !goneSince.has(uid)) goneSince.set(uid, performance.now());
        waiting.push(uid);
      }
    }
    return { withdrawn, waiting };
  }

  /** The archive has had nothing of it for so long that nothing can arrive any more. */
  const settled = (uid: string): boolean =>
    performance.now() - (goneSince.get(uid) ?? Number.POSITIVE_INFINITY) >= SETTLED_MS;

  function later(): void {
    if (closed || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      // Whatever else goes wrong here is told by the next accept, which sweeps first.
      sweep().catch(() => undefined);
    }, RETRY_MS);
    timer.unref();
  }

  function sweep(): Promise<Swept> {
    sweeping ??= sweepOnce()
      .then(
        (swept) => {
          if (swept.waiting.length > 0) later();
          return swept;
        },
        (error: unknown) => {
          if (isUpstream(error)) later();
          throw error;
        },
      )
      .finally(() => (sweeping = undefined));
    return sweeping;
  }

  return {
    async whileWriting(uid, work) {
      writing.add(uid);
      const touching = setInterval(() => void ledger.touch(uid).catch(() => undefined), TOUCH_MS);
      touching.unref();
      try {
        return await work();
      } finally {
        clearInterval(touching);
        writing.delete(uid);
      }
    },
    async withdraw(uid, answered) {
      const series = await ledger.seriesOf(uid);
      if (series === undefined) return;
      givenUp.add(uid);
      try {
        await remove(series);
        if (answered) return await abandon(uid);
        goneSince.set(uid, performance.now());
        later();
      } catch (error) {
        if (isUpstream(error)) later();
        throw error;
      }
    },
    sweep,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

const isUpstream = (error: unknown): boolean => error instanceof NoduleLabError && error.kind === 'upstream';
