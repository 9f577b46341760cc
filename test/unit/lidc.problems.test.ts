import { describe, expect, test } from '@jest/globals';
import { noduleMask } from '../../server/src/lidc/contourMask.ts';
import { parseLidcXml, readLidcXml, type LidcAnnotations } from '../../server/src/lidc/xml.ts';
import { lidcXml, RATINGS, ringAround, sopAt, type XmlContour } from '../support/lidcXml.ts';

function parseCt(xml: string): LidcAnnotations {
  const parsed = parseLidcXml(xml, 'case.xml');
  if (parsed.kind !== 'ct') throw new Error('expected CT annotations');
  return parsed;
}

const bytesOf = (text: string, encoding: BufferEncoding = 'utf8') =>
  new Uint8Array(Buffer.from(text, encoding));
const good: XmlContour = { z: 2, points: ringAround(10, 10, 14, 14) };
/** One reader, one rated mark with these outlines. */
const withOutlines = (...contours: XmlContour[]) =>
  lidcXml([{ marks: [{ id: 'n', ratings: RATINGS, contours }] }]);
const whole = withOutlines(good);

describe('bytes to text', () => {
  const declared = (encoding: string) => whole.replace('UTF-8', encoding);

  test.each([
    ['UTF-8 with a byte order mark', bytesOf(`\uFEFF${whole}`)],
    ['UTF-16, little end first', bytesOf(`\uFEFF${declared('UTF-16')}`, 'utf16le')],
    ['UTF-16, big end first', new Uint8Array(Buffer.from(`\uFEFF${declared('UTF-16')}`, 'utf16le').swap16())],
    ['UTF-16 without a mark', bytesOf(declared('UTF-16'), 'utf16le')],
    ['Windows-1252 that says so', bytesOf(declared('windows-1252').replace('>n<', '>n\u00E9<'), 'latin1')],
  ])('%s is read', (_, bytes) => {
    const found = readLidcXml(bytes, 'case.xml');
    expect(found).toMatchObject({ kind: 'ct', problems: [], marks: [{ contours: [{ z: 2 }] }] });
  });

  test('a letter outside ASCII arrives as its encoding says', () => {
    const latin = bytesOf(declared('iso-8859-1').replace('>n<', '>n\u00E9<'), 'latin1');
    expect(readLidcXml(latin, 'case.xml')).toMatchObject({ marks: [{ markId: 'n\u00E9' }] });
  });

  test.each([
    [
      'bytes that are not UTF-8',
      bytesOf(whole.replace('>n<', '>n\u00E9<'), 'latin1'),
      /case\.xml.*line 4 .*UTF-8/,
    ],
    ['an encoding that nobody knows', bytesOf(declared('klingon')), /encoding "klingon", which is not known/],
    ['a declaration of UTF-16 over single bytes', bytesOf(declared('UTF-16')), /declares UTF-16, but/],
    ['a file larger than any', new Uint8Array(17 * 2 ** 20), /case\.xml has 17825792 bytes/],
  ])('%s: refused with the reason', (_, bytes, reason) => {
    expect(() => readLidcXml(bytes, 'case.xml')).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringMatching(reason) }),
    );
  });
});

describe('hostile XML', () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>';
  test.each([
    [
      'an entity bomb',
      whole.replace('<LidcReadMessage', `${bomb}<LidcReadMessage`),
      /line 2: .*document type/,
    ],
    [
      'an external entity',
      whole.replace(
        '<LidcReadMessage',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><LidcReadMessage',
      ),
      /document type/,
    ],
    ['a document type in small letters', `<!doctype x>${whole}`, /document type/],
    ['deep nesting', whole.replace('<readingSession>', '<readingSession>'.repeat(40)), /more than 16 deep/],
    ['an endless tag', whole.replace('uid="1.2.3"', `uid="${'>'.repeat(5_000)}"`), /tag is longer/],
    [
      'an endless number of tags',
      whole.replace('</LidcReadMessage>', '<a/>'.repeat(1_000_001)),
      /1000000 tags/,
    ],
  ])('%s is refused before it is parsed', (_, xml, reason) => {
    expect(() => parseLidcXml(xml, 'case.xml')).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringMatching(reason) }),
    );
  });

  test('a reference to an entity stays the letters that it is', () => {
    const found = parseCt(whole.replace('>n<', '>&amp;&#65;&lol;<'));
    expect(found.marks[0]?.markId).toBe('&amp;&#65;&lol;');
  });
});

