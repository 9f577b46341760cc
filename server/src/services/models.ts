/** The generators under models/: listed by their cards, loaded when first used. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '@nodulelab/contract';
import type { Engine } from '../engine/engine.ts';
import { CARD_FILE, loadGenerator, type ModelCard, readModelCard } from '../gan/model.ts';
import { openSampler, type Sampler } from '../gan/sampler.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface ModelRegistry {
  /** Name of the engine that samples. */
  readonly engine: string;
  /** Cards of all models, the preferred one first: the finest, and of those the one trained longest. */
  list(): Promise<Model[]>;
  /**
   * @param name the preferred model where absent
   * @throws NoduleLabError `not-found` for an unknown name, `invalid-input` for damaged weights
   */
  load(name?: string): Promise<{ readonly model: Model; readonly sampler: Sampler }>;
}

/** @param folders Each holds one folder a model; a name in an earlier one hides the same name in a later one. */
export function createModelRegistry(folders: readonly string[], engine: Engine): ModelRegistry {
  const opened = new Map<string, Promise<Sampler>>();

  const find = async (): Promise<{ model: Model; folder: string }[]> => {
    const found = new Map<string, { model: Model; folder: string }>();
    for (const root of folders.filter((folder) => existsSync(folder)))
      for (const entry of (await readdir(root)).toSorted()) {
        const folder = join(root, entry);
        if (!existsSync(join(folder, CARD_FILE))) continue;
        const model = describe(await readModelCard(folder));
        if (!found.has(model.name)) found.set(model.name, { model, folder });
      }
    return [...found.values()].toSorted(
      (a, b) => b.model.resolution - a.model.resolution || b.model.updates - a.model.updates,
    );
  };

  const open = (sha256: string, folder: string): Promise<Sampler> => {
    const known = opened.get(sha256);
    if (known) return known;
    const opening = loadGenerator(folder).then((model) => openSampler(model, engine));
    opened.set(sha256, opening);
    opening.catch(() => opened.delete(sha256));
    return opening;
  };

  return {
    engine: engine.name,
    list: async () => (await find()).map(({ model }) => model),
    async load(name) {
      const all = await find();
      const entry = name === undefined ? all[0] : all.find(({ model }) => model.name === name);
      if (!entry)
        throw new NoduleLabError(
          'not-found',
          name === undefined
            ? `There is no model under ${folders.join(' or ')}: train one with nodulelab train.`
            : `There is no model named ${name}; there are: ${all.map(({ model }) => model.name).join(', ') || 'none'}.`,
          { name },
        );
      return { model: entry.model, sampler: await open(entry.model.sha256, entry.folder) };
    },
  };
}

function describe({ name, weights, preset, training, data, faults }: ModelCard): Model {
  return {
    name,
    sha256: weights.sha256,
    preset: preset.name,
    resolution: training.resolution,
    updates: training.updates,
    summary: [data, ...faults].join(' '),
  };
}
