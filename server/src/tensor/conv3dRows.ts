/**
 * Convolutions laid out in long rows. ONNX Runtime copies a volume once for every tap before it multiplies, row by row of
 * what comes out, and a short row costs it as much as a long one. So what is innermost in memory is chosen such that rows
 * are long: it moves along with x, as a row of x·n values in which a step of one voxel is a step of n.
 */
import type { OnnxGraph } from './onnx/onnxGraph.ts';
import type { ConvShapes, Window } from './conv3d.ts';
import type { Shape } from './shape.ts';

/** Up to so many voxels a sample, rows of all samples pay for moving them: 30 to 50% less time at 4³, 25% at 8³. */
const FEW_VOXELS = 8 ** 3;

/** Whether {@link samplesInRowsConv} of volumes [N, C, z, y, x] is faster than a convolution of one after the other. */
export const samplesInRowsPay = ([batch, , ...spatial]: Shape, kernel: number, stride: number): boolean =>
  stride === 1 && kernel > 1 && batch! > 1 && volumeOf(spatial) <= FEW_VOXELS;

/**
 * A convolution at stride 1, all samples beside each other in every row: x [N, in, …], w [out, in, k, k, k] and perhaps a
 * bias [out] → [N, out, …].
 */
export function samplesInRowsConv(
  onnx: OnnxGraph,
  [x, w, ...bias]: readonly string[],
  [batch, ins, ...fine]: Shape,
  [, outs, ...coarse]: Shape,
  { kernel, padding }: { readonly kernel: number; readonly padding: number },
): string {
  const samplesLast = transpose(onnx, reshape(onnx, x!, [batch!, ins! * volumeOf(fine)]), [1, 0]);
  const [depth, height, width] = fine as [number, number, number];
  const rows = reshape(onnx, samplesLast, [1, ins!, depth, height, width * batch!]);
  const pads = [padding, padding, padding * batch!];
  const conv = onnx.node('Conv', [rows, w!, ...bias], {
    kernel_shape: [kernel, kernel, kernel],
    dilations: [1, 1, batch!],
    pads: [...pads, ...pads],
  });
  const samplesFirst = transpose(onnx, reshape(onnx, conv, [outs! * volumeOf(coarse), batch!]), [1, 0]);
  return reshape(onnx, samplesFirst, [batch!, outs!, ...coarse]);
}

/**
 * dw[o, i, k] = Σ_{n, p} x[n, i, p·s + k − pad] · dy[n, o, p], x [N, in, …], dy [N, out, …] → [out, in, k, k, k]: a
 * convolution of x by dy with batch and channels exchanged, dilated by the stride. All channels of x are beside each
 * other in every row, so that a row of the result is one of taps and channels.
 */
export function channelsInRowsWeightGradient(
  onnx: OnnxGraph,
  [x, dy]: readonly [string, string],
  { fine, coarse, weight }: ConvShapes,
  { stride, padding }: Window,
): string {
  const [batch, ins, depth, height, width] = fine as [number, number, number, number, number];
  const channelsLast = transpose(onnx, reshape(onnx, x, [batch, ins, depth * height * width]), [0, 2, 1]);
  const rows = reshape(onnx, channelsLast, [1, batch, depth, height, width * ins]);
  const pads = [padding, padding, padding * ins];
  const gradient = onnx.node('Conv', [rows, transpose(onnx, dy, [1, 0, 2, 3, 4])], {
    kernel_shape: coarse.slice(2),
    dilations: [stride, stride, stride * ins],
    pads: [...pads, ...pads],
  });
  const taps = reshape(onnx, gradient, [weight[0]!, volumeOf(weight.slice(2)), ins]);
  return reshape(onnx, transpose(onnx, taps, [0, 2, 1]), weight);
}

const volumeOf = (spatial: Shape): number => spatial.reduce((a, b) => a * b, 1);

const transpose = (onnx: OnnxGraph, name: string, perm: readonly number[]): string =>
  onnx.node('Transpose', [name], { perm });

const reshape = (onnx: OnnxGraph, name: string, shape: readonly number[]): string =>
  onnx.node('Reshape', [name, onnx.integers(shape)]);
