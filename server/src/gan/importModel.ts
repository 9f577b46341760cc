/**
 * Takes a generator from one file into a model folder. The file says by itself what it is: an ONNX file or safetensors
 * of ours (it carries its card), safetensors for a preset that the user names, or an ordinary ONNX generator from
 * elsewhere with one input [N, L] and one output [N, 1, s, s, s].
 */
import { readOnnx, type OnnxFile } from '../tensor/index.ts';
import { openOnnxFile } from '../engine/onnxFile.ts';
import { Random } from '../nn/random.ts';
import { decodeSafetensors } from '../nn/safetensors.ts';
import type { StoredTensor } from '../nn/safetensors.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { generatorParameters } from './model.ts';
import {
  foreignGraphCardSchema,
  foreignWeightsCardSchema,
  GRAPH_FILE,
  modelCardSchema,
  resolutionOfCard,
  WEIGHTS_FILE,
  type GraphCard,
  type ModelCard,
  type ModelDescription,
  type NetworkCard,
} from './modelCard.ts';
import { CARD_KEY, weightsOf } from './modelFile.ts';
import { writeModelFolder } from './modelFolder.ts';
import type { Preset } from './presets.ts';

export interface ImportOptions {
  /** Names the file in errors. */
  readonly origin: string;
  /** Where the model goes. */
  readonly folder: (name: string) => string;
  /** Of the model; by default what the file's card says. */
  readonly name?: string | undefined;
  /** What is known of a model that brings no card. */
  readonly describe: (name: string) => ModelDescription;
  /** The networks for which a safetensors file without a card holds weights, and the resolution that they reach. */
  readonly preset?: Preset | undefined;
  readonly resolution?: number | undefined;
  /** Range of a foreign network's image; without it told from the network's last operator or a sample. */
  readonly range?: readonly [number, number] | undefined;
  /** Run an ONNX file as it is even if it carries a card of ours. */
  readonly asForeign: boolean;
}

const LATENT_PROBE = 'import';
/** How far outside its stated range a foreign image may lie. */
const RANGE_SLACK = 0.02;
const SIZES = [16, 32, 64, 128];

/** Reads, checks and keeps a model; on any error nothing is kept. */
export async function importModel(file: Uint8Array, options: ImportOptions): Promise<ModelCard> {
  const { origin } = options;
  if (looksLikeSafetensors(file)) {
    const { tensors, metadata } = decodeSafetensors(file, origin);
    const card = cardIn(metadata, origin);
    return card === undefined
      ? importWeights(options, (name) => tensors[name])
      : importOurs(card, options, (name) => tensors[name]);
  }
  const onnx = readOnnx(file, origin);
  const card = options.asForeign ? undefined : cardIn(onnx.metadata, origin);
  return card === undefined
    ? importGraph(file, onnx, options)
    : importOurs(card, options, (name) => onnx.tensor(name));
}

/** Eight bytes of header length, then the header's JSON. */
const looksLikeSafetensors = (file: Uint8Array): boolean => file[8] === 0x7b;

function cardIn(metadata: Readonly<Record<string, string>>, origin: string): NetworkCard | undefined {
  const text = metadata[CARD_KEY];
  if (text === undefined) return undefined;
  try {
    const card = modelCardSchema.parse(JSON.parse(text));
    if (!('graph' in card)) return card;
  } catch (error) {
    throw new NoduleLabError(
      'invalid-input',
      `${origin} carries a model card that this version does not understand: import it with the version that wrote it.`,
      { origin },
      error,
    );
  }
  throw new NoduleLabError('invalid-input', `${origin} carries the card of another kind of model.`, {
    origin,
  });
}

type Lookup = (name: string) => StoredTensor | undefined;

function importOurs(card: NetworkCard, options: ImportOptions, tensor: Lookup): Promise<NetworkCard> {
  const { origin } = options;
  const parameters = generatorParameters(card.preset, resolutionOfCard(card), tensor, origin);
  const named = { ...card, name: options.name ?? card.name };
  return writeModelFolder(
    options.folder(named.name),
    WEIGHTS_FILE,
    weightsOf({ card, parameters }),
    (sha256) => {
      if (sha256 !== card.weights.sha256)
        throw new NoduleLabError(
          'refused',
          `${origin} holds other weights than its card describes (SHA-256 ${sha256.slice(0, 12)}…, not ` +
            `${card.weights.sha256.slice(0, 12)}…): it is damaged or was changed. Export it again; an ONNX file that ` +
            'was changed on purpose can be imported with --foreign.',
          { origin, expected: card.weights.sha256, actual: sha256 },
        );
      return named;
    },
  );
}

