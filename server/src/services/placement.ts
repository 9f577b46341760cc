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
  /** @throws NoduleLabError `not-found`; `conflict` while it is being written */
  get(id: string): OpenPreview;
  /** @throws NoduleLabError as `get` */
  remove(id: string): void;
  /**
   * Writes a preview, which can be neither discarded nor accepted again meanwhile. It is forgotten when the work
   * succeeds and can be accepted again when it fails.
   * @throws NoduleLabError as `get`
   */
  write<T>(id: string, work: (entry: OpenPreview) => Promise<T>): Promise<T>;
}

/** Previews live in memory: they are cheap to make again and nothing is lost with them. */
const KEPT_PREVIEWS = 64;

export function createPreviews(): Previews {
  const open = new Map<string, OpenPreview>();
  const writing = new Set<string>();
  const get = (id: string): OpenPreview => {
    const entry = open.get(id);
    if (!entry)
      throw new NoduleLabError('not-found', `there is no preview ${id}: make it again`, { previewId: id });
    if (writing.has(id))
      throw new NoduleLabError(
        'conflict',
        `preview ${id} is being written: wait for its job to end, or cancel the job`,
        { previewId: id },
      );
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
    async write(id, work) {
      const entry = get(id);
      writing.add(id);
      try {
        const result = await work(entry);
        open.delete(id);
        return result;
      } finally {
        writing.delete(id);
      }
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
