/**
 * Shows a preview inside the CT itself: the changed voxels are written into the viewer's copy of the volume, so the
 * preview is seen in every plane with the reader's own window, zoom and slice, and flipping it costs one texture
 * update of the few slices touched. The archive is never written; the original voxels are kept here and put back
 * exactly. While a preview is on, what is measured is what is seen.
 */
import type { PointLps, PreviewBox } from '@nodulelab/contract';
import { patchOf, type VolumeGrid, type VoxelPatch } from '../geometry/box.ts';
import type { CornerstoneLibrary } from '../ohif.ts';

type Volume = NonNullable<ReturnType<CornerstoneLibrary['cache']['getVolume']>>;

interface Held {
  readonly volume: Volume;
  readonly patch: VoxelPatch;
  readonly original: Float32Array;
  shown: boolean;
}

const gridOf = (volume: Volume): VolumeGrid => ({
  dimensions: volume.dimensions as [number, number, number],
  spacing: volume.spacing as [number, number, number],
  origin: volume.origin as PointLps,
  direction: volume.direction,
});

export class PreviewVoxels {
  readonly #isAlive: (volume: Volume) => boolean;
  #held: Held | null = null;

  /** @param isAlive whether the viewer still holds a volume */
  constructor(isAlive: (volume: Volume) => boolean) {
    this.#isAlive = isAlive;
  }

  /** Takes a preview for a volume and shows it; a former preview is put back first. */
  hold(volume: Volume, box: PreviewBox): void {
    this.release();
    const patch = patchOf(gridOf(volume), box);
    const voxels = volume.voxelManager;
    if (!voxels)
      throw new Error('The CT is not loaded yet. Wait until all slices have arrived and preview again.');
    const original = Float32Array.from(patch.indices, (index) => voxels.getAtIndex(index) as number);
    this.#held = { volume, patch, original, shown: false };
    this.show(true);
  }

  /** Flips between the preview and the original. */
  show(shown: boolean): void {
    const held = this.#held;
    if (!held || held.shown === shown) return;
    const { volume, patch, original } = held;
    const values = shown ? patch.values : original;
    const voxels = volume.voxelManager;
    patch.indices.forEach((index, n) => voxels?.setAtIndex(index, values[n]!));
    // Only the touched slices go to the graphics card.
    for (const slice of patch.slices) volume.vtkOpenGLTexture.setUpdatedFrame(slice);
    volume.imageData?.modified();
    held.shown = shown;
  }

  /** Puts the original voxels back and forgets the preview. */
  release(): void {
    // A volume that the viewer has let go of has taken its voxels along.
    if (this.#held && this.#isAlive(this.#held.volume)) this.show(false);
    this.#held = null;
  }
}