describe('parts that cannot be used', () => {
  const point = '<xCoord>9</xCoord><yCoord>9</yCoord>';
  const other: XmlContour = { z: 4, points: ringAround(20, 20, 24, 24) };

  test.each([
    ['no number', 'x', /point 1 has xCoord missing or no number/],
    ['nothing', '', /missing or no number/],
    ['hexadecimal', '0x10', /missing or no number/],
    ['infinite', '1e999', /missing or no number/],
    ['negative', '-1', /xCoord -1, outside any image/],
    ['beyond any image', '4096', /xCoord 4096, outside any image/],
    ['between pixels', '9.5', /xCoord 9\.5, which is no whole pixel/],
  ])('a coordinate that is %s leaves out its outline, and the others stay', (_, value, reason) => {
    const found = parseCt(
      withOutlines(good, other).replace(point, `<xCoord>${value}</xCoord><yCoord>9</yCoord>`),
    );
    expect(found.marks[0]?.contours.map(({ z }) => z)).toEqual([4]);
    expect(found.problems).toEqual([
      { where: 'reader 1, nodule n, roi 1', message: expect.stringMatching(reason), leftOut: 'outline' },
    ]);
  });

  test.each([
    ['a slice that is no UID', sopAt(2), 'slice 2', /"slice 2", which is no UID/],
    ['neither inclusion nor exclusion', 'TRUE', 'PERHAPS', /inclusion "PERHAPS"/],
  ])('%s leaves out the outline', (_, from, to, reason) => {
    const found = parseCt(withOutlines(good, other).replace(from, to));
    expect(found.marks[0]?.contours).toHaveLength(1);
    expect(found.problems).toMatchObject([{ message: expect.stringMatching(reason), leftOut: 'outline' }]);
  });

  test('an outline longer than any image is left out', () => {
    const zigzag = Array.from({ length: 20 }, (_, at): [number, number] => [at % 2 === 0 ? 0 : 4095, at]);
    const found = parseCt(withOutlines({ z: 2, points: zigzag }, other));
    expect(found.problems).toMatchObject([{ message: expect.stringMatching(/pixels long/) }]);
  });

  test('a mark of which nothing remains is left out, not taken for a small nodule', () => {
    const found = parseCt(withOutlines(good).replace(point, '<xCoord>x</xCoord><yCoord>9</yCoord>'));
    expect([found.marks, found.smallNodules]).toEqual([[], []]);
    expect(found.problems.map(({ leftOut }) => leftOut)).toEqual(['outline', 'mark']);
  });

  test('a missing z is told; the slice is known by its UID', () => {
    const found = parseCt(whole.replace('<imageZposition>2</imageZposition>', ''));
    expect(found.marks[0]?.contours[0]).toMatchObject({ z: undefined, sopInstanceUID: sopAt(2) });
    expect(found.problems).toMatchObject([{ message: expect.stringMatching(/no imageZposition/) }]);
    const absurd = parseCt(whole.replace('>2</imageZposition>', '>1e300</imageZposition>'));
    expect(absurd.marks[0]?.contours[0]?.z).toBeUndefined();
    expect(absurd.problems).toMatchObject([{ message: expect.stringMatching(/imageZposition "1e300"/) }]);
  });

  test('a single point beside outlines is left out; two points enclose nothing', () => {
    const found = parseCt(
      withOutlines(
        good,
        { z: 4, points: [[3, 3]] },
        {
          z: 6,
          points: [
            [4, 4],
            [5, 5],
          ],
        },
      ),
    );
    expect(found.marks[0]?.contours.map(({ z }) => z)).toEqual([2, 6]);
    expect(found.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/single point.*left out/),
      expect.stringMatching(/two points/),
    ]);
  });

  test('ratings that are missing or out of range are named, and the mark counts as unrated', () => {
    const found = parseCt(
      whole.replace('<malignancy>4<', '<malignancy>6<').replace('<margin>4</margin>', ''),
    );
    expect(found.marks).toMatchObject([{ characteristics: null }]);
    expect(found.problems).toEqual([
      {
        where: 'reader 1, nodule n',
        message: 'margin is missing, not 1 to 5, malignancy is "6", not 1 to 5; the mark counts as unrated',
        leftOut: 'ratings',
      },
    ]);
  });

  test('a reader who uses a name twice keeps both marks under different names', () => {
    const mark = { id: 'n', ratings: RATINGS, contours: [good] };
    const found = parseCt(lidcXml([{ marks: [mark, mark] }, { marks: [mark] }]));
    expect(found.marks.map(({ reader, markId }) => [reader, markId])).toEqual([
      [0, 'n'],
      [0, 'n#2'],
      [1, 'n'],
    ]);
    expect(found.problems).toMatchObject([{ where: 'reader 1, nodule n#2' }]);
  });

  test('a non-nodule without a place is left out', () => {
    const xml = lidcXml([
      {
        nonNodules: [
          { id: 'a', point: [1, 2] },
          { id: 'b', point: [3, 4] },
        ],
      },
    ]);
    const found = parseCt(xml.replace('<locus><xCoord>1</xCoord><yCoord>2</yCoord></locus>', ''));
    expect(found.nonNodules.map(({ markId }) => markId)).toEqual(['b']);
    expect(found.problems).toMatchObject([{ where: 'reader 1, non-nodule a', leftOut: 'point' }]);
  });

  test('slices without an outline within a mark are told and stay empty', () => {
    const [a, b, c] = [2, 4, 10].map((z) => ({ ...good, z }));
    const found = parseCt(withOutlines(a!, b!, c!));
    expect(found.problems).toEqual([
      {
        where: 'reader 1, nodule n',
        message: 'has no outline on 2 slices between z 4 and 10 mm; they are not filled',
      },
    ]);
    expect(found.marks[0]?.contours).toHaveLength(3);
  });

  test('a file in the order of nobody else, with comments and attributes, says the same', () => {
    const turned = whole
      .replace(/<roi>(<imageZ.*?)(<imageSOP.*?)(<inclusion.*?<\/inclusion>)/, '<roi a="1">$3<!-- x -->$2$1')
      .replace('<xCoord>9</xCoord>', '<xCoord unit="px"><![CDATA[9]]></xCoord>');
    expect(turned).not.toBe(whole);
    expect(parseCt(turned)).toEqual(parseCt(whole));
  });
});

