/** The quality checks of an insertion, for a terminal. */
import type { QualityCheck } from '@nodulelab/contract';
import { table } from './output.ts';

export function checksTable(checks: readonly QualityCheck[]): string {
  return table(
    ['check', 'value', 'unit', 'verdict'],
    checks.map(({ name, value, unit, verdict }) => [name, value === null ? '-' : value.toFixed(2), unit, verdict]),
  );
}
