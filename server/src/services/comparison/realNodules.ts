/** The real nodules of the held-out set, opened for a comparison: their patches, and the boxes that cut-and-mix pastes. */
import { basename } from 'node:path';
import type { PatchManifest } from '../../dataset/manifest.ts';
import { openPatchFile, type PatchFile } from '../../dataset/patchFile.ts';
import { idOf } from '../../dataset/cutPatch.ts';
import type { SourceNodule } from '../../dataset/source.ts';
import { openVoiFolder } from '../../dataset/voiFolder.ts';
import { noduleMask } from '../../evaluation/noduleMask.ts';
import { measurePatch, toHuPatch } from '../../insertion/patchShape.ts';
import { largestPiece } from '../../lidc/boxMask.ts';
import type { CtVolume } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { cubicGrid } from '../../volume/resample.ts';
import { unwindowHu } from '../../volume/window.ts';
import type { BoxSource } from './pasteBox.ts';

export interface RealNodules {
  readonly file: PatchFile;
  readonly boxesFrom: 'cut-outs' | 'isolated patches';
  /** Indices of patches that show no nodule: nothing can be inserted of them. */
  readonly empty: ReadonlySet<number>;
  /** The nodule of a patch with what lies around it. */
  box(index: number): Promise<BoxSource>;
  close(): Promise<void>;
}

/**
 * @param vois folder of the cut-outs that the set was built from: with it cut-and-mix pastes the nodules with their real
 *   surroundings, without it with the set's constant ground
 * @param xml LIDC XML, where the set's outlines came from it
 * @throws NoduleLabError `invalid-input` for a folder that is no set; `unusable` where the cut-outs are not those of the set
 */
export async function openRealNodules(
  dir: string,
  vois: { readonly dir: string; readonly xml?: string | undefined } | undefined,
  signal: AbortSignal,
): Promise<RealNodules> {
  const file = await openPatchFile(dir);
  try {
    // Read when the first box is asked for: a run that only measures again does not need them.
    let sources: Promise<Map<string, SourceNodule>> | undefined;
    const empty = new Set<number>();
    for (let index = 0; index < file.count; index++) {
      signal.throwIfAborted();
      if (!showsNodule(await file.patch(index), file.size)) empty.add(index);
    }
    return {
      ...{ file, empty },
      boxesFrom: vois === undefined ? 'isolated patches' : 'cut-outs',
      async box(index) {
        if (vois === undefined) return boxOfPatch(file, index);
        sources ??= sourcesOf(file.manifest, vois, dir);
        const source = (await sources).get(file.manifest.patches[index]!.id)!;
        const { ct, mask } = await source.load();
        return { ct, mask: largestPiece(mask) };
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function sourcesOf(
  { patches }: PatchManifest,
  { dir, xml }: { readonly dir: string; readonly xml?: string | undefined },
  set: string,
): Promise<Map<string, SourceNodule>> {
  const { nodules } = await openVoiFolder(dir, xml);
  const sources = new Map(nodules.map((nodule) => [idOf(nodule), nodule]));
  const missing = patches.filter(({ id }) => !sources.has(id));
  if (missing[0] !== undefined)
    throw new NoduleLabError(
      'unusable',
      `${dir} has no cut-out of ${missing.length} of the ${patches.length} nodules of ${basename(set)} (${missing[0].id} is one): give the cut-outs that the set was built from, or leave --vois out.`,
      { dir, missing: missing.length },
    );
  return sources;
}

function showsNodule(values: Float32Array, size: number): boolean {
  try {
    measurePatch(toHuPatch(values));
    return noduleMask(values, size) !== null;
  } catch (error) {
    if (error instanceof NoduleLabError && error.kind === 'unusable') return false;
    throw error;
  }
}

/** The patch as a small scan of its own. */
async function boxOfPatch(file: PatchFile, index: number): Promise<BoxSource> {
  const values = await file.patch(index);
  const { size } = file;
  const { mask } = noduleMask(values, size)!;
  const ct: CtVolume = {
    ...cubicGrid([0, 0, 0], size, file.manifest.patches[index]!.spacingMm),
    data: Int16Array.from(values, (value) => Math.round(unwindowHu(value))),
  };
  return { ct, mask: largestPiece({ box: { min: [0, 0, 0], max: [size, size, size] }, bits: mask }) };
}
