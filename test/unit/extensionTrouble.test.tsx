import { describe, expect, test } from '@jest/globals';
import type { Model, Nodule } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { hangingProtocol } from '../../extension/src/hangingProtocol.ts';
import { TroubleStates } from '../../extension/src/panel/TroubleState.tsx';
import { Vitals } from '../../extension/src/service/vitals.ts';
import { report } from '../../extension/src/service/desk.ts';
import { ApiError } from '../../extension/src/api/problem.ts';
import { nextStep } from '../../extension/src/state/nextStep.ts';
import { emptySession, type Session } from '../../extension/src/state/session.ts';
import { mayPass, troublesOf } from '../../extension/src/state/trouble.ts';
import { distanceFrom } from '../../extension/src/viewer/stackSlices.ts';
import { desk, settled } from '../support/extensionDesk.ts';

const host = { studyInstanceUID: '1', seriesInstanceUID: '1.2', description: '' };
const sound: Session = {
  ...emptySession,
  connection: 'open',
  host,
  modelsKnown: true,
  models: [{ name: 'malignant-64' } as Model],
  nodulesState: 'ready',
  nodules: [{ id: 'n' } as Nodule],
};
const kinds = (change: Partial<Session>): string[] =>
  troublesOf({ ...sound, ...change }).map(({ kind }) => kind);

describe('what stands in the way', () => {
  test('is nothing while all is there, and nothing is claimed before it is known', () => {
    expect(kinds({})).toEqual([]);
    expect(troublesOf(emptySession)).toEqual([]);
    expect(kinds({ nodulesState: 'loading', nodules: [] })).toEqual([]);
    expect(kinds({ modelsKnown: false, models: [] })).toEqual([]);
  });

  test.each([
    ['session-expired', { expired: true }],
    ['server-gone', { connection: 'lost' }],
    ['archive-gone', { archiveAway: true }],
    ['webgl-missing', { webgl: false }],
    ['no-model', { models: [] }],
    ['no-nodules', { nodules: [] }],
  ] as const)('is told as %s', (kind, change) => {
    expect(kinds(change)).toEqual([kind]);
  });

  test('is told of the nearest cause only: nothing is known of what lies behind it', () => {
    const all = { expired: true, connection: 'lost', archiveAway: true, models: [], nodules: [] } as const;
    expect(kinds(all)).toEqual(['session-expired']);
    expect(kinds({ ...all, expired: false })).toEqual(['server-gone']);
    expect(kinds({ ...all, expired: false, connection: 'open' })).toEqual(['archive-gone']);
    expect(kinds({ ...all, webgl: false })).toEqual(['session-expired', 'webgl-missing']);
  });

  test('does not take a healthy twin for a CT without nodules', () => {
    const synthetic = [{ kind: 'remove' }] as unknown as Session['synthetic'];
    expect(kinds({ nodules: [], synthetic })).toEqual([]);
  });

  test('is looked at again soon where it may pass by itself', () => {
    expect(mayPass({ ...sound, archiveAway: true })).toBe(true);
    expect(mayPass({ ...sound, models: [] })).toBe(true);
    expect(mayPass({ ...sound, webgl: false })).toBe(false);
    expect(mayPass({ ...sound, nodules: [] })).toBe(false);
  });

  test('says what to do, urgent where it stops the work, and where to sign in', () => {
    const html = renderToStaticMarkup(<TroubleStates session={{ ...sound, expired: true, webgl: false }} />);
    expect(html).toMatch(/role="alert"[^>]*data-kind="session-expired"/);
    expect(html).toContain('href="/sign-in" target="_blank"');
    expect(html).toMatch(/role="status"[^>]*data-kind="webgl-missing"/);
    expect(html).toContain('Turn on hardware acceleration');
    // What stops the work cannot be put away.
    expect(html.match(/data-testid="put-away"/g)).toHaveLength(1);
  });

  test('asks for no candidates where nothing can make them', () => {
    const without = { ...sound, models: [], selectedNoduleId: 'n' };
    expect(nextStep(without).sentence).not.toMatch(/Press Generate/);
    expect(nextStep({ ...sound, selectedNoduleId: 'n' }).sentence).toMatch(/Press Generate/);
  });
});

describe('the hanging protocol', () => {
  const types = (drawsVolumes: boolean): string[] =>
    JSON.stringify(hangingProtocol(drawsVolumes)).match(/"viewportType":"\w+"/g) ?? [];

  test('shows three planes, and slices where the browser draws no volumes', () => {
    expect(types(true)).toEqual(Array(3).fill('"viewportType":"volume"'));
    expect(types(false)).toEqual(['"viewportType":"stack"']);
  });
});

