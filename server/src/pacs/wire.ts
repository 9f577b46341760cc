/** Shapes of Orthanc's answers, as far as they are read; valid for 1.10 and later. */
import { z } from 'zod';

export const System = z.object({
  Version: z.string(),
  ApiVersion: z.number(),
  Name: z.string().default(''),
  /** From 1.12.0. */
  HasLabels: z.boolean().default(false),
  /** From 1.12.x; a configuration with `true` replaces originals on upload. */
  OverwriteInstances: z.boolean().optional(),
});

export const Plugin = z.object({ Version: z.string() });

export const Lookup = z.array(z.object({ ID: z.string(), Type: z.string() }));

export const Series = z.object({
  ID: z.string(),
  ParentStudy: z.string(),
  Instances: z.array(z.string()),
  MainDicomTags: z
    .object({
      SeriesInstanceUID: z.string(),
      Modality: z.string().default(''),
      SeriesDescription: z.string().default(''),
      SeriesNumber: z.string().default(''),
    })
    .loose(),
});

export const SeriesInstances = z.array(
  z.object({ ID: z.string(), MainDicomTags: z.object({ SOPInstanceUID: z.string() }).loose() }),
);

export const StudyIds = z.object({ ID: z.string(), Series: z.array(z.string()) });

export const Uploaded = z.object({ ID: z.string(), Status: z.string() });
