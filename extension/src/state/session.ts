/** Everything that the panel shows, as one value. */
import type {
  Candidate,
  Job,
  Model,
  Nodule,
  NoduleList,
  PlacementSetting,
  PointLps,
  Preview,
  SeriesProvenance,
  WantedConditions,
} from '@nodulelab/contract';
import type { Connection } from '../api/events.ts';
import type { LabelMap } from '../geometry/labelPlane.ts';
import type { Annotation } from './annotation.ts';
import type { Pose } from '../geometry/pose.ts';
import type { Look } from './looks.ts';
import { NO_FILTER, type NoduleFilter } from './noduleFilter.ts';
import { ALL_OUTLINES, type OutlinesShown } from './outlines.ts';
import type { ProposedPlaces } from './proposals.ts';

/** The CT series in the active viewport. */
export interface Host {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly description: string;
}

/** Why a place was not taken, and what would be. */
export interface Refusal {
  readonly message: string;
  readonly nearestAllowed: PointLps | null;
}

/** Where a nodule of a size and kind of place may go. */
export interface Guard {
  readonly map: LabelMap;
  readonly allowedMl: number;
}

/** A written series, ready to be looked at. */
export interface Accepted {
  readonly seriesInstanceUID: string;
  readonly sourceSeriesInstanceUID: string;
  readonly centre: PointLps;
  /** Slices of the new CT. */
  readonly instances: number;
}

export interface Session {
  readonly connection: Connection;
  /** The server answers that it no longer knows who asks. */
  readonly expired: boolean;
  readonly archiveAway: boolean;
  /** How a request failed at the archive, until it is known why. */
  readonly archiveProblem: string | null;
  /** The browser draws volumes. */
  readonly webgl: boolean;
  readonly host: Host | null;
  readonly nodules: readonly Nodule[];
  readonly synthetic: NoduleList['synthetic'];
  /** Where the host comes from and what was made of it; null until it is known. */
  readonly provenance: SeriesProvenance | null;
  readonly nodulesState: 'none' | 'loading' | 'ready' | 'failed';
  readonly selectedNoduleId: string | null;
  readonly showContours: boolean;
  readonly outlines: OutlinesShown;
  readonly noduleFilter: NoduleFilter;
  readonly models: readonly Model[];
  /** The list of models has been read. */
  readonly modelsKnown: boolean;
  readonly modelName: string | null;
  readonly seed: number;
  /** Every Generate has this seed; else one that was used gives way to another. */
  readonly seedLocked: boolean;
  /** Candidates were made of it. */
  readonly seedUsed: boolean;
  readonly count: number;
  /** What is wanted of candidates; what is not named is any. */
  readonly wanted: WantedConditions;
  /** What was wanted of the candidates on the screen. */
  readonly asked: WantedConditions;
  readonly generating: boolean;
  readonly candidates: readonly Candidate[];
  /** Kept over seeds, studies and reloads. */
  readonly favourites: readonly Candidate[];
  readonly chosenCandidateId: string | null;
  /** A click in a viewport sets the place. */
  readonly picking: boolean;
  readonly proposing: boolean;
  readonly proposed: ProposedPlaces | null;
  readonly place: PointLps | null;
  readonly diameterMm: number;
  /** The only kind of place that is allowed; null for any. */
  readonly setting: PlacementSetting | null;
  /** Wanted mean HU; null leaves it to the candidate. */
  readonly meanHu: number | null;
  /** Turns about the L, P and S axes, degrees. */
  readonly turnDeg: PointLps;
  readonly guardShown: boolean;
  readonly guardLoading: boolean;
  readonly guard: Guard | null;
  /** Why there is no map. */
  readonly guardProblem: string | null;
  readonly previewing: boolean;
  /** Place, size or turn are no more those of the preview, and no other was asked for yet. */
  readonly unsettled: boolean;
  /** Edits that stay on the screen while the next one is made, in order; the preview stands on the last of them. */
  readonly stack: readonly Preview[];
  readonly preview: Preview | null;
  readonly previewShown: boolean;
  readonly look: Look;
  /** Where the swipe line stands, from the patient's right (0) to left (1) of what changes. */
  readonly swipe: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly refusal: Refusal | null;
  /** Poor checks that accepting waits to hear about; null while nothing waits. */
  readonly unconfirmed: readonly string[] | null;
  /** The accept job of this page. */
  readonly job: Job | null;
  /** All jobs of the server. */
  readonly jobs: readonly Job[];
  readonly accepted: Accepted | null;
  /** Where the tour stands; null while nobody is led around. */
  readonly tour: number | null;
  /** What the user is marking; it outlives a look at another series. */
  readonly annotation: Annotation | null;
  /** The annotated nodule whose deletion waits for an answer. */
  readonly deleting: string | null;
  /** The last failure that has no better place on the panel. */
  readonly error: string | null;
}

