/** One patch on its way out. */
import type { SyntheticPatch, RealPatch } from '../../dataset/manifest.ts';
import { cubicGrid } from '../../volume/resample.ts';
import type { CtVolume, VolumeGeometry } from '../../volume/ctVolume.ts';
import { unwindowHu } from '../../volume/window.ts';
import type { RealLineage } from './pseudonyms.ts';

export interface ExportPatch {
  /** Of its files or folder. */
  readonly name: string;
  readonly size: number;
  readonly entry: RealPatch | SyntheticPatch;
  /** Null of a synthetic one. */
  readonly lineage: RealLineage | null;
  /** size³ values in [0, 1] of HU [-1000, 400], x fastest. */
  readonly values: Float32Array;
  /** The soft mask, where the set has it. */
  readonly alpha: Float32Array | null;
}

/** Writes one file of the export; the name may lie in a folder of its own. */
export type WriteFile = (name: string, bytes: Uint8Array) => Promise<void>;

/** Which files hold a patch, below the folder `patches`. */
export interface PatchFiles {
  readonly hu: string;
  readonly alpha?: string;
}

export type PatchWriter = (patch: ExportPatch, write: WriteFile) => Promise<PatchFiles>;

/** Where the patch lies: around its place in the patient, or around the origin where that is not given away. */
export function gridOf({ size, entry, lineage }: ExportPatch): VolumeGeometry {
  return cubicGrid(lineage?.centre ?? [0, 0, 0], size, entry.spacingMm);
}

/** The patch in whole HU; below -1000 and above 400 HU nothing is left of the source. */
export function huOf(patch: ExportPatch): CtVolume {
  return { ...gridOf(patch), data: Int16Array.from(patch.values, (value) => Math.round(unwindowHu(value))) };
}
