/** The generators under models/: listed by their cards, loaded when first used. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '@nodulelab/contract';
import type { Engine } from '../engine/engine.ts';
import { loadGenerator } from '../gan/model.ts';
import { CARD_FILE, type ModelCard, readModelCard, resolutionOfCard } from '../gan/modelCard.ts';
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
  /**
   * The folder with a model's card and weights.
   * @throws NoduleLabError `not-found`
   */
  folderOf(name: string): Promise<string>;
}

/** @param folders Each holds one folder a model; a name in an earlier one hides the same name in a later one. */
export function createModelRegistry(folders: readonly string[], engine: Engine): ModelRegistry {
  const opened = new Map<string, Promise<Sampler>>();

  const find = async (): Promise<{ model: Model; folder: string }[]> => {
    const found = new Map<string, { model: Model; folder: string }>();
    for (const root of folders.filter((folder) => existsSync(folder)))
      for (const entry of (await readdir(root)).toSorted()) {
        const folder = join(root, entry);
        // A dot in front: being written.
        if (entry.startsWith('.') || !existsSync(join(folder, CARD_FILE))) continue;
        const model = describe(await readModelCard(folder));
        if (!found.has(model.name)) found.set(model.name, { model, folder });
      }
    return [...found.values()].toSorted(
      (a, b) => rank(b.model) - rank(a.model) || (b.model.updates ?? 0) - (a.model.updates ?? 0),
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

  const get = async (name?: string): Promise<{ model: Model; folder: string }> => {
    const all = await find();
    const entry = name === undefined ? all[0] : all.find(({ model }) => model.name === name);
    if (entry) return entry;
    throw new NoduleLabError(
      'not-found',
      name === undefined
        ? `There is no model under ${folders.join(' or ')}: train one with nodulelab train.`
        : `There is no model named ${name}; there are: ${all.map(({ model }) => model.name).join(', ') || 'none'}.`,
      { name },
    );
  };

  return {
    engine: engine.name,
    list: async () => (await find()).map(({ model }) => model),
    async load(name) {
      const { model, folder } = await get(name);
      return { model, sampler: await open(model.sha256, folder) };
    },
    folderOf: async (name) => (await get(name)).folder,
  };
}

/** Of what was trained here the finest first; what came from elsewhere is used only where it is asked for or alone. */
const rank = ({ updates, resolution }: Model): number => (updates === null ? 0 : resolution);

function describe(card: ModelCard): Model {
  const { name, weights, training, data, faults } = card;
  return {
    name,
    sha256: weights.sha256,
    preset: 'graph' in card ? null : card.preset.name,
    resolution: 'graph' in card ? card.graph.size : resolutionOfCard(card),
    updates: training === null ? null : training.updates,
    summary: [
      ...(training === null ? ['Made elsewhere: how it was trained is not known here.'] : []),
      data,
      ...faults,
    ].join(' '),
  };
}
