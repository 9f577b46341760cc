/** What is begun in the archive and not finished, as its registries tell: see withdrawal.ts. */
import type { Store } from '../store/store.ts';

/** Entries are named by the first of their series. */
export interface Ledger {
  /** The series of an entry; undefined where it is finished, or not there. */
  seriesOf(entry: string): Promise<readonly string[] | undefined>;
  unfinished(): Promise<readonly string[]>;
  /** Unfinished entries whose process has said nothing for so many seconds. */
  silent(seconds: number): Promise<readonly string[]>;
  touch(entry: string): Promise<void>;
  /** Forgets an unfinished entry. */
  abandon(entry: string): Promise<void>;
}

/** Synthetic series: the CT with its segmentation and its report. */
export function derivedLedger({ derived }: Pick<Store, 'derived'>): Ledger {
  return {
    async seriesOf(uid) {
      const row = await derived.get(uid);
      if (row?.state !== 'writing') return undefined;
      return [row.seriesInstanceUID, row.segmentation, row.report].flatMap((one) =>
        one === null ? [] : typeof one === 'string' ? one : one.seriesInstanceUID,
      );
    },
    unfinished: async () => (await derived.unfinished()).map((row) => row.seriesInstanceUID),
    silent: async (seconds) => (await derived.silent(seconds)).map((row) => row.seriesInstanceUID),
    touch: (uid) => derived.touch(uid),
    abandon: (uid) => derived.abandon(uid),
  };
}

/** Segmentation and report of a nodule that a user marked. */
export function annotationLedger({ annotations }: Pick<Store, 'annotations'>): Ledger {
  return {
    async seriesOf(uid) {
      const row = await annotations.get(uid);
      if (row === undefined || row.state === 'complete') return undefined;
      return [row.segmentation.seriesInstanceUID, row.report.seriesInstanceUID];
    },
    unfinished: async () => (await annotations.unfinished()).map((row) => row.segmentation.seriesInstanceUID),
    silent: async (seconds) =>
      (await annotations.silent(seconds)).map((row) => row.segmentation.seriesInstanceUID),
    touch: (uid) => annotations.touch(uid),
    abandon: (uid) => annotations.abandon(uid),
  };
}
