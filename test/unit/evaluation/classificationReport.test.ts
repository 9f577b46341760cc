import { describe, expect, test } from '@jest/globals';
import {
  answersOf,
  headline,
  middleSizes,
} from '../../../server/src/evaluation/classification/report/answer.ts';
import { groupOf } from '../../../server/src/evaluation/classification/report/armKinds.ts';
import {
  armsFigure,
  gainsFigure,
} from '../../../server/src/evaluation/classification/report/designFigures.ts';
import { figureFiles } from '../../../server/src/evaluation/classification/report/figureFiles.ts';
import { pText, signed } from '../../../server/src/evaluation/classification/report/figureText.ts';
import { waysOf } from '../../../server/src/evaluation/classification/report/intervalWays.ts';
import { linesOf } from '../../../server/src/evaluation/classification/report/nameLines.ts';
import { renderClassification } from '../../../server/src/evaluation/classification/report/renderClassification.ts';
import { impliedShare } from '../../../server/src/evaluation/classification/report/seedClaim.ts';
import type {
  ArmFigures,
  ClassificationResult,
} from '../../../server/src/evaluation/classification/result.ts';
import { classificationOf, difference, withArm } from '../../support/classificationResult.ts';

const result = classificationOf();
const page = renderClassification(result);
/** As a reader sees it. */
const textOf = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<svg[\s\S]*?<\/svg>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
const text = textOf(page);
const heldOutMedian = result.designs.find(({ rule, name }) => rule === 'median' && name === 'held-out')!;

/** The arm that the question is about, with another difference to real nodules only, under each rule named. */
const told = (overReal: ArmFigures['overReal'], ...rules: string[]): ClassificationResult =>
  rules.reduce(
    (changed, rule) => withArm(changed, { rule, design: 'held-out', arm: 'balanced' }, { overReal }),
    result,
  );

describe('the answer', () => {
  const better = difference(0.05, 0.03, 0.001, 0.012);
  const worse = difference(-0.05, 0.03, 0.001, 0.012);

  test('follows from the corrected p and the sign of the difference', () => {
    expect(headline(told(better, 'median', 'table'))).toMatch(/^Under either rule of the label: yes, /);
    expect(headline(told(worse, 'median', 'table'))).toMatch(/^Under either rule of the label: no, /);
    expect(headline(result)).toMatch(/^Under either rule of the label: no difference was shown/);
    expect(headline(told(better, 'median'))).toBe(
      'The readers’ median: better. The VOI table’s own label: no difference shown.',
    );
  });

  test('claims nothing that only holds before correction', () => {
    const uncorrected = told(difference(0.05, 0.03, 0.004, 0.07), 'median', 'table');
    expect(headline(uncorrected)).toContain('no difference was shown');
    expect(answersOf(uncorrected)[0]!.sentences[0]).toContain(
      'No difference is shown, once the number of arms is taken into account: +0.050 [+0.020, +0.080], corrected p 0.070',
    );
  });

  test('names both AUCs with their intervals and holds the difference against the claim of the founding document', () => {
    const [first] = answersOf(result)[0]!.sentences;
    expect(first).toContain('AUC of 0.930 [0.885, 0.975], real nodules only 0.921 [0.876, 0.966]');
    expect(first).toContain('gain of +0.090 lies outside that interval');
    const wide = told(difference(0.05, 0.06, 0.2, 0.9), 'median');
    expect(answersOf(wide)[0]!.sentences[0]).toContain('gain of +0.090 lies within that interval');
  });

  test('is of the arm of the claim, whichever arm has the best figures', () => {
    const other = withArm(
      result,
      { rule: 'median', design: 'held-out', arm: 'synthetic-200' },
      { overReal: better },
    );
    const [median] = answersOf(other);
    expect(median!.verdict).toBe('open');
    expect(median!.sentences[1]).toBe(
      'Of the other 5 arms with synthetic nodules, better than real nodules only: “Real + 200 % synthetic” (+0.050, corrected p 0.012).',
    );
    expect(answersOf(result)[0]!.sentences[1]).toMatch(/^Of the other 5 arms .* none is shown to differ/);
  });

  test('does not count ellipsoids and transplanted nodules as those of the generator', () => {
    const groups = heldOutMedian.arms.map((arm) => [arm.name, groupOf(arm)]);
    expect(groups).toEqual(
      expect.arrayContaining([
        ['real', 'real'],
        ['cutmix', 'real'],
        ['balanced', 'ours'],
        ['fingerprint', 'ours'],
        ['ellipsoids-100', 'others'],
        ['transplants-balanced', 'others'],
        ['diameter-texture', 'baseline'],
      ]),
    );
    // A protocol may call its arms as it likes.
    const renamed = heldOutMedian.arms.map((arm) => ({ ...arm, name: `arm-of-${arm.name.length}` }));
    expect(renamed.map(groupOf)).toEqual(heldOutMedian.arms.map(groupOf));
    expect(answersOf(result)[0]!.sentences[2]).toContain(
      '“Real + 100 % ellipsoids” −0.024 (corrected p 0.91)',
    );
    expect(answersOf(result)[0]!.sentences[2]).toContain(
      'The 4 arms without any made nodule: from −0.002 to +0.007',
    );
  });

  test('is not given where no arm has a generator', () => {
    const without = classificationOf({
      designs: result.designs.filter(({ name }) => name === 'every-patient'),
    });
    expect(headline(without)).toMatch(/^Not answered/);
    expect(textOf(renderClassification(without))).toContain(
      'Not answered: no arm with nodules of a generator',
    );
  });

  test('says of the middle sizes whether the network beats diameter and texture, or what could have been shown', () => {
    expect(middleSizes(heldOutMedian)).toContain(
      'Among nodules of 6 to 15 mm (13 malignant, 31 benign) the network on real nodules only reaches 0.841',
    );
    expect(middleSizes(heldOutMedian)).toContain('does not exclude 0. It reaches 0.071 to either side');
    const real = heldOutMedian.arms.find(({ name }) => name === 'real')!;
    const shown = (gain: ArmFigures['overReal']): string =>
      middleSizes({
        ...heldOutMedian,
        arms: [
          {
            ...real,
            strata: real.strata.map((stratum) => ({ ...stratum, overDiameterTexture: gain })),
          },
        ],
      });
    expect(shown(difference(0.1, 0.05, 0.01, 0.02))).toMatch(/excludes 0: the network is better there\.$/);
    expect(shown(difference(-0.1, 0.05, 0.01, 0.02))).toMatch(/excludes 0: the network is worse there\.$/);
    expect(shown(difference(0.1, 0.05, 0.01, 0.2))).toMatch(
      /better there, but not once the number of arms is taken into account\.$/,
    );
    expect(shown(null)).toContain('not computed');
  });
});

