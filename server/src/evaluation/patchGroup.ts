/**
 * A group of patches as evaluation sees them: read one at a time, because a few hundred cubes of 64³ with their controls
 * do not fit in memory.
 */
import type { Characteristics } from '../dataset/manifest.ts';

export interface PatchGroup {
  /** `real`, `synthetic`, `training`, or the name of a control or of a kind of lesion. */
  readonly name: string;
  readonly count: number;
  /** Voxels along an edge. */
  readonly size: number;
  /** Names the voxels: the same text, the same patches; what is kept on disk is found by it. */
  readonly sha256: string;
  readonly items: readonly GroupItem[];
  /** Patch `index`: size³ values in [0, 1] (HU [-1000, 400]), x fastest; the same whenever it is asked for. */
  patch(index: number): Promise<Float32Array>;
}

export interface GroupItem {
  readonly id: string;
  /** What is drawn as one in a bootstrap: the patient of a real nodule; each synthetic one stands for itself. */
  readonly cluster: string;
  /** Distance between voxel centres, mm (isotropic). */
  readonly spacingMm: number;
  /** Of a real nodule the largest in-plane diameter, mm; of a synthetic one the size that was asked for. */
  readonly diameterMm: number;
  /** The readers' characteristics; null where there are none. */
  readonly characteristics: Characteristics | null;
  /** What the generator was asked for; empty for real nodules and unconditional generators. */
  readonly conditions: Readonly<Record<string, number>>;
}

/** Whole patch, or a crop that is scaled to the nodule (its edge 1.5 × the measured diameter). */
export const VIEWS = ['patch', 'nodule'] as const;
export type View = (typeof VIEWS)[number];

/** The feature spaces in which sets are held against each other. */
export const SPACES = ['attributes', 'radiomics'] as const;
export type Space = (typeof SPACES)[number];
