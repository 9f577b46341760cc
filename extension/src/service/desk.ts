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
  | 'open'
  | 'notify'
>;

export interface Desk {
  readonly store: Store<Session>;
  readonly api: ApiClient;
  readonly viewer: ViewerActions;
}

/** Shows a failure where it is seen; a server that is gone has a banner of its own. */
export function report(desk: Desk, error: unknown): void {
  if (error instanceof ApiError && error.unreachable) desk.store.set({ connection: 'lost' });
  else desk.store.set({ error: messageOf(error) });
}
