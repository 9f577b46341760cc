/** Everything that the panel shows, as one value. */
import type { Candidate, Job, Model, Nodule, NoduleList, PointLps, Preview } from '@nodulelab/contract';
import type { Connection } from '../api/events.ts';

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

/** A written series, ready to be looked at. */
export interface Accepted {
  readonly seriesInstanceUID: string;
  readonly sourceSeriesInstanceUID: string;
  readonly centre: PointLps;
}

export interface Session {
  readonly connection: Connection;
  readonly host: Host | null;
  readonly nodules: readonly Nodule[];
  readonly synthetic: NoduleList['synthetic'];
  readonly nodulesState: 'none' | 'loading' | 'ready' | 'failed';
  readonly selectedNoduleId: string | null;
  readonly showContours: boolean;
  readonly models: readonly Model[];
  readonly modelName: string | null;
  readonly seed: number;
  readonly count: number;
  readonly generating: boolean;
  readonly candidates: readonly Candidate[];
  readonly chosenCandidateId: string | null;
  /** A click in a viewport sets the place. */
  readonly picking: boolean;
  readonly proposing: boolean;
  readonly place: PointLps | null;
  readonly diameterMm: number;
  readonly previewing: boolean;
  readonly preview: Preview | null;
  readonly previewShown: boolean;
  readonly refusal: Refusal | null;
  readonly job: Job | null;
  readonly accepted: Accepted | null;
  /** The last failure that has no better place on the panel. */
  readonly error: string | null;
}

export const DIAMETER = { least: 3, most: 30, usual: 10 } as const;
export const COUNT = { least: 3, most: 8 } as const;

export const emptySession: Session = {
  connection: 'connecting',
  host: null,
  nodules: [],
  synthetic: [],
  nodulesState: 'none',
  selectedNoduleId: null,
  showContours: true,
  models: [],
  modelName: null,
  seed: 1,
  count: COUNT.least,
  generating: false,
  candidates: [],
  chosenCandidateId: null,
  picking: false,
  proposing: false,
  place: null,
  diameterMm: DIAMETER.usual,
  previewing: false,
  preview: null,
  previewShown: false,
  refusal: null,
  job: null,
  accepted: null,
  error: null,
};

/** What belongs to one host and must go when another CT is shown. Candidates stay: they fit any host. */
export const forgetHost = {
  nodules: [],
  synthetic: [],
  nodulesState: 'none',
  selectedNoduleId: null,
  picking: false,
  proposing: false,
  place: null,
  previewing: false,
  preview: null,
  previewShown: false,
  refusal: null,
} as const satisfies Partial<Session>;

export const selectedNodule = (session: Session): Nodule | null =>
  session.nodules.find((nodule) => nodule.id === session.selectedNoduleId) ?? null;

export const isSynthetic = (session: Session): boolean => session.synthetic.length > 0;

/** A job that has not ended. */
export const isActive = (job: Job | null): boolean => job?.state === 'queued' || job?.state === 'running';

/** The slider's value for a nodule: its own diameter, within what can be inserted, in steps of half a millimetre. */
export const diameterFor = (nodule: Nodule): number =>
  Math.min(DIAMETER.most, Math.max(DIAMETER.least, Math.round(nodule.diameterMm * 2) / 2));
