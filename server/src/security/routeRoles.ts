/** What each role reaches. A route that is missing here does not compile: nothing is open by oversight. */
import type { Role, routes } from '@nodulelab/contract';

type RouteName = keyof typeof routes;
/** `anybody`: without signing in. `reader` and above; `annotator` and above; `admin`. */
export type Least = 'anybody' | Role;

export const ROUTE_ROLES: Readonly<Record<RouteName, Least>> = {
  // Says who asks, and nothing else.
  whoAmI: 'anybody',
  ...{ accounts: 'admin', addAccount: 'admin', revokeAccount: 'admin' },
  ...{ health: 'annotator', welcome: 'annotator' },
  ...{ models: 'annotator', currentModel: 'annotator', compareModels: 'annotator', chooseModel: 'admin' },
  ...{ modelReport: 'annotator', modelClassification: 'annotator', modelPicture: 'annotator' },
  ...{ allNodules: 'annotator', nodules: 'annotator' },
  ...{ annotate: 'annotator', changeAnnotation: 'annotator', deleteAnnotation: 'annotator' },
  ...{ generate: 'annotator', candidateChecks: 'annotator', candidateSlices: 'annotator' },
  ...{ place: 'annotator', proposals: 'annotator', guard: 'annotator' },
  ...{ preview: 'annotator', removal: 'annotator', discard: 'annotator', accept: 'annotator' },
  ...{ insertMany: 'annotator', replay: 'annotator', provenance: 'annotator', verify: 'annotator' },
  quiz: 'annotator',
  // Reads folders of the server's own disk.
  import: 'admin',
  ...{
    trainings: 'annotator',
    training: 'annotator',
    trainingPicture: 'annotator',
    trainingReport: 'annotator',
  },
  ...{ startTraining: 'admin', resumeTraining: 'admin', exportTraining: 'admin' },
  ...{ jobs: 'annotator', job: 'annotator', cancel: 'annotator', retry: 'annotator' },
};

const RANK: Readonly<Record<Least, number>> = { anybody: 0, reader: 1, annotator: 2, admin: 3 };

/** @param role null where nobody is signed in */
export const mayReach = (role: Role | null, least: Least): boolean => RANK[role ?? 'anybody'] >= RANK[least];
