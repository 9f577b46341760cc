/**
 * How the three convolutions become ONNX nodes that run fast on CPUs. ONNX Runtime's ConvTranspose reaches about half
 * the speed of its Conv, and there is no operator for the weight gradient, so everything is expressed with Conv.
 */
import type { OnnxGraph } from './onnx/onnxGraph.ts';
import type { ConvShapes, Window } from './conv3d.ts';
import { matMulConv, matMulInputGradient, matMulWeightGradient } from './conv3dMatMul.ts';
import { channelsInRowsWeightGradient, samplesInRowsConv, samplesInRowsPay } from './conv3dRows.ts';
import { thinPays, thinWeightGradient } from './conv3dThin.ts';
import {
  tilesExactly,
  winogradConv,
  winogradInputGradient,
  winogradWeightGradient,
} from './conv3dWinograd.ts';

const SPATIAL = [2, 3, 4];
const SWAP_FIRST_TWO = [1, 0, 2, 3, 4];
/** The eight corners of a 2×2×2 block: (z, y, x) parities, x fastest. */
const PARITIES = Array.from({ length: 8 }, (_, i) => [i >> 2, (i >> 1) & 1, i & 1] as const);
/** Below this many result channels, eight small convolutions cost more than one with eight times the channels. */
const FEW_CHANNELS = 8;

/** Below this many channels on either side, Winograd's transforms cost more than they save. */
const WINOGRAD_CHANNELS = 8;
/** Up to this many channels of the fine side, rows of channels save more of a weight gradient than Winograd does. */
const CHANNELS_IN_ROWS = 8;

const cube = (length: number): number[] => [length, length, length];

export function lowerConv(
  onnx: OnnxGraph,
  names: readonly string[],
  shapes: ConvShapes,
  window: Window,
): string {
  if (onnx.target === 'webgpu') return matMulConv(onnx, names, shapes, window);
  if (winogradPays(onnx, shapes, window))
    return withBias(onnx, winogradConv(onnx, names[0]!, names[1]!, shapes), names[2], shapes.coarse[1]!);
  const kernel = shapes.weight[2]!;
  if (onnx.target === 'cpu' && samplesInRowsPay(shapes.fine, kernel, window.stride))
    return samplesInRowsConv(onnx, names, shapes.fine, shapes.coarse, { kernel, padding: window.padding });
  return onnx.node('Conv', names, {
    kernel_shape: shapes.weight.slice(2),
    strides: cube(window.stride),
    pads: [...cube(window.padding), ...cube(window.padding)],
  });
}

/** On a CPU, when there is enough to multiply for what the transforms along z cost. */
const winogradPays = (onnx: OnnxGraph, shapes: ConvShapes, { stride, padding }: Window): boolean =>
  onnx.target === 'cpu' &&
  shapes.weight[2] === 4 &&
  stride === 2 &&
  padding === 1 &&
  tilesExactly(shapes) &&
  Math.min(shapes.fine[1]!, shapes.coarse[1]!) >= WINOGRAD_CHANNELS &&
  // The transforms are products with matrices as long as the volume has planes, for each channel of the fine side.
  shapes.coarse[1]! >= shapes.coarse[2]!;

function withBias(onnx: OnnxGraph, value: string, bias: string | undefined, channels: number): string {
  if (bias === undefined) return value;
  return onnx.node('Add', [value, reshape(onnx, bias, [1, channels, 1, 1, 1])]);
}

export function lowerWeightGradient(
  onnx: OnnxGraph,
  [x, dy]: readonly string[],
  shapes: ConvShapes,
  window: Window,
): string {
  if (onnx.target === 'webgpu' || onnx.target === 'cuda')
    return matMulWeightGradient(onnx, [x!, dy!], shapes, window);
  if (winogradPays(onnx, shapes, window) && shapes.fine[1]! > CHANNELS_IN_ROWS)
    return winogradWeightGradient(onnx, x!, dy!, shapes);
  if (onnx.target === 'cpu' && thinPays(shapes, window))
    return thinWeightGradient(onnx, [x!, dy!], shapes, window);
  return channelsInRowsWeightGradient(onnx, [x!, dy!], shapes, window);
}

export function lowerInputGradient(
  onnx: OnnxGraph,
  names: readonly string[],
  shapes: ConvShapes,
  window: Window,
): string {
  if (onnx.target === 'webgpu') return matMulInputGradient(onnx, names, shapes, window);
  const kernel = shapes.weight[2]!;
  if (winogradPays(onnx, shapes, window))
    return withBias(
      onnx,
      winogradInputGradient(onnx, names[0]!, names[1]!, shapes),
      names[2],
      shapes.fine[1]!,
    );
  // cuDNN runs the transposed convolution as it is.
  const plain = onnx.target === 'portable' || onnx.target === 'cuda';
  if (!plain && window.stride === 1 && window.padding < kernel)
    return flippedConv(onnx, names, shapes, window);
  const doubles = shapes.fine.slice(2).every((length, axis) => length === 2 * shapes.coarse[axis + 2]!);
  if (!plain && window.stride === 2 && kernel === 4 && window.padding === 1 && doubles)
    return shapes.fine[1]! < FEW_CHANNELS
      ? oneSubPixelConv(onnx, names, shapes)
      : eightSubPixelConvs(onnx, names, shapes);
  return onnx.node('ConvTranspose', names, {
    kernel_shape: shapes.weight.slice(2),
    strides: cube(window.stride),
    pads: [...cube(window.padding), ...cube(window.padding)],
  });
}

