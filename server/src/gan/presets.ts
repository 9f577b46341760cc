/** Trainings by name: what is trained, how, and for how long. Every number of a training stands here. */
import { z } from 'zod';
import {
  augmentationSchema,
  IN_PLANE_ONLY,
  SEED_AUGMENTATION,
  SYMMETRIES_ONLY,
  type Augmentation,
} from '../dataset/augmentation/augmentation.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { CONDITION_NAMES, conditionNameSchema } from './conditions.ts';
import { criticAugmentationSchema, type CriticAugmentation } from './criticAugmentation.ts';
import { weightingSchema } from './patchWeights.ts';

const count = z.number().int().positive();
const positive = z.number().positive();

/** The shape of both networks. Resolution doubles from 4³ level by level. */
export const architectureSchema = z.object({
  latentSize: count,
  /** Channels at 4³, 8³, 16³, … of the generator; the critic mirrors them. */
  channels: z.array(count).min(1),
  /**
   * false: the last transposed convolution gives the image, and the critic's first strided one reads it (the plain
   * form). true: at each resolution from `firstResolution` on, a 3³ convolution adds to the image (generator) and
   * one reads it (critic), so that stages can be grown.
   */
  imageConvolutions: z.boolean(),
  /** Resolution of the first stage. */
  firstResolution: count,
  /** Negative slope of the generator's activations; 0 is ReLU. */
  generatorSlope: z.number().min(0),
  criticSlope: z.number().min(0),
  pixelNormalisation: z.boolean(),
  minibatchDeviation: z.boolean(),
  // Networks of before these were known have none of them.
  /** What the generator can be asked for, in the order of its input. */
  conditions: z.array(conditionNameSchema).default([]),
  /** Channels of the image. With alpha it is composed on constant ground (see generator.ts). */
  output: z.enum(['hu', 'hu+alpha']).default('hu'),
  /** A noise volume is added to the features of each stage, weighted by channel (Karras et al. 2019, section 2). */
  noise: z.boolean().default(false),
  /** What a grown stage adds to the image is smoothed: transposed convolutions leave a grid. */
  smoothImage: z.boolean().default(false),
});
export type Architecture = z.infer<typeof architectureSchema>;

/** Channels of the images that generator and critic exchange. */
export const channelsOf = ({ output }: Pick<Architecture, 'output'>): number => (output === 'hu' ? 1 : 2);

export const stageSchema = z.object({
  resolution: count,
  learningRate: positive,
  batchSize: count,
  /** The stage ends after so many epochs or generator updates, whichever is given and comes first. */
  epochs: positive.optional(),
  updates: count.optional(),
});
export type Stage = z.infer<typeof stageSchema>;

export const presetSchema = z.object({
  name: z.string(),
  architecture: architectureSchema,
  stages: z.array(stageSchema).min(1),
  /** Critic steps before each generator step. */
  criticSteps: count,
  /** λ of the gradient penalty (Gulrajani et al. 2017). */
  gradientPenalty: z.number().min(0),
  /** ε of the drift term ε · E[D(real)²], which keeps the critic's output near zero (Karras et al. 2018). */
  drift: z.number().min(0),
  adamBeta1: z.number().min(0).max(1),
  adamBeta2: z.number().min(0).max(1),
  adamEpsilon: positive,
  /** Rate of the generator's moving average during the first `averageWarmUp` updates of a stage, and after. */
  averageWarmUpRate: positive.max(1),
  averageRate: positive.max(1),
  averageWarmUp: z.number().int().min(0),
  /** A checkpoint that is kept for good, every so many epochs. */
  checkpointEpochs: count,
  /** How real patches are varied. The first trainings knew the cube's symmetries only and did not say so. */
  augmentation: augmentationSchema.default(SYMMETRIES_ONLY),
  /** How everything that the critic sees is varied; null: not at all. */
  criticAugmentation: criticAugmentationSchema.nullable().default(null),
  /** Rare nodules are shown more often (see patchWeights.ts); null: all are shown equally often. */
  weighting: weightingSchema.nullable().default(null),
  /**
   * Conditions are varied by up to so many points, the diameter by the same share of an octave: readers differ by more, and
   * what lies between the ratings of a small set is learned too.
   */
  conditionJitter: z.number().min(0).max(1).default(0),
});
export type Preset = z.infer<typeof presetSchema>;

/** The networks and numbers of the project's founding README, exactly. */
const SEED_64: Preset = {
  name: 'seed-64',
  architecture: {
    latentSize: 100,
    channels: [512, 256, 128, 64],
    imageConvolutions: false,
    firstResolution: 64,
    generatorSlope: 0,
    criticSlope: 0.2,
    pixelNormalisation: false,
    minibatchDeviation: false,
    conditions: [],
    output: 'hu',
    noise: false,
    smoothImage: false,
  },
  stages: [{ resolution: 64, learningRate: 1e-4, batchSize: 16, epochs: 1000 }],
  criticSteps: 5,
  gradientPenalty: 10,
  drift: 0,
  adamBeta1: 0.5,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  averageWarmUpRate: 0.05,
  averageRate: 0.002,
  averageWarmUp: 300,
  checkpointEpochs: 50,
  augmentation: SEED_AUGMENTATION,
  criticAugmentation: null,
  weighting: null,
  conditionJitter: 0,
};

