/** What the viewer sends to mark a nodule. Every place is LPS mm: a viewer may count slices from the other end. */
import { z } from 'zod';
import { Ratings } from './annotation.ts';
import { Contour } from './nodule.ts';
import { PointLps } from './primitives.ts';

/** The drawn voxels: a box on the grid of the CT, as `PreviewBox` has it. Slices may run in either direction. */
export const MaskShape = z.object({
  kind: z.literal('mask'),
  size: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
  origin: PointLps.describe('centre of the first voxel'),
  spacing: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
  direction: z.tuple([PointLps, PointLps, PointLps]),
  runs: z
    .array(z.int().min(0))
    .min(1)
    .max(200_000)
    .describe(
      'lengths of runs of voxels, i fastest: outside, inside, outside, …; together all voxels of the box',
    ),
});

export const EllipsoidShape = z.object({
  kind: z.literal('ellipsoid'),
  centre: PointLps,
  radiiMm: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
  axes: z
    .tuple([PointLps, PointLps, PointLps])
    .default([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
    .describe('directions of the three radii: unit vectors at right angles'),
});

export const OutlinesShape = z.object({
  kind: z.literal('outlines'),
  outlines: z.array(Contour).min(1).max(2_000),
});

export const AnnotationShape = z
  .discriminatedUnion('kind', [OutlinesShape, MaskShape, EllipsoidShape])
  .meta({ id: 'AnnotationShape' });
export type AnnotationShape = z.infer<typeof AnnotationShape>;

const Author = z
  .string()
  .trim()
  .min(1)
  .max(64)
  // eslint-disable-next-line no-control-regex -- these are what is refused
  .regex(/^[^\u0000-\u001f\\=]+$/, 'a name without control characters, backslash or equals sign');

export const AnnotationRequest = z
  .object({ shape: AnnotationShape, characteristics: Ratings, author: Author })
  .meta({ id: 'AnnotationRequest' });
export type AnnotationRequest = z.infer<typeof AnnotationRequest>;

/** A change of an annotated nodule: what is left out stays as it was. */
export const AnnotationChange = z
  .object({ shape: AnnotationShape.optional(), characteristics: Ratings.optional(), author: Author })
  .refine(({ shape, characteristics }) => shape !== undefined || characteristics !== undefined, {
    message: 'give a new shape, new characteristics, or both',
  })
  .meta({ id: 'AnnotationChange' });
export type AnnotationChange = z.infer<typeof AnnotationChange>;
