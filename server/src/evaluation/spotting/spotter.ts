/**
 * The network that is asked whether a patch is real: small, so that it can be trained anew many times in minutes.
 * Blocks of 4³ voxels (blocks.ts) → features of a block → of 8³ → of 16³ voxels; their means and spreads over the patch at
 * each of the three scales → logit. It does not learn where in the patch a nodule lies, only what patches are made of.
 */
import * as t from '../../tensor/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { normal, zeros } from '../../nn/initialisers.ts';
import { convolution, dense, type Layer, type LayerOptions } from '../../nn/layers.ts';
import { BLOCK, BLOCK_INPUTS } from './blocks.ts';
import { SUMMARY_SIZE } from './summary.ts';

const SLOPE = 0.2;
/** Two by two by two become one. */
const MERGE = { stride: 2, padding: 0 };
/** Features of a block of 4³, of 8³ and of 16³ voxels. */
const WIDTHS = [16, 32, 32] as const;
/** Features of the summary. */
const SUMMARY_WIDTH = 16;
/** Patches need edges of a multiple of this. */
export const SPOTTER_STEP = BLOCK * 4;

/** Shape of what a spotter is given: all blocks of all patches, then one row of summary (summary.ts) for each patch. */
export const inputShapeOf = (batch: number, size: number): [number, number] => [
  batch * ((size / BLOCK) ** 3 + 1),
  BLOCK_INPUTS,
];

/** {@link inputShapeOf} → logits [batch, 1]: positive is synthetic. */
export function spotter(size: number): Layer {
  const [fine, middle, coarse] = WIDTHS;
  const edge = size / BLOCK;
  // Biases start at nothing and weights so that signals keep their size through the rectifiers (He et al. 2015).
  const start = (ins: number): LayerOptions => ({ weight: normal(Math.sqrt(2 / ins)), bias: zeros });
  const block = dense('block', BLOCK_INPUTS, fine, start(BLOCK_INPUTS));
  const pair = convolution('pair', fine, middle, 2, MERGE, start(8 * fine));
  const four = convolution('four', middle, coarse, 2, MERGE, start(8 * middle));
  const stuff = dense('stuff', SUMMARY_SIZE, SUMMARY_WIDTH, start(SUMMARY_SIZE));
  const verdict = dense('verdict', 2 * (fine + middle + coarse) + SUMMARY_WIDTH, 1);
  return {
    parameters: [block, pair, four, stuff, verdict].flatMap((layer) => layer.parameters),
    apply(parameters, x) {
      const batch = x.shape[0]! / (edge ** 3 + 1);
      const activate = (values: Tensor): Tensor => t.leakyRelu(values, SLOPE);
      const rows = batch * edge ** 3;
      const read = t.slice(x, 0, 0, rows);
      const summary = t.slice(x, 0, rows, rows + batch);
      const blocks = t.reshape(activate(block.apply(parameters, read)), [batch, edge, edge, edge, fine]);
      const scales = [t.transpose(blocks, [0, 4, 1, 2, 3])];
      for (const layer of [pair, four]) scales.push(activate(layer.apply(parameters, scales.at(-1)!)));
      return verdict.apply(
        parameters,
        t.concat([...scales.flatMap(meanAndSpread), activate(stuff.apply(parameters, summary))], 1),
      );
    },
  };
}

/** Over all places, [batch, features] each. The root of the mean square lets a single odd place be seen. */
function meanAndSpread(features: Tensor): [Tensor, Tensor] {
  const [batch, count, ...places] = features.shape as [number, number, ...number[]];
  const over = (values: Tensor): Tensor =>
    t.reshape(t.mul(t.reduceSum(values, [2, 3, 4]), 1 / t.sizeOf(places)), [batch, count]);
  return [over(features), t.sqrt(t.add(over(t.square(features)), 1e-6))];
}
