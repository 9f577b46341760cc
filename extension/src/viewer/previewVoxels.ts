/**
 * Shows previews inside the CT itself: the changed voxels are written into the viewer's copy of the volume, so they
 * are seen in every plane with the reader's own window, zoom and slice, and flipping them costs one texture update of
 * the few slices touched. Previews lie one on another and may overlap: of each voxel the last one counts, and taking them
 * back gives every voxel what the archive has there. The archive is never written. While previews are on, what is
 * measured is what is seen. While the last one is dragged, what it adds to those below it is laid where it is held.
 */
import type { PointLps, PreviewBox } from '@nodulelab/contract';
import { patchOf, type VolumeGrid, type VoxelPatch } from '../geometry/box.ts';
import { laidAt, type Lump } from '../geometry/carry.ts';
import type { Pose } from '../geometry/pose.ts';
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

/** What of the changed voxels is seen. */
export type PreviewLook =
  | 'original'
  | 'preview'
  /** Preview less original, in HU about the middle of the lung window: grey where nothing changed. */
  | 'difference'
  /** The original up to this part of the way from the patient's right to left, the preview from there on. */
  | { readonly swipe: number };

/** Every voxel that a preview changes, once: what the archive has there, and what the last preview makes of it. */
interface Changed {
  readonly indices: Int32Array;
  readonly original: Float32Array;
  readonly preview: Float32Array;
  /** Without the last preview. */
  readonly below: Float32Array;
  /** What the last preview adds to that, in the order of its box. */
  readonly added: Float32Array;
  /** Where each lies from the patient's right (0) to left (1) among them. */
  readonly across: Float32Array;
  readonly slices: readonly number[];
}

interface Held<V> {
  readonly volume: V;
  readonly grid: VolumeGrid;
  readonly changed: Changed;
  /** What the last preview adds; null where there is none. */
  readonly last: Lump | null;
}

/** Voxels that what is dragged lies on, and what each was before. */
interface Carried {
  readonly indices: Int32Array;
  readonly before: Float32Array;
}

/** HU in the middle of the lung window. */
const MIDDLE_GREY = -600;

const gridOf = (volume: PreviewVolume): VolumeGrid => ({
  dimensions: volume.dimensions as [number, number, number],
  spacing: volume.spacing as [number, number, number],
  origin: volume.origin as PointLps,
  direction: volume.direction,
});

export class PreviewVoxels<V extends PreviewVolume> {
  readonly #isAlive: (volume: V) => boolean;
  readonly #changed: (volume: V, slices: ReadonlySet<number>) => void;
  #held: Held<V> | null = null;
  #carried: Carried | null = null;

  /**
   * @param isAlive whether the viewer still holds a volume
   * @param changed told of slices whose voxels have just been written, for whoever keeps copies of them
   */
  constructor(
    isAlive: (volume: V) => boolean,
    changed: (volume: V, slices: ReadonlySet<number>) => void = () => undefined,
  ) {
    this.#isAlive = isAlive;
    this.#changed = changed;
  }

  /** Takes previews for a volume and shows them, each on top of the ones before it; former ones are put back first. */
  hold(volume: V, boxes: readonly PreviewBox[]): void {
    this.release();
    if (!volume.voxelManager)
      throw new Error('The CT is not loaded yet. Wait until all slices have arrived and preview again.');
    const grid = gridOf(volume);
    const voxels = volume.voxelManager;
    const patches = boxes.map((box) => patchOf(grid, box));
    const changed = changedBy(patches, grid, (index) => voxels.getAtIndex(index) as number);
    const box = boxes.at(-1);
    this.#held = { volume, grid, changed, last: box ? lumpOf(box, changed.added) : null };
    this.show('preview');
  }

  show(look: PreviewLook): void {
    const held = this.#held;
    const voxels = held?.volume.voxelManager;
    if (!held || !voxels) return;
    const touched = this.#putDown(held);
    const { indices, slices } = held.changed;
    const valueOf = lookOf(held.changed, look);
    for (let n = 0; n < indices.length; n++) voxels.setAtIndex(indices[n]!, valueOf(n));
    this.#send(held.volume, [...touched, ...slices]);
  }

