import { expect, test } from '@jest/globals';
import { parseCsv } from '../../server/src/formats/csv.ts';

test('records are keyed by the header, quoted fields keep commas, quotes and line ends', () => {
  expect(parseCsv('id,remark\r\n1,"a, b"\r\n\r\n2,"say ""x""\nthen go"\n')).toEqual([
    { id: '1', remark: 'a, b' },
    { id: '2', remark: 'say "x"\nthen go' },
  ]);
});

test('a record with too few fields is an error that counts it', () => {
  expect(() => parseCsv('a,b,c\n1,2,3\n4,5')).toThrow(/record 2 has 2 fields where the header names 3/);
});

test('an empty file has no records', () => {
  expect(parseCsv('')).toEqual([]);
});
