/** What the use cases work with; everything that touches the outside world is passed in. */
import type { ServerEvent } from '@nodulelab/contract';
import type { GuardedArchive } from '../security/guardedArchive.ts';
import type { Store } from '../store/store.ts';
import type { Imaging } from './imaging/client.ts';
import type { ModelRegistry } from './models.ts';

export interface ServiceConfiguration {
  /** The archive holds research data only: write-back is allowed without Patient Identity Removed = YES. */
  readonly researchArchive: boolean;
  readonly version: string;
}

export interface ServiceContext {
  /** Where NoduleLab keeps its data. */
  readonly dataDir: string;
  readonly store: Store;
  readonly archive: GuardedArchive;
  readonly imaging: Imaging;
  readonly models: ModelRegistry;
  readonly configuration: ServiceConfiguration;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly newUid: () => string;
  readonly emit: (event: ServerEvent) => void;
}
