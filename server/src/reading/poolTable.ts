/** A pool of cases as a table. */
import { type CsvTable, requireColumns, wrongField } from '../formats/csv.ts';
import type { PoolCase } from './matching.ts';

export const POOL_COLUMNS = [
  'id',
  'patient',
  'diameter_mm',
  'texture',
  'slice_thickness_mm',
  'kernel',
] as const;

/** @throws NoduleLabError naming line and column of what cannot be read, or an id that stands twice */
export function poolFrom(table: CsvTable): PoolCase[] {
  requireColumns(table, POOL_COLUMNS);
  const known = new Set<string>();
  return table.rows.map((row) => {
    const text = (column: (typeof POOL_COLUMNS)[number]): string => {
      const value = (row.fields[column] ?? '').trim();
      if (value === '') throw wrongField(table, row, column, 'is empty');
      return value;
    };
    const number = (column: (typeof POOL_COLUMNS)[number], least: number, most: number): number => {
      const value = Number(text(column));
      if (!(value >= least && value <= most))
        throw wrongField(
          table,
          row,
          column,
          `is "${text(column)}" and not a number from ${least} to ${most}`,
        );
      return value;
    };
    const id = text('id');
    if (known.has(id)) throw wrongField(table, row, 'id', `is "${id}" a second time`);
    known.add(id);
    return {
      ...{ id, patient: text('patient'), kernel: text('kernel') },
      diameterMm: number('diameter_mm', 1, 200),
      texture: number('texture', 1, 5),
      sliceThicknessMm: number('slice_thickness_mm', 0.1, 20),
    };
  });
}
