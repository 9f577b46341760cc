/**
 * The network that is asked whether a patch is real: small, so that it can be trained anew many times in minutes.
 * Blocks of 4³ voxels (blocks.ts) → features of a block → of 8³ → of 16³ voxels → their mean and their spread over the
 * patch → logit. It has no place to learn where a nodule lies, only what patches are made of.
 */
import * as t from '../../tensor/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { convolution, dense, type Layer } from '../../nn/layers.ts';
import { BLOCK, BLOCK_INPUTS } from './blocks.ts';

const SLOPE = 0.2;
/** Features of a block of 4³, of 8³ and of 16³ voxels. */
const WIDTHS = [16, 32, 32] as const;
/** Patches need edges of a multiple of this. */
export const SPOTTER_STEP = BLOCK * 4;

/** [batch · blocks³, BLOCK_INPUTS] → logits [batch, 1]: positive is synthetic. */
export function spotter(size: number): Layer {
  const [fine, middle, coarse] = WIDTHS;
  const edge = size / BLOCK;
  const block = dense('block', BLOCK_INPUTS, fine);
  const pair = convolution('pair', fine, middle, 2, { stride: 2, padding: 0 });
  const four = convolution('four', middle, coarse, 2, { stride: 2, padding: 0 });
  const verdict = dense('verdict', 2 * coarse, 1);
  return {
    parameters: [block, pair, four, verdict].flatMap((layer) => layer.parameters),
    apply(parameters, x) {
      const batch = x.shape[0]! / edge ** 3;
      const activate = (values: Tensor): Tensor => t.leakyRelu(values, SLOPE);
      const blocks = t.reshape(activate(block.apply(parameters, x)), [batch, edge, edge, edge, fine]);
      const features = [pair, four].reduce(
        (below, layer) => activate(layer.apply(parameters, below)),
        t.transpose(blocks, [0, 4, 1, 2, 3]),
      );
      const places = t.sizeOf(features.shape.slice(2));
      const over = (values: Tensor): Tensor =>
        t.reshape(t.mul(t.reduceSum(values, [2, 3, 4]), 1 / places), [batch, coarse]);
      const mean = over(features);
      // The root of the mean square lets a single odd place be seen.
      const spread = t.sqrt(t.add(over(t.square(features)), 1e-6));
      return verdict.apply(parameters, t.concat([mean, spread], 1));
    },
  };
}
