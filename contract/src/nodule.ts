import { z } from 'zod';
import { NoduleAnnotation } from './annotation.ts';
import { Id, PointLps, Uid } from './primitives.ts';

/** The nine LIDC characteristics of one reader, each on its LIDC scale. */
export const Characteristics = z
  .object({
    subtlety: z.number().min(1).max(5),
    internalStructure: z.number().min(1).max(4),
    calcification: z.number().min(1).max(6),
    sphericity: z.number().min(1).max(5),
    margin: z.number().min(1).max(5),
    lobulation: z.number().min(1).max(5),
    spiculation: z.number().min(1).max(5),
    texture: z.number().min(1).max(5),
    malignancy: z.number().min(1).max(5),
  })
  .meta({ id: 'Characteristics', description: 'LIDC characteristics; medians may be fractional' });
export type Characteristics = z.infer<typeof Characteristics>;

/** One closed outline on one slice; the points are the first voxels outside the lesion (LIDC rule). */
export const Contour = z
  .object({ sopInstanceUID: Uid, inclusion: z.boolean(), points: z.array(PointLps).min(1) })
  .meta({ id: 'Contour' });
export type Contour = z.infer<typeof Contour>;

/** What one reader drew and rated. */
export const Mark = z
  .object({
    reader: z.int().min(0),
    markId: z.string(),
    characteristics: Characteristics.nullable(),
    contours: z.array(Contour),
  })
  .meta({ id: 'Mark' });
export type Mark = z.infer<typeof Mark>;

export const Nodule = z
  .object({
    id: Id,
    seriesInstanceUID: Uid,
    studyInstanceUID: Uid,
    /** Display number within the series, from 1: largest first, then those that were annotated here, in their order. */
    number: z.int().min(1),
    /** How many readers marked it. */
    readers: z.int().min(1),
    centre: PointLps,
    /** Largest in-plane diameter of the 50% consensus, mm. */
    diameterMm: z.number().positive(),
    /** Medians over the readers; null where no reader rated. */
    consensus: Characteristics.nullable(),
    marks: z.array(Mark),
    consensusContours: z
      .array(Contour)
      .describe(
        'outline of the voxels that at least half of the readers marked, slice by slice; of a single reader his own',
      ),
    /** Read from annotations in the form of LIDC, or marked by a user of this server. */
    source: z.enum(['lidc', 'annotated']).default('lidc'),
    /** Of an annotated one. */
    annotation: NoduleAnnotation.nullable().default(null),
  })
  .meta({ id: 'Nodule' });
export type Nodule = z.infer<typeof Nodule>;

export const NoduleList = z
  .object({
    seriesInstanceUID: Uid,
    nodules: z.array(Nodule),
    /** What NoduleLab did to this series, in order (empty for an original). */
    synthetic: z.array(
      z.object({
        kind: z.enum(['insert', 'remove']),
        candidateId: Id.nullable(),
        noduleId: Id.nullable().describe('of the removed nodule'),
        centre: PointLps,
        diameterMm: z.number().positive(),
        sourceSeriesInstanceUID: Uid,
      }),
    ),
  })
  .meta({ id: 'NoduleList' });
/** The nodules of all series. */
export const AllNodules = z.object({ nodules: z.array(Nodule) }).meta({ id: 'AllNodules' });

export type NoduleList = z.infer<typeof NoduleList>;
