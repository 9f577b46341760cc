/** Every figure with its definition, its value, its floor and its bad control: a card for each measure. */
import { escapeHtml } from '../../gan/report/html.ts';
import type { Control, EvaluationResult, Figure } from '../result.ts';
import { LIMITS } from '../gates.ts';
import { definitionWriter } from './definitions.ts';
import { intervalPlot, legendOf, type PlotMark, type PlotRow } from './intervalPlot.ts';
import { estimate, howIntervals, withUnit } from './numbers.ts';
import { type Cell, figureId, notComputed, paragraph, section, tableHtml } from './parts.ts';
import { BETTER_WORDS, CONTROL_WORDS, labelOf, measureOf, wordsOf } from './words.ts';

/** Beyond it a position is an arrow with its number: noise may lie tens of times as far as ellipsoids. */
const POSITION_END = 2;
const POSITION_BEGIN = -1;
const FIRST = 'position';
export const CONTROL_LETTERS: Readonly<Record<Control['name'], string>> = {
  ellipsoids: 'E',
  blurred: 'B',
  collapsed: 'C',
  noise: 'N',
  memorised: 'M',
};

export function figuresSection({ figures, controls }: EvaluationResult): string {
  const measures = new Map<string, Figure[]>();
  for (const figure of figures) {
    const measure = measureOf(figure);
    // They have a part of the page to themselves.
    if (measure === 'adherence') continue;
    measures.set(measure, [...(measures.get(measure) ?? []), figure]);
  }
  const define = definitionWriter();
  // The position stands first: it says in one number what the distances say in three.
  const inOrder = [...measures].toSorted(([a], [b]) => Number(b === FIRST) - Number(a === FIRST));
  const cards = inOrder.map(([measure, those]) =>
    cardHtml(those, measure === FIRST ? positionPlot(those, controls) : plotsOf(those), define(those)),
  );
  return section(
    'figures',
    'Figures',
    legendOf({
      measured: 'measured on the synthetic set',
      floor: 'floor: the same between real nodules of different patients',
      bad: 'bad control: Gaussian ellipsoids of the same sizes and levels',
    }),
    ...cards,
  );
}

function plotsOf(figures: readonly Figure[]): string {
  const words = wordsOf(figures[0]!);
  const groups = words.oneAxis
    ? [figures]
    : [...new Set(figures.map(({ space }) => space))].map((space) =>
        figures.filter((figure) => figure.space === space),
      );
  const plots = groups.map((group) =>
    intervalPlot({
      description: `${words.title}: measured, floor and bad control on one axis`,
      rows: group.map((figure) => ({ label: labelOf(figure), marks: marksOf(figure) })),
    }),
  );
  return plots.join('');
}

function positionPlot(figures: readonly Figure[], controls: readonly Control[]): string {
  const rows: PlotRow[] = figures.map((figure) => ({
    label: labelOf(figure),
    marks: [
      ...marksOf({ ...figure, floor: null, bad: null }),
      ...controls.flatMap(({ name, figures: theirs }): PlotMark[] => {
        const measured = theirs.find(({ key }) => key === figure.key)?.measured;
        return name === 'ellipsoids' || !measured
          ? []
          : [{ kind: 'control', estimate: measured, letter: CONTROL_LETTERS[name] }];
      }),
    ],
  }));
  const letters = controls
    .filter(({ name }) => name !== 'ellipsoids')
    .map(({ name }) => `${CONTROL_LETTERS[name]} ${CONTROL_WORDS[name]}`);
  const plot = intervalPlot({
    description:
      'Positions of the synthetic set and of the controls; 0 is the floor, 1 the ellipsoids; dashed between them the limit of the gate',
    rows,
    references: [
      { value: 0, text: 'real' },
      { value: LIMITS.position, text: 'limit' },
      { value: 1, text: 'ellipsoids' },
    ],
    from: POSITION_BEGIN,
    to: POSITION_END,
  });
  return plot + (letters.length > 0 ? paragraph(`Controls: ${letters.join(', ')}.`, 'small faint') : '');
}

function marksOf({ measured, floor, bad }: Pick<Figure, 'measured' | 'floor' | 'bad'>): PlotMark[] {
  return (
    [
      ['floor', floor],
      ['measured', measured],
      ['bad', bad],
    ] as const
  ).flatMap(([kind, found]) => (found === null ? [] : [{ kind, estimate: found }]));
}

function cardHtml(figures: readonly Figure[], plot: string, definitions: string): string {
  const first = figures[0]!;
  const { title, plain } = wordsOf(first);
  const how = howIntervals(figures.flatMap(({ measured, floor, bad }) => [measured, floor, bad]));
  return `<article class="card"><h3>${escapeHtml(title)} <small>${escapeHtml(BETTER_WORDS[first.better])}</small></h3>
${plain === '' ? '' : paragraph(plain)}
<div class="beside"><div>${plot}</div>
${figureTable(title, figures)}</div>
${definitions}
${how === '' ? '' : paragraph(`Intervals, ${how}.`, 'small faint')}
</article>`;
}

/** A column that no figure fills is left out. */
function figureTable(title: string, figures: readonly Figure[]): string {
  const columns = (['floor', 'bad'] as const).filter((column) =>
    figures.some((figure) => figure[column] !== null),
  );
  const heads = { floor: 'Floor', bad: 'Ellipsoids' };
  return tableHtml({
    caption: `${title}: value and interval`,
    head: ['Figure', 'Measured', ...columns.map((column) => heads[column]), 'N real, synthetic'],
    rows: figures.map((figure) => [
      labelOf(figure),
      measuredCell(figure),
      ...columns.map((column) => valueCell(figure[column], figure.unit)),
      `${figure.n.real}, ${figure.n.synthetic}`,
    ]),
    ids: figures.map(({ key }) => figureId(key)),
    class: 'figures',
  });
}

function measuredCell({ measured, unit, notComputed: reason, noInterval }: Figure): Cell {
  if (measured === null) return { html: escapeHtml(notComputed(reason)), class: 'reason faint' };
  const value = `<b>${valueHtml(measured, unit)}</b>`;
  return noInterval === undefined
    ? { html: value }
    : {
        html: `${value}<br><small>${escapeHtml(`no interval: ${noInterval}`)}</small>`,
        class: 'reason',
      };
}

const valueCell = (found: Figure['floor'], unit: string): Cell =>
  found === null ? '–' : { html: valueHtml(found, unit) };

/** A line may end before the interval, never in it. */
const valueHtml = (found: NonNullable<Figure['floor']>, unit: string): string =>
  escapeHtml(withUnit(estimate(found), unit)).replace(/\[.*\]/, '<span class="whole">$&</span>');