export const DIAMETER = { least: 3, most: 40, usual: 10 } as const;
export const MEAN_HU = { least: -800, most: 200, usual: -100 } as const;
export const COUNT = { least: 3, most: 8 } as const;

export const emptySession: Session = {
  connection: 'connecting',
  expired: false,
  archiveAway: false,
  archiveProblem: null,
  webgl: true,
  host: null,
  nodules: [],
  synthetic: [],
  provenance: null,
  nodulesState: 'none',
  selectedNoduleId: null,
  showContours: true,
  outlines: ALL_OUTLINES,
  noduleFilter: NO_FILTER,
  models: [],
  modelsKnown: false,
  modelName: null,
  seed: 1,
  seedLocked: false,
  seedUsed: false,
  count: COUNT.least,
  // What public sets are short of; a generator without this condition is not asked for it.
  wanted: { malignancy: 5 },
  asked: {},
  generating: false,
  candidates: [],
  favourites: [],
  chosenCandidateId: null,
  picking: false,
  proposing: false,
  proposed: null,
  place: null,
  diameterMm: DIAMETER.usual,
  setting: null,
  meanHu: null,
  turnDeg: [0, 0, 0],
  guardShown: false,
  guardLoading: false,
  guard: null,
  guardProblem: null,
  previewing: false,
  unsettled: false,
  stack: [],
  preview: null,
  previewShown: false,
  look: 'whole',
  swipe: 0.5,
  canUndo: false,
  canRedo: false,
  refusal: null,
  unconfirmed: null,
  job: null,
  jobs: [],
  accepted: null,
  tour: null,
  annotation: null,
  deleting: null,
  error: null,
};

/** What belongs to one host and must go when another CT is shown. Candidates stay: they fit any host. */
export const forgetHost = {
  nodules: [],
  synthetic: [],
  provenance: null,
  nodulesState: 'none',
  selectedNoduleId: null,
  picking: false,
  proposing: false,
  proposed: null,
  place: null,
  guardShown: false,
  previewing: false,
  unsettled: false,
  stack: [],
  preview: null,
  previewShown: false,
  canUndo: false,
  canRedo: false,
  refusal: null,
  unconfirmed: null,
  deleting: null,
} as const satisfies Partial<Session>;

/** The one that is placed next. */
export const chosenCandidate = ({ candidates, favourites, chosenCandidateId }: Session): Candidate | null =>
  [...candidates, ...favourites].find(({ id }) => id === chosenCandidateId) ?? null;

/** The chosen generator, once the list is there. */
export const chosenModel = ({ models, modelName }: Session): Model | undefined =>
  models.find(({ name }) => name === modelName);

export const selectedNodule = (session: Session): Nodule | null =>
  session.nodules.find((nodule) => nodule.id === session.selectedNoduleId) ?? null;

/** What accepting would write, in order. */
export const editsOf = ({ stack, preview }: Pick<Session, 'stack' | 'preview'>): readonly Preview[] =>
  preview ? [...stack, preview] : stack;

/** The nodule is gone from this CT, or would be. */
export const isRemoved = (session: Session, noduleId: string): boolean =>
  session.synthetic.some((one) => one.kind === 'remove' && one.noduleId === noduleId) ||
  editsOf(session).some(({ edit }) => edit.kind === 'remove' && edit.noduleId === noduleId);

/** How the nodule that is being placed lies; null where none is, or it is being written. */
export const poseOf = ({ place, diameterMm, turnDeg, chosenCandidateId, job }: Session): Pose | null =>
  place && chosenCandidateId !== null && !isActive(job) ? { place, diameterMm, turnDeg } : null;

/** What is being marked in the CT on the screen. */
export const annotationShown = ({ annotation, host }: Session): Annotation | null =>
  annotation !== null && annotation.host.seriesInstanceUID === host?.seriesInstanceUID ? annotation : null;

export const isSynthetic = (session: Session): boolean => session.synthetic.length > 0;

/** A job that has not ended. */
export const isActive = (job: Job | null): boolean => job?.state === 'queued' || job?.state === 'running';

/** The slider's value for a nodule: its own diameter, within what can be inserted, in steps of half a millimetre. */
export const diameterFor = (nodule: Nodule): number =>
  Math.min(DIAMETER.most, Math.max(DIAMETER.least, Math.round(nodule.diameterMm * 2) / 2));

/** The size that a candidate is meant for, to a tenth of a millimetre; null where it was asked for none. */
export const sizeOf = (candidate: Candidate | null): number | null =>
  candidate?.conditions ? Math.round(candidate.conditions.diameter * 10) / 10 : null;
