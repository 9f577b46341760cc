import { describe, expect, test } from '@jest/globals';
import { parseLidcXml, type LidcAnnotations } from '../../server/src/lidc/xml.ts';
import { lidcXml, RATINGS, ringAround, SERIES, sopAt, STUDY } from '../support/lidcXml.ts';

function parseCt(xml: string): LidcAnnotations {
  const parsed = parseLidcXml(xml, 'case.xml');
  if (parsed.kind !== 'ct') throw new Error('expected CT annotations');
  return parsed;
}

describe('reading LIDC XML', () => {
  const xml = lidcXml([
    {
      marks: [
        {
          id: 'Nodule 001',
          ratings: RATINGS,
          contours: [
            { z: -12, points: ringAround(10, 10, 14, 14) },
            { z: -12, inclusion: false, points: ringAround(12, 12, 12, 12) },
          ],
        },
        { id: 'small', contours: [{ z: -9, points: [[40, 41]] }] },
      ],
      nonNodules: [{ id: 'vessel', point: [7, 8] }],
    },
    {},
  ]);

  test('keeps apart nodules with outlines, nodules under 3 mm and lesions that are none', () => {
    const found = parseCt(xml);
    expect(found).toMatchObject({
      seriesInstanceUID: SERIES,
      studyInstanceUID: STUDY,
      readers: 2,
      name: 'case.xml',
    });
    expect(found.marks.map(({ markId, reader }) => [markId, reader])).toEqual([['Nodule 001', 0]]);
    expect(found.smallNodules).toEqual([
      { reader: 0, markId: 'small', sopInstanceUID: sopAt(-9), z: -9, point: [40, 41] },
    ]);
    expect(found.nonNodules).toMatchObject([{ markId: 'vessel', point: [7, 8] }]);
  });

  test('gives the nine characteristics and every outline with its slice and whether it is a hole', () => {
    const [mark] = parseCt(xml).marks;
    expect(mark?.characteristics).toEqual({
      subtlety: 5,
      internalStructure: 1,
      calcification: 6,
      sphericity: 3,
      margin: 4,
      lobulation: 2,
      spiculation: 2,
      texture: 5,
      malignancy: 4,
    });
    expect(mark?.contours.map(({ z, inclusion, sopInstanceUID }) => [z, inclusion, sopInstanceUID])).toEqual([
      [-12, true, sopAt(-12)],
      [-12, false, sopAt(-12)],
    ]);
    expect(mark?.contours[0]?.points).toEqual(ringAround(10, 10, 14, 14));
  });

  test('a mark that one reader outlined without rating it stays a mark, without ratings', () => {
    const found = parseCt(
      lidcXml([{ marks: [{ id: 'n', contours: [{ points: ringAround(3, 3, 5, 5) }] }] }]),
    );
    expect(found.marks).toMatchObject([{ markId: 'n', characteristics: null }]);
  });

  test('names chest X-ray annotations as such instead of failing on them', () => {
    const xray = '<?xml version="1.0"?>\n<IdriReadMessage uid="1"><ResponseHeader/></IdriReadMessage>';
    expect(parseLidcXml(xray, 'xray.xml')).toEqual({ kind: 'chest-xray', name: 'xray.xml' });
  });

  test('refuses a file that was cut short at any place', () => {
    for (const part of [0.2, 0.5, 0.8, 0.97])
      expect(() => parseLidcXml(xml.slice(0, Math.floor(xml.length * part)), 'half.xml')).toThrow(
        expect.objectContaining({
          kind: 'invalid-input',
          message: expect.stringMatching(/half\.xml.*cut short/),
        }),
      );
  });

  test.each([
    ['other XML', '<html><body>x</body></html>', /outermost element is <html>/],
    ['what is no XML', 'DICM and so on', /it is not XML/],
    ['an empty file', '', /it is not XML/],
    ['a header without series', '<LidcReadMessage><ResponseHeader/></LidcReadMessage>', /ResponseHeader/],
    [
      'a series reference that is no UID',
      xml.replace(`<SeriesInstanceUid>${SERIES}`, '<SeriesInstanceUid>series 1'),
      /SeriesInstanceUid: not a UID/,
    ],
  ])('refuses %s with the reason', (_, text, reason) => {
    expect(() => parseLidcXml(text, 'other.xml')).toThrow(reason);
    expect(() => parseLidcXml(text, 'other.xml')).toThrow(expect.objectContaining({ kind: 'invalid-input' }));
  });
});
