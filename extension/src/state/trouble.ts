/** What stands in the way, in calm words, and what to do about it: from the session alone. */
import type { Session } from './session.ts';

export type TroubleKind =
  'session-expired' | 'server-gone' | 'archive-gone' | 'webgl-missing' | 'no-model' | 'no-nodules';

export interface Trouble {
  readonly kind: TroubleKind;
  /** Stops what one is at; else it is good to know. */
  readonly urgent: boolean;
  readonly title: string;
  readonly advice: string;
}

const WORDS: Readonly<Record<TroubleKind, Omit<Trouble, 'kind'>>> = {
  'session-expired': {
    urgent: true,
    title: 'Your session has ended.',
    advice: 'Sign in again in another tab. Your work here is kept and goes on by itself.',
  },
  'server-gone': {
    urgent: true,
    title: 'The NoduleLab server does not answer.',
    advice:
      'Check that it runs: npm start. What is on the screen can be read on, your work is kept, and this page reconnects by itself.',
  },
  'archive-gone': {
    urgent: true,
    title: 'The archive (Orthanc) does not answer.',
    advice:
      'Start Orthanc, or end NoduleLab and start it again. What is loaded can be read on; previews and new series wait, and this page goes on by itself.',
  },
  'webgl-missing': {
    urgent: false,
    title: 'This browser offers no WebGL.',
    advice:
      'Slices are shown one by one; three planes, places and previews need it. Turn on hardware acceleration in the browser\u2019s settings, or use another browser, and reload the page.',
  },
  'no-model': {
    urgent: false,
    title: 'There is no generator yet.',
    advice:
      'Train one in the panel Training, or import one: nodulelab model import FOLDER. It is listed here as soon as it is there. Nodules can be read and removed without one.',
  },
  'no-nodules': {
    urgent: false,
    title: 'No nodules are known in this CT.',
    advice:
      'Mark one yourself, import its annotations with nodulelab import FOLDER, or go on without: a synthetic nodule needs none.',
  },
};

const trouble = (kind: TroubleKind): Trouble => ({ kind, ...WORDS[kind] });

/** Nobody is behind the page, so that nothing is known of what lies farther away. */
function unreached({ expired, connection, archiveAway }: Session): TroubleKind | null {
  if (expired) return 'session-expired';
  if (connection === 'lost') return 'server-gone';
  return archiveAway ? 'archive-gone' : null;
}

const lacksModel = ({ modelsKnown, models }: Session): boolean => modelsKnown && models.length === 0;

const lacksNodules = ({ host, nodulesState, nodules, synthetic }: Session): boolean =>
  host !== null && nodulesState === 'ready' && nodules.length === 0 && synthetic.length === 0;

/** What to say, the most pressing first; of what cannot be reached only the nearest. */
export function troublesOf(session: Session): readonly Trouble[] {
  const stopped = unreached(session);
  return [
    ...(stopped ? [trouble(stopped)] : []),
    ...(session.webgl ? [] : [trouble('webgl-missing')]),
    ...(stopped === null && lacksModel(session) ? [trouble('no-model')] : []),
    ...(stopped === null && lacksNodules(session) ? [trouble('no-nodules')] : []),
  ];
}

/** Something that may go away by itself, so that it is worth looking again soon. */
export const mayPass = (session: Session): boolean => unreached(session) !== null || lacksModel(session);
