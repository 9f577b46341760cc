/**
 * The three convolutions as products of matrices, for devices on which those are what runs well, or all that runs.
 *
 * With stride s, a fine volume is cut into blocks of s×s×s voxels, which become channels (space to depth). A kernel of
 * k voxels then covers t = ⌈k / s⌉ blocks along each axis, and the convolution is the sum, over its t³ taps, of
 * [out, in·s³] × [in·s³, voxels], the second factor being the blocks shifted by the tap. No copy of the volume is larger
 * than the volume itself, as it would be if all taps were laid side by side.
 *
 * Slices only ever go forwards: ONNX Runtime 1.30 on WebGPU gives wrong values for steps of −2.
 */
import type { OnnxGraph } from './onnx/onnxGraph.ts';
import type { ConvShapes, Window } from './conv3d.ts';

type Cube = readonly [number, number, number];

/** Sizes along the three axes. */
interface Blocks {
  readonly batch: number;
  readonly ins: number;
  readonly outs: number;
  readonly stride: number;
  /** Voxels of a kernel along an axis, and blocks that it covers. */
  readonly kernel: number;
  readonly taps: number;
  readonly fine: Cube;
  readonly coarse: Cube;
  /** Blocks that all kernels together touch. */
  readonly blocks: Cube;
  /** Zeros before and after the fine volume that make it a whole number of blocks. */
  readonly before: number;
  readonly after: number;
}

/** x [N, in, …], w [out, in, k, k, k] and perhaps a bias [out] → [N, out, …]. */
export function matMulConv(
  onnx: OnnxGraph,
  [x, w, bias]: readonly string[],
  shapes: ConvShapes,
  window: Window,
): string {
  const sizes = blocksOf(shapes, window);
  const { batch, outs, ins, stride, coarse } = sizes;
  const blocks = toBlocks(onnx, x!, sizes, CHANNELS_FIRST);
  const kernels = toTaps(onnx, w!, sizes, 'out × in');
  const terms = tapsOf(sizes).map((tap, i) => {
    const shifted = slice(onnx, blocks, SPATIAL, tap, plus(tap, coarse));
    const columns = reshape(onnx, shifted, [batch, ins * stride ** 3, volume(coarse)]);
    return onnx.node('MatMul', [slice(onnx, kernels, [0], [i], [i + 1]), columns]);
  });
  const rows = reshape(onnx, sum(onnx, terms), [batch, outs, ...coarse]);
  return withBias(onnx, rows, bias, outs);
}

/** dy [N, out, …], w [out, in, k, k, k] and perhaps a bias [in] → [N, in, …]. */
export function matMulInputGradient(
  onnx: OnnxGraph,
  [dy, w, bias]: readonly string[],
  shapes: ConvShapes,
  window: Window,
): string {
  const sizes = blocksOf(shapes, window);
  const { batch, outs, ins, stride, taps, blocks, fine, before } = sizes;
  // A block takes from each coarse voxel whose kernel covers it: with zeros around, all blocks are alike.
  const border = taps - 1;
  const padded = pad(onnx, dy!, [0, 0, border, border, border], [0, 0, border, border, border]);
  const kernels = toTaps(onnx, w!, sizes, 'in × out');
  const terms = tapsOf(sizes).map((tap, i) => {
    const start: Cube = [border - tap[0], border - tap[1], border - tap[2]];
    const shifted = slice(onnx, padded, SPATIAL, start, plus(start, blocks));
    const columns = reshape(onnx, shifted, [batch, outs, volume(blocks)]);
    return onnx.node('MatMul', [slice(onnx, kernels, [0], [i], [i + 1]), columns]);
  });
  const cut = reshape(onnx, sum(onnx, terms), [batch, ins, stride, stride, stride, ...blocks]);
  const interleaved = onnx.node('Transpose', [cut], { perm: [0, 1, 5, 2, 6, 3, 7, 4] });
  const whole = reshape(onnx, interleaved, [batch, ins, ...blocks.map((length) => length * stride)]);
  const start: Cube = [before, before, before];
  return withBias(onnx, slice(onnx, whole, SPATIAL, start, plus(start, fine)), bias, ins);
}

/** x [N, in, …], dy [N, out, …] → [out, in, k, k, k]. */
export function matMulWeightGradient(
  onnx: OnnxGraph,
  [x, dy]: readonly string[],
  shapes: ConvShapes,
  window: Window,
): string {
  const sizes = blocksOf(shapes, window);
  const { batch, outs, ins, stride, kernel, taps, coarse } = sizes;
  const blocks = toBlocks(onnx, x!, sizes, CHANNELS_LAST);
  const rows = reshape(onnx, dy!, [batch, outs, volume(coarse)]);
  const terms = tapsOf(sizes).map((tap) => {
    const shifted = slice(onnx, blocks, [1, 2, 3], tap, plus(tap, coarse));
    const columns = reshape(onnx, shifted, [batch, volume(coarse), ins * stride ** 3]);
    // Product by product of the batch, then their sum: one long product would leave most of a large device idle.
    const products = onnx.node('MatMul', [rows, columns]);
    return onnx.node('ReduceSum', [products, onnx.integers([0])], { keepdims: 1 });
  });
  const stacked = terms.length === 1 ? terms[0]! : onnx.node('Concat', terms, { axis: 0 });
  const cut = reshape(onnx, stacked, [taps, taps, taps, outs, ins, stride, stride, stride]);
  const interleaved = onnx.node('Transpose', [cut], { perm: [3, 4, 0, 5, 1, 6, 2, 7] });
  const edge = taps * stride;
  const whole = reshape(onnx, interleaved, [outs, ins, edge, edge, edge]);
  return edge === kernel ? whole : slice(onnx, whole, SPATIAL, [0, 0, 0], [kernel, kernel, kernel]);
}

