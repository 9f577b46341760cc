/** What classifiers learned from each one's nodules, where an experiment was attached. */
import type { ModelClassification } from '@nodulelab/contract';
import { measuredText } from './evaluationRows.ts';
import { type Compared, type GroupOf, type RowOf, unionOf } from './rows.ts';

type Design = ModelClassification['designs'][number];
type Arm = Design['arms'][number];

/** An arm under a label rule. */
interface Asked {
  readonly rule: string;
  readonly text: string;
  readonly arm: Arm;
}

const askedOf = ({ model }: Compared): readonly Asked[] =>
  (model.classification?.designs ?? []).flatMap(({ rule, text, arms }) =>
    arms.map((arm) => ({ rule, text, arm })),
  );

export const classifierGroup = (models: readonly Compared[]): GroupOf => ({
  title: 'What classifiers learned from its nodules',
  rows: [
    {
      title: 'Experiment',
      of: ({ model: { classification } }) => {
        if (classification === null) return 'not attached';
        const { finishedAt, trainings, errors } = classification;
        return [
          finishedAt.slice(0, 10),
          ...(trainings.done < trainings.total
            ? [`provisional: ${trainings.done} of ${trainings.total} trainings`]
            : []),
          ...(errors.length > 0 ? [`not to be relied on: ${errors.join(' ')}`] : []),
        ].join(', ');
      },
    },
    ...unionOf(models, askedOf, keyOf).map(armRow),
  ],
});

const keyOf = ({ rule, arm }: Asked): string => `${rule}/${arm.name}`;

const armRow = (asked: Asked): RowOf => ({
  title: `AUC, ${asked.arm.title} (${asked.rule})`,
  hint: asked.text,
  of: (model) => {
    const found = askedOf(model).find((one) => keyOf(one) === keyOf(asked));
    if (found === undefined) return null;
    const { auc, overReal } = found.arm;
    return `${measuredText(auc, 3)}${overReal === null ? '' : `, ${overReal.verdict} over real only`}`;
  },
});
