import { describe, expect, test } from '@jest/globals';
import { parseCsvTable } from '../../../server/src/formats/csv.ts';
import { Random } from '../../../server/src/nn/random.ts';
import { analyseAnswers } from '../../../server/src/reading/analysis.ts';
import { NEGLIGIBLE, type PoolCase } from '../../../server/src/reading/matching.ts';
import { poolFrom } from '../../../server/src/reading/poolTable.ts';
import { USUAL_PLAN } from '../../../server/src/reading/power.ts';
import { methods } from '../../../server/src/reading/report/methods.ts';
import {
  createStudy,
  orderOf,
  parseStudy,
  type Study,
  type StudyRequest,
} from '../../../server/src/reading/study.ts';
import { answersOfStudy } from '../../../server/src/reading/studyAnswers.ts';

function pool(kind: string, count: number): PoolCase[] {
  const random = Random.of('study pool', kind);
  return Array.from({ length: count }, (_, i) => ({
    ...{ id: `${kind}-${i}`, patient: `${kind}-p${i}`, kernel: ['B30f', 'B50f'][random.integer(2)]! },
    diameterMm: 6 + 14 * random.uniform(),
    texture: 1 + random.integer(5),
    sliceThicknessMm: [1, 2, 2.5][random.integer(3)]!,
  }));
}

const request: StudyRequest = {
  ...{ title: 'A pilot', seed: 4, readers: ['Ann', 'Bo', 'Cy'], cases: 40, repeatShare: 0.15 },
  plan: { ...USUAL_PLAN, readers: 3, margin: 0.15 },
  ...{ real: pool('real', 90), synthetic: pool('synthetic', 140) },
};
const study = createStudy(request);
const shown = study.cases.filter(({ training }) => !training);

/** What readers who always say "real" hand in. */
const answersFor = (one: Study, readers: readonly string[]): string[] =>
  readers.flatMap((reader) => orderOf(one, reader).map(({ case: code }) => `${reader},${code},real,2`));
const table = (lines: readonly string[]) =>
  parseCsvTable(['reader,case,choice,confidence', ...lines].join('\n'), 'answers.csv');

describe('a study', () => {
  test('shows balanced cases, 40 to 60 % of them synthetic, and trains on others', () => {
    const share = shown.filter(({ synthetic }) => synthetic).length / shown.length;
    expect(shown).toHaveLength(40);
    expect(share).toBeGreaterThanOrEqual(0.4);
    expect(share).toBeLessThanOrEqual(0.6);
    expect(study.balance.worst).toBeLessThan(NEGLIGIBLE);
    const training = study.cases.filter((one) => one.training);
    expect(training.filter(({ synthetic }) => synthetic)).toHaveLength(3);
    expect(training).toHaveLength(6);
    expect(new Set(study.cases.map(({ id }) => id)).size).toBe(46);
  });

  test('draws the share anew for another seed', () => {
    const counts = [1, 2, 3, 4, 5, 6].map((seed) => {
      const other = createStudy({ ...request, seed });
      return other.cases.filter(({ training, synthetic }) => !training && synthetic).length;
    });
    expect(new Set(counts).size).toBeGreaterThan(1);
  });

  test('gives codes that tell nothing: neither they nor their order go with the truth', () => {
    expect(study.cases.map(({ code }) => code)).toEqual(study.cases.map(({ code }) => code).toSorted());
    expect(study.cases.every(({ code }) => /^[B-Z]{4}$/.test(code))).toBe(true);
    // Runs of the same truth in the order of the codes: as many as chance gives, over many studies.
    const runs = Array.from({ length: 40 }, (_, seed) => {
      const truth = createStudy({ ...request, seed: seed + 100 }).cases.filter(({ training }) => !training);
      return truth.filter(({ synthetic }, i) => i > 0 && synthetic !== truth[i - 1]!.synthetic).length;
    });
    const mean = runs.reduce((sum, one) => sum + one, 0) / runs.length;
    // About half of 39 neighbours; a standard error of 0.5.
    expect(Math.abs(mean - 19.3)).toBeLessThan(2);
  });

  test('is locked: whatever is changed in it, it is refused', () => {
    const text = JSON.stringify(study);
    expect(parseStudy(text, 'study.json')).toEqual(study);
    const flipped = {
      ...study,
      cases: study.cases.map((one, i) => (i === 3 ? { ...one, synthetic: !one.synthetic } : one)),
    };
    for (const changed of [
      flipped,
      { ...study, analysis: { ...study.analysis, margin: 0.2 } },
      { ...study, seed: 5 },
    ])
      expect(() => parseStudy(JSON.stringify(changed), 'study.json')).toThrow(
        'was changed after it was made',
      );
    expect(() => parseStudy('{', 'study.json')).toThrow('no JSON');
    expect(() => parseStudy('{}', 'study.json')).toThrow('no study');
  });

  test('is refused with small pools, readers twice, or another number of readers than planned', () => {
    expect(() => createStudy({ ...request, real: request.real.slice(0, 10) })).toThrow('are missing');
    expect(() => createStudy({ ...request, readers: ['Ann', 'Ann', 'Cy'] })).toThrow('named twice');
    expect(() => createStudy({ ...request, readers: ['Ann'] })).toThrow('the plan is for 3');
  });

  test('may be a pilot with too few readers to show anything, and says so', () => {
    const pilot = createStudy({ ...request, plan: { ...request.plan, margin: 0.02 } });
    expect(pilot.plan.casesNeeded).toBeNull();
    expect(pilot.plan.reached).toBeLessThan(0.2);
    const { cases: _, ...planned } = request;
    expect(() => createStudy({ ...planned, plan: { ...request.plan, margin: 0.02 } })).toThrow(
      'take more readers',
    );
  });
});

