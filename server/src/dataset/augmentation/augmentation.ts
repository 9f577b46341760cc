/** How real patches are varied before a network sees them: the configuration, and the variations that presets name. */
import { z } from 'zod';
import { MOST_DISPLACEMENT } from './elastic.ts';

/** Lengths are in voxels of the set's patches; stages of coarser resolution scale them. */
export const augmentationSchema = z.object({
  /**
   * The cube's own symmetries: none, the 8 mirrorings, the 16 that keep the body's axis (mirrorings, x and y swapped), or
   * all 48.
   */
  symmetries: z.enum(['none', 'flips', 'in-plane', 'all']),
  /** Rotation about a random axis through the patch's centre by an angle uniform in ± this. */
  rotationDegrees: z.number().min(0).max(180),
  /** Magnification about the patch's centre, uniform between these. */
  scaling: z
    .tuple([z.number().positive(), z.number().positive()])
    .refine(([least, most]) => least <= most, 'the smaller scaling comes first'),
  /** Every so many voxels stands a control point, moved along each axis by up to the displacement (see elastic.ts). */
  elastic: z
    .object({ gridVoxels: z.number().min(2), displacementVoxels: z.number().min(0) })
    .refine(
      ({ gridVoxels, displacementVoxels }) => displacementVoxels <= MOST_DISPLACEMENT * gridVoxels,
      `more displacement than ${MOST_DISPLACEMENT} of the grid's spacing could fold the image`,
    ),
  /** Standard deviation of the noise added to each voxel, in units of the window [0, 1] (0.01 is 14 HU). */
  noise: z.number().min(0).max(1),
});
export type Augmentation = z.infer<typeof augmentationSchema>;

/** Patches as they are, mirrored and with their axes swapped: no voxel's value changes. */
export const SYMMETRIES_ONLY: Augmentation = {
  symmetries: 'all',
  rotationDegrees: 0,
  scaling: [1, 1],
  elastic: { gridVoxels: 16, displacementVoxels: 0 },
  noise: 0,
};

/** CT resolves less along the body than in the plane: patches that keep their axis keep that too. */
export const IN_PLANE_ONLY: Augmentation = { ...SYMMETRIES_ONLY, symmetries: 'in-plane' };

/** The augmentation of the project's founding README, and mirrorings. */
export const SEED_AUGMENTATION: Augmentation = {
  symmetries: 'flips',
  rotationDegrees: 15,
  scaling: [0.9, 1.1],
  // Moves a voxel of a 64³ patch by about 2 voxels: the outline changes, the kind of margin does not.
  elastic: { gridVoxels: 16, displacementVoxels: 6 },
  noise: 0.01,
};
