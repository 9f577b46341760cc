/**
 * Thousands of damaged annotation files. Each must end as a summary or as an error that names the file; anything else
 * (another error, a hang until the test's time is up, memory without bound) fails.
 */
import { describe, expect, test } from '@jest/globals';
import { summariseFile, type FileSummary } from '../../server/src/lidc/fileSummary.ts';
import { lidcXml, RATINGS, ringAround, type XmlSession } from '../support/lidcXml.ts';
import { randomOf } from '../support/mutations.ts';
import { mutate, mutateElements } from '../support/xmlMutations.ts';

const FILES = 3_000;
const SPLICES = [
  '<!DOCTYPE x [<!ENTITY a "aaaa">]>',
  '&a;&amp;&#x0;',
  '<roi>',
  '</roi>',
  '<roi/>',
  '<edgeMap/>',
  '<readingSession>'.repeat(12),
  '</readingSession>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?xml version="1.0" encoding="UTF-16"?>',
  '99999999999999999999999999',
  '1e308',
  '-1',
  'NaN',
  '   '.repeat(300),
  '<__proto__><constructor>x</constructor></__proto__>',
  '<noduleID>toString</noduleID>',
  '<characteristics><malignancy>9</malignancy></characteristics>',
  '\u0000\uFFFF',
  ' a="1" a=\'2\'',
  '<imageZposition>1e9</imageZposition>',
];

/** Values that an element of a well-formed file may come to hold. */
const VALUES = [
  '',
  ' ',
  '0',
  '-1',
  '7',
  '4095',
  '4096',
  '12.5',
  '1e308',
  '1e999',
  '0x10',
  '٣',
  'TRUE',
  'x'.repeat(500),
];
VALUES.push('1.2.3', '<![CDATA[9]]>', '<!-- 9 -->', '<a><b/></a>', '&lt;9&gt;', '<toString>1</toString>');

const block = (id: string, x: number, rows: number) => ({
  id,
  ratings: RATINGS,
  contours: [4, 6, 8].map((z) => ({ z, points: ringAround(x, 20, x + 6, 20 + rows) })),
});
const sessions = (size: number): XmlSession[] =>
  Array.from({ length: 4 }, (_, reader) => ({
    marks: [
      ...Array.from({ length: size }, (_, at) => block(`n${at}`, 20 + 30 * at + reader, 4 + at)),
      { id: 'small', contours: [{ z: 4, points: [[100 + reader, 90] as const] }] },
    ],
    nonNodules: [{ id: 'vessel', point: [7, 8] as const }],
  }));
const encode = (text: string) => new TextEncoder().encode(text);
const seeds = [1, 2, 3].map((size) => encode(lidcXml(sessions(size))));
const whole = lidcXml(sessions(1));

const told = (summary: FileSummary): string => (summary.kind === 'unreadable' ? summary.message : '');

test('the files to be damaged are sound', () => {
  for (const [at, bytes] of seeds.entries())
    expect(summariseFile(bytes, 'x.xml', undefined)).toMatchObject({
      kind: 'ct',
      annotations: 4 * (at + 1),
      nodules: Array(at + 1).fill({ readers: 4, diameterMm: null }),
      problems: [],
    });
});

test(`${FILES} damaged files end as a summary or as an error that names the file`, () => {
  const kinds = { ct: 0, 'chest-xray': 0, unreadable: 0 };
  let withProblems = 0;
  for (let seed = 1; seed <= FILES; seed++) {
    const random = randomOf(seed);
    const name = `seed-${seed}.xml`;
    const sound = seeds[seed % seeds.length]!;
    // Raw damage mostly ends the XML; the other half gets past its form.
    const damaged =
      seed % 2 === 0
        ? mutate(sound, random, SPLICES)
        : encode(mutateElements(new TextDecoder().decode(sound), random, VALUES));
    const summary = summariseFile(damaged, name, undefined);
    kinds[summary.kind]++;
    if (summary.kind === 'unreadable') expect(summary.message).toContain(name);
    if (summary.kind === 'ct') {
      if (summary.problems.length > 0) withProblems++;
      expect(summary.problems.length).toBeLessThanOrEqual(51);
      // Nothing is counted twice: every nodule has at least one annotation of its own.
      expect(summary.nodules.length).toBeLessThanOrEqual(summary.annotations);
    }
  }
  // The damage reached both ways of ending, many times.
  expect(kinds.unreadable).toBeGreaterThan(FILES / 10);
  expect(withProblems).toBeGreaterThan(FILES / 10);
}, 240_000);

describe('files made to cost as much as they can', () => {
  const around = (inside: string) =>
    encode(whole.replace('</LidcReadMessage>', `${inside}</LidcReadMessage>`));
  const mark = (roi: string) =>
    `<readingSession><unblindedReadNodule><noduleID>x</noduleID>${roi}</unblindedReadNodule></readingSession>`;
  const edge = (x: number, y: number) => `<edgeMap><xCoord>${x}</xCoord><yCoord>${y}</yCoord></edgeMap>`;
  const roi = (inside: string) =>
    `<roi><imageZposition>4</imageZposition><imageSOP_UID>1.2.3</imageSOP_UID><inclusion>TRUE</inclusion>${inside}</roi>`;
  const many = (count: number, of: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => of(at)).join('');

  test.each([
    ['nested without end', () => around('<readingSession>'.repeat(500_000)), /nested more than 16/],
    ['a million tags', () => around('<a/>'.repeat(1_100_000)), /more than 1000000 tags/],
    ['an attribute of megabytes', () => around(`<a b="${'x'.repeat(8_000_000)}"/>`), /tag is longer/],
    ['quotes that never close', () => around(`<a ${'b="'.repeat(1_000_000)}`), /tag is longer|cut short/],
    ['a comment that never closes', () => around(`<!--${'- '.repeat(4_000_000)}`), /cut short/],
    [
      'a hundred thousand small nodules',
      () => around(mark('').repeat(100_000)),
      /nodules; a scan has at most/,
    ],
  ])('%s: refused', (_, make, reason) => {
    expect(told(summariseFile(make(), 'costly.xml', undefined))).toMatch(reason);
  });

  test.each([
    ['white space of megabytes', () => around(mark(roi(`${' '.repeat(8_000_000)}<edgeMap>`.slice(0, -9))))],
    [
      'numbers of megabytes',
      () => around(mark(roi(`<edgeMap><xCoord>${'9'.repeat(8_000_000)}</xCoord></edgeMap>`))),
    ],
    ['an outline of 150,000 points', () => around(mark(roi(many(150_000, (at) => edge(at % 2, at % 3)))))],
    [
      'outlines that jump across the image',
      () => around(mark(many(12_000, () => roi(edge(0, 0) + edge(0, 4000) + edge(9, 0))))),
    ],
    [
      'nine hundred rings in one place',
      () =>
        encode(
          lidcXml([
            {
              marks: Array.from({ length: 900 }, (_, at) => block(`n${at}`, 20, 3)).map((one) => ({
                ...one,
                contours: one.contours.slice(0, 1),
              })),
            },
          ]),
        ),
    ],
  ])('%s: read to its end', (_, make) => {
    expect(summariseFile(make(), 'costly.xml', undefined)).toMatchObject({ kind: 'ct', name: 'costly.xml' });
  });
});
