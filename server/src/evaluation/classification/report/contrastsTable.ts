/** The comparisons of two arms that the protocol planned. */
import { paragraph, tableHtml } from '../../report/parts.ts';
import type { DesignResult } from '../result.ts';
import { named } from './armKinds.ts';
import { armCell, differenceCell, intervalNote, pCell } from './armTables.ts';

/** Empty where none was planned. */
export function contrastsPart(design: DesignResult): string[] {
  const rows = design.contrasts.flatMap(({ arm, against, difference }) => {
    const [first, second] = [named(design, arm), named(design, against)];
    return first === undefined || second === undefined
      ? []
      : [[armCell(first), armCell(second), differenceCell(difference), pCell(difference)]];
  });
  if (rows.length === 0) return [];
  return [
    '<h3>Arm against arm</h3>',
    paragraph('Planned in the protocol before anything was trained; p is corrected for their number (Holm).'),
    tableHtml({
      caption: 'Gain in AUC of the first over the second, on the same nodules, folds and seeds.',
      head: ['Arm', 'Against', 'Gain in AUC', 'Corrected p'],
      rows,
      class: 'figures numbers',
    }),
    intervalNote(design.contrasts.map(({ difference }) => difference)),
  ];
}