describe('the claim of the founding document', () => {
  test('agrees with itself only on two test sets with different shares of malignant nodules', () => {
    const [before, after] = [impliedShare('before'), impliedShare('after')];
    // 0.842 = share × 0.713 + (1 − share) × 0.887, and the same for the other column.
    expect(before.value).toBeCloseTo(0.045 / 0.174, 10);
    expect(after.value).toBeCloseTo(0.5, 10);
    expect(before.high).toBeLessThan(after.low);
  });

  test('stands beside our figures, each of ours with its interval', () => {
    const part = text.slice(text.indexOf('The claim that this began with'));
    expect(part).toMatch(
      /Accuracy 84\.2 % → 92\.4 % 85\.1 % \[80\.1, 90\.1\] 86\.0 % \[81\.0, 91\.0\] 85\.5 % .* 84\.1 %/,
    );
    expect(part).toMatch(/AUC 0\.87 → 0\.96 0\.921 \[0\.876, 0\.966\] 0\.930 \[0\.885, 0\.975\]/);
    expect(part).toContain('26 % (25 to 26 % with rounding) of the tested nodules');
  });

  test('is the other way round where balance adds benign nodules, and the page says so', () => {
    expect(text).not.toContain('balance adds benign ones');
    const turned = withArm(
      result,
      { rule: 'table', design: 'held-out', arm: 'balanced' },
      { trainedOn: { malignant: 210, benign: 180, syntheticMalignant: 0, syntheticBenign: 30 } },
    );
    expect(textOf(renderClassification(turned))).toContain(
      'balance adds benign ones: the other way round than in the document. The answer is of “Real + 100 % synthetic” there.',
    );
    expect(answersOf(turned)[1]!.sentences[0]).toMatch(/^“Real \+ 100 % synthetic” reaches/);
    expect(answersOf(turned)[0]!.sentences[0]).toMatch(/^“Balanced 1:1, synthetic” reaches/);
  });
});

