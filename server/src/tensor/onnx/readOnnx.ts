/**
 * Reads what an ONNX file says about itself: inputs, outputs, metadata and float weights
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3; field numbers below are its own). What its nodes compute is
 * left to ONNX Runtime.
 */
import { NoduleLabError } from '../../volume/errors.ts';
import { formatShape, sizeOf } from '../shape.ts';
import { bytesOf, integerOf, integersOf, readFields, textOf, type Field } from './readProtobuf.ts';

const FLOAT = 1;
const EXTERNAL = 1;

export interface OnnxValue {
  readonly name: string;
  readonly float32: boolean;
  /** Null where a length is left open. */
  readonly shape: readonly (number | null)[];
}

export interface OnnxFile {
  /** What must be fed: graph inputs that are no initialisers. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
  /** True where weights lie in files beside this one. */
  readonly external: boolean;
  /** The operator that an output comes from, such as Tanh; looks through Identity. */
  operatorOf(output: string): string | undefined;
  /** A float32 initialiser, copied; undefined where there is none of that name. */
  tensor(name: string): { readonly shape: number[]; readonly values: Float32Array } | undefined;
}

/**
 * @param origin names the file in errors
 * @throws NoduleLabError `invalid-input` for what is no ONNX file, or not a whole one
 */
export function readOnnx(file: Uint8Array, origin: string): OnnxFile {
  try {
    return readModel(file);
  } catch (error) {
    if (!(error instanceof NoduleLabError)) throw error;
    throw new NoduleLabError(
      'invalid-input',
      `${origin} is not a valid ONNX file: ${error.message}. Export it again.`,
      { origin },
      error,
    );
  }
}

function readModel(file: Uint8Array): OnnxFile {
  const fields = grouped(file);
  const [graph] = fields.of(7);
  if (fields.of(1).length === 0 || fields.of(8).length === 0 || graph === undefined)
    throw problem('its version, its operator set or its graph is missing');
  const parts = grouped(bytesOf(graph));
  const initialisers = new Map(
    parts.of(5).map((field) => {
      const tensor = grouped(bytesOf(field));
      return [textOf(required(tensor.of(8), 'a weight has no name')), tensor] as const;
    }),
  );
  return {
    inputs: parts
      .of(11)
      .map(readValue)
      .filter(({ name }) => !initialisers.has(name)),
    outputs: parts.of(12).map(readValue),
    metadata: Object.fromEntries(fields.of(14).map(readPair)),
    external: [...initialisers.values()].some((tensor) =>
      tensor.of(14).some((field) => integerOf(field) === EXTERNAL),
    ),
    operatorOf: (output) => operatorOf(parts.of(1), output),
    tensor(name) {
      const tensor = initialisers.get(name);
      return tensor && readTensor(name, tensor);
    },
  };
}

/** NodeProto: inputs (1), outputs (2), operator (4). */
function operatorOf(nodes: readonly Field[], output: string): string | undefined {
  let name: string | undefined = output;
  // Nodes stand in the order of computation: from the last to the first, each name is met where it is made.
  for (const field of nodes.toReversed()) {
    const node = grouped(bytesOf(field));
    if (name === undefined || !node.of(2).some((made) => textOf(made) === name)) continue;
    const operator = node.of(4).map(textOf)[0];
    if (operator !== 'Identity') return operator;
    name = node.of(1).map(textOf)[0];
  }
  return undefined;
}

function readTensor(name: string, tensor: Grouped): { shape: number[]; values: Float32Array } {
  const shape = tensor.of(1).flatMap(integersOf);
  const [type] = tensor.of(2);
  if (type === undefined || integerOf(type) !== FLOAT) throw problem(`the weight ${name} is not float32`);
  // Values lie as raw little-endian bytes (9), or as packed or single floats (4).
  const pieces = [...tensor.of(9), ...tensor.of(4)].map(bytesOf);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  if (bytes.length !== 4 * sizeOf(shape))
    throw problem(`the weight ${name} of shape ${formatShape(shape)} has ${bytes.length} bytes`);
  return { shape, values: new Float32Array(bytes.buffer) };
}

/** ValueInfoProto: name (1), type (2) → tensor type (1) → element type (1) and shape (2) → dimensions (1). */
function readValue(field: Field): OnnxValue {
  const value = grouped(bytesOf(field));
  const name = textOf(required(value.of(1), 'an input or output has no name'));
  const tensorType = value
    .of(2)
    .flatMap((type) => grouped(bytesOf(type)).of(1))
    .map((type) => grouped(bytesOf(type)))[0];
  if (tensorType === undefined) return { name, float32: false, shape: [] };
  const dimensions = tensorType.of(2).flatMap((shape) => grouped(bytesOf(shape)).of(1));
  return {
    name,
    float32: tensorType.of(1).some((type) => integerOf(type) === FLOAT),
    shape: dimensions.map((dimension) => {
      const [length] = grouped(bytesOf(dimension)).of(1);
      return length === undefined ? null : integerOf(length);
    }),
  };
}

function readPair(field: Field): [string, string] {
  const pair = grouped(bytesOf(field));
  return [
    textOf(required(pair.of(1), 'metadata has no key')),
    textOf(required(pair.of(2), 'metadata has no value')),
  ];
}

interface Grouped {
  of(number: number): readonly Field[];
}

function grouped(message: Uint8Array): Grouped {
  const fields = new Map<number, Field[]>();
  for (const field of readFields(message)) {
    const known = fields.get(field.number);
    if (known) known.push(field);
    else fields.set(field.number, [field]);
  }
  return { of: (number) => fields.get(number) ?? [] };
}

function required(fields: readonly Field[], missing: string): Field {
  const [field] = fields;
  if (field === undefined) throw problem(missing);
  return field;
}

const problem = (message: string): NoduleLabError => new NoduleLabError('invalid-input', message);
