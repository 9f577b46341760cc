/** Which sections of the panel fold to one line, so that what is at hand fits the screen without a scroll bar. */
import { annotationShown, isActive, type Session } from './session.ts';

export type Foldable = 'nodules' | 'generate';

/** Choosing goes from nodules over candidates to a place; judging begins where a place is tried. */
export type Phase = 'choose' | 'judge';

export function phaseOf(session: Session): Phase {
  const { place, preview, previewing, job, unconfirmed } = session;
  // A nodule is marked in its own section, whatever else is going on.
  if (annotationShown(session)) return 'choose';
  return place || preview || previewing || isActive(job) || unconfirmed ? 'judge' : 'choose';
}

/** Pixels of the panel in which each still has room beside the checks of a preview. */
const ROOM: Readonly<Record<Foldable, number>> = { nodules: 1150, generate: 930 };

export const foldsBy = (name: Foldable, phase: Phase, heightPx: number): boolean =>
  phase === 'judge' && heightPx < ROOM[name];
