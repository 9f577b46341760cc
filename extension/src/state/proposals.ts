/** Places that the program proposes, best first, gone through one by one. */
import type { PlacementSetting, RankedPlace } from '@nodulelab/contract';
import { SETTING_WORDS } from './words.ts';

export interface ProposedPlaces {
  /** What they were asked for: another size, kind of place or CT asks anew. */
  readonly asked: string;
  readonly places: readonly RankedPlace[];
  /** The one that is looked at. */
  readonly at: number;
}

export interface PlacesWanted {
  readonly seriesInstanceUID: string;
  readonly diameterMm: number;
  readonly setting: PlacementSetting | null;
  /** The preview that the nodule goes on top of. */
  readonly after: string | undefined;
}

export const askedFor = ({ seriesInstanceUID, diameterMm, setting, after }: PlacesWanted): string =>
  [seriesInstanceUID, diameterMm, setting ?? 'any', after ?? 'nothing'].join(' ');

/** Forward or back, round and round. */
export const moved = (proposed: ProposedPlaces, by: number): ProposedPlaces => {
  const { places, at } = proposed;
  return { ...proposed, at: (at + by + places.length) % places.length };
};

const millimetres = (value: number): string => `${Math.max(0, Math.round(value))}\u2009mm`;

/** What a place is, in the words of a report. */
export function placeLine({ setting, clearanceMm: { pleura, vessel } }: RankedPlace): string {
  const free = [
    ...(pleura === null || setting === 'juxta-pleural' ? [] : [`${millimetres(pleura)} from the pleura`]),
    ...(vessel === null || setting === 'vessel-attached' ? [] : [`${millimetres(vessel)} from a vessel`]),
  ];
  return [SETTING_WORDS[setting], ...free].join(', ');
}
