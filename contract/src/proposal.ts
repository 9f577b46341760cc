import { z } from 'zod';
import { PlaceRequest } from './candidate.ts';
import { PlacementSetting } from './edit.ts';
import { PointLps } from './primitives.ts';

/** Asks for the best places of a CT; nothing of it is drawn, so there is no seed. */
export const ProposalRequest = PlaceRequest.omit({ seed: true })
  .extend({ count: z.int().min(1).max(12).default(6) })
  .meta({ id: 'ProposalRequest' });
export type ProposalRequest = z.infer<typeof ProposalRequest>;

const clearance = z.number().nullable();

export const RankedPlace = z
  .object({
    centre: PointLps,
    setting: PlacementSetting,
    clearanceMm: z
      .object({ pleura: clearance, vessel: clearance })
      .describe(
        'from the surface of the sphere of the asked diameter to the border of the lung and to the nearest vessel; below 0 where it reaches beyond; null where there is none',
      ),
    lungShare: z.number().min(0).max(1).describe('of the nodule'),
    score: z.number().min(0).max(1).describe('how well it is a place of its setting'),
  })
  .meta({ id: 'RankedPlace' });
export type RankedPlace = z.infer<typeof RankedPlace>;

/** Nodules of the asked size can go into all of them together. */
export const Proposals = z
  .object({
    diameterMm: z.number().describe('that the places are for'),
    places: z
      .array(RankedPlace)
      .min(1)
      .describe('best first; fewer than asked for where the lung has no more'),
  })
  .meta({ id: 'Proposals' });
export type Proposals = z.infer<typeof Proposals>;