/** At stride 1 the transposed convolution is a convolution by the mirrored kernel. */
function flippedConv(
  onnx: OnnxGraph,
  [dy, w, ...bias]: readonly string[],
  { fine, coarse, weight }: ConvShapes,
  window: Window,
): string {
  const kernel = weight[2]!;
  const mirrored = slice(onnx, exchanged(onnx, w!), cube(-1), cube(-kernel - 1), cube(-1));
  const padding = kernel - 1 - window.padding;
  if (samplesInRowsPay(coarse, kernel, window.stride))
    return samplesInRowsConv(onnx, [dy!, mirrored, ...bias], coarse, fine, { kernel, padding });
  return onnx.node('Conv', [dy!, mirrored, ...bias], {
    kernel_shape: cube(kernel),
    pads: [...cube(padding), ...cube(padding)],
  });
}

/**
 * Kernel 4, stride 2, padding 1: result voxel 2m + parity takes two coarse voxels along each axis, m − 1 and m for
 * parity 0 (taps 3 and 1) and m and m + 1 for parity 1 (taps 2 and 0). So each of the eight parities is a convolution
 * by every second tap, counted down from 3 − parity.
 */
function subKernels(onnx: OnnxGraph, w: string): string[] {
  const wt = exchanged(onnx, w);
  return PARITIES.map((parity) =>
    slice(
      onnx,
      wt,
      parity.map((p) => 3 - p),
      cube(-5),
      cube(-2),
    ),
  );
}

function eightSubPixelConvs(
  onnx: OnnxGraph,
  [dy, w, ...bias]: readonly string[],
  { fine, coarse }: ConvShapes,
): string {
  const [batch, channels] = fine as [number, number];
  const spatial = coarse.slice(2);
  const parts = subKernels(onnx, w!).map((kernel, i) => {
    const parity = PARITIES[i]!;
    const conv = onnx.node('Conv', [dy!, kernel, ...bias], {
      kernel_shape: cube(2),
      pads: [...parity.map((p) => 1 - p), ...parity],
    });
    return onnx.node('Unsqueeze', [conv, onnx.integers([2])]);
  });
  const blocks = reshape(onnx, onnx.node('Concat', parts, { axis: 2 }), [
    batch,
    channels,
    2,
    2,
    2,
    ...spatial,
  ]);
  return reshape(onnx, onnx.node('Transpose', [blocks], { perm: [0, 1, 5, 2, 6, 3, 7, 4] }), fine);
}

/** All eight parities as channels of one convolution over the volume padded by 1, interleaved, then cropped. */
function oneSubPixelConv(
  onnx: OnnxGraph,
  [dy, w, ...bias]: readonly string[],
  { fine, coarse }: ConvShapes,
): string {
  const [batch, channels] = fine as [number, number];
  const padded = coarse.slice(2).map((length) => length + 1);
  // In the padded result, voxel m of parity p sits at 2m − p: reversing the parities makes that 2m + p', shifted by 1.
  const kernels = onnx.node('Concat', subKernels(onnx, w!).reverse(), { axis: 0 });
  const biases = bias.map((name) => onnx.node('Concat', new Array<string>(8).fill(name), { axis: 0 }));
  const conv = onnx.node('Conv', [dy!, kernels, ...biases], {
    kernel_shape: cube(2),
    pads: new Array<number>(6).fill(1),
  });
  const blocks = reshape(onnx, conv, [batch, 2, 2, 2, channels, ...padded]);
  const interleaved = onnx.node('Transpose', [blocks], { perm: [0, 4, 5, 1, 6, 2, 7, 3] });
  const whole = reshape(onnx, interleaved, [batch, channels, ...padded.map((length) => 2 * length)]);
  return slice(
    onnx,
    whole,
    cube(1),
    fine.slice(2).map((length) => length + 1),
    cube(1),
  );
}

const exchanged = (onnx: OnnxGraph, w: string): string =>
  onnx.node('Transpose', [w], { perm: SWAP_FIRST_TWO });

const reshape = (onnx: OnnxGraph, name: string, shape: readonly number[]): string =>
  onnx.node('Reshape', [name, onnx.integers(shape)]);

function slice(
  onnx: OnnxGraph,
  name: string,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): string {
  return onnx.node('Slice', [name, ...[starts, ends, SPATIAL, steps].map((values) => onnx.integers(values))]);
}
