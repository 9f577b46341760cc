/** Where a nodule may go in a series, edited or not; nothing of it reaches the archive. */
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import type {
  Edit,
  GuardMap,
  GuardRequest,
  Place,
  PlaceRequest,
  Preview,
  ProposalRequest,
  Proposals,
} from '@nodulelab/contract';
import type { z } from 'zod';
import type { EarlierNodule } from '../insertion/placement.ts';
import { indexToWorld, type IndexBox, type VolumeGeometry } from '../volume/ctVolume.ts';
import type { ServiceContext } from './context.ts';
import { stackBelow } from './editStack.ts';
import type { Previews } from './openPreviews.ts';
import { requireCandidate } from './requireCandidate.ts';
import { DEFAULT_DIAMETER_MM, usualDiameterOf } from './usualDiameter.ts';

export async function proposePlaceIn(
  context: Pick<ServiceContext, 'imaging' | 'store'>,
  previews: Pick<Previews, 'get'>,
  request: z.infer<typeof PlaceRequest>,
): Promise<Place> {
  const { seed, setting: wanted } = request;
  const diameterMm = request.diameterMm ?? (await diameterFor(context, request.candidateId));
  const { sourceSeriesInstanceUID, edits } = await stackBelow(context, previews, request);
  const { centre, setting } = await context.imaging.propose({
    ...{ seriesInstanceUID: sourceSeriesInstanceUID, diameterMm, seed },
    ...(wanted === undefined ? {} : { setting: wanted }),
    earlier: edits.map(({ box, hu }) => ({ box, hu })),
    clearOf: edits.flatMap(({ edit }) => (edit.kind === 'insert' ? [earlierNodule(edit)] : [])),
  });
  return { centre: [...centre], setting };
}

/** The same series, edits and size give the same places. */
export async function rankPlacesIn(
  context: Pick<ServiceContext, 'imaging' | 'store'>,
  previews: Pick<Previews, 'get'>,
  request: ProposalRequest,
): Promise<Proposals> {
  const { count, setting } = request;
  const diameterMm = request.diameterMm ?? (await diameterFor(context, request.candidateId));
  const { sourceSeriesInstanceUID, edits } = await stackBelow(context, previews, request);
  const places = await context.imaging.rankPlaces({
    ...{ seriesInstanceUID: sourceSeriesInstanceUID, diameterMm, count },
    ...(setting === undefined ? {} : { setting }),
    earlier: edits.map(({ box, hu }) => ({ box, hu })),
    clearOf: edits.flatMap(({ edit }) => (edit.kind === 'insert' ? [earlierNodule(edit)] : [])),
  });
  return {
    diameterMm,
    places: places.map(({ centre, ...place }) => ({ ...place, centre: [...centre] })),
  };
}

async function diameterFor(
  { store }: Pick<ServiceContext, 'store'>,
  candidateId: string | undefined,
): Promise<number> {
  return candidateId === undefined
    ? DEFAULT_DIAMETER_MM
    : usualDiameterOf((await requireCandidate(store, candidateId)).candidate);
}

/** Of the original: an inserted nodule does not change where another one may go by much, and a person sees it. */
export async function guardMapIn(
  { imaging, store }: Pick<ServiceContext, 'imaging' | 'store'>,
  { seriesInstanceUID, diameterMm, setting }: GuardRequest,
): Promise<GuardMap> {
  const derived = await store.derived.get(seriesInstanceUID);
  const { labels, size, spacing, origin, direction, allowedMl } = await imaging.guard({
    seriesInstanceUID: derived?.sourceSeriesInstanceUID ?? seriesInstanceUID,
    diameterMm,
    ...(setting === undefined ? {} : { setting }),
  });
  const [di, dj, dk] = direction;
  return {
    ...{ seriesInstanceUID, diameterMm, setting: setting ?? null, allowedMl },
    ...{ size: [...size], spacing: [...spacing], origin: [...origin] },
    direction: [[...di], [...dj], [...dk]],
    labels: (await promisify(deflateRaw)(labels)).toString('base64'),
  };
}

/** A recorded insertion as what a further nodule keeps clear of. */
export const earlierNodule = ({
  centre,
  diameterMm,
}: Pick<Edit, 'centre' | 'diameterMm'>): EarlierNodule => ({
  centre: [...centre],
  diameterMm,
});

/** Blending draws its noise from the candidate's own hash: the same candidate at the same place is the same voxels. */
export function blendingSeed(candidateSha256: string): number {
  return Number.parseInt(candidateSha256.slice(0, 8), 16);
}

/** Grid of a box within a host grid. */
export function boxGeometry(
  host: VolumeGeometry,
  box: IndexBox,
): Pick<Preview['box'], 'size' | 'origin' | 'spacing' | 'direction'> {
  const [x, y, z] = indexToWorld(host, box.min);
  const [di, dj, dk] = host.direction;
  return {
    size: [box.max[0] - box.min[0], box.max[1] - box.min[1], box.max[2] - box.min[2]],
    origin: [x, y, z],
    spacing: [...host.spacing],
    direction: [[...di], [...dj], [...dk]],
  };
}
