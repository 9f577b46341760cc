/** The operations of the tensor room. */
export type { Shape } from './shape.ts';
export { formatShape, sameShape, sizeOf } from './shape.ts';
export { constant, input, scalar, topologicalOrder, type Tensor } from './tensor.ts';
export { add, div, exp, log, mul, neg, sqrt, square, sub, tanh } from './elementwise.ts';
export { leakyRelu, relu, slopeMask } from './activation.ts';
export { broadcastTo, reduceSum, sumAll, sumTo } from './reduction.ts';
export { concat, pad, reshape, slice, transpose } from './layout.ts';
export { matMul } from './matMul.ts';
export { conv3d, conv3dInputGradient, conv3dWeightGradient, type Window } from './conv3d.ts';
export { gradient } from './gradient.ts';
export { inputShapes, toOnnx, type Program } from './program.ts';
export type { TensorflowApi, TensorflowTensor } from './tensorflow.ts';
export { readOnnx, type OnnxFile, type OnnxValue } from './onnx/readOnnx.ts';
