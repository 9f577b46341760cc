/** The generators under models/: listed by their cards, loaded when first used. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '@nodulelab/contract';
import { loadGenerator, type Generator } from '../gan/sampler.ts';
import { readModelCard, type ModelCard } from '../gan/modelCard.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface ModelRegistry {
  /** Cards of all models, the preferred one first. */
  list(): Promise<Model[]>;
  /** @throws NoduleLabError `not-found` for an unknown name. */
  load(name?: string): Promise<{ readonly model: Model; readonly generator: Generator }>;
}

/** @param dirs Folders that hold one folder a model; earlier ones win. */
export function createModelRegistry(dirs: readonly string[]): ModelRegistry {
  const loaded = new Map<string, Promise<Generator>>();

  const find = async (): Promise<{ model: Model; dir: string }[]> => {
    const found: { model: Model; dir: string }[] = [];
    for (const root of dirs.filter((dir) => existsSync(dir)))
      for (const name of (await readdir(root)).toSorted()) {
        const dir = join(root, name);
        if (existsSync(join(dir, 'model.json'))) found.push({ model: describe(await readModelCard(dir)), dir });
      }
    return found.toSorted((a, b) => b.model.resolution - a.model.resolution);
  };

  const open = (sha256: string, dir: string): Promise<Generator> => {
    const known = loaded.get(sha256);
    if (known) return known;
    const opening = loadGenerator(dir);
    loaded.set(sha256, opening);
    opening.catch(() => loaded.delete(sha256));
    return opening;
  };

  return {
    list: async () => (await find()).map(({ model }) => model),
    async load(name) {
      const all = await find();
      const entry = name === undefined ? all[0] : all.find(({ model }) => model.name === name);
      if (!entry)
        throw new NoduleLabError(
          'not-found',
          name === undefined
            ? `no model under ${dirs.join(', ')}: train one with nodulelab train`
            : `no model named ${name}; there are: ${all.map(({ model }) => model.name).join(', ') || 'none'}`,
          { name },
        );
      return { model: entry.model, generator: await open(entry.model.sha256, entry.dir) };
    },
  };
}

function describe(card: ModelCard): Model {
  return {
    name: card.name,
    sha256: card.sha256,
    preset: card.preset,
    resolution: card.resolution,
    updates: card.updates,
    summary: card.summary,
  };
}
