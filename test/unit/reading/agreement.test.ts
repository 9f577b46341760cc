import { describe, expect, test } from '@jest/globals';
import { clusteredLogistic, effectsOf } from '../../../server/src/reading/clusteredLogistic.ts';
import { cohenKappa, fleissKappa } from '../../../server/src/reading/kappa.ts';
import { agreementOnRepeats } from '../../../server/src/reading/repeats.ts';

describe("Cohen's kappa", () => {
  // Agresti, Categorical Data Analysis, table 2.10 (also vcd's SexualFun); values of R 4.2, vcd 1.4-11, Kappa().
  const table = [
    [7, 7, 2, 3],
    [2, 8, 3, 7],
    [1, 5, 4, 9],
    [2, 8, 9, 14],
  ];
  const pairs = table.flatMap((row, a) =>
    row.flatMap((count, b) => Array.from({ length: count }, () => [a, b] as const)),
  );

  test.each([
    ['none', 0.1293302540416, 0.0685985324807],
    ['linear', 0.237380627558, 0.0783163347784],
    ['quadratic', 0.3320455862469, 0.0972975219586],
  ] as const)('with weights %s has the published value and standard error', (weights, value, error) => {
    const found = cohenKappa(pairs, 4, weights);
    expect(found.value).toBeCloseTo(value, 12);
    expect(found.standardError).toBeCloseTo(error, 12);
    expect(found.n).toBe(91);
  });

  test('has no value where both said the same of everything', () => {
    expect(
      cohenKappa(
        [
          [1, 1],
          [1, 1],
        ],
        2,
      ),
    ).toMatchObject({ value: null, interval: null, observed: 1 });
  });

  test('refuses an answer that is no category, and no answers', () => {
    expect(() => cohenKappa([[0, 2]], 2)).toThrow('one of 2 categories');
    expect(() => cohenKappa([], 2)).toThrow('read twice');
  });
});

describe("Fleiss' kappa", () => {
  // Ten subjects, fourteen readers, five categories: the worked example of the article on Fleiss' kappa (0.210).
  const counts = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
  ];

  test('has the published value', () => {
    const found = fleissKappa(counts);
    expect(found.observed).toBeCloseTo(0.378, 3);
    expect(found.expected).toBeCloseTo(0.213, 3);
    expect(found.value).toBeCloseTo(0.21, 3);
    expect(found.interval!.low).toBeLessThan(0.21);
    expect(found.interval!.high).toBeGreaterThan(0.21);
  });

  test('of all the same answers has no value, of too few cases no interval', () => {
    expect(
      fleissKappa([
        [3, 0],
        [3, 0],
      ]),
    ).toMatchObject({ value: null, interval: null });
    expect(
      fleissKappa([
        [2, 1],
        [0, 3],
      ]).interval,
    ).toBeNull();
  });

  test('refuses one reader, and a case that fewer have read', () => {
    expect(() => fleissKappa([[1, 0]])).toThrow('two have read');
    expect(() =>
      fleissKappa([
        [2, 1],
        [1, 1],
      ]),
    ).toThrow('same number of readers');
  });
});

describe('agreement on repeats', () => {
  test("is Cohen's kappa of all pairs, with an interval over cases", () => {
    const repeats = Array.from({ length: 24 }, (_, i) => ({
      case: String(i % 8),
      answers: [i % 2, i % 5 === 0 ? 1 - (i % 2) : i % 2] as const,
    }));
    const found = agreementOnRepeats(repeats, 2);
    expect(found.value).toBeCloseTo(
      cohenKappa(
        repeats.map(({ answers }) => answers),
        2,
      ).value!,
      12,
    );
    expect(found.standardError).toBeGreaterThan(0);
  });

  test('has no interval from two cases, and says that there are none', () => {
    const two = [
      { case: 'a', answers: [0, 0] as const },
      { case: 'b', answers: [1, 1] as const },
    ];
    expect(agreementOnRepeats(two, 2)).toMatchObject({ value: 1, interval: null });
    expect(() => agreementOnRepeats([], 2)).toThrow('no repeats');
  });
});

describe('effects on being right', () => {
  const answers = Array.from({ length: 60 }, (_, i) => {
    const [reader, name] = [(i % 5) + 1, Math.floor(i / 5) + 1];
    const x = ((name * 7) % 12) / 2;
    const years = [1, 4, 9, 15, 30][reader - 1]!;
    const right = (reader * 31 + name * 17 + reader * name * 5) % 13 < 6 + Number(years > 8) + Number(x > 3);
    return { row: [years, x], right, cluster: [String(reader), String(name)] as const };
  });
  const rows = answers.map(({ row }) => row);
  const outcome = answers.map(({ right }) => right);
  const clusters = answers.map(({ cluster }) => cluster);

  test('are those of R with sandwich, clustered by reader and case', () => {
    // R 4.2, sandwich 3.0-2: glm(y ~ years + x, binomial), vcovCL(cluster = ~ reader + case, type = "HC0", cadjust = TRUE).
    // R takes the information one step before the last: its errors differ in the eighth digit.
    const fit = clusteredLogistic(rows, outcome, clusters)!;
    const found = [...fit.coefficients];
    [-0.3323752777481, 0.0121597552293, 0.1430820153957].forEach((value, j) =>
      expect(found[j]).toBeCloseTo(value, 10),
    );
    [0.6807274588552, 0.0202257185309, 0.1428532996521].forEach((value, j) =>
      expect(Math.sqrt(fit.covariance[j * 4]!)).toBeCloseTo(value, 7),
    );
    const [years, x] = effectsOf(['years', 'x'], rows, outcome, clusters)!;
    expect(years!.oddsRatio).toBeCloseTo(Math.exp(0.0121597552293), 10);
    expect(x!.interval!.high).toBeCloseTo(Math.exp(0.1430820153957 + 1.959964 * 0.1428532996521), 6);
  });

  test('are nothing where answers are all alike, separable, or a column does not vary', () => {
    expect(
      effectsOf(
        ['years', 'x'],
        rows,
        outcome.map(() => true),
        clusters,
      ),
    ).toBeNull();
    expect(
      effectsOf(
        ['years', 'x'],
        rows,
        rows.map(([years]) => years! > 5),
        clusters,
      ),
    ).toBeNull();
    expect(
      effectsOf(
        ['one'],
        rows.map(() => [1]),
        outcome,
        clusters,
      ),
    ).toBeNull();
  });
});
