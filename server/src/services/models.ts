/** The generators under models/: listed by their cards, loaded when first used. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CurrentModel, Model } from '@nodulelab/contract';
import type { Engine } from '../engine/engine.ts';
import { loadGenerator } from '../gan/model.ts';
import { CARD_FILE, type ModelCard, readModelCard, resolutionOfCard } from '../gan/modelCard.ts';
import { openSampler, type Sampler } from '../gan/sampler.ts';
import { openDetector, type Detector } from '../networks/detector.ts';
import { shippedNetworkFolder } from '../networks/shipped.ts';
import { describeConditions } from './modelConditions.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { chosenNext, currentOf, type ModelChoice, NO_CHOICE, withChosenFirst } from './modelChoice.ts';
import { readClassificationReport, readModelClassification } from './modelClassification.ts';
import { readModelEvaluation, readModelReport } from './modelEvaluation.ts';
import { readModelPicture } from './modelPictures.ts';

export interface ModelRegistry {
  /** Name of the engine that samples. */
  readonly engine: string;
  /** Cards of all models, the preferred one first: the chosen one, else the finest, and of those the one trained longest. */
  list(): Promise<Model[]>;
  current(): Promise<CurrentModel>;
  /**
   * Prefers a model from now on, also after a restart.
   * @param name null for nobody's choice
   * @throws NoduleLabError `not-found`
   */
  choose(name: string | null, now: Date): Promise<CurrentModel>;
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
  /**
   * The report of its evaluation, HTML.
   * @throws NoduleLabError `not-found` for an unknown name or a model that was not evaluated
   */
  reportOf(name: string): Promise<Uint8Array>;
  /**
   * The report of what classifiers learned from its nodules, HTML.
   * @throws NoduleLabError `not-found` for an unknown name or a model without such an experiment
   */
  classificationOf(name: string): Promise<Uint8Array>;
  /**
   * One of the pictures that its card names, PNG or JPEG.
   * @throws NoduleLabError `not-found`
   */
  pictureOf(name: string, file: string): Promise<Uint8Array>;
  /**
   * The detector, one that the user trained before the shipped one; opened when it is first asked for.
   * @throws NoduleLabError `not-found` without one, `invalid-input` or `refused` for a damaged one
   */
  detector(): Promise<Detector>;
}

interface Found {
  readonly name: string;
  readonly model: Model;
  readonly folder: string;
}

/**
 * @param folders Each holds one folder a model; a name in an earlier one hides the same name in a later one.
 * @param choice which one is preferred; the finest where absent
 */
export function createModelRegistry(
  folders: readonly string[],
  engine: Engine,
  choice: ModelChoice = NO_CHOICE,
): ModelRegistry {
  const opened = new Map<string, Promise<Sampler>>();
  let detector: Promise<Detector> | undefined;

  const find = async (): Promise<Found[]> => {
    const found = new Map<string, Found>();
    for (const root of folders.filter((folder) => existsSync(folder)))
      for (const entry of (await readdir(root)).toSorted()) {
        const folder = join(root, entry);
        // A dot in front: being written.
        if (entry.startsWith('.') || !existsSync(join(folder, CARD_FILE))) continue;
        const model = await describe(await readModelCard(folder), folder);
        if (!found.has(model.name)) found.set(model.name, { name: model.name, model, folder });
      }
    const ranked = [...found.values()].toSorted(
      (a, b) => rank(b.model) - rank(a.model) || (b.model.updates ?? 0) - (a.model.updates ?? 0),
    );
    return withChosenFirst(ranked, await choice.read());
  };

  const current = async (): Promise<CurrentModel> =>
    currentOf(
      (await find()).map(({ name }) => name),
      await choice.read(),
    );

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
    current,
    async choose(name, now) {
      if (name !== null) await get(name);
      await choice.write(chosenNext(name, (await current()).name, await choice.read(), now));
      return current();
    },
    async load(name) {
      const { model, folder } = await get(name);
      return { model, sampler: await open(model.sha256, folder) };
    },
    folderOf: async (name) => (await get(name)).folder,
    async reportOf(name) {
      const { model, folder } = await get(name);
      return readModelReport({ name, folder, sha256: model.sha256 });
    },
    async classificationOf(name) {
      const { model, folder } = await get(name);
      return readClassificationReport({ name, folder, sha256: model.sha256 });
    },
    pictureOf: async (name, file) => readModelPicture({ name, folder: (await get(name)).folder }, file),
    detector() {
      detector ??= openDetectorOf(folders, engine);
      // What failed is tried again: it may be trained or repaired meanwhile.
      detector.catch(() => (detector = undefined));
      return detector;
    },
  };
}

async function openDetectorOf(folders: readonly string[], engine: Engine): Promise<Detector> {
  const folder = shippedNetworkFolder('detector', folders.toReversed());
  if (folder !== undefined) return openDetector(folder, engine);
  throw new NoduleLabError(
    'not-found',
    'There is no detector here, so nothing says whether the nodule looks like one: restore models/detector-32, or train one with nodulelab networks train detector.',
  );
}

/** Of what was trained here the finest first; what came from elsewhere is used only where it is asked for or alone. */
const rank = ({ updates, resolution }: Model): number => (updates === null ? 0 : resolution);

async function describe(card: ModelCard, folder: string): Promise<Model> {
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
    conditions: describeConditions(card),
    evaluation: await readModelEvaluation({ folder, sha256: weights.sha256 }),
    classification: await readModelClassification({ folder, sha256: weights.sha256 }),
    pictures: [...(card.pictures ?? [])],
  };
}
