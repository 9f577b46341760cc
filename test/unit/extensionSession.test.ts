import { describe, expect, test } from '@jest/globals';
import type { Candidate, Job, Nodule, Preview } from '@nodulelab/contract';
import { nextStep } from '../../extension/src/state/nextStep.ts';
import { diameterFor, emptySession, type Session } from '../../extension/src/state/session.ts';
import { createStore } from '../../extension/src/state/store.ts';
import {
  checkName,
  checkValue,
  describeNodule,
  jobLine,
  malignancyWord,
  signed,
  textureWord,
} from '../../extension/src/state/words.ts';

const consensus = {
  subtlety: 5,
  internalStructure: 1,
  calcification: 6,
  sphericity: 4,
  margin: 4,
  lobulation: 1,
  spiculation: 2,
  texture: 5,
  malignancy: 4.5,
};
const nodule: Nodule = {
  id: 'n',
  seriesInstanceUID: '1.2',
  studyInstanceUID: '1',
  number: 1,
  readers: 4,
  centre: [0, 0, 0],
  diameterMm: 33.05,
  consensus,
  marks: [],
  consensusContours: [],
  source: 'lidc',
  annotation: null,
};
const candidate = { id: 'c' } as Candidate;
const host = { studyInstanceUID: '1', seriesInstanceUID: '1.2', description: '' };
const common = { id: 'j', kind: 'accept', title: 't', createdAt: '2025-01-01T00:00:00Z' } as const;
const running: Job = { ...common, state: 'running', progress: 0.5, message: 'Writing slice 3 of 9' };

const session = (change: Partial<Session>): Session => ({
  ...emptySession,
  host,
  nodulesState: 'ready',
  ...change,
});

describe('the next step', () => {
  const chosen = { candidates: [candidate], chosenCandidateId: 'c' };
  test.each<[string, Partial<Session>, string | null, string]>([
    ['no CT on the screen', { host: null }, null, 'Waiting for a CT'],
    ['nodules but none selected', { nodules: [nodule] }, 'nodule', 'Select a nodule'],
    ['no candidates', {}, 'generate', 'Press Generate'],
    [
      'a nodule selected, no candidates',
      { nodules: [nodule], selectedNoduleId: 'n' },
      'generate',
      'Press Generate',
    ],
    ['candidates, none chosen', { candidates: [candidate] }, 'generate', 'Choose a candidate'],
    ['a candidate without a place', chosen, 'place', 'Click a place in the lung, or press Propose.'],
    [
      'a refused place',
      { ...chosen, refusal: { message: 'no', nearestAllowed: null } },
      'place',
      'another place',
    ],
    ['a preview', { ...chosen, preview: {} as Preview }, 'accept', 'accept or discard'],
    [
      'a preview of a removal before any candidate',
      { preview: {} as Preview },
      'accept',
      'accept or discard',
    ],
    ['a kept preview', { ...chosen, stack: [{} as Preview] }, 'place', 'Place the next one'],
    ['poor checks', { ...chosen, preview: {} as Preview, unconfirmed: ['seam'] }, 'accept', 'poor'],
    ['a job under way', { ...chosen, job: running }, 'accept', 'Writing'],
  ])('with %s', (_, change, step, words) => {
    const next = nextStep(session(change));
    expect(next.step).toBe(step);
    expect(next.sentence).toContain(words);
  });

  test('a synthetic series leads back to its original, and can be edited further', () => {
    const synthetic = [
      {
        kind: 'insert' as const,
        candidateId: 'c',
        noduleId: null,
        centre: [0, 0, 0] as [number, number, number],
        diameterMm: 8,
        sourceSeriesInstanceUID: '1.2',
      },
    ];
    const next = nextStep(session({ ...chosen, synthetic }));
    expect([next.step, next.sentence]).toEqual(['accept', expect.stringContaining('go back')]);
    expect(nextStep(session({ ...chosen, synthetic, picking: true })).step).toBe('place');
    expect(nextStep(session({ ...chosen, synthetic, preview: {} as Preview })).step).toBe('accept');
  });
});

describe('the state of the panel', () => {
  test('watchers are told of changes and of nothing else', () => {
    const store = createStore({ a: 1, b: 2 });
    let told = 0;
    const stop = store.watch(() => told++);
    store.set({ a: 1 });
    expect(told).toBe(0);
    store.set({ a: 3 });
    expect([told, store.get()]).toEqual([1, { a: 3, b: 2 }]);
    stop();
    store.set({ b: 9 });
    expect(told).toBe(1);
  });

  test("the slider starts at the nodule's own diameter, within what can be inserted", () => {
    expect(diameterFor({ ...nodule, diameterMm: 7.3 })).toBe(7.5);
    expect(diameterFor({ ...nodule, diameterMm: 55 })).toBe(40);
    expect(diameterFor({ ...nodule, diameterMm: 1 })).toBe(3);
  });
});

describe('words of the readers', () => {
  test('texture and malignancy follow the LIDC scales, medians between two points included', () => {
    expect([1, 2, 3, 4, 5].map(textureWord)).toEqual([
      'ground glass',
      'mostly ground glass',
      'part-solid',
      'mostly solid',
      'solid',
    ]);
    expect([1, 2.4, 3.5, 4.5, 5].map(malignancyWord)).toEqual([
      'highly unlikely',
      'moderately unlikely',
      'indeterminate',
      'moderately suspicious',
      'highly suspicious',
    ]);
  });

  test('a nodule is described in one line', () => {
    expect(describeNodule(nodule).replaceAll('\u2009', ' ')).toBe(
      'Nodule 1, 33.0 mm, 4 readers, solid, malignancy moderately suspicious',
    );
    expect(describeNodule({ ...nodule, readers: 1, consensus: null })).toContain('1 reader');
  });

  test('figures carry a true minus sign and no more digits than are read', () => {
    expect([signed(-103.4), signed(12), checkValue(-0.12345), checkValue(1234.5), checkValue(null)]).toEqual([
      '\u2212103',
      '12',
      '\u22120.123',
      '1235',
      '\u2013',
    ]);
  });

  test('checks are named in words', () => {
    expect(['mean-hu', 'lung-overlap'].map(checkName)).toEqual(['Mean HU', 'Lung overlap']);
  });

  test('each state of a job has its sentence', () => {
    const endedAt = '2025-01-01T00:00:01Z';
    expect(jobLine({ ...common, state: 'queued', position: 2 })).toBe('Waiting, number 3 in the queue');
    expect(jobLine(running)).toBe('Writing slice 3 of 9');
    expect(
      jobLine({
        ...common,
        state: 'failed',
        endedAt,
        error: { kind: 'upstream', message: 'Orthanc is gone' },
      }),
    ).toBe('Orthanc is gone');
    expect(jobLine({ ...common, state: 'cancelled', endedAt })).toContain('nothing was written');
  });
});