/** Grown from 16³ to 64³ with thin fine stages: convincing nodules after hours on two cores. */
const PROGRESSIVE_64: Preset = {
  name: 'progressive-64',
  architecture: {
    latentSize: 64,
    channels: [64, 32, 16, 8, 4],
    imageConvolutions: true,
    firstResolution: 16,
    generatorSlope: 0.2,
    criticSlope: 0.2,
    pixelNormalisation: true,
    minibatchDeviation: true,
    conditions: [],
    output: 'hu',
    noise: false,
    smoothImage: false,
  },
  stages: [
    { resolution: 16, learningRate: 1e-3, batchSize: 16, updates: 800 },
    { resolution: 32, learningRate: 7e-4, batchSize: 16, updates: 800 },
    { resolution: 64, learningRate: 5e-4, batchSize: 16, updates: 1000 },
  ],
  criticSteps: 2,
  gradientPenalty: 10,
  drift: 1e-3,
  adamBeta1: 0,
  adamBeta2: 0.99,
  adamEpsilon: 1e-8,
  averageWarmUpRate: 0.05,
  averageRate: 0.002,
  averageWarmUp: 300,
  checkpointEpochs: 50,
  augmentation: SYMMETRIES_ONLY,
  criticAugmentation: null,
  weighting: null,
  conditionJitter: 0,
};

/**
 * Nodules as they are asked for: size and six characteristics, with alpha. Grown like progressive-64 with twice its
 * channels, and kept from learning a few hundred nodules by heart.
 */
const CONDITIONAL_64: Preset = {
  ...PROGRESSIVE_64,
  name: 'conditional-64',
  architecture: {
    ...PROGRESSIVE_64.architecture,
    channels: [96, 64, 32, 16, 8],
    conditions: [...CONDITION_NAMES],
    output: 'hu+alpha',
    noise: true,
    smoothImage: true,
  },
  stages: [
    { resolution: 16, learningRate: 7e-4, batchSize: 16, updates: 1500 },
    { resolution: 32, learningRate: 5e-4, batchSize: 16, updates: 2000 },
    // Half the batch, half the time of an update: where compute is short, the number of updates counts.
    { resolution: 64, learningRate: 4e-4, batchSize: 8, updates: 2000 },
  ],
  // Half of the average is of the last 70 updates: a stage of a few hundred soon leaves its beginning behind.
  averageRate: 0.01,
  augmentation: IN_PLANE_ONLY,
  criticAugmentation: {
    ...{ probability: 0.4, shiftShare: 0.125, attenuation: 0.15, cutoutShare: 0.35 },
    adaptive: null,
  },
  weighting: { by: ['malignancy', 'spiculation', 'texture'], power: 0.5, cap: 4 },
  conditionJitter: 0.25,
};

export const PRESETS: Readonly<Record<string, Preset>> = {
  [SEED_64.name]: SEED_64,
  [PROGRESSIVE_64.name]: PROGRESSIVE_64,
  [CONDITIONAL_64.name]: CONDITIONAL_64,
};

/** The preset of that name, with all channel counts divided by `widthDivisor` (for tests and measurements). */
export function presetNamed(name: string, widthDivisor = 1): Preset {
  const preset = PRESETS[name];
  if (preset === undefined)
    throw new NoduleLabError(
      'not-found',
      `There is no preset ${name}; there are: ${Object.keys(PRESETS).join(', ')}.`,
    );
  if (widthDivisor === 1) return preset;
  const channels = preset.architecture.channels.map((n) => Math.max(1, Math.round(n / widthDivisor)));
  return {
    ...preset,
    name: `${preset.name}/${widthDivisor}`,
    architecture: { ...preset.architecture, channels },
  };
}

/** Augmentations by name, for any preset. */
export const AUGMENTATIONS = {
  seed: SEED_AUGMENTATION,
  symmetries: SYMMETRIES_ONLY,
  'in-plane': IN_PLANE_ONLY,
} as const satisfies Record<string, Augmentation>;
export type AugmentationName = keyof typeof AUGMENTATIONS;
export const AUGMENTATION_NAMES = [
  'seed',
  'symmetries',
  'in-plane',
] as const satisfies readonly AugmentationName[];

/** What a training may change of its preset. */
export interface PresetChanges {
  /** Patches of a batch in all stages: small sets need small batches. */
  readonly batchSize?: number | undefined;
  readonly augmentation?: AugmentationName | undefined;
  /** Overfitting of the critic that its augmentation is steered to (see adaptiveAugmentation.ts). */
  readonly adaptive?: number | undefined;
}

export const changedPreset = (
  preset: Preset,
  { batchSize, augmentation, adaptive }: PresetChanges,
): Preset => ({
  ...preset,
  stages: preset.stages.map((stage) => ({ ...stage, batchSize: batchSize ?? stage.batchSize })),
  augmentation: augmentation === undefined ? preset.augmentation : AUGMENTATIONS[augmentation],
  criticAugmentation: adaptive === undefined ? preset.criticAugmentation : adapting(preset, adaptive),
});

/** A tenth of the patches is held back; from never to always takes a tenth of what conditional-64 is shown. */
function adapting({ name, criticAugmentation }: Preset, target: number): CriticAugmentation {
  if (criticAugmentation === null)
    throw new NoduleLabError(
      'invalid-input',
      `${name} does not vary what its critic sees, so there is nothing to adapt: leave --adaptive out, or choose a preset that does.`,
    );
  const adaptive = { target, heldBack: 0.1, every: 4, patchesToFull: 17_600, most: 0.8 };
  return { ...criticAugmentation, adaptive };
}
