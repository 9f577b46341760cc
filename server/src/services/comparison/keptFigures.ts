/** Figures that take minutes, kept as soon as they are made: a run that is stopped while it measures loses at most one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { figureSchema } from '../../evaluation/result.ts';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { sha256Of } from '../../store/artefacts.ts';

const keptSchema = z.object({ figures: z.array(figureSchema), warnings: z.array(z.string()) });
export type KeptFigures = z.infer<typeof keptSchema>;

/**
 * What an earlier call with this name has made, else what `make` makes. A file that is damaged is made again.
 *
 * @param name of all that decides the figures
 */
export async function keptFigures(
  dir: string,
  name: readonly unknown[],
  make: () => Promise<KeptFigures>,
): Promise<KeptFigures> {
  const path = join(dir, `figures-${sha256Of(JSON.stringify(name)).slice(0, 32)}.json`);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const kept = keptSchema.safeParse(text === undefined ? undefined : parsed(text));
  if (kept.success) return kept.data;
  const made = await make();
  await writeJsonAtomically(path, made);
  return made;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
