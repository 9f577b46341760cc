/** Reads comma-separated values with a header line (RFC 4180: quoted fields may hold commas, quotes and line ends). */
import { NoduleLabError } from '../volume/errors.ts';

/** One record per line after the header, keyed by column name. Empty lines are skipped. */
export function parseCsv(text: string): Record<string, string>[] {
  const [header, ...lines] = splitRecords(text);
  if (header === undefined) return [];
  return lines.map((fields, index) => {
    if (fields.length !== header.length)
      throw new NoduleLabError(
        'invalid-input',
        `CSV record ${index + 1} has ${fields.length} fields where the header names ${header.length}: the file is damaged or cut short.`,
      );
    return Object.fromEntries(header.map((name, column) => [name, fields[column] ?? '']));
  });
}

function splitRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = '';
  let quoted = false;
  const endRecord = (): void => {
    record.push(field);
    if (record.length > 1 || field !== '') records.push(record);
    record = [];
    field = '';
  };
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted) {
      if (char !== '"') field += char;
      else if (text.charAt(at + 1) === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ',') {
      record.push(field);
      field = '';
    } else if (char === '\n') endRecord();
    else if (char !== '\r') field += char;
  }
  if (field !== '' || record.length > 0) endRecord();
  return records;
}
