/**
 * The weight gradient of convolutions at stride 1 of which one side has a few channels only, as those that make an image
 * or read one. Laid out as a convolution it has a kernel as large as the volume, which ONNX Runtime runs at a small part of
 * its speed; here the thin side is shifted once for each tap, and each plane of taps is one product for each sample.
 */
import type { OnnxGraph } from './onnx/onnxGraph.ts';
import type { ConvShapes, Window } from './conv3d.ts';

/** Up to so many channels a side is thin. */
const THIN_CHANNELS = 4;

export const thinPays = ({ fine, coarse }: ConvShapes, { stride }: Window): boolean =>
  stride === 1 && Math.min(fine[1]!, coarse[1]!) <= THIN_CHANNELS;

/** x [N, in, …], dy [N, out, …] → [out, in, k, k, k]. */
export function thinWeightGradient(
  onnx: OnnxGraph,
  [x, dy]: readonly [string, string],
  { fine, coarse, weight }: ConvShapes,
  { padding }: Window,
): string {
  const [batch, ins] = fine as [number, number];
  const [, outs] = coarse as [number, number];
  const kernel = weight[2]!;
  const resultIsThin = outs <= ins;
  const thin = resultIsThin ? dy : x;
  const [thick, thickShape, thinChannels] = resultIsThin ? [x, fine, outs] : [dy, coarse, ins];
  const lengths = thickShape.slice(2);
  const voxels = lengths.reduce((a, b) => a * b, 1);
  // dw[o, i, k] = Σ x[i, p + k − padding] · dy[o, p]: x goes with the tap, dy against it.
  const before = resultIsThin ? kernel - 1 - padding : padding;
  const startOf = (tap: number): number => (resultIsThin ? kernel - 1 - tap : tap);
  const padded = onnx.node('Pad', [
    thin,
    onnx.integers([
      0,
      0,
      before,
      before,
      before,
      0,
      0,
      ...lengths.map(
        (length, axis) => length + kernel - 1 - before - (resultIsThin ? coarse : fine)[axis + 2]!,
      ),
    ]),
  ]);
  const rows = onnx.node('Transpose', [reshape(onnx, thick, [batch, thickShape[1]!, voxels])], {
    perm: [0, 2, 1],
  });
  const planes = range(kernel).map((z) => {
    const shifted = range(kernel ** 2).map((tap) => {
      const starts = [startOf(z), startOf(Math.floor(tap / kernel)), startOf(tap % kernel)];
      const ends = starts.map((start, axis) => start + lengths[axis]!);
      return onnx.node('Slice', [
        padded,
        ...[starts, ends, [2, 3, 4]].map((values) => onnx.integers(values)),
      ]);
    });
    const taps = reshape(onnx, onnx.node('Concat', shifted, { axis: 1 }), [
      batch,
      kernel ** 2 * thinChannels,
      voxels,
    ]);
    const products = onnx.node('MatMul', [taps, rows]);
    return onnx.node('ReduceSum', [products, onnx.integers([0])], { keepdims: 1 });
  });
  const whole = planes.length === 1 ? planes[0]! : onnx.node('Concat', planes, { axis: 0 });
  const cut = reshape(onnx, whole, [kernel, kernel, kernel, thinChannels, thickShape[1]!]);
  return onnx.node('Transpose', [cut], { perm: resultIsThin ? [3, 4, 0, 1, 2] : [4, 3, 0, 1, 2] });
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

const reshape = (onnx: OnnxGraph, name: string, shape: readonly number[]): string =>
  onnx.node('Reshape', [name, onnx.integers(shape)]);