  /** Lays what the last preview adds where it is dragged to; any look puts it down again. */
  carry(from: Pose, to: Pose): void {
    const held = this.#held;
    const voxels = held?.volume.voxelManager;
    if (!held?.last || !voxels) return;
    const { volume, grid, changed } = held;
    const touched = new Set<number>();
    if (this.#carried) for (const slice of this.#putDown(held)) touched.add(slice);
    else {
      changed.indices.forEach((index, n) => voxels.setAtIndex(index, changed.below[n]!));
      for (const slice of changed.slices) touched.add(slice);
    }
    const { indices, added } = laidAt(grid, held.last, from, to);
    const before = Float32Array.from(indices, (index) => voxels.getAtIndex(index) as number);
    indices.forEach((index, n) => voxels.setAtIndex(index, before[n]! + added[n]!));
    this.#carried = { indices, before };
    this.#send(volume, [...touched, ...slicesOf(indices, grid)]);
  }

  /** Puts the original voxels back and forgets the previews. */
  release(): void {
    // A volume that the viewer has let go of has taken its voxels along.
    if (this.#held && this.#isAlive(this.#held.volume)) this.show('original');
    this.#held = null;
    this.#carried = null;
  }

  /** What was dragged leaves the voxels that it lay on as they were. @returns the slices that they are in */
  #putDown({ volume, grid }: Held<V>): readonly number[] {
    const carried = this.#carried;
    this.#carried = null;
    const voxels = volume.voxelManager;
    if (!carried || !voxels) return [];
    carried.indices.forEach((index, n) => voxels.setAtIndex(index, carried.before[n]!));
    return slicesOf(carried.indices, grid);
  }

  /** Only the touched slices go to the graphics card. */
  #send(volume: V, slices: Iterable<number>): void {
    const touched = new Set(slices);
    for (const slice of touched) volume.vtkOpenGLTexture.setUpdatedFrame(slice);
    volume.imageData?.modified();
    this.#changed(volume, touched);
  }
}

function slicesOf(indices: Int32Array, { dimensions: [width, height] }: VolumeGrid): number[] {
  const slices = new Set<number>();
  for (const index of indices) slices.add(Math.floor(index / (width * height)));
  return [...slices];
}

/** The voxels themselves are not needed twice. */
const lumpOf = ({ size, origin, spacing, direction }: PreviewBox, difference: Float32Array): Lump => ({
  box: { size, origin, spacing, direction },
  difference,
});

function lookOf(changed: Changed, look: PreviewLook): (n: number) => number {
  const { original, preview, across } = changed;
  if (look === 'original') return (n) => original[n]!;
  if (look === 'preview') return (n) => preview[n]!;
  if (look === 'difference') return (n) => MIDDLE_GREY + preview[n]! - original[n]!;
  return (n) => (across[n]! < look.swipe ? original[n]! : preview[n]!);
}

function changedBy(
  patches: readonly VoxelPatch[],
  { dimensions: [width, height], spacing, origin, direction }: VolumeGrid,
  originalAt: (index: number) => number,
): Changed {
  const last = new Map<number, number>();
  let below = new Map<number, number>();
  for (const [n, { indices, values }] of patches.entries()) {
    if (n === patches.length - 1) below = new Map(last);
    for (let at = 0; at < indices.length; at++) last.set(indices[at]!, values[at]!);
  }
  const indices = Int32Array.from(last.keys());
  const original = Float32Array.from(indices, originalAt);
  const top = patches.at(-1);
  const belowAt = (index: number): number => below.get(index) ?? originalAt(index);
  // The first row of each axis' direction is its part along L.
  const along = [0, 1, 2].map((axis) => spacing[axis]! * direction[3 * axis]!);
  const across = Float32Array.from(indices, (index) => {
    const [i, j, k] = [
      index % width,
      Math.floor(index / width) % height,
      Math.floor(index / (width * height)),
    ];
    return origin[0] + i * along[0]! + j * along[1]! + k * along[2]!;
  });
  let [low, high] = [Infinity, -Infinity];
  for (const at of across) [low, high] = [Math.min(low, at), Math.max(high, at)];
  return {
    indices,
    original,
    preview: Float32Array.from(last.values()),
    below: original.map((value, n) => below.get(indices[n]!) ?? value),
    added: Float32Array.from(top?.indices ?? [], (index, n) => top!.values[n]! - belowAt(index)),
    across: across.map((at) => (high > low ? (at - low) / (high - low) : 0)),
    slices: [...new Set(patches.flatMap(({ slices }) => slices))],
  };
}
