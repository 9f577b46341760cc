/** `export.json`: what lies in an export and where each patch came from. */
import type { PatchManifest, RealPatch, SyntheticPatch } from '../../dataset/manifest.ts';
import type { PatchFiles } from './exportPatch.ts';
import type { RealLineage } from './pseudonyms.ts';

export const EXPORT_FILE = 'export.json';
export type ExportFormat = 'npy' | 'nifti' | 'dicom';
export const EXPORT_FORMATS: readonly ExportFormat[] = ['npy', 'nifti', 'dicom'];
export type ExportedClass = PatchManifest['class'] | 'indeterminate';

/** What the voxels of each format are. */
export const VOXELS: Readonly<Record<ExportFormat, string>> = {
  npy: 'float32 in [0, 1] for HU [-1000, 400] (HU = 1400 * value - 1000), shape (z, y, x); with alpha (channel, z, y, x), channel 0 hu, 1 alpha; x to the left, y to the back, z to the head',
  nifti: 'int16 HU, clipped to [-1000, 400]; spacing in mm; alpha float32 in [0, 1] in a file of its own',
  dicom: 'CT Image Storage, one series of slices per patch; HU clipped to [-1000, 400]; spacing in mm',
};

type Kept = 'class' | 'diameterMm' | 'equivalentDiameterMm' | 'spacingMm';
type RealKept = 'characteristics' | 'readers' | 'malignancyRatings' | 'ratingSource' | 'maskOf' | 'flags';

export type ExportedPatch = { readonly files: PatchFiles } & (
  | (Pick<RealPatch, Kept | RealKept | 'origin'> &
      RealLineage & {
        /** Of the split by patient: patches of one fold share no patient with another. */
        readonly fold: number;
      })
  | Pick<SyntheticPatch, Kept | 'origin' | 'id' | 'model' | 'seed' | 'index' | 'conditions' | 'sampleSha256'>
);

export interface ExportRecord {
  readonly kind: 'nodulelab-export';
  readonly version: 1;
  readonly format: ExportFormat;
  readonly voxels: string;
  readonly exportedAt: string;
  readonly codeVersion: string;
  /** Identifiers were replaced by keyed hashes. */
  readonly deidentified: boolean;
  readonly count: number;
  readonly size: number;
  readonly channels: PatchManifest['channels'];
  readonly class: ExportedClass;
  readonly fold: PatchManifest['fold'];
  readonly form: PatchManifest['form'];
  /** Of the isolated form; null of the context form, and where the set does not say it. */
  readonly softMargin: NonNullable<PatchManifest['softMargin']> | null;
  readonly fieldOfView: PatchManifest['fieldOfView'];
  readonly windowHu: PatchManifest['windowHu'];
  readonly cancerRule: string;
  readonly split: Pick<PatchManifest['split'], 'seed' | 'folds' | 'sha256'>;
  /** SHA-256 of the patches of the set that was exported. */
  readonly fromSha256: string;
  readonly balance: NonNullable<PatchManifest['balance']> | null;
  readonly patches: readonly ExportedPatch[];
}

export function exportedPatch(
  entry: RealPatch | SyntheticPatch,
  lineage: RealLineage | null,
  files: PatchFiles,
  assignment: PatchManifest['split']['assignment'],
): ExportedPatch {
  const { diameterMm, equivalentDiameterMm, spacingMm } = entry;
  const kept = { class: entry.class, diameterMm, equivalentDiameterMm, spacingMm };
  if (entry.origin === 'synthetic') {
    const { origin, id, model, seed, index, conditions, sampleSha256 } = entry;
    return { files, origin, id, ...kept, model, seed, index, conditions, sampleSha256 };
  }
  const { origin, characteristics, readers, malignancyRatings, ratingSource, maskOf, flags } = entry;
  return {
    ...{ files, origin, ...lineage!, fold: assignment[entry.patientId]!, ...kept },
    ...{ characteristics, readers, malignancyRatings, ratingSource, maskOf, flags },
  };
}
