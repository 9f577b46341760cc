/** The quality checks of an edit, for a terminal. */
import type { QualityCheck } from '@nodulelab/contract';
import { table } from './output.ts';

export function checksTable(checks: readonly QualityCheck[]): string {
  const doubtful = checks.filter(({ verdict }) => verdict === 'bad' || verdict === 'unknown');
  return [
    table(
      ['check', 'value', 'unit', 'verdict'],
      checks.map(({ name, value, unit, verdict }) => [
        ...[name, value === null ? '–' : (value + 0).toFixed(2), unit, verdict],
      ]),
    ),
    ...doubtful.map(({ name, explanation }) => `${name}: ${explanation}`),
  ].join('\n');
}
