/**
 * Three-dimensional convolution (cross-correlation, as everywhere in deep learning) and its two derivatives.
 *
 * With y = conv(x, w), dx = inputGradient(dy, w) and dw = weightGradient(x, dy), each of the three is linear in both
 * of its operands, and the derivative of each is made of the other two. The set is therefore closed under
 * differentiation, to any order, which is what the gradient penalty needs. `inputGradient` is the transposed
 * convolution of generators.
 *
 * Axes: x [batch, in, z, y, x]; w [out, in, kz, ky, kx] (a cube); y [batch, out, z, y, x].
 */
import { makeTensor, type Tensor } from './tensor.ts';
import { shapeError, type Shape } from './shape.ts';
import { reduceSum } from './reduction.ts';
import { reshape } from './layout.ts';
import { lowerConv, lowerInputGradient, lowerWeightGradient } from './conv3dLowering.ts';
import { forEachTap } from './conv3dReference.ts';
import { tensorflowConv, tensorflowInputGradient, tensorflowWeightGradient } from './conv3dTensorflow.ts';

/** One stride and one zero padding for all three axes. */
export interface Window {
  readonly stride: number;
  readonly padding: number;
}

/** Both sides of a convolution: `fine` is its input, `coarse` its output (never larger for padding < kernel). */
export interface ConvShapes {
  readonly fine: Shape;
  readonly coarse: Shape;
  readonly weight: Shape;
}

/** conv(x, w) + bias: x [N, in, D, H, W], w [out, in, k, k, k], bias [out] → [N, out, …] with (D + 2p − k) / s + 1. */
export function conv3d(x: Tensor, w: Tensor, window: Window, bias?: Tensor): Tensor {
  const shapes = convShapes('conv3d', x.shape, w.shape, window);
  return makeTensor('conv3d', shapes.coarse, withBias('conv3d', x, w, bias, w.shape[0]!), {
    gradient: (dy) => [
      conv3dInputGradient(dy, w, window, x.shape.slice(2)),
      conv3dWeightGradient(x, dy, window, w.shape[2]!),
      biasGradient(dy),
    ],
    lower: (onnx, names) => lowerConv(onnx, names, shapes, window),
    tensorflow: (tf, values) => tensorflowConv(tf, values, window),
    evaluate([fine, weight, biasValues]) {
      const coarse = filledWithBias(shapes.coarse, biasValues);
      forEachTap(shapes, window, (f, c, k) => (coarse[c]! += fine![f]! * weight![k]!));
      return coarse;
    },
  });
}

/**
 * The transposed convolution: dy [N, out, …], w [out, in, k, k, k], bias [in] → [N, in, …size]. `size` is the spatial
 * size of the convolution's input; by default the smallest that gives dy: (D − 1) · s + k − 2p.
 */
export function conv3dInputGradient(
  dy: Tensor,
  w: Tensor,
  window: Window,
  size?: readonly number[],
  bias?: Tensor,
): Tensor {
  const name = 'conv3dInputGradient';
  const smallest = dy.shape
    .slice(2)
    .map((d) => (d - 1) * window.stride + (w.shape[2] ?? 0) - 2 * window.padding);
  const fine = [dy.shape[0]!, w.shape[1]!, ...(size ?? smallest)];
  const shapes = convShapes(name, fine, w.shape, window);
  if (shapes.coarse.some((length, axis) => length !== dy.shape[axis]))
    throw shapeError(
      name,
      [dy.shape, w.shape],
      'the convolution of that input size has another output shape',
    );
  return makeTensor(name, fine, withBias(name, dy, w, bias, fine[1]!), {
    gradient: (upstream) => [
      conv3d(upstream, w, window),
      conv3dWeightGradient(upstream, dy, window, w.shape[2]!),
      biasGradient(upstream),
    ],
    lower: (onnx, names) => lowerInputGradient(onnx, names, shapes, window),
    tensorflow: (tf, values) => tensorflowInputGradient(tf, values, shapes, window),
    evaluate([coarse, weight, biasValues]) {
      const result = filledWithBias(fine, biasValues);
      forEachTap(shapes, window, (f, c, k) => (result[f]! += coarse![c]! * weight![k]!));
      return result;
    },
  });
}

/** x [N, in, …], dy [N, out, …], cubic kernel size → [out, in, k, k, k]. */
export function conv3dWeightGradient(x: Tensor, dy: Tensor, window: Window, kernel: number): Tensor {
  const name = 'conv3dWeightGradient';
  const weightShape = [dy.shape[1]!, x.shape[1]!, kernel, kernel, kernel];
  const shapes = convShapes(name, x.shape, weightShape, window);
  if (shapes.coarse.some((length, axis) => length !== dy.shape[axis]))
    throw shapeError(
      name,
      [x.shape, dy.shape],
      `no kernel of size ${kernel} leads from the first to the second`,
    );
  return makeTensor(name, weightShape, [x, dy], {
    gradient: (upstream) => [
      conv3dInputGradient(dy, upstream, window, x.shape.slice(2)),
      conv3d(x, upstream, window),
    ],
    lower: (onnx, names) => lowerWeightGradient(onnx, names, shapes, window),
    tensorflow: (tf, values) => tensorflowWeightGradient(tf, values, shapes, window),
    evaluate([fine, coarse]) {
      const result = new Float64Array(shapes.weight.reduce((a, b) => a * b, 1));
      forEachTap(shapes, window, (f, c, k) => (result[k]! += fine![f]! * coarse![c]!));
      return result;
    },
  });
}

function convShapes(name: string, fine: Shape, weight: Shape, { stride, padding }: Window): ConvShapes {
  const kernel = weight[2];
  if (fine.length !== 5 || weight.length !== 5 || weight[3] !== kernel || weight[4] !== kernel)
    throw shapeError(
      name,
      [fine, weight],
      'a volume [N, C, z, y, x] and a cubic kernel [out, in, k, k, k] are needed',
    );
  if (fine[1] !== weight[1])
    throw shapeError(name, [fine, weight], `the kernel is for ${weight[1]} channels, not ${fine[1]}`);
  const spatial = fine.slice(2).map((length) => {
    const steps = (length + 2 * padding - kernel!) / stride;
    if (!Number.isInteger(steps) || steps < 0)
      throw shapeError(
        name,
        [fine, weight],
        `stride ${stride} and padding ${padding} do not tile it exactly`,
      );
    return steps + 1;
  });
  return { fine, coarse: [fine[0]!, weight[0]!, ...spatial], weight };
}

function withBias(name: string, x: Tensor, w: Tensor, bias: Tensor | undefined, channels: number): Tensor[] {
  if (bias === undefined) return [x, w];
  if (bias.shape.length !== 1 || bias.shape[0] !== channels)
    throw shapeError(name, [x.shape, bias.shape], `the bias must be [${channels}]`);
  return [x, w, bias];
}

const biasGradient = (dy: Tensor): Tensor => reshape(reduceSum(dy, [0, 2, 3, 4]), [dy.shape[1]!]);

function filledWithBias(shape: Shape, bias: Float64Array | undefined): Float64Array {
  const [batch, channels, ...spatial] = shape as [number, number, ...number[]];
  const voxels = spatial.reduce((a, b) => a * b, 1);
  const result = new Float64Array(batch * channels * voxels);
  if (bias !== undefined)
    for (let plane = 0; plane < batch * channels; plane++)
      result.fill(bias[plane % channels]!, plane * voxels, (plane + 1) * voxels);
  return result;
}