function importWeights(options: ImportOptions, tensor: Lookup): Promise<NetworkCard> {
  const { origin, preset, name } = options;
  if (preset === undefined || name === undefined)
    throw new NoduleLabError(
      'invalid-input',
      `${origin} carries no model card: say for which networks its weights are, and how the model is to be named ` +
        '(--preset and --name).',
      { origin },
    );
  const resolution = options.resolution ?? preset.stages.at(-1)!.resolution;
  if (!preset.stages.some((stage) => stage.resolution === resolution))
    throw new NoduleLabError(
      'invalid-input',
      `${preset.name} has no stage of ${resolution}³; its stages are ${preset.stages.map((stage) => `${stage.resolution}³`).join(', ')}.`,
    );
  const parameters = generatorParameters(preset, resolution, tensor, origin);
  const card = foreignWeightsCardSchema.parse({
    ...options.describe(name),
    format: 1,
    weights: { file: WEIGHTS_FILE, sha256: '0'.repeat(64), type: 'F32' },
    preset,
    training: null,
    resolution,
  });
  return writeModelFolder(options.folder(name), WEIGHTS_FILE, weightsOf({ card, parameters }), (sha256) => ({
    ...card,
    weights: { ...card.weights, sha256 },
  }));
}

async function importGraph(file: Uint8Array, onnx: OnnxFile, options: ImportOptions): Promise<GraphCard> {
  const { origin, name } = options;
  if (name === undefined)
    throw new NoduleLabError(
      'invalid-input',
      `${origin} carries no model card: give the model a name (--name).`,
      {
        origin,
      },
    );
  const latentSize = latentSizeIn(onnx, origin);
  const { size, range } = await trySample(file, latentSize, onnx, options);
  return writeModelFolder(options.folder(name), GRAPH_FILE, [file], (sha256) =>
    foreignGraphCardSchema.parse({
      ...options.describe(name),
      format: 1,
      weights: { file: GRAPH_FILE, sha256 },
      training: null,
      graph: { latentSize, size, range },
    }),
  );
}

/** Checks what the file takes and gives, as far as it says so. */
function latentSizeIn({ inputs, outputs, external }: OnnxFile, origin: string): number {
  const refuse = (why: string): never => {
    throw new NoduleLabError(
      'unusable',
      `${origin} is no generator that can be used here: ${why}. Needed is one float32 input [1 or N, L] and one float32 output [1 or N, 1, s, s, s].`,
      { origin },
    );
  };
  const [input, ...moreInputs] = inputs;
  const [output, ...moreOutputs] = outputs;
  if (input === undefined || moreInputs.length > 0)
    return refuse(`it has ${inputs.length} inputs (${inputs.map((one) => one.name).join(', ')})`);
  if (output === undefined || moreOutputs.length > 0)
    return refuse(`it has ${outputs.length} outputs (${outputs.map((one) => one.name).join(', ')})`);
  if (external) return refuse('its weights lie in other files; export it as one file');
  if (!input.float32 || !output.float32) return refuse('it works with another type than float32');
  const [batch, latentSize] = input.shape;
  if (input.shape.length !== 2 || typeof latentSize !== 'number' || latentSize < 1)
    return refuse(`its input ${input.name} has the shape [${shapeText(input.shape)}]`);
  if (typeof batch === 'number' && batch > 1)
    return refuse(`its batch is fixed to ${batch}; export it with a batch of 1 or an open one`);
  return latentSize;
}

/** One sample tells whether it runs, how large its image is, and in which range. */
async function trySample(
  file: Uint8Array,
  latentSize: number,
  onnx: OnnxFile,
  { origin, range: stated }: ImportOptions,
): Promise<{ size: number; range: readonly [number, number] }> {
  const runner = await openOnnxFile(file, origin);
  try {
    const random = Random.of(LATENT_PROBE);
    const latent = Float32Array.from({ length: latentSize }, () => random.gaussian());
    const { values, shape } = await runner.run(latent, [1, latentSize]);
    const [batch, channels, ...edges] = shape;
    const size = edges[0];
    if (
      batch !== 1 ||
      channels !== 1 ||
      edges.length !== 3 ||
      edges.some((edge) => edge !== size) ||
      !SIZES.includes(size!)
    )
      throw new NoduleLabError(
        'unusable',
        `${origin} gives an image of shape [${shapeText(shape)}]; needed is [1, 1, s, s, s] with s one of ${SIZES.join(', ')}.`,
        { origin },
      );
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const range = stated ?? usualRange(onnx, low);
    // Comparisons with NaN are false: a NaN in the image fails this too.
    const slack = RANGE_SLACK * (range[1] - range[0]);
    if (!(low >= range[0] - slack && high <= range[1] + slack))
      throw new NoduleLabError(
        'unusable',
        `${origin} gives values from ${low.toPrecision(3)} to ${high.toPrecision(3)}, outside the range ${range[0]} to ${range[1]}: state its own with --range low,high.`,
        { origin, low, high },
      );
    return { size: size!, range };
  } finally {
    await runner.release();
  }
}

/** tanh gives [−1, 1]; of other networks a sample tells whether they go below 0. */
const usualRange = ({ operatorOf, outputs }: OnnxFile, low: number): readonly [number, number] =>
  operatorOf(outputs[0]!.name) === 'Tanh' || low < -RANGE_SLACK ? [-1, 1] : [0, 1];

const shapeText = (shape: readonly (number | null)[]): string =>
  shape.map((length) => length ?? '?').join(', ');
