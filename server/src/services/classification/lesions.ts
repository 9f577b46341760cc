/** All patches of an experiment under one rule, as small as the network sees them, in one block that threads share. */
import { tailOf } from '../../dataset/augmentation/warp.ts';
import { openPatchFile } from '../../dataset/patchFile.ts';
import type { PatchSource } from '../../dataset/patchSource.ts';
import { readPatch } from '../../dataset/patchSource.ts';
import { marginOf } from '../balance/material.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import { gaussianEllipsoid, randomEllipsoid } from '../../evaluation/controls/gaussianEllipsoid.ts';
import { noduleMask } from '../../evaluation/noduleMask.ts';
import { areaResample } from '../../networks/areaResample.ts';
import { Random } from '../../nn/random.ts';
import { realNodules, type RealNodule } from './nodules.ts';

/** A patch of the block. */
export interface Lesion {
  /** Number of its cube in the block. */
  readonly at: number;
  readonly malignant: boolean;
  readonly diameterMm: number;
}
export interface RealLesion extends RealNodule {
  readonly at: number;
}

/** Plain data: it goes to worker threads as it is. */
export interface Lesions {
  /** Voxels along an edge. */
  readonly size: number;
  /** size³ values in [0, 1] a lesion, x fastest, and what a warp may touch after the last (augmentation/warp.ts). */
  readonly voxels: Float32Array<SharedArrayBuffer>;
  readonly real: readonly RealLesion[];
  /** Of the generator; empty where there is none. */
  readonly synthetic: readonly Lesion[];
  /** {@link ELLIPSOIDS_EACH} for each real nodule that shows something to be measured. */
  readonly ellipsoids: readonly (Lesion & { readonly of: string })[];
}

/** So that twice as many as there are real ones can be added. */
const ELLIPSOIDS_EACH = 2;

export interface LesionsRequest {
  /** The sets of both folds under one rule, train first. */
  readonly realDirs: readonly string[];
  /** Sets of samples. */
  readonly syntheticDirs: readonly string[];
  readonly ellipsoids: boolean;
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/** Reads, draws and scales down all of them. @throws NoduleLabError for a set that cannot be used */
export async function gatherLesions(request: LesionsRequest): Promise<Lesions> {
  const { realDirs, syntheticDirs, size, signal, onProgress } = request;
  const sets = await Promise.all([...realDirs, ...syntheticDirs].map(openPatchFile));
  try {
    const real = realNodules(sets.slice(0, realDirs.length).map(({ manifest }) => manifest));
    const samples = sets.slice(realDirs.length);
    const each = request.ellipsoids ? ELLIPSOIDS_EACH : 0;
    const most = real.length * (1 + each) + samples.reduce((sum, { count }) => sum + count, 0);
    const block = blockOf(most, size);
    let done = 0;
    const advance = (by: number): void => {
      signal?.throwIfAborted();
      onProgress?.((done += by) / most);
    };
    const realLesions: RealLesion[] = [];
    const ellipsoids: (Lesion & { of: string })[] = [];
    for (const nodule of real) {
      const set = sets[nodule.fold === 'train' ? 0 : 1]!;
      const values = await readPatch(set, nodule.index);
      realLesions.push({ ...nodule, at: block.add(values, set.size) });
      const { spacingMm } = set.manifest.patches[nodule.index]!;
      for (let round = 0; round < each; round++) {
        const drawn = ellipsoidLike(values, set, spacingMm, marginOf(set.manifest), [nodule.id, round]);
        if (drawn === null) continue;
        const { malignant, diameterMm, id } = nodule;
        ellipsoids.push({ at: block.add(drawn, set.size), malignant, diameterMm, of: id });
      }
      advance(1 + each);
    }
    const synthetic: Lesion[] = [];
    for (const set of samples)
      for (let index = 0; index < set.count; index++) {
        const entry = set.manifest.patches[index]!;
        const at = block.add(await readPatch(set, index), set.size);
        synthetic.push({ at, malignant: entry.class === 'malignant', diameterMm: entry.diameterMm });
        advance(1);
      }
    return { size, voxels: block.voxels, real: realLesions, synthetic, ellipsoids };
  } finally {
    await Promise.all(sets.map((set) => set.close()));
  }
}

function blockOf(
  count: number,
  size: number,
): { voxels: Float32Array<SharedArrayBuffer>; add(values: Float32Array, edge: number): number } {
  const cube = size ** 3;
  const bytes = (count * cube + tailOf(size)) * Float32Array.BYTES_PER_ELEMENT;
  const voxels = new Float32Array(new SharedArrayBuffer(bytes));
  let next = 0;
  return {
    voxels,
    add(values, edge) {
      voxels.set(edge === size ? values : areaResample(values, edge, size), next * cube);
      return next++;
    },
  };
}

/** Of the size and level of a nodule; null where the patch shows none. */
function ellipsoidLike(
  values: Float32Array,
  { size }: Pick<PatchSource, 'size'>,
  spacingMm: number,
  margin: SoftMargin,
  name: readonly (string | number)[],
): Float32Array | null {
  const nodule = noduleMask(values, size);
  if (nodule === null) return null;
  return gaussianEllipsoid({
    ...{ size, spacingMm, margin, meanHu: nodule.meanHu },
    diameterMm: nodule.equivalentVoxels * spacingMm,
    ...randomEllipsoid(Random.of('classification ellipsoid', ...name)),
  });
}
