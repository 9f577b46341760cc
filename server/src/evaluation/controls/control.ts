/**
 * Controls: sets that are known to be bad, each in its own way. They go through the same gates as a generator's set, and
 * a gate that lets all of them pass measures nothing. Made from real patches, one at a time, the same for the same seed.
 */
import { createHash } from 'node:crypto';
import type { Control } from '../result.ts';
import type { GroupItem, PatchGroup } from '../patchGroup.ts';
import { PARENCHYMA_HU, WINDOW_HIGH_HU, WINDOW_LOW_HU, windowHu } from '../../volume/window.ts';

export type ControlName = Control['name'];

export interface ControlGroup extends PatchGroup {
  readonly name: ControlName;
  /** How it was made, in words, with its numbers. */
  readonly made: string;
}

export interface ControlPlan {
  readonly name: ControlName;
  readonly made: string;
  /** What it is made from. */
  readonly from: PatchGroup;
  /** What decides the voxels beside the source: versions, numbers, seeds. */
  readonly recipe: readonly (string | number)[];
  readonly count?: number;
  /** Which patch of the source number `index` is made from; the same number by default. */
  readonly sourceOf?: (index: number) => number;
  /** size³ values in [0, 1] from a copy of the source's patch, which may be changed in place. */
  readonly make: (values: Float32Array, index: number, item: GroupItem) => Float32Array;
}

/** A group whose patches are made when they are asked for. */
export function controlOf({
  name,
  made,
  from,
  recipe,
  count = from.count,
  sourceOf = (index) => index,
  make,
}: ControlPlan): ControlGroup {
  const items = Array.from({ length: count }, (_, index): GroupItem => {
    const source = from.items[sourceOf(index)]!;
    const id = `${name}/${index}`;
    return { ...source, id, cluster: id, conditions: {} };
  });
  return {
    name,
    made,
    count,
    size: from.size,
    items,
    sha256: createHash('sha256')
      .update(JSON.stringify([name, from.sha256, count, ...recipe]))
      .digest('hex'),
    patch: async (index) => make((await from.patch(sourceOf(index))).slice(), index, items[index]!),
  };
}

/** One HU as a step of values in [0, 1]. */
export const HU = 1 / (WINDOW_HIGH_HU - WINDOW_LOW_HU);
export const GROUND = windowHu(PARENCHYMA_HU);
/** The constant ground of an isolated patch fades in over this much, in HU, where voxels are changed. */
const FADE_HU = 50;

const { abs, min } = Math;

/**
 * How much of a voxel is nodule or its surroundings: 0 on the constant ground, which stays constant in whatever is made
 * of a patch, 1 from a little above or below it on.
 */
export const offGround = (value: number): number => min(1, abs(value - GROUND) / (FADE_HU * HU));
