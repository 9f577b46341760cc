import { describe, expect, test } from '@jest/globals';
import type { Job } from '@nodulelab/contract';
import { ServerJobs } from '../../extension/src/service/serverJobs.ts';
import { activeCount, canRetry, leftText, listed, withJob } from '../../extension/src/state/jobs.ts';
import { desk, settled } from '../support/extensionDesk.ts';

const at = (minute: number): string => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;
const job = (id: string, minute: number, more: object): Job =>
  ({ id, kind: 'accept', title: `Write ${id}`, createdAt: at(minute), ...more }) as Job;
const running = (id: string, minute = 0): Job =>
  job(id, minute, { state: 'running', progress: 0.4, message: 'Slice 4', secondsLeft: 30 });
const queued = (id: string, minute = 0): Job => job(id, minute, { state: 'queued', position: 0 });
const failed = (id: string, minute = 0): Job =>
  job(id, minute, {
    state: 'failed',
    endedAt: at(minute + 1),
    error: { kind: 'upstream', message: 'Orthanc does not answer.' },
  });
const RESULT = {
  studyInstanceUID: '1',
  seriesInstanceUID: '1.9',
  instances: 10,
  segmentation: { seriesInstanceUID: '1.10', sopInstanceUID: '1.10.1' },
  report: { seriesInstanceUID: '1.11', sopInstanceUID: '1.11.1' },
  seconds: 2,
};
const done = (id: string, minute = 0, more: object = {}): Job =>
  job(id, minute, { state: 'done', endedAt: at(minute + 1), result: RESULT, ...more });

describe('the list of jobs', () => {
  test('has running ones first, then waiting ones in their order, then the last that ended', () => {
    const ended = Array.from({ length: 9 }, (_, n) => done(`d${n}`, 10 + n));
    const all = [queued('q2', 5), ...ended, queued('q1', 4), running('r', 3)];
    expect(listed(all).map(({ id }) => id)).toEqual(['r', 'q1', 'q2', 'd8', 'd7', 'd6', 'd5', 'd4', 'd3']);
    expect(activeCount(all)).toBe(3);
  });

  test('does not let a late answer bring back what has ended', () => {
    const jobs = withJob(withJob([], running('a')), done('a'));
    expect(withJob(jobs, running('a'))).toEqual([done('a')]);
  });

  test('offers to do once more what failed or was cancelled, but not a training', () => {
    expect(canRetry(failed('a'))).toBe(true);
    expect(canRetry({ ...failed('a'), kind: 'train' } as Job)).toBe(false);
    expect(canRetry(done('a'))).toBe(false);
    expect(canRetry(running('a'))).toBe(false);
  });

  test('says how long it will take in a unit that fits', () => {
    expect([undefined, 12, 300, 9000].map(leftText)).toEqual([
      '',
      'about 12 s left',
      'about 5 min left',
      'about 2.5 h left',
    ]);
  });
});

describe('jobs of the server', () => {
  const open = (own: (id: string) => boolean = () => false) => {
    const made = desk();
    return { ...made, jobs: new ServerJobs(made.desk, own) };
  };

  test('are there again after a reload of the page, and what came by event meanwhile counts', async () => {
    const { desk: shared, requests, jobs } = open();
    const loading = jobs.load();
    jobs.onEvent({ type: 'job', job: done('a') });
    expect(requests[0]!.what).toBe('GET /api/jobs');
    requests[0]!.answer(200, { jobs: [running('a'), queued('b')] });
    await loading;
    expect(shared.store.get().jobs.map(({ id, state }) => [id, state])).toEqual([
      ['a', 'done'],
      ['b', 'queued'],
    ]);
  });

  test('are told of when they end, with a way to open what they wrote', async () => {
    const { desk: shared, calls, jobs } = open();
    shared.store.set({ jobs: [running('a'), running('b'), running('c')] });
    jobs.onEvent({ type: 'job', job: done('a') });
    jobs.onEvent({ type: 'job', job: failed('b') });
    jobs.onEvent({ type: 'job', job: { ...done('c'), kind: 'import', result: {} } as Job });
    expect(calls).toEqual([
      'notify | success | Write a | The new series is ready. | Open',
      'notify | error | Write b | Orthanc does not answer.',
      'notify | success | Write c | Done.',
    ]);
    await jobs.open(done('a'));
    expect(calls.slice(3)).toEqual(['discover 1 1.9', 'open 1.9']);
  });

  test('that this page waits for, or that ended before it was opened, are not told of', () => {
    const { desk: shared, calls, jobs } = open((id) => id === 'own');
    shared.store.set({ jobs: [running('own')] });
    jobs.onEvent({ type: 'job', job: done('own') });
    jobs.onEvent({ type: 'job', job: done('never seen') });
    expect(calls).toEqual([]);
  });

  test('are cancelled and done once more by name, and a refusal is shown', async () => {
    const { desk: shared, requests, jobs } = open();
    shared.store.set({ jobs: [failed('a')] });
    const retrying = jobs.retry('a');
    expect(requests[0]!.what).toBe('POST /api/jobs/a/retry');
    requests[0]!.answer(202, queued('b', 3));
    await retrying;
    expect(shared.store.get().jobs.map(({ id }) => id)).toEqual(['b', 'a']);
    const cancelling = jobs.cancel('b');
    requests[1]!.answer(409, {
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'Job b has ended already.',
      kind: 'conflict',
    });
    await cancelling;
    await settled();
    expect(shared.store.get().error).toContain('Job b has ended already.');
  });
});
