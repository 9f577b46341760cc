/** What the parts of the service share: the state, the server and the viewer. */
import type { ApiClient } from '../api/client.ts';
import { ApiError, messageOf } from '../api/problem.ts';
import type { Session } from '../state/session.ts';
import type { Store } from '../state/store.ts';
import type { Viewer } from '../viewer/viewer.ts';

/** What the use cases ask of the viewer. */
export type ViewerActions = Pick<
  Viewer,
  | 'jumpTo'
  | 'crosshair'
  | 'showPreview'
  | 'lookAt'
  | 'carry'
  | 'setWindow'
  | 'hidePreview'
  | 'discover'
  | 'unlist'
  | 'open'
  | 'notify'
>;

export interface Desk {
  readonly store: Store<Session>;
  readonly api: ApiClient;
  readonly viewer: ViewerActions;
}

/** Shows a failure where it is seen; what stops all work has a state of its own. */
export function report(desk: Desk, error: unknown): void {
  const { store } = desk;
  if (!(error instanceof ApiError)) store.set({ error: messageOf(error) });
  else if (error.unreachable) store.set({ connection: 'lost' });
  else if (error.status === 401) store.set({ expired: true });
  else if (error.problem?.kind === 'upstream') store.set({ archiveProblem: error.message });
  else store.set({ error: error.message });
}
