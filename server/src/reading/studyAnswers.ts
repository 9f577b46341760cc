/** Answers that speak of a study's cases by their codes, with the truth and the facts of each case from its protocol. */
import { type CsvTable, requireColumns, wrongField } from '../formats/csv.ts';
import { type Answer, answersFrom } from './answers.ts';
import { orderOf, type Study } from './study.ts';

const NEEDED = ['reader', 'case', 'choice', 'confidence'] as const;
/** What the study knows better than a table that readers filled in. */
const FROM_STUDY = ['truth', 'repeat', 'diameter_mm'] as const;

/**
 * Training cases are left out. Of a case that a reader is shown twice, the first line is the first answer and the second its repeat.
 *
 * @throws NoduleLabError by line: a reader or case that is not of the study, more answers than showings
 */
export function answersOfStudy(table: CsvTable, study: Study): Answer[] {
  requireColumns(table, NEEDED);
  const cases = new Map(study.cases.map((one) => [one.code, one]));
  const showings = new Map(
    study.readers.map((reader) => {
      const times = new Map<string, number>();
      for (const one of orderOf(study, reader)) times.set(one.case, (times.get(one.case) ?? 0) + 1);
      return [reader, times] as const;
    }),
  );
  const seen = new Map<string, number>();
  const rows = table.rows.flatMap((row) => {
    const [reader, code] = [
      (row.fields['reader'] ?? '').trim(),
      (row.fields['case'] ?? '').trim().toUpperCase(),
    ];
    const times = showings.get(reader);
    if (!times)
      throw wrongField(table, row, 'reader', `is "${reader}" and the study has ${study.readers.join(', ')}`);
    const known = cases.get(code);
    if (!known) throw wrongField(table, row, 'case', `is "${code}", which is no code of the study`);
    const key = JSON.stringify([reader, code]);
    const answered = (seen.get(key) ?? 0) + 1;
    seen.set(key, answered);
    const shown = times.get(code)!;
    if (answered > shown)
      throw wrongField(
        table,
        row,
        'case',
        `is "${code}" for the ${answered}. time by reader ${reader}, who is shown it ${shown === 1 ? 'once' : 'twice'}: nothing is counted twice`,
      );
    if (known.training) return [];
    return [
      {
        line: row.line,
        fields: {
          ...row.fields,
          ...{ reader, case: code, truth: known.synthetic ? 'synthetic' : 'real' },
          repeat: answered === 2 ? 'yes' : 'no',
          diameter_mm: String(known.diameterMm),
        },
      },
    ];
  });
  return answersFrom({ name: table.name, columns: [...new Set([...table.columns, ...FROM_STUDY])], rows });
}
