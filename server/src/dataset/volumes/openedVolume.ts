/** A CT that was found on disk and looked at, not read yet. */
import type { VolumeGeometry } from '../../volume/ctVolume.ts';
import type { SourceVolume, VolumeSource } from '../volumeSource.ts';

export interface OpenedVolume extends VolumeSource {
  /** Null for DICOM: its slices tell it together, so that all of them must be read first. */
  readonly geometry: VolumeGeometry | null;
}

export interface VolumeProblem {
  readonly name: string;
  readonly message: string;
}

/**
 * Reads a volume again only where it has been forgotten: the nodules of a CT come one after the other, and a thousand CTs
 * do not fit in memory.
 */
export function weaklyKept(load: () => Promise<SourceVolume>): () => Promise<SourceVolume> {
  let kept: WeakRef<SourceVolume> | undefined;
  return async () => {
    const known = kept?.deref();
    if (known !== undefined) return known;
    const volume = await load();
    kept = new WeakRef(volume);
    return volume;
  };
}
