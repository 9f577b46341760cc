/** The bad end of the scale: a Gaussian ellipsoid for each real nodule, of its size and level. */
import { SOFT_MARGIN } from '../../dataset/softMask.ts';
import type { SoftMargin } from '../../dataset/softMask.ts';
import { Random } from '../../nn/random.ts';
import { noduleMask } from '../noduleMask.ts';
import type { PatchGroup } from '../patchGroup.ts';
import { controlOf, GROUND } from './control.ts';
import type { ControlGroup } from './control.ts';
import { gaussianEllipsoid, randomEllipsoid } from './gaussianEllipsoid.ts';

/** @param margin of the real patches, where their constant ground begins */
export function ellipsoidControl(
  real: PatchGroup,
  seed: number,
  margin: SoftMargin = SOFT_MARGIN,
): ControlGroup {
  const { size } = real;
  return controlOf({
    name: 'ellipsoids',
    made:
      'Gaussian ellipsoids of random axis ratios (0.4 to 1) and directions, each with the diameter at half maximum and ' +
      `the mean HU of one real nodule, on the same constant ground (margin ${margin.fullMm} to ${margin.rimMm} mm).`,
    from: real,
    recipe: [1, seed, margin.fullMm, margin.rimMm],
    make: (values, index, { spacingMm }) => {
      const nodule = noduleMask(values, size);
      // Where the real patch shows no nodule, this one shows none either.
      if (nodule === null) return values.fill(GROUND);
      return gaussianEllipsoid({
        ...{ size, spacingMm, margin, meanHu: nodule.meanHu },
        diameterMm: nodule.equivalentVoxels * spacingMm,
        ...randomEllipsoid(Random.of('ellipsoid control', seed, index)),
      });
    },
  });
}
