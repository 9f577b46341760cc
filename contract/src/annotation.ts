/** A nodule that a user of the viewer marks and rates: what is sent, and what is kept of who did it. */
import { z } from 'zod';
import { WrittenObject } from './job.ts';

/** One reader's ratings: whole numbers on the scales of the LIDC form. */
export const Ratings = z
  .object({
    subtlety: z.int().min(1).max(5),
    internalStructure: z.int().min(1).max(4),
    calcification: z.int().min(1).max(6),
    sphericity: z.int().min(1).max(5),
    margin: z.int().min(1).max(5),
    lobulation: z.int().min(1).max(5),
    spiculation: z.int().min(1).max(5),
    texture: z.int().min(1).max(5),
    malignancy: z.int().min(1).max(5),
  })
  .meta({ id: 'Ratings', description: 'the nine LIDC characteristics as one reader rates them' });
export type Ratings = z.infer<typeof Ratings>;

/** Who marked a nodule, with what, and where it is written. */
export const NoduleAnnotation = z
  .object({
    author: z.string(),
    /** Of this state of it; a change has a new one. */
    writtenAt: z.iso.datetime(),
    codeVersion: z.string(),
    /** How often it was written: 1 as marked, 2 after the first change. */
    revision: z.int().min(1),
    segmentation: WrittenObject,
    report: WrittenObject,
  })
  .meta({ id: 'NoduleAnnotation' });
export type NoduleAnnotation = z.infer<typeof NoduleAnnotation>;
