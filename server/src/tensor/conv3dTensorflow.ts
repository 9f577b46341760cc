/**
 * The three convolutions over TensorFlow.js: its own kernels, which know volumes as [N, z, y, x, C] and kernels as
 * [k, k, k, in, out]. Zeros are added and cut off outside of them, since they know no padding by a number.
 */
import type { ConvShapes, Window } from './conv3d.ts';
import type { TensorflowApi, TensorflowTensor } from './tensorflow.ts';

const CHANNELS_LAST = [0, 2, 3, 4, 1];
const CHANNELS_FIRST = [0, 4, 1, 2, 3];
const KERNEL = [2, 3, 4, 1, 0];
const KERNEL_BACK = [4, 3, 0, 1, 2];

export function tensorflowConv(
  tf: TensorflowApi,
  [x, w, bias]: readonly TensorflowTensor[],
  window: Window,
): TensorflowTensor {
  const y = kernel(tf, 'Conv3D', { x: padded(tf, x!, window), filter: tf.transpose(w!, KERNEL) }, window, {
    dataFormat: 'NDHWC',
    dilations: [1, 1, 1],
  });
  return withBias(tf, tf.transpose(y, CHANNELS_FIRST), bias);
}

export function tensorflowInputGradient(
  tf: TensorflowApi,
  [dy, w, bias]: readonly TensorflowTensor[],
  { fine }: ConvShapes,
  window: Window,
): TensorflowTensor {
  const [batch, channels, ...spatial] = fine as [number, number, ...number[]];
  const inputs = { dy: tf.transpose(dy!, CHANNELS_LAST), filter: tf.transpose(w!, KERNEL) };
  const inputShape = [batch, ...spatial.map((length) => length + 2 * window.padding), channels];
  const whole = kernel(tf, 'Conv3DBackpropInputV2', inputs, window, { inputShape });
  const { padding } = window;
  const cropped = tf.slice(whole, [0, padding, padding, padding, 0], [batch, ...spatial, channels]);
  return withBias(tf, tf.transpose(cropped, CHANNELS_FIRST), bias);
}

export function tensorflowWeightGradient(
  tf: TensorflowApi,
  [x, dy]: readonly TensorflowTensor[],
  { weight }: ConvShapes,
  window: Window,
): TensorflowTensor {
  const inputs = { x: padded(tf, x!, window), dy: tf.transpose(dy!, CHANNELS_LAST) };
  const filterShape = KERNEL.map((axis) => weight[axis]!);
  return tf.transpose(kernel(tf, 'Conv3DBackpropFilterV2', inputs, window, { filterShape }), KERNEL_BACK);
}

function padded(tf: TensorflowApi, x: TensorflowTensor, { padding }: Window): TensorflowTensor {
  const border: [number, number] = [padding, padding];
  return tf.pad(tf.transpose(x, CHANNELS_LAST), [[0, 0], border, border, border, [0, 0]]);
}

function kernel(
  tf: TensorflowApi,
  name: string,
  inputs: Record<string, TensorflowTensor>,
  { stride }: Window,
  attributes: Record<string, string | number[]>,
): TensorflowTensor {
  const strides = [stride, stride, stride];
  const result = tf.engine().runKernel(name, inputs, { strides, pad: 'valid', ...attributes });
  return 'shape' in result ? result : result[0]!;
}

const withBias = (
  tf: TensorflowApi,
  x: TensorflowTensor,
  bias: TensorflowTensor | undefined,
): TensorflowTensor => (bias === undefined ? x : tf.add(x, tf.reshape(bias, [1, bias.shape[0]!, 1, 1, 1])));
