/**
 * Runs programs operation by operation over TensorFlow.js. For those who have `@tensorflow/tfjs-node-gpu` or
 * `@tensorflow/tfjs-node` installed; the tests pass its plain CPU backend in. (Its WebAssembly backend computes wrong
 * derivatives of convolutions.)
 */
import util from 'node:util';
import {
  inputShapes,
  topologicalOrder,
  type Program,
  type Tensor,
  type TensorflowApi,
  type TensorflowTensor,
} from '../tensor/index.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { next, type Engine, type Values } from './engine.ts';
import { checkFeeds } from './feeds.ts';

/** Preferred first. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** @param load gives the library; by default what is installed beside NoduleLab */
export function tensorflowEngine(load: () => Promise<TensorflowApi> = loadInstalled): Engine {
  return {
    name: 'tensorflow',
    stateCrossesHost: false,
    async compile(program) {
      const tf = await load();
      const run = planOf(tf, program);
      return {
        async run(feeds) {
          checkFeeds(inputShapes(program), feeds);
          return toHost(run(feeds, {}));
        },
        release: () => Promise.resolve(),
      };
    },
    async open(programs, state) {
      const tf = await load();
      const plans = Object.fromEntries(
        Object.entries(programs).map(([name, program]) => [name, planOf(tf, program)]),
      );
      const current: Record<string, TensorflowTensor> = {};
      for (const [name, values] of Object.entries(state))
        current[name] = tf.tensor(values.slice(), [values.length]);
      return {
        async run(name, feeds) {
          const program = programs[name]!;
          const inputs = inputShapes(program);
          checkFeeds(
            new Map([...inputs].filter(([input]) => feeds[input] !== undefined || !(input in current))),
            feeds,
          );
          const results = plans[name]!(feeds, current);
          const others: Record<string, TensorflowTensor> = {};
          for (const [output, tensor] of Object.entries(results)) {
            const value = Object.keys(current).find((known) => next(known) === output);
            if (value === undefined) others[output] = tensor;
            else {
              current[value]!.dispose();
              current[value] = tensor;
            }
          }
          return toHost(others);
        },
        async read() {
          const values: Record<string, Float32Array> = {};
          for (const [name, tensor] of Object.entries(current))
            values[name] = Float32Array.from(await tensor.data());
          return values;
        },
        release() {
          for (const tensor of Object.values(current)) tensor.dispose();
          return Promise.resolve();
        },
      };
    },
  };
}

/** Gives results that the caller owns. Values that a run needs no more are freed on its way. */
type Plan = (
  feeds: Values,
  state: Readonly<Record<string, TensorflowTensor>>,
) => Record<string, TensorflowTensor>;

function planOf(tf: TensorflowApi, program: Program): Plan {
  const order = topologicalOrder(Object.values(program));
  const lastUser = new Map<Tensor, Tensor>();
  for (const tensor of order) for (const source of tensor.inputs) lastUser.set(source, tensor);
  const kept = new Set(Object.values(program));
  return (feeds, state) => {
    const values = new Map<Tensor, TensorflowTensor>();
    try {
      for (const tensor of order) {
        const value = tf.tidy(() => valueOf(tensor));
        values.set(tensor, value);
        for (const source of new Set(tensor.inputs))
          if (lastUser.get(source) === tensor && !kept.has(source)) {
            values.get(source)!.dispose();
            values.delete(source);
          }
      }
      // Two outputs may be one tensor: each gets a handle of its own.
      return Object.fromEntries(
        Object.entries(program).map(([name, tensor]) => [
          name,
          tf.reshape(values.get(tensor)!, [...tensor.shape]),
        ]),
      );
    } finally {
      for (const value of values.values()) value.dispose();
    }

    function valueOf(tensor: Tensor): TensorflowTensor {
      const shape = [...tensor.shape];
      if (!('name' in tensor) || typeof tensor.name !== 'string')
        return tensor.rule.tensorflow(
          tf,
          tensor.inputs.map((source) => values.get(source)!),
        );
      const fed = feeds[tensor.name];
      return fed === undefined ? tf.reshape(state[tensor.name]!, shape) : tf.tensor(fed.slice(), shape);
    }
  };
}

async function toHost(results: Record<string, TensorflowTensor>): Promise<Record<string, Float32Array>> {
  const values: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(results)) {
    values[name] = Float32Array.from(await tensor.data());
    tensor.dispose();
  }
  return values;
}

async function loadInstalled(): Promise<TensorflowApi> {
  // tfjs-node 4.22 calls a function that Node 23 took away.
  if (!('isNullOrUndefined' in util))
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  const failures: string[] = [];
  for (const name of PACKAGES) {
    try {
      const loaded: unknown = await import(name);
      if (isTensorflow(loaded)) return loaded;
      failures.push(`${name} is not TensorFlow.js`);
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
      failures.push(missing ? `${name} is not installed` : `${name}: ${String(error)}`);
    }
  }
  throw new NoduleLabError('not-found', `${failures.join('; ')}.`);
}

const isTensorflow = (loaded: unknown): loaded is TensorflowApi =>
  typeof loaded === 'object' && loaded !== null && 'engine' in loaded && 'conv3d' in loaded;
