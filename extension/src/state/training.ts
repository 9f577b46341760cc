/** Everything that the training panel shows, as one value, and what is told from it. */
import type {
  Training,
  TrainingOverview,
  TrainingPoint,
  TrainingProgress,
  TrainingSummary,
} from '@nodulelab/contract';

export interface TrainingSession {
  readonly overview: TrainingOverview | null;
  readonly selected: string | null;
  /** Of the selected one. */
  readonly training: Training | null;
  /** What its job said last. */
  readonly progress: TrainingProgress | null;
  /** Which picture is looked at; null is the newest. */
  readonly picture: string | null;
  readonly form: 'none' | 'start' | 'model' | 'more';
  /** A request is under way. */
  readonly busy: boolean;
  /** A stop was asked for; its checkpoint is being written. */
  readonly stopping: boolean;
  readonly error: string | null;
  /** What was just made. */
  readonly made: string | null;
}

export const emptyTrainingSession: TrainingSession = {
  overview: null,
  selected: null,
  training: null,
  progress: null,
  picture: null,
  form: 'none',
  busy: false,
  stopping: false,
  error: null,
  made: null,
};

export const isUnderWay = ({ state }: Pick<TrainingSummary, 'state'>): boolean =>
  state === 'queued' || state === 'running';

/** The curve with a point that just came; one that is known already changes nothing. */
export function withPoint(training: Training, point: TrainingPoint | null): Training {
  const last = training.points.at(-1);
  if (point === null || (last !== undefined && point.update <= last.update)) return training;
  return { ...training, update: point.update, points: [...training.points, point] };
}

export const STATE_WORDS: Readonly<Record<TrainingSummary['state'], string>> = {
  queued: 'Waiting',
  running: 'Running',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
  limit: 'Limit reached',
  complete: 'Complete',
  failed: 'Failed',
};

/** The one sentence at the top of the panel. */
export function trainingSentence({ overview, training, progress, stopping }: TrainingSession): string {
  if (overview === null) return 'Reading the trainings.';
  if (overview.trainings.length === 0)
    return overview.datasets.length === 0
      ? 'Build a data set first: nodulelab dataset build.'
      : 'No training yet. Press New to begin one.';
  if (training === null) return 'Choose a training to look at.';
  const { name, state, update } = training;
  if (stopping && isUnderWay(training)) return `${name}: stopping, a checkpoint is being written.`;
  switch (state) {
    case 'queued':
      return `${name} waits for the training before it.`;
    case 'running':
      return update === 0
        ? `${name}: preparing the first update.`
        : `${name}: update ${update}${timeLeft(progress?.secondsLeft ?? null)}.`;
    case 'stopped':
      return `${name} was stopped at update ${update}. Resume goes on from there.`;
    case 'interrupted':
      return `${name} was interrupted. Resume goes on from its last checkpoint.`;
    case 'limit':
      return `${name} reached its limit at update ${update}. Go on gives it another one.`;
    case 'complete':
      return `${name} is complete after ${update} updates.`;
    case 'failed':
      return `${name} failed.`;
    default:
      return state satisfies never;
  }
}

const timeLeft = (seconds: number | null): string => (seconds === null ? '' : `, ${duration(seconds)} left`);

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)}\u2009s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}\u2009min`;
  return `${(seconds / 3600).toFixed(1)}\u2009h`;
}

/** At most three significant digits, with a true minus sign. */
export function short(value: number): string {
  const text = Math.abs(value) >= 1000 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
  return text.replace('-', '\u2212');
}

/** Of many points the outermost hundredths may lie beyond the picture: the first updates of a GAN leap. */
const TRIMMED_FROM = 30;

/** Lowest and highest value to draw; never equal. */
export function rangeOf(values: readonly number[]): [number, number] {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const skip = sorted.length >= TRIMMED_FROM ? Math.ceil(sorted.length / 100) : 0;
  const low = sorted[skip] ?? 0;
  const high = sorted[sorted.length - 1 - skip] ?? 1;
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}
