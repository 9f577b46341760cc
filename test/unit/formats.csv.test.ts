import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  parseCsv,
  parseCsvTable,
  readCsv,
  requireColumns,
  wrongField,
} from '../../server/src/formats/csv.ts';

test('records are keyed by the header, quoted fields keep commas, quotes and line ends', () => {
  expect(parseCsv('id,remark\r\n1,"a, b"\r\n\r\n2,"say ""x""\nthen go"\n')).toEqual([
    { id: '1', remark: 'a, b' },
    { id: '2', remark: 'say "x"\nthen go' },
  ]);
});

test('a byte order mark, spaces around column names and every kind of line end are read past', () => {
  expect(parseCsv('\ufeffa, b\r1,2\r\n3,4\n5,6')).toEqual([
    { a: '1', b: '2' },
    { a: '3', b: '4' },
    { a: '5', b: '6' },
  ]);
});

test('columns without a name, which spreadsheets save beside a table, may be several', () => {
  expect(parseCsv('a,"",b,\n1,,2,\n')).toEqual([{ a: '1', '': '', b: '2' }]);
});

test('each record knows its line in the file', () => {
  const { rows } = parseCsvTable('a,b\n\n1,"x\ny"\n2,z\n', 't.csv');
  expect(rows.map(({ line }) => line)).toEqual([3, 5]);
});

test('an empty file has no records', () => {
  expect(parseCsv('')).toEqual([]);
  expect(parseCsvTable('\n', 't.csv')).toEqual({ name: 't.csv', columns: [], rows: [] });
});

test('what is written by the rules is read back as it was', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '\r', ' ', 'é', '-') });
  const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field), { maxLength: 8 }), (rows) => {
      const text = ['x,y', ...rows.map((row) => row.map(quoted).join())].join('\r\n');
      expect(parseCsv(text)).toEqual(rows.map(([x, y]) => ({ x, y })));
    }),
    { numRuns: 500 },
  );
});

describe('damage is an error that names file, line and column', () => {
  test.each([
    [
      'too few fields',
      'a,b,c\n1,2,3\n4,5',
      /t\.csv, line 3: .*2 fields where the header names 3 \(it ends after column "b"\)/,
    ],
    [
      'too many fields',
      'a,b\n1,2\n"x\ny",5,6',
      /line 3: .*3 fields where the header names 2 \(more after column "b"\)/,
    ],
    ['a quote without an end', 'a,b\n1,2\n3,"four', /line 3: a quoted field begins there and does not end/],
    ['a quote inside a field', 'a,b\n1,5" nodule', /line 2: a quote stands inside "5" nodule"/],
    ['text after a quote', 'a,b\n"1"x,2', /line 2: text follows a closing quote/],
    ['semicolons', '"a";"b"\n1;2', /line 1: the fields are divided by semicolons. Save it with commas/],
    ['a column twice', 'a,b,a\n1,2,3', /line 1: the column "a" stands there twice/],
    ['zero bytes', 'a,b\n1,2\n\0', /line 3: a zero byte/],
  ])('%s', (_, text, message) => {
    expect(() => parseCsvTable(text, 't.csv')).toThrow(message);
    expect(() => parseCsvTable(text, 't.csv')).toThrow(expect.objectContaining({ kind: 'invalid-input' }));
  });

  test('missing columns are named, and so are those that are there', () => {
    const table = parseCsvTable('seriesuid,coordX\n1,2', 'annotations.csv');
    expect(() => requireColumns(table, ['coordX', 'coordY', 'coordZ'])).toThrow(
      /annotations\.csv lacks the columns "coordY", "coordZ": its first line names "seriesuid", "coordX"\./,
    );
    expect(() => requireColumns(table, ['coordX'])).not.toThrow();
  });

  test('a field that makes no sense', () => {
    const table = parseCsvTable('a,b\n1,two', 't.csv');
    const [row] = table.rows;
    expect(wrongField(table, row!, 'b', 'not a number').message).toBe(
      't.csv, line 2: column "b" holds "two": not a number. Mend the line or remove it.',
    );
  });

  test('a file that is not there, or no UTF-8', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'csv-'));
    try {
      writeFileSync(join(dir, 'latin1.csv'), Buffer.from([0x61, 0x0a, 0xe9, 0x0a]));
      await expect(readCsv(join(dir, 'none.csv'))).rejects.toMatchObject({ kind: 'not-found' });
      await expect(readCsv(join(dir, 'latin1.csv'))).rejects.toThrow(/latin1\.csv is not UTF-8/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
