/** Layers: parameters with their initialisers, and how they are applied. Volumes are [batch, channel, z, y, x]. */
import * as t from '../tensor/index.ts';
import type { Shape, Tensor } from '../tensor/index.ts';
import { fanIn, type Initialiser } from './initialisers.ts';
import { Random } from './random.ts';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initialise: Initialiser;
}

/** Looks a parameter up by name. */
export type Parameters = (name: string) => Tensor;

export interface Layer {
  readonly parameters: readonly ParameterSpec[];
  apply(parameters: Parameters, x: Tensor): Tensor;
}

/** Where a layer's weights start; by default PyTorch's rule, for comparable trainings. */
export interface LayerOptions {
  readonly weight?: Initialiser;
  readonly bias?: Initialiser;
}

/** [batch, ins] → [batch, outs]. */
export function dense(name: string, ins: number, outs: number, options: LayerOptions = {}): Layer {
  const specs = weightAndBias(name, [ins, outs], outs, ins, options);
  return {
    parameters: specs,
    apply: (p, x) => t.add(t.matMul(x, p(specs[0].name)), p(specs[1].name)),
  };
}

/** [batch, ins, …] → [batch, outs, …]; kernel [outs, ins, k, k, k]. */
export function convolution(
  name: string,
  ins: number,
  outs: number,
  kernel: number,
  window: t.Window,
  options: LayerOptions = {},
): Layer {
  const specs = weightAndBias(name, [outs, ins, kernel, kernel, kernel], outs, ins * kernel ** 3, options);
  return {
    parameters: specs,
    apply: (p, x) => t.conv3d(x, p(specs[0].name), window, p(specs[1].name)),
  };
}

/** [batch, ins, …] → [batch, outs, …] of (D − 1) · stride + kernel − 2 · padding; kernel [ins, outs, k, k, k]. */
export function transposedConvolution(
  name: string,
  ins: number,
  outs: number,
  kernel: number,
  window: t.Window,
  options: LayerOptions = {},
): Layer {
  const specs = weightAndBias(name, [ins, outs, kernel, kernel, kernel], outs, outs * kernel ** 3, options);
  return {
    parameters: specs,
    apply: (p, x) => t.conv3dInputGradient(x, p(specs[0].name), window, undefined, p(specs[1].name)),
  };
}

/**
 * Divides each voxel's channels by their root mean square (Karras et al., "Progressive Growing of GANs", 2018,
 * section 4.2).
 */
export function pixelNormalisation(x: Tensor): Tensor {
  const meanSquare = t.mul(t.reduceSum(t.square(x), [1]), 1 / x.shape[1]!);
  return t.div(x, t.sqrt(t.add(meanSquare, 1e-8)));
}

/**
 * Appends a channel that holds one number, the standard deviation over the batch averaged over channels and voxels:
 * it lets a critic see when all samples look alike (Karras et al. 2018, section 3).
 */
export function minibatchStandardDeviation(x: Tensor): Tensor {
  const [batch, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const centred = t.sub(x, t.mul(t.reduceSum(x, [0]), 1 / batch));
  const variance = t.mul(t.reduceSum(t.square(centred), [0]), 1 / Math.max(1, batch - 1));
  const deviation = t.sqrt(t.add(variance, 1e-8));
  const mean = t.mul(t.sumAll(deviation), batch / t.sizeOf([batch, channels, ...spatial]));
  return t.concat([x, t.broadcastTo(mean, [batch, 1, ...spatial])], 1);
}

/** Twice as fine along each axis, linear between voxel centres, constant beyond the outermost ones. */
export function upsampleLinear(x: Tensor): Tensor {
  return resampleCubically(x, (size) => {
    const matrix = new Float64Array(size * 2 * size);
    for (let fine = 0; fine < 2 * size; fine++) {
      const nearest = fine >> 1;
      const next = Math.min(size - 1, Math.max(0, nearest + (fine % 2 === 0 ? -1 : 1)));
      matrix[nearest * 2 * size + fine]! += 0.75;
      matrix[next * 2 * size + fine]! += 0.25;
    }
    return t.constant(matrix, [size, 2 * size]);
  });
}

/** Half as fine along each axis: means of 2×2×2 voxels. */
export function averagePool(x: Tensor): Tensor {
  return resampleCubically(x, (size) => {
    const matrix = new Float64Array((size * size) / 2);
    for (let fine = 0; fine < size; fine++) matrix[(fine * size) / 2 + (fine >> 1)] = 0.5;
    return t.constant(matrix, [size, size / 2]);
  });
}

/**
 * Weights 1/6, 4/6, 1/6 along each axis (those of a cubic B-spline at its knots), the outermost voxels going on beyond the
 * border: what alternates from voxel to voxel is left with a third along each axis.
 */
export function smooth(x: Tensor): Tensor {
  return resampleCubically(x, (size) => {
    const matrix = new Float64Array(size * size);
    for (let at = 0; at < size; at++)
      for (const [step, weight] of [
        [-1, 1 / 6],
        [0, 4 / 6],
        [1, 1 / 6],
      ] as const)
        matrix[Math.min(size - 1, Math.max(0, at + step)) * size + at]! += weight;
    return t.constant(matrix, [size, size]);
  });
}

/** A linear map along x, y and z in turn: three products with a small matrix, differentiable as they are. */
function resampleCubically(x: Tensor, matrixFor: (size: number) => Tensor): Tensor {
  let result = x;
  for (let axis = 0; axis < 3; axis++) {
    const [batch, channels, a, b, size] = result.shape as [number, number, number, number, number];
    const matrix = matrixFor(size);
    const rows = t.matMul(t.reshape(result, [batch * channels * a * b, size]), matrix);
    const resampled = t.reshape(rows, [batch, channels, a, b, matrix.shape[1]!]);
    result = t.transpose(resampled, [0, 1, 4, 2, 3]);
  }
  return result;
}

/**
 * Starting values for parameters, by name. Each parameter draws from its own stream, so adding a layer leaves the
 * others as they are.
 */
export function initialise(specs: readonly ParameterSpec[], seed: number): Record<string, Float32Array> {
  return Object.fromEntries(
    specs.map((spec) => [spec.name, spec.initialise(spec.shape, Random.of(seed, 'initialise', spec.name))]),
  );
}

function weightAndBias(
  name: string,
  shape: Shape,
  outs: number,
  inputsPerOutput: number,
  options: LayerOptions,
): [ParameterSpec, ParameterSpec] {
  const standard = fanIn(inputsPerOutput);
  return [
    { name: `${name}.weight`, shape, initialise: options.weight ?? standard },
    { name: `${name}.bias`, shape: [outs], initialise: options.bias ?? standard },
  ];
}
