/** What a training's networks were trained on before it began. */
import { z } from 'zod';
import { listCheckpoints, readCheckpoint } from '../nn/checkpoint.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().positive();

/** A training whose networks another one began with. What is null is not known. */
export const ancestorSchema = z.object({
  /** Name of the model, or of the training's folder. */
  source: z.string(),
  /** Of the file that the networks came from. */
  sha256,
  /** Both networks, or the averaged generator alone: then the critic began anew. */
  taken: z.enum(['both networks', 'generator']),
  preset: z.string(),
  seed: z.number().int().nullable(),
  patches: count.nullable(),
  patchesSha256: sha256.nullable(),
  updates: z.number().int().nonnegative().nullable(),
  resolution: count,
});
export type Ancestor = z.infer<typeof ancestorSchema>;

const storedSchema = z.looseObject({
  config: z.looseObject({ ancestors: z.array(ancestorSchema).default([]) }),
});

/** What the training of a folder began with; undefined where the folder holds none yet. */
export async function ancestorsIn(folder: string): Promise<readonly Ancestor[] | undefined> {
  const newest = (await listCheckpoints(folder)).at(-1);
  if (newest === undefined) return undefined;
  const stored = storedSchema.safeParse((await readCheckpoint(newest)).state);
  // What is wrong with it is said by whoever goes on from it.
  return stored.success ? stored.data.config.ancestors : [];
}
