/** Piecewise linear activations. */
import { makeTensor, type Tensor } from './tensor.ts';
import { mul } from './elementwise.ts';

/** max(x, 0) + slope · min(x, 0), for slope ≥ 0. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  return makeTensor('leakyRelu', x.shape, [x], {
    // The sign of the output is that of the input, so the mask needs only the output to be kept in memory.
    gradient: (upstream, output) => [mul(upstream, slopeMask(output, slope))],
    lower: (onnx, [name]) =>
      slope === 0 ? onnx.node('Relu', [name!]) : onnx.node('LeakyRelu', [name!], { alpha: { float: slope } }),
    tensorflow: (tf, [value]) => tf.leakyRelu(value!, slope),
    evaluate: ([values]) => values!.map((v) => (v > 0 ? v : slope * v)),
  });
}

export const relu = (x: Tensor): Tensor => leakyRelu(x, 0);

/** Times the smallest normal float32, 2⁻¹²⁶, it is more than 1. */
const HUGE = 2 ** 127;

/** 1 where x > 0, `slope` (0 to 1) elsewhere. Constant almost everywhere: its derivative is zero. */
export function slopeMask(x: Tensor, slope: number): Tensor {
  return makeTensor('slopeMask', x.shape, [x], {
    gradient: () => [undefined],
    lower(onnx, [name]) {
      const float = (value: number): string => onnx.floats(Float32Array.of(value), []);
      // On CPUs this takes a quarter of the time of comparing and choosing.
      if (onnx.target === 'cpu' && slope <= 1)
        return onnx.node('Clip', [onnx.node('Mul', [name!, float(HUGE)]), float(slope), float(1)]);
      return onnx.node('Where', [onnx.node('Greater', [name!, float(0)]), float(1), float(slope)]);
    },
    tensorflow: (tf, [value]) => tf.step(value!, slope),
    evaluate: ([values]) => values!.map((v) => (v > 0 ? 1 : slope)),
  });
}
