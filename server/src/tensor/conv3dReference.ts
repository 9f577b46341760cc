/** The definition of a convolution as a list of products: what the float64 reference sums over. */
import { stridesOf } from './shape.ts';
import type { ConvShapes, Window } from './conv3d.ts';

/** Calls `visit(fine, coarse, weight)` with the flat positions of every product x[fine] · w[weight] in y[coarse]. */
export function forEachTap(
  { fine, coarse, weight }: ConvShapes,
  { stride, padding }: Window,
  visit: (fine: number, coarse: number, weight: number) => void,
): void {
  const [fineN, fineC, fineZ, fineY] = stridesOf(fine) as [number, number, number, number];
  const [batch, outs, depth, height, width] = coarse as [number, number, number, number, number];
  const ins = weight[1]!;
  const kernel = weight[2]!;
  let c = 0;
  for (let n = 0; n < batch; n++)
    for (let out = 0; out < outs; out++)
      for (let z = 0; z < depth; z++)
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++, c++) {
            let k = out * ins * kernel ** 3;
            for (let inn = 0; inn < ins; inn++)
              for (let kz = 0; kz < kernel; kz++)
                for (let ky = 0; ky < kernel; ky++)
                  for (let kx = 0; kx < kernel; kx++, k++) {
                    const fz = z * stride - padding + kz;
                    const fy = y * stride - padding + ky;
                    const fx = x * stride - padding + kx;
                    if (fz < 0 || fy < 0 || fx < 0 || fz >= fine[2]! || fy >= fine[3]! || fx >= fine[4]!)
                      continue;
                    visit(n * fineN + inn * fineC + fz * fineZ + fy * fineY + fx, c, k);
                  }
          }
}