describe('a slice seen without WebGL', () => {
  const tilted = {
    imagePositionPatient: [-100, -100, 40],
    rowCosines: [1, 0, 0],
    columnCosines: [0, Math.cos(0.2), Math.sin(0.2)],
  };

  test('is as far from a nodule as its plane is, also where it is tilted', () => {
    const flat = { ...tilted, columnCosines: [0, 1, 0] };
    expect(distanceFrom([30, 10, 52], flat)).toBeCloseTo(12);
    expect(distanceFrom([30, -100 + Math.cos(0.2) * 50, 40 + Math.sin(0.2) * 50], tilted)).toBeCloseTo(0);
    expect(distanceFrom([30, 10, 52], { imagePositionPatient: [0, 0, 0] })).toBe(Infinity);
    expect(distanceFrom([30, 10, 52], undefined)).toBe(Infinity);
  });

  test('is what is read: nobody is asked to place anything', () => {
    expect(nextStep({ ...sound, webgl: false })).toEqual({
      step: null,
      sentence: expect.stringMatching(/WebGL/),
    });
  });
});

interface Waiting {
  readonly callback: () => void;
  readonly milliseconds: number;
}

const HEALTH = {
  status: 'ok',
  version: '1',
  orthanc: { reachable: true, version: '1.12' },
  engine: 'cpu',
  model: 'malignant-64',
};
const AWAY = { ...HEALTH, status: 'degraded', orthanc: { reachable: false, version: null } };
const problem = (kind: string, status: number): unknown => ({
  ...{ type: 'about:blank', title: 'x', status, detail: 'Orthanc does not answer at its address.', kind },
});

function watched(feedOpen = true) {
  const { desk: given, requests } = desk();
  given.store.set({ ...sound, chosenCandidateId: null });
  const timers: Waiting[] = [];
  let back = 0;
  const vitals = new Vitals(given, {
    onBack: () => back++,
    feedOpen: () => feedOpen,
    setTimer: (callback, milliseconds) => timers.push({ callback, milliseconds }),
    clearTimer: () => undefined,
  });
  const stop = vitals.start();
  let answered = 0;
  return {
    ...{ given, store: given.store, requests, stop },
    back: () => back,
    soon: () => timers.at(-1)!.milliseconds,
    /** What the server says to the next question, which the clock brings about where none waits. */
    async answers(status: number, body: unknown): Promise<void> {
      if (requests.length === answered) timers.at(-1)!.callback();
      await settled();
      requests[answered++]!.answer(status, body);
      await settled();
    },
  };
}

describe('the server is asked how it is', () => {
  test('now and then, and no more once the mode is left', async () => {
    const { answers, requests, soon, stop, back } = watched();
    await answers(200, HEALTH);
    const usual = soon();
    await answers(200, AWAY);
    expect(soon()).toBeLessThan(usual);
    await answers(200, HEALTH);
    expect(soon()).toBe(usual);
    expect(requests.every(({ what }) => what === 'GET /api/health')).toBe(true);
    expect(back()).toBe(1);
    stop();
    const { length } = requests;
    await settled();
    expect(requests).toHaveLength(length);
  });

  test('a request that fails at the archive is explained by the archive being away, and work goes on when it is back', async () => {
    const { answers, given, store, back } = watched();
    await answers(200, HEALTH);
    report(given, errorOf(502, 'upstream'));
    await answers(200, AWAY);
    expect(store.get()).toMatchObject({ archiveAway: true, error: null });
    expect(back()).toBe(0);
    await answers(200, HEALTH);
    expect(store.get()).toMatchObject({ archiveAway: false, archiveProblem: null, error: null });
    expect(back()).toBe(1);
  });

  test('a request that fails although the archive is there is told in its own words', async () => {
    const { answers, given, store } = watched();
    await answers(200, HEALTH);
    report(given, errorOf(502, 'upstream'));
    await answers(200, HEALTH);
    expect(store.get()).toMatchObject({
      archiveAway: false,
      error: 'Orthanc does not answer at its address.',
    });
  });

  test('a session that has ended is told from a server that is gone, whichever request hears of it first', async () => {
    const { answers, given, store, back } = watched(false);
    await answers(200, HEALTH);
    store.set({ connection: 'lost' });
    await answers(401, {});
    expect(store.get().expired).toBe(true);
    store.set({ connection: 'open' });
    await answers(200, HEALTH);
    expect(store.get().expired).toBe(false);
    expect(back()).toBe(1);
    report(given, errorOf(401, null));
    expect(store.get()).toMatchObject({ expired: true, error: null });
  });

  test('a single lost request does not leave the page in a state that nothing ends', async () => {
    const { answers, given, store } = watched();
    await answers(200, HEALTH);
    report(given, new ApiError('gone', 0));
    expect(store.get().connection).toBe('lost');
    await answers(200, HEALTH);
    expect(store.get().connection).toBe('open');
  });

  test('a model that was put in is noticed where there was none', async () => {
    const { answers, store, back } = watched();
    store.set({ models: [] });
    await answers(200, { ...HEALTH, status: 'degraded', model: null });
    expect(back()).toBe(0);
    await answers(200, HEALTH);
    expect(back()).toBe(1);
  });
});

function errorOf(status: number, kind: string | null): ApiError {
  const told = kind === null ? null : (problem(kind, status) as ApiError['problem']);
  return new ApiError(told?.detail ?? 'no reason', status, told);
}
