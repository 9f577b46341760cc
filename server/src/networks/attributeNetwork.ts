/** The attribute network at work: what it says of a patch, and the features that it says it from. */
import type { Engine, Executable } from '../engine/engine.ts';
import type { Parameters } from '../nn/layers.ts';
import * as t from '../tensor/index.ts';
import { NoduleLabError } from '../volume/errors.ts';
import {
  attributeArchitectureSchema,
  attributeLayers,
  CHARACTERISTICS,
  CLASSES,
  inputLength,
  OUTPUTS,
  type AttributeArchitecture,
  type Characteristic,
} from './attributeArchitecture.ts';
import { exampleOf } from './attributeExamples.ts';
import { readNetworkCard, type NetworkCard } from './networkCard.ts';
import { readNetworkWeights } from './networkFolder.ts';

export interface DescribedPatch {
  /** size³ values in [0, 1] (HU [-1000, 400]), x fastest. */
  readonly values: Float32Array;
  /** Voxels along an edge, not fewer than the network sees. */
  readonly size: number;
  readonly spacingMm: number;
}

/** What the network says of one patch. */
export interface AttributeReading {
  /** What its answers are made of, before the heads: of the voxels alone, whatever their spacing. */
  readonly features: Float64Array;
  /** On the scales of the LIDC form and within them; the largest in-plane diameter in mm. */
  readonly predicted: Readonly<Record<Characteristic | 'diameterMm', number>>;
  readonly malignantProbability: number;
  /** Of malignant, benign and indeterminate by the rule of the card's data; they sum to 1. */
  readonly classProbabilities: readonly number[];
}

export interface AttributeReader {
  readonly featureSize: number;
  /** @throws NoduleLabError `invalid-input` for a patch that is none, with its number */
  describe(patches: readonly DescribedPatch[]): Promise<AttributeReading[]>;
  release(): Promise<void>;
}
export interface AttributeNetwork extends AttributeReader {
  readonly card: NetworkCard;
}

/** Patches that go through the network together. */
const BATCH = 16;
/** Ends of the scales of the LIDC form. */
const MOST: Readonly<Record<Characteristic, number>> = {
  subtlety: 5,
  internalStructure: 4,
  calcification: 6,
  sphericity: 5,
  margin: 5,
  lobulation: 5,
  spiculation: 5,
  texture: 5,
  malignancy: 5,
};

/**
 * Opens the network of a folder.
 * @throws NoduleLabError `not-found`, `invalid-input` or `refused` where card or weights are missing, unusable or do not
 *   belong together
 */
export async function openAttributeNetwork(folder: string, engine: Engine): Promise<AttributeNetwork> {
  const card = await readNetworkCard(folder, 'attributes');
  const architecture = attributeArchitectureSchema.safeParse(card.architecture);
  if (!architecture.success)
    throw new NoduleLabError(
      'invalid-input',
      `The card of ${folder} does not describe an attribute network of this version ` +
        `(architecture.${architecture.error.issues[0]?.path.join('.') ?? ''}): train it again with nodulelab networks train attributes.`,
      { folder },
      architecture.error,
    );
  const specs = attributeLayers(architecture.data).parameters;
  const parameters = await readNetworkWeights(folder, card, specs);
  return { card, ...(await attributeReader(architecture.data, parameters, engine)) };
}

/** A network whose parameters are known. */
export async function attributeReader(
  architecture: AttributeArchitecture,
  parameters: Parameters,
  engine: Engine,
): Promise<AttributeReader> {
  const length = inputLength(architecture);
  const featureSize = architecture.features;
  const { features, outputs } = attributeLayers(architecture).describe(
    parameters,
    t.input('input', [BATCH, length]),
  );
  const executable = await engine.compile({ features, outputs });
  return {
    featureSize,
    async describe(patches) {
      patches.forEach((patch, index) => checkPatch(patch, index, architecture.size));
      const readings: AttributeReading[] = [];
      for (let first = 0; first < patches.length; first += BATCH)
        readings.push(
          ...(await describeBatch(architecture, executable, patches.slice(first, first + BATCH))),
        );
      return readings;
    },
    release: () => executable.release(),
  };
}

async function describeBatch(
  architecture: AttributeArchitecture,
  executable: Executable,
  patches: readonly DescribedPatch[],
): Promise<AttributeReading[]> {
  const length = inputLength(architecture);
  const input = new Float32Array(BATCH * length);
  const fieldsOfViewMm: number[] = [];
  for (const [i, patch] of patches.entries()) {
    const example = exampleOf(architecture, patch);
    input.set(example.input, i * length);
    fieldsOfViewMm.push(example.fieldOfViewMm);
  }
  const { features, outputs } = await executable.run({ input });
  const size = architecture.features;
  return patches.map((_, i) =>
    readingOf(
      architecture,
      features!.subarray(i * size, (i + 1) * size),
      outputs!.subarray(i * OUTPUTS, (i + 1) * OUTPUTS),
      fieldsOfViewMm[i]!,
    ),
  );
}

function readingOf(
  { characteristics, logDiameter }: AttributeArchitecture,
  features: Float32Array,
  outputs: Float32Array,
  fieldOfViewMm: number,
): AttributeReading {
  const answers = CHARACTERISTICS.map((name, i) => {
    const { mean, scale } = characteristics[name];
    return [name, Math.min(MOST[name], Math.max(1, mean + scale * outputs[i]!))] as const;
  });
  const logRatio = logDiameter.mean + logDiameter.scale * outputs[CHARACTERISTICS.length]!;
  const logits = [...outputs.subarray(CHARACTERISTICS.length + 1)];
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const classProbabilities = powers.map((power) => power / total);
  return {
    features: Float64Array.from(features),
    predicted: {
      ...(Object.fromEntries(answers) as Record<Characteristic, number>),
      diameterMm: fieldOfViewMm * Math.exp(logRatio),
    },
    malignantProbability: classProbabilities[CLASSES.indexOf('malignant')]!,
    classProbabilities,
  };
}

function checkPatch({ values, size, spacingMm }: DescribedPatch, index: number, least: number): void {
  const refuse = (why: string): never => {
    throw new NoduleLabError('invalid-input', `Patch ${index} cannot be described: ${why}.`, {
      patch: index,
    });
  };
  if (!Number.isInteger(size) || size < least)
    refuse(
      `its edge is ${size} voxels, and the network sees ${least}: make it from patches at least as fine`,
    );
  if (values.length !== size ** 3) refuse(`it holds ${values.length} values, not ${size}³ = ${size ** 3}`);
  if (!(spacingMm > 0 && spacingMm < Infinity)) refuse(`its spacing is ${spacingMm} mm`);
  for (let i = 0; i < values.length; i++)
    if (!(values[i]! >= 0 && values[i]! <= 1))
      refuse(`voxel ${i} holds ${values[i]}, and values are HU windowed to [0, 1]`);
}
