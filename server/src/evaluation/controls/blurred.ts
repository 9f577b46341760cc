/** Real patches under a Gaussian: what a generator gives that learned the average and no detail. */
import { toHuPatch } from '../../insertion/patchShape.ts';
import { blurPatch } from '../../insertion/resamplePatch.ts';
import { windowHu } from '../../volume/window.ts';
import type { PatchGroup } from '../patchGroup.ts';
import { controlOf } from './control.ts';
import type { ControlGroup } from './control.ts';

/** Voxels: in a patch of 64 twice the diameter of the nodule, a twelfth of the nodule's diameter. */
export const BLUR_VOXELS = 2.5;

export function blurredControl(real: PatchGroup, sigmaVoxels = BLUR_VOXELS): ControlGroup {
  return controlOf({
    name: 'blurred',
    made: `Real patches under a Gaussian of ${sigmaVoxels} voxels (standard deviation).`,
    from: real,
    recipe: [1, sigmaVoxels],
    make: (values) => {
      const { hu } = blurPatch(toHuPatch(values), [sigmaVoxels, sigmaVoxels, sigmaVoxels]);
      return hu.map(windowHu);
    },
  });
}
