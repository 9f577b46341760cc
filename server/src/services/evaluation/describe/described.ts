/** What an evaluation knows of every patch of a group; all measures work on it. */
import { z } from 'zod';
import type { PatchGroup } from '../../../evaluation/patchGroup.ts';

const numbers = z.array(z.number());

const readingSchema = z.object({
  /** Before the network's heads. */
  features: numbers,
  predicted: z.record(z.string(), z.number()),
  malignantProbability: z.number(),
  classProbabilities: numbers,
});

export const patchDescriptionSchema = z.object({
  id: z.string(),
  /** Null where the patch shows no nodule. */
  nodule: z.object({ largestDiameterMm: z.number(), meanHu: z.number() }).nullable(),
  /** Null without a network, and in the view of a nodule that is not there. */
  attributes: z.object({ patch: readingSchema.nullable(), nodule: readingSchema.nullable() }),
  radiomics: z.object({ patch: numbers.nullable(), nodule: numbers.nullable() }),
});
export type PatchDescription = z.infer<typeof patchDescriptionSchema>;
export type Reading = z.infer<typeof readingSchema>;

export interface Described {
  readonly group: PatchGroup;
  /** One for each patch of the group, in its order. */
  readonly patches: readonly PatchDescription[];
  /** Small pixels (evaluation/memorisation/smallPixels.ts), patch after patch. */
  readonly pixels: Float32Array;
}
