/** The detector's score of an inserted nodule, as a check of its preview. */
import type { QualityCheck } from '@nodulelab/contract';
import { CHECK_THRESHOLDS, judge } from '../insertion/checkThresholds.ts';
import type { Detector } from '../networks/detector.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ModelRegistry } from './models.ts';

const NAME = 'detector';

/**
 * A detector that was trained apart from every generator says how surely there is a nodule; `unknown` with the reason
 * where none is installed or its files are damaged.
 *
 * @param box what it sees of the nodule in its place (networks/detectorBox.ts)
 */
export async function detectorCheck(
  models: Pick<ModelRegistry, 'detector'>,
  box: Float32Array,
): Promise<QualityCheck> {
  try {
    return judged(await (await models.detector()).scoreBox(box));
  } catch (error) {
    if (!(error instanceof NoduleLabError)) throw error;
    return check(null, error.message);
  }
}

/** The check of a score that is known. */
export function judged(score: Awaited<ReturnType<Detector['scoreBox']>>): QualityCheck {
  const { good, fair } = CHECK_THRESHOLDS[NAME];
  return check(
    100 * score,
    `How surely a detector, trained on LIDC-IDRI nodules and on no made one, takes this place for a nodule. Of 100 real nodules that it had not seen 97 score ${good[0]} % or more and 98 score ${fair[0]} % or more. It tells nodules from vessels and plain lung, not real nodules from made ones.`,
  );
}

const check = (value: number | null, explanation: string): QualityCheck => ({
  name: NAME,
  value: value === null ? null : Number(value.toFixed(0)),
  unit: CHECK_THRESHOLDS[NAME].unit,
  verdict: judge(NAME, value),
  explanation,
});