function blocksOf(shapes: ConvShapes, { stride, padding }: Window): Blocks {
  const [batch, ins, ...fine] = shapes.fine as [number, number, number, number, number];
  const [, outs, ...coarse] = shapes.coarse as [number, number, number, number, number];
  const kernel = shapes.weight[2]!;
  const taps = Math.ceil(kernel / stride);
  const blocks: Cube = [coarse[0] + taps - 1, coarse[1] + taps - 1, coarse[2] + taps - 1];
  // The window tiles the padded volume exactly, so the rest is the same along all axes.
  const after = blocks[0] * stride - fine[0] - padding;
  return { batch, ins, outs, stride, kernel, taps, fine, coarse, blocks, before: padding, after };
}

const SPATIAL = [2, 3, 4];
/** Axes [N, C, z, s, y, s, x, s] → [N, C, s, s, s, z, y, x] and → [N, z, y, x, C, s, s, s]. */
const CHANNELS_FIRST = [0, 1, 3, 5, 7, 2, 4, 6];
const CHANNELS_LAST = [0, 2, 4, 6, 1, 3, 5, 7];

/** [N, C, …fine] → [N, C·s³, …blocks] or [N, …blocks, C·s³]. */
function toBlocks(onnx: OnnxGraph, x: string, sizes: Blocks, order: readonly number[]): string {
  const { batch, ins, stride, blocks, before, after } = sizes;
  const padded = pad(onnx, x, [0, 0, before, before, before], [0, 0, after, after, after]);
  const cut = reshape(onnx, padded, [batch, ins, ...blocks.flatMap((length) => [length, stride])]);
  const channels = ins * stride ** 3;
  return reshape(
    onnx,
    onnx.node('Transpose', [cut], { perm: order }),
    order === CHANNELS_FIRST ? [batch, channels, ...blocks] : [batch, ...blocks, channels],
  );
}

/** [out, in, k, k, k] → one matrix for each tap: [t³, out, in·s³], or transposed. */
function toTaps(
  onnx: OnnxGraph,
  w: string,
  { outs, ins, stride, kernel, taps }: Blocks,
  matrix: 'out × in' | 'in × out',
): string {
  const rest = taps * stride - kernel;
  const padded = pad(onnx, w, [0, 0, 0, 0, 0], [0, 0, rest, rest, rest]);
  const cut = reshape(onnx, padded, [outs, ins, taps, stride, taps, stride, taps, stride]);
  const columns = ins * stride ** 3;
  return matrix === 'out × in'
    ? reshape(onnx, onnx.node('Transpose', [cut], { perm: [2, 4, 6, 0, 1, 3, 5, 7] }), [
        taps ** 3,
        outs,
        columns,
      ])
    : reshape(onnx, onnx.node('Transpose', [cut], { perm: [2, 4, 6, 1, 3, 5, 7, 0] }), [
        taps ** 3,
        columns,
        outs,
      ]);
}

const tapsOf = ({ taps }: Blocks): Cube[] =>
  Array.from({ length: taps ** 3 }, (_, i) => [
    Math.floor(i / taps ** 2),
    Math.floor(i / taps) % taps,
    i % taps,
  ]);

const volume = ([z, y, x]: Cube): number => z * y * x;

const plus = (a: Cube, b: Cube): Cube => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];

const sum = (onnx: OnnxGraph, terms: readonly string[]): string =>
  terms.reduce((total, term) => onnx.node('Add', [total, term]));

const reshape = (onnx: OnnxGraph, name: string, shape: readonly number[]): string =>
  onnx.node('Reshape', [name, onnx.integers(shape)]);

function withBias(onnx: OnnxGraph, value: string, bias: string | undefined, channels: number): string {
  return bias === undefined ? value : onnx.node('Add', [value, reshape(onnx, bias, [channels, 1, 1, 1])]);
}

function pad(onnx: OnnxGraph, name: string, before: readonly number[], after: readonly number[]): string {
  const amounts = [...before, ...after];
  return amounts.every((amount) => amount === 0) ? name : onnx.node('Pad', [name, onnx.integers(amounts)]);
}

const slice = (
  onnx: OnnxGraph,
  name: string,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
): string => onnx.node('Slice', [name, ...[starts, ends, axes].map((values) => onnx.integers(values))]);