describe('answers to a study', () => {
  test('get their truth from it; training is left out and second answers are repeats', () => {
    const answers = answersOfStudy(table(answersFor(study, study.readers)), study);
    expect(answers.filter(({ repeat }) => repeat)).toHaveLength(3 * 6);
    const analysis = analyseAnswers(answers);
    expect(analysis.counts.synthetic).toBe(shown.filter(({ synthetic }) => synthetic).length);
    expect(analysis.overReaders.syntheticCalledReal!.mean).toBe(1);
    expect(analysis.repeats!.observed).toBe(1);
    expect(methods(analysis, study).join(' ')).toContain(study.sha256);
  });

  test('count nothing twice: one answer too many, another reader, another case are refused by line', () => {
    const lines = answersFor(study, ['Bo']);
    const once = shown.find(({ code }) => lines.filter((line) => line.includes(code)).length === 1)!;
    expect(() => answersOfStudy(table([...lines, `Bo,${once.code},real,1`]), study)).toThrow(
      'nothing is counted twice',
    );
    expect(() => answersOfStudy(table(['Zoe,BCDF,real,1']), study)).toThrow('the study has Ann, Bo, Cy');
    expect(() => answersOfStudy(table(['Bo,AAAA,real,1']), study)).toThrow('no code of the study');
  });

  test('of a reader who stopped half way count as far as they go', () => {
    const half = answersFor(study, ['Ann']).slice(0, 20);
    const answers = answersOfStudy(table([...half, ...answersFor(study, ['Bo'])]), study);
    const analysis = analyseAnswers(answers);
    expect(analysis.incomplete.length).toBeGreaterThan(10);
    expect(analysis.readers.find(({ reader }) => reader === 'Bo')!.answers).toBe(40);
  });
});

describe('a pool of cases', () => {
  const head = 'id,patient,diameter_mm,texture,slice_thickness_mm,kernel\n';
  test('is refused by line and column where something is wrong', () => {
    expect(poolFrom(parseCsvTable(`${head}a,p,12.5,4,1.25,B30f`, 'pool.csv'))[0]).toMatchObject({
      diameterMm: 12.5,
    });
    for (const [line, why] of [
      ['a,p,big,4,1,B', 'diameter_mm'],
      ['a,p,12,6,1,B', 'texture'],
      ['a,p,12,5,1,', 'kernel'],
      ['a,p,12,5,1,B\na,q,12,5,1,B', 'a second time'],
    ])
      expect(() => poolFrom(parseCsvTable(head + line, 'pool.csv'))).toThrow(why);
  });
});
