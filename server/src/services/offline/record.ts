/** Registers what was written into a folder, whether a server has the database of the data folder open or not. */
import { join } from 'node:path';
import { openArtefacts } from '../../store/artefacts.ts';
import { leaveFingerprints, type LeftSeries } from '../../store/fingerprintInbox.ts';

export interface WrittenOffline extends LeftSeries {
  /** Bytes that a replay needs: voxels of nodules, masks of removed ones. */
  readonly artefacts: readonly Uint8Array[];
}

export type Recorder = (written: WrittenOffline) => Promise<void>;

export function recorderOf(dataDir: string): Recorder {
  return async ({ artefacts, ...series }) => {
    const kept = openArtefacts(join(dataDir, 'artefacts'));
    for (const bytes of artefacts) await kept.put(bytes);
    await leaveFingerprints(dataDir, series);
  };
}
