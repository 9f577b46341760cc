import { z } from 'zod';
import { PlacementSetting } from './edit.ts';
import { PointLps, Uid } from './primitives.ts';

export const GuardRequest = z
  .object({
    seriesInstanceUID: Uid,
    diameterMm: z.number().min(3).max(40),
    setting: PlacementSetting.optional(),
  })
  .meta({ id: 'GuardRequest' });
export type GuardRequest = z.infer<typeof GuardRequest>;

/** What a label of a guard map means: whether a nodule of the asked size may be centred there, and why not. */
export const GUARD_LABELS = {
  outside: 0,
  allowed: 1,
  'near-border': 2,
  airway: 3,
  vessel: 4,
  'no-room': 5,
  'other-setting': 6,
} as const;
export type GuardLabel = keyof typeof GUARD_LABELS;

/**
 * Where a nodule may go, on a coarse grid of its own: voxel (i, j, k) lies at
 * `origin + i*spacing[0]*direction[0] + j*spacing[1]*direction[1] + k*spacing[2]*direction[2]`, i fastest.
 */
export const GuardMap = z
  .object({
    seriesInstanceUID: Uid,
    diameterMm: z.number(),
    setting: PlacementSetting.nullable(),
    size: z.tuple([z.int().positive(), z.int().positive(), z.int().positive()]),
    origin: PointLps.describe('centre of the first voxel'),
    spacing: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
    direction: z.tuple([PointLps, PointLps, PointLps]),
    labels: z.string().describe('base64 of the labels, one byte a voxel, compressed with raw DEFLATE'),
    allowedMl: z.number().min(0).describe('volume of all allowed centres'),
  })
  .meta({ id: 'GuardMap' });
export type GuardMap = z.infer<typeof GuardMap>;
