/** Answers of a reading as a table, one row an answer: what is needed, and what may be told besides. */
import type { CsvTable } from '../formats/csv.ts';
import { requireColumns, wrongField } from '../formats/csv.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Confidence, Reading } from './readings.ts';

export interface Answer extends Reading {
  /** The case was shown a second time. */
  readonly repeat: boolean;
  /** From showing the case to the answer, pauses left out. */
  readonly seconds: number | null;
  /** LIDC's scale, 1 to 5. */
  readonly malignancy: number | null;
  /** Of the reader, in chest CT. */
  readonly experienceYears: number | null;
  readonly diameterMm: number | null;
  /** Of the case: any name by which figures are told apart. */
  readonly stratum: string | null;
}

export const NEEDED = ['reader', 'case', 'truth', 'choice', 'confidence'] as const;
export const OPTIONAL = [
  'repeat',
  'seconds',
  'malignancy',
  'experience_years',
  'diameter_mm',
  'stratum',
] as const;

/**
 * @throws NoduleLabError naming line and column of what cannot be read; a second answer of a reader to a case that is not
 *   marked as a repeat; a repeat without a first answer
 */
export function answersFrom(table: CsvTable): Answer[] {
  requireColumns(table, NEEDED);
  const answers = table.rows.map((row): Answer => {
    const text = (column: string): string => (row.fields[column] ?? '').trim();
    const named = (column: string): string => {
      if (text(column) === '') throw wrongField(table, row, column, 'is empty');
      return text(column);
    };
    const kind = (column: string): boolean => {
      const value = text(column).toLowerCase();
      if (value !== 'real' && value !== 'synthetic')
        throw wrongField(table, row, column, `is "${text(column)}" and not "real" or "synthetic"`);
      return value === 'synthetic';
    };
    const number = (column: string, least: number, most: number, whole: boolean): number | null => {
      if (text(column) === '') return null;
      const value = Number(text(column));
      if (!(value >= least && value <= most) || (whole && !Number.isInteger(value)))
        throw wrongField(
          table,
          row,
          column,
          `is "${text(column)}" and not a ${whole ? 'whole ' : ''}number from ${least} to ${most}`,
        );
      return value;
    };
    const confidence = number('confidence', 1, 5, true);
    if (confidence === null) throw wrongField(table, row, 'confidence', 'is empty');
    const repeat = text('repeat').toLowerCase();
    if (!['', '0', '1', 'no', 'yes', 'false', 'true'].includes(repeat))
      throw wrongField(table, row, 'repeat', `is "${repeat}" and not yes or no`);
    return {
      ...{
        reader: named('reader'),
        case: named('case'),
        synthetic: kind('truth'),
        calledSynthetic: kind('choice'),
      },
      confidence: confidence as Confidence,
      repeat: ['1', 'yes', 'true'].includes(repeat),
      seconds: number('seconds', 0, 86_400, false),
      malignancy: number('malignancy', 1, 5, true),
      experienceYears: number('experience_years', 0, 80, false),
      diameterMm: number('diameter_mm', 0, 500, false),
      stratum: text('stratum') === '' ? null : text('stratum'),
    };
  });
  if (answers.length === 0)
    throw new NoduleLabError('invalid-input', `${table.name} holds no answers: give one line an answer.`);
  const first = new Set(answers.filter(({ repeat }) => !repeat).map(keyOf));
  const orphan = answers.find((answer) => answer.repeat && !first.has(keyOf(answer)));
  if (orphan)
    throw new NoduleLabError(
      'invalid-input',
      `${table.name}: reader ${orphan.reader} has a repeat of case ${orphan.case} and no first answer to it.`,
    );
  return answers;
}

export const keyOf = ({ reader, case: name }: Reading): string => JSON.stringify([reader, name]);
