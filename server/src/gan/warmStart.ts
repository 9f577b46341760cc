/**
 * A new training that begins with the networks of another one: those of a model, or of the folder of a training. Its own
 * preset, seed and set hold from the first update on, and Adam starts afresh.
 */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { NO_UPDATES, type TrainingState } from '../nn/trainingState.ts';
import { formatShape, sizeOf } from '../tensor/index.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Ancestor } from './ancestors.ts';
import { loadGenerator, type NetworkModel } from './model.ts';
import { CARD_FILE, resolutionOfCard, type NetworkCard } from './modelCard.ts';
import { stateIn } from './shippedState.ts';
import { average } from './steps.ts';
import { enterStage, loadState, stageParameters, type TrainingConfig } from './trainingState.ts';

/** Networks that a training can begin with. */
export interface WarmStart {
  /** Parameters by name, and the generator's averages. */
  readonly values: Readonly<Record<string, Float32Array>>;
  /** All that they were trained in, the last one being where they come from. */
  readonly ancestors: readonly [...Ancestor[], Ancestor];
  /** The model's card; undefined for a folder of a training. */
  readonly card: NetworkCard | undefined;
}

/** @param folder of a model, with its training's state or without, or that `train` wrote to */
export async function openWarmStart(folder: string): Promise<WarmStart> {
  const model = existsSync(join(folder, CARD_FILE)) ? await networkIn(folder) : undefined;
  const checkpoint = await stateIn(folder);
  const source = model?.card.name ?? basename(resolve(folder));
  if (checkpoint !== undefined) {
    const { config, state } = await loadState(checkpoint);
    const { preset, seed, patches, patchesSha256 } = config;
    const { resolution } = preset.stages[state.counters.stage]!;
    const own: Ancestor = {
      ...{ source, sha256: checkpoint.sha256, taken: 'both networks', preset: preset.name },
      ...{ seed, patches, patchesSha256, updates: state.counters.update, resolution },
    };
    return { values: state.values, ancestors: [...config.ancestors, own], card: model?.card };
  }
  if (model === undefined)
    throw new NoduleLabError(
      'not-found',
      `${folder} holds neither a model nor a training: name the folder of a model (${CARD_FILE}) or one that nodulelab train wrote to.`,
      { folder },
    );
  return fromModel(model);
}

async function networkIn(folder: string): Promise<NetworkModel> {
  const model = await loadGenerator(folder);
  if ('parameters' in model) return model;
  throw new NoduleLabError(
    'unusable',
    `${model.card.name} is a network from elsewhere, which is run as it is and cannot be trained on: begin with another model.`,
    { folder },
  );
}

/** The averaged generator alone, which is what a model ships: its critic has to be learned anew. */
function fromModel({ card, parameters }: NetworkModel): WarmStart {
  const { training } = card;
  const own: Ancestor = {
    ...{ source: card.name, sha256: card.weights.sha256, taken: 'generator', preset: card.preset.name },
    ...{ seed: training?.seed ?? null, patches: training?.patches ?? null },
    ...{ patchesSha256: card.datasetSha256, updates: training?.updates ?? null },
    resolution: resolutionOfCard(card),
  };
  const averages = Object.entries(parameters).map(([name, values]) => [average(name), values]);
  return {
    values: { ...parameters, ...(Object.fromEntries(averages) as Record<string, Float32Array>) },
    ancestors: [...(training?.ancestors ?? []), own],
    card,
  };
}

/**
 * The state that a training begins with: at the stage that has the resolution of the networks, which are taken as they are.
 * Later stages are grown on them as always.
 * @throws NoduleLabError `conflict` where the preset has other networks, or adapts its augmentation
 */
export function warmState(config: TrainingConfig, { values, ancestors }: WarmStart): TrainingState {
  const { preset } = config;
  const { source, taken, resolution, preset: trained } = ancestors.at(-1)!;
  if ((preset.criticAugmentation?.adaptive ?? null) !== null)
    throw new NoduleLabError(
      'conflict',
      `Adaptive augmentation looks at patients that the critic has never seen, and the networks of ${source} may have ` +
        'learned from them: leave --adaptive out, or begin without --from.',
      { source },
    );
  const stage = preset.stages.findIndex((other) => other.resolution === resolution);
  const fail = (why: string): never => {
    throw new NoduleLabError(
      'conflict',
      `${source} (${trained} at ${resolution}³) cannot be begun with: ${why}. Choose its own preset and width.`,
      { source, preset: preset.name },
    );
  };
  if (stage < 0)
    return fail(
      `the stages of ${preset.name} have ${preset.stages.map((own) => `${own.resolution}³`).join(', ')}`,
    );
  const specs = stageParameters(preset, stage);
  const needed = taken === 'generator' ? specs.generator : specs.all;
  for (const { name, shape } of needed)
    if (values[name]?.length !== sizeOf(shape))
      fail(`${preset.name} has ${name} of shape ${formatShape(shape)}, and it has none such`);
  const more = Object.keys(values).find(
    (name) => /^(generator|critic)\./.test(name) && !specs.all.some((spec) => spec.name === name),
  );
  if (more !== undefined) fail(`it has ${more}, which ${preset.name} has not`);
  const networks = [...needed.map(({ name }) => name), ...specs.generator.map(({ name }) => average(name))];
  return enterStage(
    config,
    { values: Object.fromEntries(networks.map((name) => [name, values[name]!])), counters: NO_UPDATES },
    stage,
  );
}
