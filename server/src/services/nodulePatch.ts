/** The nodule that is to be inserted: sampled anew, or from a .npy file with what is recorded about it. */
import { basename } from 'node:path';
import { sha256Of } from '../store/artefacts.ts';
import type { WantedConditions } from '../gan/support.ts';
import type { ModelRegistry } from './models.ts';
import type { Origin } from './patchFiles/manifests.ts';
import { readPatchFile } from './patchFiles/readPatchFile.ts';

/** Where the nodule comes from. */
export type NoduleChoice =
  | { readonly file: string }
  | {
      readonly model?: string | undefined;
      readonly seed: number;
      /** What is not named is drawn from the model's training nodules. */
      readonly wanted?: WantedConditions | undefined;
    };

export interface NodulePatch {
  /** Values in [0, 1], z slowest, x fastest. */
  readonly voxels: Float32Array;
  /** Of the float32 voxels; blending draws its noise from it. */
  readonly sha256: string;
  /** Absent where it was sampled. */
  readonly file?: { readonly name: string; readonly sha256: string };
  readonly origin: Origin;
}

/** @throws NoduleLabError `invalid-input` where the file is no patch, or the model cannot be asked for that; as `ModelRegistry.load` */
export async function nodulePatch(models: ModelRegistry, choice: NoduleChoice): Promise<NodulePatch> {
  if ('file' in choice) {
    const { voxels, sha256, origin } = await readPatchFile(choice.file);
    return { voxels, sha256: voxelHash(voxels), file: { name: basename(choice.file), sha256 }, origin };
  }
  const { model, sampler } = await models.load(choice.model);
  const { hu: voxels, conditions = null } = await sampler.draw(choice.seed, 0, choice.wanted);
  const { name, sha256 } = model;
  const origin: Origin = {
    ...{ synthetic: true, model: { name, sha256 }, seed: choice.seed, index: 0, conditions },
    diameterMm: conditions?.diameter ?? null,
  };
  return { voxels, sha256: voxelHash(voxels), origin };
}

const voxelHash = (voxels: Float32Array): string =>
  sha256Of(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength));
