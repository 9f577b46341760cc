/**
 * Probabilities from logits: the scale and offset under which they fit what was seen best (J. Platt, "Probabilistic
 * outputs for support vector machines", 1999, with his targets, which keep a perfect separation finite). Pure.
 */
import { z } from 'zod';
import { NoduleLabError } from '../volume/errors.ts';

const { abs, exp, log1p, max } = Math;

/** Probability = 1 / (1 + e^−(scale · logit + offset)). */
export const calibrationSchema = z.object({ scale: z.number().positive(), offset: z.number() });
export type Calibration = z.infer<typeof calibrationSchema>;

export const calibrated = (logit: number, { scale, offset }: Calibration): number =>
  1 / (1 + exp(-(scale * logit + offset)));

const STEPS = 100;
const ENOUGH = 1e-10;
const LEAST_SHARE = 1e-6;
/** Keeps Newton's step finite where the fit is flat. */
const RIDGE = 1e-9;

/** @param labels true for a nodule; both kinds must be there */
export function fitCalibration(logits: readonly number[], labels: readonly boolean[]): Calibration {
  const positives = labels.filter(Boolean).length;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0 || logits.length !== labels.length)
    throw new NoduleLabError(
      'unusable',
      `A calibration needs examples of both kinds, and there are ${positives} with and ${negatives} without a nodule.`,
    );
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (negatives + 2);
  const targets = labels.map((label) => (label ? high : low));
  let best: Calibration = { scale: 1, offset: 0 };
  let loss = lossOf(logits, targets, best);
  // Newton's method on a convex loss of two parameters; a step that overshoots is halved.
  for (let step = 0; step < STEPS; step++) {
    const [ds, dofs] = newtonStep(logits, targets, best);
    const after = (share: number): Calibration => ({
      scale: best.scale - share * ds,
      offset: best.offset - share * dofs,
    });
    let share = 1;
    while (lossOf(logits, targets, after(share)) > loss && share > LEAST_SHARE) share /= 2;
    if (share <= LEAST_SHARE) break;
    best = after(share);
    loss = lossOf(logits, targets, best);
    if (abs(ds) + abs(dofs) < ENOUGH) break;
  }
  if (best.scale > 0) return best;
  throw new NoduleLabError(
    'unusable',
    'The network does not tell nodules from other places on the patients kept for calibration: train it longer.',
  );
}

function newtonStep(
  logits: readonly number[],
  targets: readonly number[],
  now: Calibration,
): readonly [scale: number, offset: number] {
  let [gs, go, ss, so, oo] = [0, 0, RIDGE, 0, RIDGE];
  for (const [at, logit] of logits.entries()) {
    const p = calibrated(logit, now);
    const off = p - targets[at]!;
    const weight = p * (1 - p);
    gs += off * logit;
    go += off;
    ss += weight * logit * logit;
    so += weight * logit;
    oo += weight;
  }
  const determinant = ss * oo - so * so;
  return [(oo * gs - so * go) / determinant, (ss * go - so * gs) / determinant];
}

/** Binary cross-entropy, summed. */
function lossOf(
  logits: readonly number[],
  targets: readonly number[],
  { scale, offset }: Calibration,
): number {
  return logits.reduce((sum, logit, at) => {
    const z = scale * logit + offset;
    return sum + max(z, 0) - z * targets[at]! + log1p(exp(-abs(z)));
  }, 0);
}
