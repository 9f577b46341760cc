/** The place that the work is about: what a view of the surroundings is a view of. */
import type { PointLps } from '@nodulelab/contract';
import { editsOf, selectedNodule, type Session } from './session.ts';

export interface Focus {
  readonly point: PointLps;
  readonly diameterMm: number;
}

/** What is being placed, else what was placed last, else the nodule that is looked at; null where there is none. */
export function focusOf(session: Session): Focus | null {
  if (session.place) return { point: session.place, diameterMm: session.diameterMm };
  const last = editsOf(session).at(-1) ?? selectedNodule(session) ?? session.synthetic.at(-1);
  return last ? { point: last.centre, diameterMm: last.diameterMm } : null;
}
