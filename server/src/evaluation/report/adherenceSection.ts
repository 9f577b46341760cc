/** What was asked of the generator against what is measured in its nodules. */
import { adherenceKey } from '../adherenceFigures.ts';
import { attributeWord } from '../attributeWords.ts';
import type { Adherence, EvaluationResult } from '../result.ts';
import { escapeHtml } from '../../gan/report/html.ts';
import { intervalPlot, legendOf, type PlotMark } from './intervalPlot.ts';
import type { ReportPictures } from './material.ts';
import { estimate, howIntervals, withUnit } from './numbers.ts';
import { type Cell, figureId, notComputed, paragraph, patientName, section, tableHtml } from './parts.ts';
import { sizePlot } from './sizePlot.ts';

const NO_CEILING: Cell = {
  html: 'not computed: too few real nodules were judged, or they, or the answers of the network, are all alike',
  class: 'reason faint',
};
const CORRELATION: Adherence['statistic'] = 'partial Spearman at fixed diameter';

export function adherenceSection(
  result: Pick<EvaluationResult, 'adherence' | 'figures' | 'insertedInto'>,
  { sizes }: Pick<ReportPictures, 'sizes'>,
): string {
  const { adherence } = result;
  const title = 'Asked for and given';
  if (adherence.length === 0)
    return section(
      'adherence',
      title,
      paragraph('The generator was asked for nothing that could be measured.'),
    );
  const how = howIntervals(adherence.flatMap(({ measured, ceiling }) => [measured, ceiling]));
  const plots = [sizes === null ? '' : sizePlot(sizes), correlationPlot(adherence)].filter(
    (plot) => plot !== '',
  );
  return section(
    'adherence',
    title,
    paragraph(
      'What was asked of the generator against what is measured in its nodules. Beside it stands the same statistic on held-out real nodules, of which the readers’ word takes the place of the request. Readers disagree, so a generator that shows what it is asked for more plainly than real nodules do can pass their correlation. Insertion scales every nodule to the diameter asked for: the diameter in a CT judges generator and insertion together.',
    ),
    ...insertedText(result),
    table(result),
    ...(plots.length === 0 ? [] : [`<div class="cards">${plots.join('\n')}</div>`]),
    ...(how === '' ? [] : [paragraph(`Intervals, ${how}.`, 'small faint')]),
  );
}

function insertedText({ insertedInto = [] }: Pick<EvaluationResult, 'insertedInto'>): string[] {
  if (insertedInto.length === 0) return [];
  const hosts = insertedInto.map(
    ({ host, synthetic, real }) =>
      `${patientName(host)} (${synthetic} synthetic and ${real} real ones, one at a time)`,
  );
  return [
    `<p>For the diameters in a CT nodules were put into ${hosts.join(', ')} at the diameter asked for, and read from the voxels that insertion would write.</p>`,
  ];
}

function table({ adherence, figures }: Pick<EvaluationResult, 'adherence' | 'figures'>): string {
  const keys = new Set(figures.map(({ key }) => key));
  const value = (row: Adherence, found: Adherence['measured']): Cell =>
    found === null ? '–' : withUnit(estimate(found), row.unit);
  const dealt = adherence.some(({ chance }) => chance !== null);
  return tableHtml({
    caption: 'How far conditions are followed.',
    head: [
      ...['Attribute', 'Statistic', 'Measured', 'Real nodules'],
      ...(dealt ? ['Requests dealt to others'] : []),
      'N',
    ],
    rows: adherence.map((row) => [
      attributeWord(row.attribute),
      row.statistic,
      row.measured === null
        ? { html: escapeHtml(notComputed(row.notComputed)), class: 'reason faint' }
        : { html: `<b>${escapeHtml(withUnit(estimate(row.measured), row.unit))}</b>` },
      row.ceiling === null && row.statistic === CORRELATION ? NO_CEILING : value(row, row.ceiling),
      ...(dealt ? [value(row, row.chance)] : []),
      String(row.n),
    ]),
    ids: adherence.map((row) => (keys.has(adherenceKey(row)) ? figureId(adherenceKey(row)) : undefined)),
  });
}

function correlationPlot(adherence: readonly Adherence[]): string {
  const rows = adherence.filter(
    ({ statistic, measured, ceiling }) =>
      statistic === CORRELATION && (measured !== null || ceiling !== null),
  );
  if (rows.length === 0) return '';
  const legend = legendOf({
    ...(rows.some(({ measured }) => measured !== null) ? { measured: 'synthetic nodules' } : {}),
    floor: 'held-out real nodules',
  });
  const plot = intervalPlot({
    description: 'Partial Spearman correlations with their ceilings',
    rows: rows.map(({ attribute, measured, ceiling }) => ({
      label: attributeWord(attribute),
      marks: [
        ...(ceiling === null ? [] : [{ kind: 'floor', estimate: ceiling } satisfies PlotMark]),
        ...(measured === null ? [] : [{ kind: 'measured', estimate: measured } satisfies PlotMark]),
      ],
    })),
    references: [{ value: 0, text: 'none' }],
    to: 1,
  });
  return `<div class="card"><h3>Characteristics</h3>${legend}${plot}</div>`;
}
