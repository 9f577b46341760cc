/**
 * Diagnoses of patients: TCIA's spreadsheet `tcia-diagnosis-data` of LIDC-IDRI, saved as CSV. One row a patient, with a
 * diagnosis of the patient and of up to five numbered nodules: 0 unknown, 1 benign, 2 malignant (primary), 3 malignant
 * (metastatic).
 *
 * The numbers of its nodules are no names that the annotations know. So the patient's diagnosis counts for all of the
 * patient's nodules, and diagnoses of single nodules count instead of it only where they all say the same; where they
 * differ nobody knows which nodule is which, and the patient's nodules are left out.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseCsvTable, wrongField } from '../formats/csv.ts';
import type { CsvTable } from '../formats/csv.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Judgement } from './cancerRule.ts';
import type { NoduleSource } from './source.ts';

export interface DiagnosisTable {
  /** File name without folder. */
  readonly file: string;
  /** Of the file's bytes. */
  readonly sha256: string;
  readonly patients: number;
  readonly of: (patientId: string) => Judgement;
  /** Rows that could not be used, with file, line and column. */
  readonly problems: NoduleSource['problems'];
}

/** The headers go on over several lines with the meaning of the numbers: only their beginnings are compared. */
const PATIENT = 'tcia patient id';
const OF_PATIENT = 'diagnosis at the patient level';
const OF_NODULE = /^nodule \d+ diagnosis at the nodule level/;

/** @throws NoduleLabError `not-found`, or `invalid-input` where a column is missing or no row can be used */
export async function readDiagnosisTable(path: string): Promise<DiagnosisTable> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `Cannot read ${path}: give the diagnosis spreadsheet saved as CSV.`,
      { path },
      cause,
    );
  });
  const problems: { name: string; message: string }[] = [];
  // Headers of several lines would tear a message apart.
  const complain = ({ message }: Error): void =>
    void problems.push({ name: basename(path), message: message.replace(/\s+/g, ' ') });
  // A manifest keeps these messages: they name the file, not the folders of one machine.
  const csv = parseCsvTable(bytes.toString('utf8'), basename(path), complain);
  const columns = { patient: columnOf(csv, PATIENT), ofPatient: columnOf(csv, OF_PATIENT) };
  const ofNodules = csv.columns.filter((column) => OF_NODULE.test(plain(column)));
  const judgements = new Map<string, Judgement>();
  for (const row of csv.rows) {
    const patient = (row.fields[columns.patient] ?? '').trim();
    if (patient === '') continue;
    try {
      const [ofPatient, ...single] = [columns.ofPatient, ...ofNodules].map((column) => {
        const diagnosis = diagnosisOf(row.fields[column] ?? '');
        if (diagnosis === undefined)
          throw wrongField(csv, row, column, 'not a diagnosis (0 unknown, 1 benign, 2 or 3 malignant)');
        return diagnosis;
      });
      const judgement = together(ofPatient ?? 'unknown', single);
      const before = judgements.get(patient);
      judgements.set(
        patient,
        before === undefined || isDeepStrictEqual(before, judgement) ? judgement : CONTRADICTED,
      );
      if (before !== undefined) throw wrongField(csv, row, columns.patient, 'the patient stands there twice');
    } catch (error) {
      if (!(error instanceof NoduleLabError)) throw error;
      complain(error);
    }
  }
  if (judgements.size === 0)
    throw new NoduleLabError(
      'invalid-input',
      problems[0]?.message ?? `${path} holds no diagnosis: save the whole spreadsheet as CSV.`,
      { path },
    );
  return {
    file: basename(path),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    patients: judgements.size,
    of: (patientId) => judgements.get(patientId) ?? { leftOut: 'its patient is not in the diagnosis table' },
    problems,
  };
}

type Diagnosis = 'unknown' | 'benign' | 'malignant';

/** Rows that differ: nobody knows which one is right. */
const CONTRADICTED: Judgement = {
  leftOut: 'its patient stands in the diagnosis table twice, with different diagnoses',
};

/** Spreadsheets write whole numbers as `2` or `2.0`; a nodule that a patient does not have is an empty field. */
function diagnosisOf(field: string): Diagnosis | undefined {
  const text = field.trim();
  if (text === '') return 'unknown';
  const known: readonly Diagnosis[] = ['unknown', 'benign', 'malignant', 'malignant'];
  return known[Number(text)];
}

function together(ofPatient: Diagnosis, ofNodules: readonly Diagnosis[]): Judgement {
  const single = new Set(ofNodules.filter((diagnosis) => diagnosis !== 'unknown'));
  if (single.size > 1)
    return {
      leftOut:
        "the diagnoses of its patient's nodules differ, and the table does not say which nodule is which",
    };
  const [diagnosis = ofPatient] = single;
  return diagnosis === 'unknown'
    ? { leftOut: 'the diagnosis of its patient is unknown' }
    : { class: diagnosis };
}

function columnOf(csv: CsvTable, beginning: string): string {
  const found = csv.columns.find((column) => plain(column).startsWith(beginning));
  if (found !== undefined) return found;
  const there = csv.columns.map((column) => `"${plain(column).slice(0, 40)}"`).join(', ');
  throw new NoduleLabError(
    'invalid-input',
    `${csv.name} has no column that begins with "${beginning}": its first row names ${there || 'none'}. ` +
      'Save the sheet with its header row as CSV.',
    { name: csv.name },
  );
}

/** Without line ends and double spaces, in small letters. */
const plain = (column: string): string => column.replace(/\s+/g, ' ').trim().toLowerCase();
