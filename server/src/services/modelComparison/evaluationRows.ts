/** How good each was found to be: gates and figures of its evaluation, never computed anew here. */
import type { ModelEvaluation } from '@nodulelab/contract';
import { type Compared, type GroupOf, type RowOf, unionOf } from './rows.ts';

type Gate = ModelEvaluation['gates'][number];
type Figure = ModelEvaluation['figures'][number];

const VERDICTS = { good: 'passed', bad: 'failed', unknown: 'not judged' } as const;

const gatesOf = ({ model }: Compared): readonly Gate[] => model.evaluation?.gates ?? [];
const figuresOf = ({ model }: Compared): readonly Figure[] => model.evaluation?.figures ?? [];

export const evaluationGroup = (models: readonly Compared[]): GroupOf => ({
  title: 'How good it was found to be',
  rows: [
    {
      title: 'Evaluated',
      hint: 'Figures of two evaluations compare only as far as they were made alike',
      of: ({ model: { evaluation } }) =>
        evaluation === null
          ? 'no'
          : `${evaluation.finishedAt.slice(0, 10)}: ${evaluation.synthetic} synthetic, ${evaluation.real} held-out real`,
    },
    {
      title: 'Gates passed',
      of: ({ model: { evaluation } }) =>
        evaluation === null
          ? null
          : `${evaluation.gates.filter(({ passed }) => passed === true).length} of ${evaluation.gates.length}`,
    },
    ...unionOf(models, gatesOf, ({ name }) => name).map(gateRow),
    ...unionOf(models, figuresOf, ({ title }) => title).map(figureRow),
    {
      title: 'Not to be relied on',
      of: ({ model: { evaluation } }) => evaluation?.errors.join(' ') || null,
    },
  ],
});

const gateRow = ({ name, rule }: Gate): RowOf => ({
  title: `Gate ${name}`,
  hint: rule,
  of: (model) => {
    const gate = gatesOf(model).find((one) => one.name === name);
    if (gate === undefined) return null;
    const verdict = gate.passed === null ? 'unknown' : gate.passed ? 'good' : 'bad';
    return { text: `${VERDICTS[verdict]}: ${gate.found}`, verdict };
  },
});

const figureRow = ({ title, definition, unit }: Figure): RowOf => ({
  title: unit === '' ? title : `${title}, ${unit}`,
  hint: definition,
  of: (model) => {
    const figure = figuresOf(model).find((one) => one.title === title);
    if (figure === undefined) return null;
    const floor = figure.floor === null ? '' : `, floor ${measuredText(figure.floor)}`;
    return `${measuredText(figure.measured)}${floor}`;
  },
});

/** `0.61 [0.50, 0.70]` */
export const measuredText = ({ value, interval }: Figure['measured'], digits?: number): string =>
  interval === null
    ? number(value, digits)
    : `${number(value, digits)} [${interval.map((end) => number(end, digits)).join(', ')}]`;

function number(value: number, digits?: number): string {
  const size = Math.abs(value);
  const usual =
    size >= 100 ? value.toFixed(0) : size >= 0.01 || size === 0 ? value.toFixed(2) : value.toPrecision(2);
  return (digits === undefined ? usual : value.toFixed(digits)).replace('-', '\u2212');
}
