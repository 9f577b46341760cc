/**
 * The part of TensorFlow.js's API that operations are expressed in (https://js.tensorflow.org/api/4.22.0/). It is
 * described here by its shape, so that this room depends on no package; whoever has one passes it in.
 */

export interface TensorflowTensor {
  readonly shape: readonly number[];
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

export interface TensorflowApi {
  tensor(values: Float32Array, shape: number[]): TensorflowTensor;
  /** Runs `compute` and frees everything that it made but its result. */
  tidy(compute: () => TensorflowTensor): TensorflowTensor;
  add(a: TensorflowTensor, b: TensorflowTensor): TensorflowTensor;
  sub(a: TensorflowTensor, b: TensorflowTensor): TensorflowTensor;
  mul(a: TensorflowTensor, b: TensorflowTensor): TensorflowTensor;
  div(a: TensorflowTensor, b: TensorflowTensor): TensorflowTensor;
  neg(x: TensorflowTensor): TensorflowTensor;
  exp(x: TensorflowTensor): TensorflowTensor;
  log(x: TensorflowTensor): TensorflowTensor;
  sqrt(x: TensorflowTensor): TensorflowTensor;
  tanh(x: TensorflowTensor): TensorflowTensor;
  leakyRelu(x: TensorflowTensor, slope: number): TensorflowTensor;
  /** 1 where x > 0, `slope` elsewhere. */
  step(x: TensorflowTensor, slope: number): TensorflowTensor;
  sum(x: TensorflowTensor, axes: number[], keepDims: boolean): TensorflowTensor;
  broadcastTo(x: TensorflowTensor, shape: number[]): TensorflowTensor;
  reshape(x: TensorflowTensor, shape: number[]): TensorflowTensor;
  transpose(x: TensorflowTensor, permutation: number[]): TensorflowTensor;
  concat(parts: TensorflowTensor[], axis: number): TensorflowTensor;
  slice(x: TensorflowTensor, begin: number[], size: number[]): TensorflowTensor;
  pad(x: TensorflowTensor, amounts: [number, number][]): TensorflowTensor;
  matMul(a: TensorflowTensor, b: TensorflowTensor): TensorflowTensor;
  engine(): {
    /** Kernels without a function of their own: the derivatives of convolutions. */
    runKernel(
      name: string,
      inputs: Record<string, TensorflowTensor>,
      attributes: Record<string, number | string | number[]>,
    ): TensorflowTensor | TensorflowTensor[];
  };
}
