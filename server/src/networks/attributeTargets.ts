/** What the attribute network is to answer for a nodule, as numbers that a loss can be taken of. */
import type { RealPatch } from '../dataset/manifest.ts';
import { softmaxCrossEntropy, weightedSquaredError } from '../nn/losses.ts';
import * as t from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';
import {
  CHARACTERISTICS,
  CLASSES,
  type AttributeArchitecture,
  type Characteristic,
} from './attributeArchitecture.ts';

/** Of an example, what a target is made of: {@link VALUES} values, as many weights, then the class. */
export const VALUES = CHARACTERISTICS.length + 1;
export const TARGET_LENGTH = 2 * VALUES + CLASSES.length;

/**
 * Spread below this is not taken for a scale: nearly all nodules have the same internal structure and calcification, and
 * the few others would weigh as much as all the rest.
 */
const LEAST_SCALE = 0.5;
/** In about a quarter of the first release's cases these two stand on a reversed or another scale; which is not known. */
const IN_DOUBT: readonly Characteristic[] = ['spiculation', 'lobulation'];
const DOUBT_WEIGHT = 0.5;
/** The class against the mean squared errors. */
const CLASS_WEIGHT = 0.5;

type Nodule = Pick<RealPatch, 'characteristics' | 'diameterMm' | 'class' | 'flags'>;

/** Means and spreads over the nodules of a training. */
export function scalesOf(
  nodules: readonly Nodule[],
  fieldsOfViewMm: readonly number[],
): Pick<AttributeArchitecture, 'characteristics' | 'logDiameter' | 'logFieldOfView'> {
  const characteristics = Object.fromEntries(
    CHARACTERISTICS.map((name) => {
      const { mean, scale } = meanAndSpread(
        nodules.flatMap((nodule) => nodule.characteristics?.[name] ?? []),
      );
      return [name, { mean, scale: Math.max(LEAST_SCALE, scale) }];
    }),
  ) as AttributeArchitecture['characteristics'];
  return {
    characteristics,
    // The spread of sizes in a patch comes from the zoom of the augmentation.
    logDiameter: {
      mean: meanAndSpread(nodules.map((n, i) => Math.log(n.diameterMm / fieldsOfViewMm[i]!))).mean,
      scale: 0.2,
    },
    logFieldOfView: withSpread(meanAndSpread(fieldsOfViewMm.map(Math.log))),
  };
}

/** The target of a nodule in a field of view; weight 0 where a reader's answer is missing. */
export function targetOf(
  architecture: AttributeArchitecture,
  nodule: Nodule,
  fieldOfViewMm: number,
): Float32Array {
  const target = new Float32Array(TARGET_LENGTH);
  const doubtful = nodule.flags.includes('scale-in-doubt');
  CHARACTERISTICS.forEach((name, i) => {
    const value = nodule.characteristics?.[name];
    if (value === undefined) return;
    const { mean, scale } = architecture.characteristics[name];
    target[i] = (value - mean) / scale;
    target[VALUES + i] = doubtful && IN_DOUBT.includes(name) ? DOUBT_WEIGHT : 1;
  });
  const { mean, scale } = architecture.logDiameter;
  target[VALUES - 1] = (Math.log(nodule.diameterMm / fieldOfViewMm) - mean) / scale;
  target[2 * VALUES - 1] = 1;
  // Without ratings the class is not the readers' either.
  if (nodule.characteristics !== null) target[2 * VALUES + CLASSES.indexOf(nodule.class)] = 1;
  return target;
}

/** Outputs [batch, OUTPUTS] against targets [batch, {@link TARGET_LENGTH}]: a scalar. */
export function attributeLoss(outputs: Tensor, targets: Tensor): Tensor {
  const part = (of: Tensor, from: number, length: number): Tensor => t.slice(of, 1, from, from + length);
  const values = weightedSquaredError(
    part(outputs, 0, VALUES),
    part(targets, 0, VALUES),
    part(targets, VALUES, VALUES),
  );
  const classes = softmaxCrossEntropy(
    part(outputs, VALUES, CLASSES.length),
    part(targets, 2 * VALUES, CLASSES.length),
  );
  return t.add(values, t.mul(classes, CLASS_WEIGHT));
}

function meanAndSpread(values: readonly number[]): { mean: number; scale: number } {
  const n = Math.max(1, values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return { mean, scale: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n) };
}

/** A set of nodules of one size has no spread to divide by. */
const withSpread = ({ mean, scale }: { mean: number; scale: number }): { mean: number; scale: number } => ({
  mean,
  scale: Math.max(0.1, scale),
});
