/**
 * Shows previews inside the CT itself: the changed voxels are written into the viewer's copy of the volume, so they
 * are seen in every plane with the reader's own window, zoom and slice, and flipping them costs one texture update of
 * the few slices touched. Previews lie one on another and may overlap: they are written in order and taken back in the
 * reverse order, each giving back exactly what it found. The archive is never written. While previews are on, what is
 * measured is what is seen.
 */
import type { PointLps, PreviewBox } from '@nodulelab/contract';
import { patchOf, type VolumeGrid, type VoxelPatch } from '../geometry/box.ts';
import type { CornerstoneLibrary } from '../ohif.ts';

type CachedVolume = NonNullable<ReturnType<CornerstoneLibrary['cache']['getVolume']>>;

/** What of the viewer's volume is used here. */
export type PreviewVolume = Pick<CachedVolume, 'dimensions' | 'spacing' | 'origin' | 'direction'> & {
  readonly voxelManager?:
    | {
        getAtIndex(index: number): unknown;
        setAtIndex(index: number, value: number): unknown;
      }
    | undefined;
  readonly vtkOpenGLTexture: { setUpdatedFrame(slice: number): void };
  readonly imageData?: { modified(): void } | undefined;
};

/** The voxels of one preview, and what lay under them when it was last written. */
interface Layer {
  readonly patch: VoxelPatch;
  readonly under: Float32Array;
}

interface Held<V> {
  readonly volume: V;
  readonly layers: readonly Layer[];
  shown: boolean;
}

const gridOf = (volume: PreviewVolume): VolumeGrid => ({
  dimensions: volume.dimensions as [number, number, number],
  spacing: volume.spacing as [number, number, number],
  origin: volume.origin as PointLps,
  direction: volume.direction,
});

export class PreviewVoxels<V extends PreviewVolume> {
  readonly #isAlive: (volume: V) => boolean;
  #held: Held<V> | null = null;

  /** @param isAlive whether the viewer still holds a volume */
  constructor(isAlive: (volume: V) => boolean) {
    this.#isAlive = isAlive;
  }

  /** Takes previews for a volume and shows them, each on top of the ones before it; former ones are put back first. */
  hold(volume: V, boxes: readonly PreviewBox[]): void {
    this.release();
    if (!volume.voxelManager)
      throw new Error('The CT is not loaded yet. Wait until all slices have arrived and preview again.');
    const layers = boxes.map((box) => {
      const patch = patchOf(gridOf(volume), box);
      return { patch, under: new Float32Array(patch.indices.length) };
    });
    this.#held = { volume, layers, shown: false };
    this.show(true);
  }

  /** Flips between the previews and the original. */
  show(shown: boolean): void {
    const held = this.#held;
    const voxels = held?.volume.voxelManager;
    if (!held || !voxels || held.shown === shown) return;
    const { volume, layers } = held;
    for (const { patch, under } of shown ? layers : layers.toReversed())
      for (let n = 0; n < under.length; n++) {
        const index = patch.indices[n]!;
        if (shown) under[n] = voxels.getAtIndex(index) as number;
        voxels.setAtIndex(index, shown ? patch.values[n]! : under[n]!);
      }
    // Only the touched slices go to the graphics card.
    for (const slice of new Set(layers.flatMap(({ patch }) => patch.slices)))
      volume.vtkOpenGLTexture.setUpdatedFrame(slice);
    volume.imageData?.modified();
    held.shown = shown;
  }

  /** Puts the original voxels back and forgets the previews. */
  release(): void {
    // A volume that the viewer has let go of has taken its voxels along.
    if (this.#held && this.#isAlive(this.#held.volume)) this.show(false);
    this.#held = null;
  }
}
