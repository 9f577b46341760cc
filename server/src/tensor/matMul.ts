/** Product of matrices. */
import { makeTensor, type Tensor } from './tensor.ts';
import { shapeError } from './shape.ts';
import { transpose } from './layout.ts';

/** [rows, inner] × [inner, columns] → [rows, columns]. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  const [rows, inner] = a.shape;
  const [innerB, columns] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || inner !== innerB)
    throw shapeError('matMul', [a.shape, b.shape], 'two matrices are needed whose inner lengths agree');
  return makeTensor('matMul', [rows!, columns!], [a, b], {
    gradient: (upstream) => [matMul(upstream, transpose(b, [1, 0])), matMul(transpose(a, [1, 0]), upstream)],
    lower: (onnx, names) => onnx.node('MatMul', names),
    tensorflow: (tf, [left, right]) => tf.matMul(left!, right!),
    evaluate([left, right]) {
      const result = new Float64Array(rows! * columns!);
      for (let r = 0; r < rows!; r++)
        for (let k = 0; k < inner!; k++)
          for (let c = 0; c < columns!; c++)
            result[r * columns! + c]! += left![r * inner! + k]! * right![k * columns! + c]!;
      return result;
    },
  });
}
