/** One face over every place that a CT can lie in: DICOM folders, NIfTI, MHD, NRRD, an archive's series. */
import type { CtVolume } from '../volume/ctVolume.ts';

/** A CT somewhere; its voxels are read when its turn comes, so that a thousand of them need not fit in memory. */
export interface VolumeSource {
  /** What messages call it: a path, or a Series Instance UID. */
  readonly name: string;
  /** Null where the format knows none (only DICOM does). */
  readonly patientId: string | null;
  /** Null where the format knows none; LUNA16 names its files by it. */
  readonly seriesUID: string | null;
  /** @throws NoduleLabError naming the file where it cannot be read whole */
  load(): Promise<SourceVolume>;
}

export interface SourceVolume {
  readonly ct: CtVolume;
  /** SOP Instance UIDs in k order; only DICOM has them. */
  readonly sopInstanceUIDs?: readonly string[];
  /** Slice Thickness (0018,0050), mm; only DICOM has it. */
  readonly sliceThicknessMm?: number;
  /** SHA-256 of what the volume was read from. */
  readonly sha256: string;
}
