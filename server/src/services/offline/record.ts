/** Enters what was written into a folder in the registry of a data folder, where one is at hand. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EditFingerprint } from '../../store/fingerprintTable.ts';
import { openStore } from '../../store/store.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface WrittenOffline {
  readonly seriesInstanceUID: string;
  readonly sourceSeriesInstanceUID: string;
  readonly fingerprints: readonly EditFingerprint[];
  /** Bytes that a replay needs: voxels of nodules, masks of removed ones. */
  readonly artefacts: readonly Uint8Array[];
}

/** `no-store`: the data folder has no database. `in-use`: another process, such as a server, has it open. */
export type RegistryOutcome = 'recorded' | 'no-store' | 'in-use';

export type Recorder = (written: WrittenOffline) => Promise<RegistryOutcome>;

/** @param dataDir is opened for each series only: a server can be started in between */
export function recorderOf(dataDir: string): Recorder {
  return async ({ seriesInstanceUID, sourceSeriesInstanceUID, fingerprints, artefacts }) => {
    const there = await stat(join(dataDir, 'db')).catch(() => undefined);
    if (there === undefined) return 'no-store';
    try {
      const store = await openStore({ dir: dataDir });
      try {
        for (const bytes of artefacts) await store.artefacts.put(bytes);
        await store.fingerprints.put(seriesInstanceUID, sourceSeriesInstanceUID, fingerprints);
      } finally {
        await store.close();
      }
      return 'recorded';
    } catch (error) {
      if (error instanceof NoduleLabError && error.kind === 'conflict') return 'in-use';
      throw error;
    }
  };
}
