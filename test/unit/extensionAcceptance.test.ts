import { describe, expect, test } from '@jest/globals';
import type { Job, QualityCheck } from '@nodulelab/contract';
import { Acceptance } from '../../extension/src/service/acceptance.ts';
import { desk, preview, settled } from '../support/extensionDesk.ts';

describe('accepting a preview', () => {
  const common = { id: 'j', kind: 'accept', title: 't', createdAt: '2025-01-01T00:00:00Z' } as const;
  const running: Job = { ...common, state: 'running', progress: 0.5, message: 'Writing' };
  const done: Job = {
    ...common,
    state: 'done',
    endedAt: '2025-01-01T00:00:09Z',
    result: {
      studyInstanceUID: '1',
      seriesInstanceUID: '1.3',
      instances: 9,
      segmentation: { seriesInstanceUID: '1.4', sopInstanceUID: '1.4.1' },
      report: { seriesInstanceUID: '1.5', sopInstanceUID: '1.5.1' },
      seconds: 1,
    },
  };

  const accepted = async () => {
    const given = desk();
    given.desk.store.set({ preview: preview('p', [1, 1, 1]), previewShown: true });
    const acceptance = new Acceptance(given.desk);
    void acceptance.accept();
    given.requests[0]!.answer(202, { ...common, state: 'queued', position: 0 });
    await settled();
    return { ...given, acceptance };
  };

  test('the voxels of the original come back before the new series opens, and it opens once', async () => {
    const { acceptance, calls } = await accepted();
    acceptance.onEvent({ type: 'job', job: done });
    acceptance.onEvent({ type: 'job', job: done });
    await settled();
    expect(calls).toEqual(['hidePreview', 'discover 1 1.3', 'open 1.3', 'discover 1 1.4', 'discover 1 1.5']);
  });

  test('a series that is written while another study is on the screen does not take its place', async () => {
    const { acceptance, desk: shared, calls } = await accepted();
    const there = preview('q', [2, 2, 2]);
    shared.store.set({
      host: { studyInstanceUID: '7', seriesInstanceUID: '7.1', description: '' },
      preview: there,
    });
    acceptance.onEvent({ type: 'job', job: done });
    await settled();
    expect(calls).toEqual([expect.stringContaining('notify | success')]);
    expect(shared.store.get()).toMatchObject({ preview: there, job: { state: 'done' } });
  });

  test('two presses are one wish', async () => {
    const { desk: shared, requests } = desk();
    shared.store.set({ preview: preview('p', [1, 1, 1]), previewShown: true });
    const acceptance = new Acceptance(shared);
    void acceptance.accept();
    void acceptance.accept();
    await settled();
    expect(requests).toHaveLength(1);
  });

  test('news that were overtaken by the end of the job change nothing', async () => {
    const { acceptance, desk: shared } = await accepted();
    acceptance.onEvent({
      type: 'job',
      job: { ...common, state: 'cancelled', endedAt: '2025-01-01T00:00:05Z' },
    });
    acceptance.onEvent({ type: 'job', job: running });
    expect(shared.store.get().job?.state).toBe('cancelled');
    expect(shared.store.get().preview?.id).toBe('p');
  });

  test('jobs of others do not move this panel; their series appear but do not open', async () => {
    const { acceptance, desk: shared, calls } = await accepted();
    acceptance.onEvent({ type: 'job', job: { ...running, id: 'other' } });
    acceptance.onEvent({
      type: 'series-created',
      studyInstanceUID: '1',
      seriesInstanceUID: '1.9',
      sourceSeriesInstanceUID: '1.2',
    });
    await settled();
    expect(shared.store.get().job?.id).toBe('j');
    expect(calls).toEqual(['discover 1 1.9']);
  });

  const check = (name: string, verdict: QualityCheck['verdict']): QualityCheck => ({
    name,
    value: 1,
    unit: '',
    verdict,
    explanation: name,
  });

  test('poor checks of any edit are asked about once, and the answer goes with the request', async () => {
    const { desk: shared, requests } = desk();
    shared.store.set({
      stack: [{ ...preview('first', [1, 1, 1]), checks: [check('seam', 'bad'), check('diameter', 'fair')] }],
      preview: {
        ...preview('second', [9, 9, 9], 'first'),
        checks: [check('seam', 'bad'), check('mean-hu', 'bad'), check('noise-power', 'unknown')],
      },
    });
    const acceptance = new Acceptance(shared);
    await acceptance.accept();
    expect(requests).toEqual([]);
    expect(shared.store.get().unconfirmed).toEqual(['seam', 'mean-hu']);
    acceptance.reconsider();
    expect(shared.store.get().unconfirmed).toBeNull();
    await acceptance.accept();
    void acceptance.confirm();
    expect([requests[0]!.what, requests[0]!.body]).toEqual([
      'POST /api/previews/second/accept',
      { confirmed: ['seam', 'mean-hu'] },
    ]);
    expect(shared.store.get().unconfirmed).toBeNull();
  });

  test('checks that only the server finds poor are asked about too', async () => {
    const { desk: shared, requests } = desk();
    shared.store.set({ preview: preview('p', [1, 1, 1]) });
    const acceptance = new Acceptance(shared);
    void acceptance.accept();
    requests[0]!.answer(403, {
      type: 'about:blank',
      title: 'Refused',
      status: 403,
      detail: 'Checks are bad.',
      kind: 'refused',
      details: { unconfirmed: ['seam'] },
    });
    await settled();
    expect([shared.store.get().unconfirmed, shared.store.get().error]).toEqual([['seam'], null]);
    void acceptance.confirm();
    expect(requests[1]!.body).toEqual({ confirmed: ['seam'] });
  });

  test('a series that was made of a synthetic one leads back to the one original', async () => {
    const { desk: shared, calls } = desk();
    shared.store.set({
      accepted: { seriesInstanceUID: '1.4', sourceSeriesInstanceUID: '1.3', centre: [1, 1, 1], instances: 9 },
      synthetic: [
        {
          kind: 'insert',
          candidateId: 'c',
          noduleId: null,
          centre: [1, 1, 1],
          diameterMm: 9,
          sourceSeriesInstanceUID: '1.1',
        },
      ],
    });
    await new Acceptance(shared).showSource();
    expect(calls.at(-1)).toBe('open 1.1');
  });
});
