/** Reads comma-separated values with a header line (RFC 4180: quoted fields may hold commas, quotes and line ends). */
import { readFile } from 'node:fs/promises';
import { NoduleLabError } from '../volume/errors.ts';

export interface CsvTable {
  /** File name, for messages. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvRow {
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  /** By column name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** One record per line after the header, keyed by column name. Empty lines are skipped. */
export function parseCsv(text: string, name = 'The CSV text'): Record<string, string>[] {
  return parseCsvTable(text, name).rows.map(({ fields }) => ({ ...fields }));
}

/**
 * @param onBadRecord as in {@link parseCsvTable}
 * @throws NoduleLabError `not-found` where the file cannot be read, `invalid-input` where it is damaged
 */
export async function readCsv(
  path: string,
  onBadRecord?: (error: NoduleLabError) => void,
): Promise<CsvTable> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `Cannot read ${path}: check that the file is there and may be read.`,
      { path },
      cause,
    );
  });
  try {
    return parseCsvTable(new TextDecoder('utf-8', { fatal: true }).decode(bytes), path, onBadRecord);
  } catch (cause) {
    if (cause instanceof NoduleLabError) throw cause;
    throw new NoduleLabError(
      'invalid-input',
      `${path} is not UTF-8 text: save it as CSV in UTF-8.`,
      { path },
      cause,
    );
  }
}

/**
 * @param name of the file, for messages
 * @param onBadRecord told of a record with too few or too many fields, which is then left out; without it, it is thrown
 * @throws NoduleLabError `invalid-input` naming file, line and, where there is one, column
 */
export function parseCsvTable(
  text: string,
  name: string,
  onBadRecord?: (error: NoduleLabError) => void,
): CsvTable {
  const [header, ...records] = splitRecords(text, name);
  if (header === undefined) return { name, columns: [], rows: [] };
  const columns = header.fields.map((column) => column.trim());
  // Spreadsheets save the empty columns beside a table too; nobody asks for them by name.
  const twice = columns.find((column, at) => column !== '' && columns.indexOf(column) !== at);
  if (twice !== undefined)
    throw invalid(
      name,
      header.line,
      `the column "${twice}" stands there twice`,
      'Rename or remove one of them',
    );
  const rows = records.flatMap(({ line, fields }) => {
    if (fields.length !== columns.length) {
      const after = columns[Math.min(fields.length, columns.length) - 1] ?? '';
      const error = invalid(
        name,
        line,
        `the record has ${fields.length} fields where the header names ${columns.length}` +
          (fields.length < columns.length
            ? ` (it ends after column "${after}")`
            : ` (more after column "${after}")`),
        'The file is damaged or cut short: mend the line or fetch the file again',
      );
      if (onBadRecord === undefined) throw error;
      onBadRecord(error);
      return [];
    }
    return { line, fields: Object.fromEntries(columns.map((column, at) => [column, fields[at] ?? ''])) };
  });
  return { name, columns, rows };
}

/** @throws NoduleLabError `invalid-input` naming the columns that are missing and those that are there */
export function requireColumns({ name, columns }: CsvTable, wanted: readonly string[]): void {
  const missing = wanted.filter((column) => !columns.includes(column));
  if (missing.length === 0) return;
  const list = (names: readonly string[]): string => names.map((column) => `"${column}"`).join(', ');
  throw new NoduleLabError(
    'invalid-input',
    `${name} lacks the ${missing.length === 1 ? 'column' : 'columns'} ${list(missing)}: its first line names ` +
      `${columns.length === 0 ? 'none' : list(columns)}. Give a table with ${list(wanted)}.`,
    { name, missing },
  );
}

/** @throws NoduleLabError `invalid-input`: what is wrong with one field of a row, by file, line and column */
export function wrongField(table: CsvTable, row: CsvRow, column: string, why: string): NoduleLabError {
  const value = (row.fields[column] ?? '').slice(0, 80);
  return invalid(
    table.name,
    row.line,
    `column "${column}" holds "${value}": ${why}`,
    'Mend the line or remove it',
  );
}

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

function splitRecords(text: string, name: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let recordLine = 1;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const nul = text.indexOf('\0');
  if (nul >= 0)
    throw invalid(
      name,
      lineOf(text, nul),
      'a zero byte stands there, which no text has',
      'Save it as CSV in UTF-8',
    );
  const endRecord = (): void => {
    if (fields.length > 1 || fields[0] !== '') records.push({ line: recordLine, fields });
    fields = [];
  };
  for (;;) {
    const field =
      text.charAt(at) === '"' ? quotedField(text, at, name, line) : plainField(text, at, name, line);
    line += countLines(text, at, field.end);
    fields.push(field.value);
    at = field.end;
    const next = text.charAt(at);
    if (next === '') break;
    at += next === '\r' && text.charAt(at + 1) === '\n' ? 2 : 1;
    if (next === ',') continue;
    endRecord();
    line++;
    recordLine = line;
  }
  endRecord();
  return records;
}

interface Field {
  readonly value: string;
  /** Of the comma, the line end or the end of the text after it. */
  readonly end: number;
}

function plainField(text: string, start: number, name: string, line: number): Field {
  DIVIDER.lastIndex = start;
  const end = DIVIDER.exec(text)?.index ?? text.length;
  const value = text.slice(start, end);
  if (value.includes('"'))
    throw invalid(
      name,
      line,
      `a quote stands inside "${value.slice(0, 40)}"`,
      'Put the whole field in quotes and double those in it',
    );
  return { value, end };
}

const DIVIDER = /[,\r\n]/g;

function quotedField(text: string, start: number, name: string, line: number): Field {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0)
      throw invalid(
        name,
        line,
        'a quoted field begins there and does not end',
        'The file is damaged or cut short: mend the line or fetch the file again',
      );
    value += text.slice(from, quote);
    from = quote + 1;
    if (text.charAt(from) === '"') {
      value += '"';
      from++;
      continue;
    }
    if (!['', ',', '\r', '\n'].includes(text.charAt(from)))
      throw [';', '\t'].includes(text.charAt(from))
        ? invalid(
            name,
            line,
            `the fields are divided by ${text.charAt(from) === ';' ? 'semicolons' : 'tabs'}`,
            'Save it with commas between the fields',
          )
        : invalid(name, line, 'text follows a closing quote', 'Double the quotes inside a quoted field');
    return { value, end: from };
  }
}

function countLines(text: string, start: number, end: number): number {
  return text.slice(start, end).split('\n').length - 1;
}

function lineOf(text: string, at: number): number {
  return 1 + countLines(text, 0, at);
}

function invalid(name: string, line: number, why: string, advice: string): NoduleLabError {
  return new NoduleLabError('invalid-input', `${name}, line ${line}: ${why}. ${advice}.`, { name, line });
}
