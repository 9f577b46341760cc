/**
 * The voxels of an edit, so that a series whose tags are gone is still recognised: for each slice where the changed voxels
 * lie, some of them with their HU, and the SHA-256 of all of them.
 */
import { Edit, Sha256 } from '@nodulelab/contract';
import { z } from 'zod';

/** The changed voxels of one slice. */
export const SliceFingerprint = z.object({
  /** Slice of the source, counted along the body. */
  slice: z.int().min(0),
  voxels: z.int().positive(),
  /** Base64 of little-endian Uint32 pairs: first pixel (column + columns × row) and length of each run. */
  runs: z.base64(),
  /** A few of the voxels as pixel and HU: most other slices differ in the first one. */
  probes: z.array(z.tuple([z.int().min(0), z.int()])).min(1),
  /** Of the HU of all runs in order: Int16, little-endian. */
  sha256: Sha256,
});
export type SliceFingerprint = z.infer<typeof SliceFingerprint>;

export const EditFingerprint = z.object({
  edit: Edit,
  columns: z.int().positive(),
  rows: z.int().positive(),
  /** Centre of the edit in voxels of the source, and the distance between its slices, mm. */
  centreVoxel: z.tuple([z.number(), z.number(), z.number()]),
  sliceDistanceMm: z.number().positive(),
  /** Only slices with enough changed voxels to tell them from chance. */
  slices: z.array(SliceFingerprint),
});
export type EditFingerprint = z.infer<typeof EditFingerprint>;
