/**
 * Builds an ONNX model (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3; field numbers below are its own).
 * Equal nodes are emitted once: asking again for the same operation on the same values returns the first result, so
 * lowerings need not remember what they prepared (weight slices, transposes, masks).
 */
import { formatShape, sameShape, type Shape } from '../shape.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { Message } from './protobuf.ts';

/** Opset 17 is the first with all that is used here and is read by every ONNX Runtime since 1.12. */
const OPSET = 17;
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;

type AttributeValue = number | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * What the model will run on: lowerings choose what is fast, or what exists, there. `portable` is for files that other
 * programs open: the plainest operators.
 */
export type Target = 'cpu' | 'cuda' | 'webgpu' | 'portable';

/** What a model carries besides its graph. */
export interface ModelFacts {
  /** Values of inputs that are fixed: they become initialisers of the same name instead of inputs. */
  readonly fixed?: Readonly<Record<string, Float32Array>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** A text for people. */
  readonly description?: string;
}

export class OnnxGraph {
  readonly target: Target;
  readonly #nodes: Message[] = [];
  readonly #initialisers: Message[] = [];
  readonly #inputs = new Map<string, Shape>();
  readonly #outputs = new Map<string, Shape>();
  readonly #known = new Map<string, string>();
  readonly #facts: ModelFacts;

  constructor(target: Target, facts: ModelFacts = {}) {
    this.target = target;
    this.#facts = facts;
  }

  /** Declares a float32 input; declaring it twice with one shape is fine. */
  input(name: string, shape: Shape): string {
    const fixed = this.#facts.fixed?.[name];
    if (fixed !== undefined) {
      if (!this.#known.has(`fixed:${name}`))
        this.#initialisers.push(tensorMessage(name, shape, FLOAT, fixed));
      this.#known.set(`fixed:${name}`, name);
      return name;
    }
    const declared = this.#inputs.get(name);
    if (declared !== undefined && !sameShape(declared, shape))
      throw new NoduleLabError(
        'invalid-input',
        `Two inputs are named ${name}, of shapes ${formatShape(declared)} and ${formatShape(shape)}: rename one.`,
      );
    this.#inputs.set(name, shape);
    return name;
  }

  output(name: string, value: string, shape: Shape): void {
    this.#nodes.push(nodeMessage('Identity', [value], name, {}));
    this.#outputs.set(name, shape);
  }

  /** One operation with one output. */
  node(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.#once(`${type}(${inputs.join()})${JSON.stringify(attributes)}`, (name) => {
      this.#nodes.push(nodeMessage(type, inputs, name, attributes));
    });
  }

  /** A one-dimensional int64 constant (axes, shapes, starts and ends are such inputs in ONNX). */
  integers(values: readonly number[]): string {
    return this.#once(`int64:${values.join()}`, (name) => {
      const data = BigInt64Array.from(values, (value) => BigInt(value));
      this.#initialisers.push(tensorMessage(name, [values.length], INT64, data));
    });
  }

  floats(values: Float32Array, shape: Shape): string {
    const key = values.length <= 4096 ? `float:${shape.join()}:${values.join()}` : undefined;
    return this.#once(key, (name) => {
      this.#initialisers.push(tensorMessage(name, shape, FLOAT, values));
    });
  }

  /** The serialised ModelProto. */
  finish(): Uint8Array {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.string(2, 'nodulelab');
    for (const initialiser of this.#initialisers) graph.message(5, initialiser);
    for (const [name, shape] of this.#inputs) graph.message(11, valueInfoMessage(name, shape));
    for (const [name, shape] of this.#outputs) graph.message(12, valueInfoMessage(name, shape));
    const opset = new Message().string(1, '').int(2, OPSET);
    const model = new Message().int(1, IR_VERSION).string(2, 'nodulelab').message(8, opset);
    if (this.#facts.description !== undefined) model.string(6, this.#facts.description);
    model.message(7, graph);
    for (const [key, value] of Object.entries(this.#facts.metadata ?? {}))
      model.message(14, new Message().string(1, key).string(2, value));
    return model.finish();
  }

  #once(key: string | undefined, emit: (name: string) => void): string {
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    // A colon cannot start an input's name by convention, so made-up names never meet declared ones.
    const name = `:${this.#nodes.length + this.#initialisers.length}`;
    emit(name);
    if (key !== undefined) this.#known.set(key, name);
    return name;
  }
}

function nodeMessage(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes,
): Message {
  const node = new Message();
  for (const name of inputs) node.string(1, name);
  node.string(2, output).string(3, `${type}${output}`).string(4, type);
  for (const [name, value] of Object.entries(attributes)) node.message(5, attributeMessage(name, value));
  return node;
}

function attributeMessage(name: string, value: AttributeValue): Message {
  const attribute = new Message().string(1, name);
  if (typeof value === 'number') return attribute.int(3, value).int(20, 2);
  if ('float' in value) return attribute.float(2, value.float).int(20, 1);
  for (const item of value) attribute.int(8, item);
  return attribute.int(20, 7);
}

function tensorMessage(
  name: string,
  shape: Shape,
  elementType: number,
  data: Float32Array | BigInt64Array,
): Message {
  const tensor = new Message();
  for (const length of shape) tensor.int(1, length);
  tensor.int(2, elementType).string(8, name);
  return tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function valueInfoMessage(name: string, shape: Shape): Message {
  const dimensions = new Message();
  for (const length of shape) dimensions.message(1, new Message().int(1, length));
  const tensorType = new Message().int(1, FLOAT).message(2, dimensions);
  return new Message().string(1, name).message(2, new Message().message(1, tensorType));
}
