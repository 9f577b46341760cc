import { describe, expect, test } from '@jest/globals';
import type { Candidate, Job, Preview } from '@nodulelab/contract';
import { createApiClient } from '../../extension/src/api/client.ts';
import { Acceptance } from '../../extension/src/service/acceptance.ts';
import type { Desk, ViewerActions } from '../../extension/src/service/desk.ts';
import { Placement } from '../../extension/src/service/placement.ts';
import { emptySession, type Session } from '../../extension/src/state/session.ts';
import { createStore } from '../../extension/src/state/store.ts';

interface Request {
  readonly what: string;
  readonly body: { centre: [number, number, number] } | null;
  answer(status: number, body: unknown): void;
}

/** A server whose answers the test gives when it likes, and a viewer (it needs a browser) that writes down its calls. */
function desk(): { desk: Desk; requests: Request[]; calls: string[] } {
  const requests: Request[] = [];
  const calls: string[] = [];
  const api = createApiClient(
    (input, init) =>
      new Promise((resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        requests.push({
          what: `${init?.method} ${String(input)}`,
          body: init?.body ? JSON.parse(String(init.body)) : null,
          answer: (status, body) =>
            resolve(new Response(body === null ? null : JSON.stringify(body), { status })),
        });
      }),
  );
  const noted =
    (name: string) =>
    (...given: unknown[]): Promise<boolean> => {
      calls.push(
        [name, ...given.filter((value) => typeof value === 'string' || typeof value === 'boolean')].join(' '),
      );
      return Promise.resolve(true);
    };
  const viewer = {
    jumpTo: noted('jumpTo'),
    crosshair: () => [1, 2, 3],
    showPreview: noted('showPreview'),
    flipPreview: noted('flipPreview'),
    hidePreview: noted('hidePreview'),
    discover: noted('discover'),
    open: noted('open'),
  } as unknown as ViewerActions;
  const store = createStore<Session>({
    ...emptySession,
    host: { studyInstanceUID: '1', seriesInstanceUID: '1.2', description: '' },
    nodulesState: 'ready',
    candidates: [{ id: 'c' } as Candidate],
    chosenCandidateId: 'c',
    picking: true,
  });
  return { desk: { store, api, viewer }, requests, calls };
}

const preview = (id: string, centre: [number, number, number]): Preview => ({
  id,
  seriesInstanceUID: '1.2',
  candidateId: 'c',
  centre,
  diameterMm: 10,
  box: {
    size: [1, 1, 1],
    origin: centre,
    spacing: [1, 1, 1],
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    hu: 'AAA=',
    alpha: '/w==',
  },
  checks: [],
});
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('placing a candidate', () => {
  test('of two quick clicks only the second is shown', async () => {
    const { desk: shared, requests, calls } = desk();
    const placement = new Placement(shared);
    void placement.placeAt([1, 1, 1]);
    void placement.placeAt([2, 2, 2]);
    requests[1]!.answer(201, preview('second', [2, 2, 2]));
    requests[0]!.answer(201, preview('first', [1, 1, 1]));
    await settled();
    expect(shared.store.get().preview?.id).toBe('second');
    expect(calls.filter((call) => call.startsWith('showPreview'))).toHaveLength(1);
  });

  test('a refusal names its reason, puts the voxels back and waits for another click', async () => {
    const { desk: shared, requests, calls } = desk();
    const placement = new Placement(shared);
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(422, {
      type: 'about:blank',
      title: 'Not usable',
      status: 422,
      detail: 'The place is outside the lung.',
      kind: 'unusable',
      details: { nearestAllowed: [4, 5, 6] },
    });
    await settled();
    const { refusal, picking, preview: shown, previewing } = shared.store.get();
    expect(refusal).toEqual({ message: 'The place is outside the lung.', nearestAllowed: [4, 5, 6] });
    expect([picking, shown, previewing]).toEqual([true, null, false]);
    expect(calls.at(-1)).toBe('hidePreview');
  });

  test('discarding tells the server too and leaves no place', async () => {
    const { desk: shared, requests } = desk();
    const placement = new Placement(shared);
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(201, preview('p', [1, 1, 1]));
    await settled();
    placement.discard();
    expect(requests[1]!.what).toBe('DELETE /api/previews/p');
    expect([shared.store.get().place, shared.store.get().preview]).toEqual([null, null]);
  });

  test('a server that is gone shows as a lost connection, and the place is kept', async () => {
    const { desk: shared, requests } = desk();
    const placement = new Placement(shared);
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(503, null);
    await settled();
    expect([shared.store.get().connection, shared.store.get().place]).toEqual(['lost', [1, 1, 1]]);
  });
});

describe('accepting a preview', () => {
  const common = { id: 'j', kind: 'accept', title: 't', createdAt: '2025-01-01T00:00:00Z' } as const;
  const running: Job = { ...common, state: 'running', progress: 0.5, message: 'Writing' };
  const done: Job = {
    ...common,
    state: 'done',
    endedAt: '2025-01-01T00:00:09Z',
    result: { studyInstanceUID: '1', seriesInstanceUID: '1.3', instances: 9, seconds: 1 },
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
    expect(calls).toEqual(['hidePreview', 'discover 1 1.3', 'open 1.3']);
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
});
