/** Places and previews: everything before accept happens here, and nothing of it reaches the archive. */
import type { Place, Preview, PreviewRequest } from '@nodulelab/contract';
import { indexToWorld, type IndexBox, type VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';
import type { PreviewResult } from './imaging/protocol.ts';

/** A preview that can still be accepted. */
export interface OpenPreview {
  readonly preview: Preview;
  readonly result: PreviewResult;
}

export interface Previews {
  add(entry: OpenPreview): void;
  /** @throws NoduleLabError `not-found` */
  get(id: string): OpenPreview;
  remove(id: string): void;
}

/** Previews live in memory: they are cheap to make again and nothing is lost with them. */
const KEPT_PREVIEWS = 64;

export function createPreviews(): Previews {
  const open = new Map<string, OpenPreview>();
  const get = (id: string): OpenPreview => {
    const entry = open.get(id);
    if (!entry)
      throw new NoduleLabError('not-found', `there is no preview ${id}: make it again`, { previewId: id });
    return entry;
  };
  return {
    get,
    add(entry) {
      open.set(entry.preview.id, entry);
      for (const oldest of open.keys()) {
        if (open.size <= KEPT_PREVIEWS) break;
        open.delete(oldest);
      }
    },
    remove(id) {
      get(id);
      open.delete(id);
    },
  };
}

export async function proposePlaceIn(
  { imaging }: Pick<ServiceContext, 'imaging'>,
  request: { readonly seriesInstanceUID: string; readonly diameterMm: number; readonly seed: number },
): Promise<Place> {
  const [x, y, z] = await imaging.propose(request);
  return { centre: [x, y, z] };
}

/** @throws NoduleLabError `unusable` with the reason where the place is refused */
export async function previewInsertion(
  { imaging, store, newId }: Pick<ServiceContext, 'imaging' | 'store' | 'newId'>,
  previews: Previews,
  request: PreviewRequest,
): Promise<Preview> {
  const stored = await store.candidates.get(request.candidateId);
  if (!stored)
    throw new NoduleLabError('not-found', `there is no candidate ${request.candidateId}: generate it again`, {
      candidateId: request.candidateId,
    });
  const result = await imaging.preview({
    seriesInstanceUID: request.seriesInstanceUID,
    patch: stored.voxels,
    centre: request.centre,
    diameterMm: request.diameterMm,
    seed: blendingSeed(stored.candidate.sha256),
  });
  const preview: Preview = {
    id: newId(),
    seriesInstanceUID: request.seriesInstanceUID,
    candidateId: request.candidateId,
    centre: request.centre,
    diameterMm: request.diameterMm,
    box: {
      ...boxGeometry(result.geometry, result.box),
      hu: base64(result.hu),
      alpha: base64(result.alpha),
    },
    checks: [...result.checks],
  };
  previews.add({ preview, result });
  return preview;
}

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

function base64(array: Int16Array | Uint8Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
}
