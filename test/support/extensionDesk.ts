/** What the extension's services share, without a browser: a server whose answers the test gives, and a viewer's diary. */
import type { Candidate, Preview } from '@nodulelab/contract';
import { createApiClient } from '../../extension/src/api/client.ts';
import type { Desk, ViewerActions } from '../../extension/src/service/desk.ts';
import { emptySession, type Session } from '../../extension/src/state/session.ts';
import type { Pose } from '../../extension/src/geometry/pose.ts';
import type { PreviewLook } from '../../extension/src/viewer/previewVoxels.ts';
import type { Notice } from '../../extension/src/viewer/viewer.ts';
import { createStore } from '../../extension/src/state/store.ts';

export interface Request {
  readonly what: string;
  readonly body: Readonly<Record<string, unknown>> | null;
  answer(status: number, body: unknown): void;
}

/** A server whose answers the test gives when it likes, and a viewer (it needs a browser) that writes down its calls. */
export function desk(): { desk: Desk; requests: Request[]; calls: string[] } {
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
    showPreview: (series: string, boxes: readonly unknown[]) =>
      noted('showPreview')(series, `x${boxes.length}`),
    lookAt: (look: PreviewLook) => {
      calls.push(`lookAt ${typeof look === 'string' ? look : `swipe ${look.swipe}`}`);
    },
    carry: (_from: unknown, { place, diameterMm, turnDeg }: Pose) =>
      noted('carry')([place, diameterMm, turnDeg].join(' ')),
    setWindow: noted('setWindow'),
    hidePreview: noted('hidePreview'),
    discover: noted('discover'),
    unlist: noted('unlist'),
    open: noted('open'),
    notify: ({ kind, title, message, action }: Notice) => {
      calls.push(['notify', kind, title, message, action?.label].filter(Boolean).join(' | '));
    },
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

export const preview = (
  id: string,
  centre: [number, number, number],
  after: string | null = null,
): Preview => ({
  id,
  seriesInstanceUID: '1.2',
  after,
  edit: { kind: 'insert', candidateId: 'c', options: {}, setting: 'parenchyma' },
  centre,
  diameterMm: 10,
  measured: { diameterMm: 10, volumeMm3: 524, meanHu: -100 },
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
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Waits until something has come about; the test's own time limit ends what never does. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
