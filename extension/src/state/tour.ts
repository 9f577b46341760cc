/** Two minutes around the panel: what each part is for, in the order of the work. */
import type { Kept } from './favourites.ts';

export interface Stop {
  /** Title of the section that it stands beside; null for the line with the next step. */
  readonly section: string | null;
  readonly title: string;
  readonly text: string;
}

export const STOPS: readonly Stop[] = [
  {
    section: null,
    title: 'Two minutes around NoduleLab',
    text: 'A real CT receives a nodule that never was. This line always says the next step, and the section that it means is framed. The arrow keys lead on, Escape ends the tour.',
  },
  {
    section: 'Nodules',
    title: 'What readers found',
    text: 'Choose a nodule: all planes go to it, with the outline of each reader. Its size and ratings can become the wish for a new one, and it can be taken away to make a healthy twin.',
  },
  {
    section: 'Generate',
    title: 'Candidates',
    text: 'A generator makes some at a time. Move the pointer over one to look through it. The lights say what was checked; the same seed gives the same candidates again.',
  },
  {
    section: 'Place',
    title: 'Where it goes',
    text: 'Click in the lung, or press Propose for the best places. A place where no nodule can be is refused, with the reason and the nearest one that will do.',
  },
  {
    section: 'Place',
    title: 'Look, then decide',
    text: 'The preview lies in the CT itself. P flips between it and the original. Nothing is written before you accept, and the original is never changed.',
  },
  {
    section: 'Jobs',
    title: 'What the server does',
    text: 'The new series opens by itself, and says SYNTHETIC wherever it is seen. Progress, a way to cancel and a way to try again stand here, also after a reload.',
  },
  {
    section: null,
    title: 'That is all',
    text: 'The toolbar shows the surroundings of the place in 3D; the tab Training shows generators and how they learn. Now follow the framed section.',
  },
];

/** @returns the stop to go to, or null where the tour ends */
export const movedTour = (at: number, by: number): number | null =>
  at + by >= STOPS.length ? null : Math.max(0, at + by);

const KEY = 'nodulelab.tour';

/** A browser that keeps nothing is not asked again at every visit. */
export function tourSeen(storage: Kept | null): boolean {
  try {
    return storage === null || storage.getItem(KEY) === 'seen';
  } catch {
    return true;
  }
}

export function keepTourSeen(storage: Kept | null): void {
  try {
    storage?.setItem(KEY, 'seen');
  } catch {
    // Then it is shown once more.
  }
}