describe('the report', () => {
  test('says on top that a run is unfinished, and by how much', () => {
    expect(text).toContain('Finished: 850 of 850 trainings');
    const open = renderClassification(classificationOf({ trainings: { done: 300, total: 850 } }));
    expect(open.indexOf('Unfinished: 300 of 850 trainings')).toBeLessThan(open.indexOf('<main>'));
    expect(open).toMatch(/role="alert"[\s\S]*300 of 850 trainings are done/);
    expect(textOf(open)).toContain('So far, under either rule of the label: no difference was shown');
    expect(page).not.toContain('role="alert"');
  });

  test('stands even where no seed is finished', () => {
    const html = renderClassification(classificationOf({ designs: [], trainings: { done: 3, total: 850 } }));
    expect(textOf(html)).toContain('Not answered yet');
    expect(textOf(html)).not.toContain('was not run');
    expect(textOf(html)).toContain('No seed is finished yet');
    expect(html).not.toMatch(/undefined|NaN|Infinity/);
  });

  test('says before anything else what makes the experiment untrustworthy', () => {
    const html = renderClassification(
      classificationOf({ errors: ['Shuffled labels were told above chance.'] }),
    );
    expect(textOf(html)).toContain('Not to be relied on: 1 error');
    expect(html.indexOf('Shuffled labels were told above chance.')).toBeLessThan(html.indexOf('<main>'));
  });

  test('gives every arm of every design with AUC, seeds, gains and corrected p', () => {
    for (const { rule, name, arms } of result.designs) {
      const part = textOf(page.split(`<section id="design-${name}-${rule}"`)[1]!.split('</section>')[0]!);
      for (const arm of arms) expect(part).toContain(arm.title);
    }
    expect(text).toMatch(
      /CutMix 36\.4 \+ 76\.8 0\.926 ± 0\.006 \[0\.881, 0\.971\] 85\.6 % .* \+0\.019 \[−0\.011, \+0\.049\] \+0\.011 .* \+0\.005 \[−0\.021, \+0\.031\] 0\.73 p 0\.21/,
    );
    expect(text).toMatch(/Synthetic only 36\.4 \+ 76\.8 made: 36 \+ 76/);
  });

  test('holds arm against arm where the protocol planned it, and nowhere else', () => {
    const parts = textOf(page).split('Arm against arm');
    expect(parts).toHaveLength(3);
    expect(parts[1]).toContain('+0.012');
    expect(parts[1]).toContain('0.48');
  });

  test('leaves out a stratum without figures and says why', () => {
    expect(text).toContain(
      'below 6 mm: 1 malignant, 14 benign (not computed: fewer than two patients of a class)',
    );
    expect(page).not.toContain('<th scope="col">AUC, below 6 mm</th>');
    expect(page).toContain('<th scope="col">AUC, 6 to 15 mm</th>');
  });

  test('tells who takes synthetic for malignant, and that nobody is shown to where no interval lies above one half', () => {
    expect(text).toContain('In 6 of 13 arms the classifier thinks synthetic benign nodules more malignant');
    expect(text).toContain('In none of 5 arms does the interval lie above 0.5');
  });

  test('names folds, lock, protocol, hashes and what would be needed', () => {
    expect(text).toContain('0 of 72 are among its 334');
    expect(text).toContain('a'.repeat(64));
    expect(page).toContain('&quot;seeds&quot;: [1, 2, 3, 4, 5]');
    expect(page).toContain(
      '<code>nodulelab classify --lidc LIDC-IDRI/ --protocol full --out classification</code>',
    );
    expect(text).toContain('Holm, 1979');
  });

  test('has every table with a caption, every picture with words and every link with its place', () => {
    const count = (pattern: RegExp): number => page.match(pattern)?.length ?? 0;
    expect(count(/<table/g)).toBeGreaterThan(20);
    expect(count(/<caption>[^<]+/g)).toBe(count(/<table/g));
    expect(count(/<svg /g)).toBeGreaterThan(15);
    expect(count(/<svg (?![^>]*(aria-hidden|aria-label="[^"]+"))/g)).toBe(0);
    const anchors = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(anchors.length).toBeGreaterThan(50);
    for (const id of new Set(anchors)) expect(page.split(`id="${id}"`)).toHaveLength(2);
  });

  test('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<script|javascript:|\son\w+=|@import|<link|<iframe|<img|url\(/);
    for (const [, source] of page.matchAll(/(?:src|href)="([^"]*)"/g)) expect(source).toMatch(/^#/);
  });

  test('escapes whatever text it is given', () => {
    const nasty = '"><script>alert(1)</script>\'&';
    const html = renderClassification(
      classificationOf({
        codeVersion: nasty,
        generator: { name: nasty, sha256: '9'.repeat(64), splitSha256: null },
        protocol: { name: nasty, sha256: 'c'.repeat(64), json: nasty },
        sets: [{ name: nasty, sha256: '1'.repeat(64), count: 1 }],
        rules: result.rules.map((rule) => ({ ...rule, text: nasty })),
        designs: result.designs.map((design) => ({
          ...design,
          text: nasty,
          lock: nasty,
          arms: design.arms.map((arm) => ({ ...arm, title: nasty, text: nasty })),
        })),
        notes: [nasty],
        errors: [nasty],
      }),
    );
    expect(html).not.toContain('<script>alert');
    expect(html.match(/&quot;&gt;&lt;script&gt;/g)!.length).toBeGreaterThan(100);
  });
});

describe('figures', () => {
  const xOf = (svg: string, row: number): number =>
    Number([...svg.matchAll(/<g class="group \w+">.*?<path d="M([\d.]+)/g)][row]![1]);

  test('values, intervals, baselines and seeds stand where one axis says', () => {
    const svg = armsFigure(heldOutMedian);
    const arms = heldOutMedian.arms.filter(({ kind }) => kind !== 'check');
    const [a, b] = [xOf(svg, 0), xOf(svg, 9)];
    const scale = (b - a) / (arms[9]!.auc.mean.value - arms[0]!.auc.mean.value);
    const place = (value: number): number => a + (value - arms[0]!.auc.mean.value) * scale;
    arms.forEach(({ auc }, at) => expect(xOf(svg, at)).toBeCloseTo(place(auc.mean.value), 0));
    const lines = [...svg.matchAll(/class="reference" x1="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(lines.map(Math.round)).toEqual([0.907, 0.915].map((value) => Math.round(place(value))));
    const [, whisker] = /<g class="group baseline"><line x1="([\d.]+)"/.exec(svg)!;
    expect(Number(whisker)).toBeCloseTo(place(0.862), 0);
    const [, dots] = /class="seeds" d="([^"]*)"/.exec(svg)!;
    expect(dots!.match(/M/g)).toHaveLength(5);
    expect(Math.min(...[...dots!.matchAll(/M([\d.]+)/g)].map(([, x]) => Number(x)))).toBeCloseTo(
      place(Math.min(...arms[0]!.auc.seeds)),
      0,
    );
  });

  test('checks and the arm itself have no row among the gains', () => {
    const svg = gainsFigure(heldOutMedian);
    expect(svg.match(/class="row"/g)).toHaveLength(12);
    expect(svg).not.toContain('Shuffled labels');
    expect(svg).not.toContain('>Real only<');
  });

  test('stand alone as files, and those with nothing to draw are left out', () => {
    const files = figureFiles(result);
    expect(files.map(({ name }) => name)).toContain('auc-held-out-median.svg');
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
    for (const { svg } of files) {
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(svg.match(/<svg /g)).toHaveLength(2);
      expect(svg).not.toMatch(/NaN|undefined/);
    }
    const bare = figureFiles({
      ...result,
      designs: [{ ...heldOutMedian, arms: heldOutMedian.arms.filter(({ kind }) => kind === 'baseline') }],
    });
    expect(bare.map(({ name }) => name)).toEqual([
      'auc-held-out-median.svg',
      'calibration-held-out-median.svg',
      'roc-held-out-median.svg',
    ]);
  });

  test('a constant classifier without intervals can be drawn', () => {
    const [first] = heldOutMedian.arms;
    const flat = { value: 0.5, interval: null };
    const svg = armsFigure({
      ...heldOutMedian,
      arms: [{ ...first!, auc: { mean: flat, seeds: [0.5], deLong: flat, clustered: flat } }],
    });
    expect(svg).toContain('0.500 no interval');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('words for numbers', () => {
  test('a difference has its sign, and what rounds to nothing has none', () => {
    expect([0.0123, -0.0123, 0.0001, -0.0001].map(signed)).toEqual(['+0.012', '−0.012', '0.000', '0.000']);
  });

  test('p is never rounded to 0', () => {
    expect([0.00001, 0.0321, 0.421, 1, null].map(pText)).toEqual([
      '< 0.001',
      '0.032',
      '0.42',
      '1.00',
      'not testable',
    ]);
  });

  test('ways of intervals that differ in numbers only are told once, with their range', () => {
    const way = (how: string) => ({ low: 0, high: 1, level: 0.95, how });
    expect(
      waysOf([
        way('1,000 draws, t with 12.5 degrees of freedom'),
        way('1,000 draws, t with 8.0 degrees of freedom'),
        way('Wilson of 9 trials'),
      ]),
    ).toBe('95\u00a0%: 1,000 draws, t with 8.0 to 12.5 degrees of freedom; Wilson of 9 trials');
  });

  test('a name is broken between words, and dots stand for what does not fit', () => {
    expect(linesOf('Fingerprint control, 100 % synthetic', 20)).toEqual([
      'Fingerprint control,',
      '100 % synthetic',
    ]);
    expect(linesOf('one two three four', 8, 2)).toEqual(['one two', 'three…']);
  });
});
