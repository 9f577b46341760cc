/** What classifiers learned from a model's nodules, in the words of the panel. */
import type { ModelClassification } from '@nodulelab/contract';

type Design = ModelClassification['designs'][number];
type OverReal = NonNullable<Design['arms'][number]['overReal']>;

/** The answer in one sentence. */
export function findingLine({ designs, trainings, errors }: ModelClassification): string {
  if (errors.length > 0) return 'Classifiers were trained with its nodules.';
  const verdicts = designs.flatMap(({ arms }) => arms.flatMap(({ overReal }) => overReal?.verdict ?? []));
  const [better, worse] = (['better', 'worse'] as const).map(
    (wanted) => verdicts.filter((verdict) => verdict === wanted).length,
  );
  const answer =
    verdicts.length === 0
      ? 'No classifier with its nodules was compared.'
      : better === 0 && worse === 0
        ? 'With its nodules no classifier was shown to be better or worse than without.'
        : `With its nodules classifiers were better in ${better} and worse in ${worse} of ${verdicts.length} comparisons.`;
  const left = trainings.total - trainings.done;
  return left > 0 ? `${answer} Provisional: ${left} of ${trainings.total} trainings are left to do.` : answer;
}

const RULE_WORDS: Readonly<Record<string, string>> = {
  median: 'Labels by the readers’ median',
  table: 'Labels of the VOI table',
};

/** Whose labels, and on whom was tested; a rule that is not known here by its name. */
export const designLine = ({ rule, patients, malignant, benign, folds, seeds }: Design): string =>
  `${RULE_WORDS[rule] ?? `Labels: ${rule}`}; ${malignant} malignant, ${benign} benign of ${patients} unseen patients; ` +
  `${folds} folds × ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`;

/** What rounds to nothing has no sign. */
function signed(value: number): string {
  const size = Math.abs(value).toFixed(3);
  return Number(size) === 0 ? size : `${value < 0 ? '\u2212' : '+'}${size}`;
}

const chance = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(p < 0.1 ? 3 : 2)}`);

/** `+0.006, p 0.61` */
export const gainText = ({ gain, p }: OverReal): string =>
  p === null ? signed(gain.value) : `${signed(gain.value)}, ${chance(p)}`;

/** The same in full. */
export const gainTitle = ({ gain: { interval }, verdict }: OverReal): string =>
  `AUC less that of real nodules only${interval === null ? '' : ` [${interval.map(signed).join(', ')}]`}; p is corrected for the number of arms: ${verdict}`;
