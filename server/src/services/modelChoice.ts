/**
 * Which generator everybody here works with: a file in the data folder, beside the models themselves, so that the server
 * and commands without one read the same, and a restart changes nothing.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CurrentModel } from '@nodulelab/contract';
import { z } from 'zod';
import { writeJsonAtomically } from '../nn/artefactFile.ts';
import { NoduleLabError } from '../volume/errors.ts';

const Choice = z.object({
  model: z.string().nullable(),
  since: z.iso.datetime(),
  /** What was current before, the latest first. */
  before: z.array(z.string()),
});
export type Choice = z.infer<typeof Choice>;

/** As many as anybody would go back. */
const REMEMBERED = 20;

export interface ModelChoice {
  /** Null where nobody ever chose. */
  read(): Promise<Choice | null>;
  write(choice: Choice): Promise<void>;
}

/** Nothing is chosen, and nothing can be. */
export const NO_CHOICE: ModelChoice = {
  read: async () => null,
  write: async () => {
    throw new NoduleLabError('unusable', 'There is no data folder in which a choice could be kept.');
  },
};

export const modelChoiceFile = (path: string): ModelChoice => ({
  async read() {
    try {
      return Choice.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch {
      // Absent, or damaged by hand: nobody's choice, rather than no models at all.
      return null;
    }
  },
  async write(choice) {
    await mkdir(dirname(path), { recursive: true });
    await writeJsonAtomically(path, choice);
  },
});

/** The chosen one before all others, which keep their order. */
export const withChosenFirst = <T extends { readonly name: string }>(
  models: readonly T[],
  choice: Choice | null,
): T[] => {
  const chosen = models.filter(({ name }) => name === choice?.model);
  return [...chosen, ...models.filter((model) => !chosen.includes(model))];
};

/** @param names of all models, the current one first */
export function currentOf(names: readonly string[], choice: Choice | null): CurrentModel {
  const name = names[0] ?? null;
  const wanted = choice?.model ?? null;
  const chosen = wanted !== null && wanted === name;
  return {
    name,
    chosen,
    since: chosen ? (choice?.since ?? null) : null,
    former: choice?.before.find((one) => one !== name && names.includes(one)) ?? null,
    missing: chosen ? null : wanted,
  };
}

/** @param current what is current until now */
export const chosenNext = (
  model: string | null,
  current: string | null,
  before: Choice | null,
  now: Date,
): Choice => ({
  model,
  since: now.toISOString(),
  before: [
    ...new Set([...(current === null || current === model ? [] : [current]), ...(before?.before ?? [])]),
  ].slice(0, REMEMBERED),
});