describe('outlines that cross themselves', () => {
  const crossing = (points: [number, number][]) => parseCt(withOutlines({ z: 2, points })).problems;

  test('two loops drawn in opposite directions both count', () => {
    const eight: [number, number][] = [
      [0, 0],
      [10, 10],
      [20, 0],
      [20, 10],
      [10, 0],
      [0, 10],
    ];
    expect(crossing(eight)).toMatchObject([
      { message: expect.stringMatching(/crosses itself; all that it encloses/) },
    ]);
  });

  test('what is enclosed twice is left out, and the message says how much', () => {
    // Around 0–10 × 0–10 once, then on around 3–8 × 3–8 in the same direction.
    const twice: [number, number][] = [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
      [0, 0],
      [3, 3],
      [8, 3],
      [8, 8],
      [3, 8],
      [3, 3],
    ];
    const [problem] = crossing(twice);
    expect(problem?.message).toMatch(
      /crosses itself; the \d+ pixels that it encloses twice count as outside/,
    );
    const leftOut = Number(/the (\d+) pixels/.exec(problem?.message ?? '')?.[1]);
    const once = noduleMask([{ slice: 0, inclusion: true, points: twice.slice(0, 4) }]);
    const both = noduleMask([{ slice: 0, inclusion: true, points: twice }]);
    const count = (bits?: Uint8Array) => bits?.reduce((sum, bit) => sum + bit, 0) ?? 0;
    // The two inner corners that are points of the outline, (3,3) … (3,8), are no pixels of the lesion either.
    expect(count(once?.bits) - count(both?.bits)).toBe(leftOut + 4);
  });

  test('an outline that only touches itself is no problem', () => {
    const touching: [number, number][] = [
      [0, 0],
      [4, 0],
      [4, 4],
      [8, 4],
      [8, 8],
      [4, 8],
      [4, 4],
      [0, 4],
    ];
    expect(crossing(touching)).toEqual([]);
  });
});

test('outlines that span more voxels than any lesion are refused instead of filling the memory', () => {
  const points: [number, number][] = [
    [0, 0],
    [4000, 0],
    [4000, 4000],
  ];
  const far = [0, 5_000].map((slice) => ({ slice, inclusion: true, points }));
  expect(() => noduleMask(far)).toThrow(expect.objectContaining({ kind: 'unusable' }));
});
