/** Arithmetic and functions of single elements. Two operands broadcast as in NumPy. */
import { makeTensor, scalar, type Tensor } from './tensor.ts';
import { broadcastPositions, broadcastShape } from './shape.ts';
import { sumTo } from './reduction.ts';

type Operand = Tensor | number;

const asTensor = (value: Operand): Tensor => (typeof value === 'number' ? scalar(value) : value);

export const add = (a: Operand, b: Operand): Tensor =>
  binary(
    'add',
    'Add',
    asTensor(a),
    asTensor(b),
    (x, y) => x + y,
    (upstream) => [upstream, upstream],
  );

export const sub = (a: Operand, b: Operand): Tensor =>
  binary(
    'sub',
    'Sub',
    asTensor(a),
    asTensor(b),
    (x, y) => x - y,
    (upstream) => [upstream, neg(upstream)],
  );

export const mul = (a: Operand, b: Operand): Tensor =>
  binary(
    'mul',
    'Mul',
    asTensor(a),
    asTensor(b),
    (x, y) => x * y,
    (upstream, _, x, y) => [mul(upstream, y), mul(upstream, x)],
  );

export const div = (a: Operand, b: Operand): Tensor =>
  binary(
    'div',
    'Div',
    asTensor(a),
    asTensor(b),
    (x, y) => x / y,
    (upstream, quotient, _, y) => {
      const scaled = div(upstream, y);
      return [scaled, neg(mul(scaled, quotient))];
    },
  );

export const neg = (x: Tensor): Tensor =>
  unary(
    'neg',
    'Neg',
    x,
    (v) => -v,
    (upstream) => neg(upstream),
  );

export const exp = (x: Tensor): Tensor => unary('exp', 'Exp', x, Math.exp, mul);

/** Natural logarithm, of positive values. */
export const log = (x: Tensor): Tensor => unary('log', 'Log', x, Math.log, (upstream) => div(upstream, x));

/** Square root; its derivative is infinite at 0, so keep a small constant under it. */
export const sqrt = (x: Tensor): Tensor =>
  unary('sqrt', 'Sqrt', x, Math.sqrt, (upstream, root) => div(mul(upstream, 0.5), root));

export const tanh = (x: Tensor): Tensor =>
  unary('tanh', 'Tanh', x, Math.tanh, (upstream, y) => mul(upstream, sub(1, square(y))));

export const square = (x: Tensor): Tensor => mul(x, x);

/** `gradient` gives the derivative with respect to each operand before it is summed back over broadcast axes. */
function binary(
  operation: 'add' | 'sub' | 'mul' | 'div',
  onnxType: string,
  a: Tensor,
  b: Tensor,
  compute: (x: number, y: number) => number,
  gradient: (upstream: Tensor, output: Tensor, a: Tensor, b: Tensor) => readonly [Tensor, Tensor],
): Tensor {
  const shape = broadcastShape(operation, a.shape, b.shape);
  return makeTensor(operation, shape, [a, b], {
    gradient(upstream, output) {
      const [left, right] = gradient(upstream, output, a, b);
      return [sumTo(left, a.shape), sumTo(right, b.shape)];
    },
    lower: (onnx, names) => onnx.node(onnxType, names),
    tensorflow: (tf, [left, right]) => tf[operation](left!, right!),
    evaluate([left, right]) {
      const inB = broadcastPositions(b.shape, shape);
      return Float64Array.from(broadcastPositions(a.shape, shape), (position, i) =>
        compute(left![position]!, right![inB[i]!]!),
      );
    },
  });
}

function unary(
  operation: 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh',
  onnxType: string,
  x: Tensor,
  compute: (value: number) => number,
  gradient: (upstream: Tensor, output: Tensor) => Tensor,
): Tensor {
  return makeTensor(operation, x.shape, [x], {
    gradient: (upstream, output) => [gradient(upstream, output)],
    lower: (onnx, [name]) => onnx.node(onnxType, [name!]),
    tensorflow: (tf, [value]) => tf[operation](value!),
    evaluate: ([values]) => values!.map(compute),
  });
}
