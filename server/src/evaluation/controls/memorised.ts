/**
 * A generator that learned its training set by heart: training patches, flipped and turned, with a little noise. Every
 * measure of looks calls it perfect; only a look at the nearest training patches finds it out.
 */
import { copyOriented, ORIENTATIONS } from '../../dataset/augmentation/orientation.ts';
import { Random } from '../../nn/random.ts';
import type { PatchGroup } from '../patchGroup.ts';
import { controlOf } from './control.ts';
import type { ControlGroup } from './control.ts';
import { withNoise } from './noise.ts';

/** Standard deviation, HU: far below what a reader sees. */
export const COPY_NOISE_HU = 3;

/** @param count of copies; none is made of a patch again before all have been copied as often */
export function memorisedControl(training: PatchGroup, count: number, seed: number): ControlGroup {
  const copied = new Uint32Array(count);
  for (let first = 0, round = 0; first < count; first += training.count, round++)
    copied.set(
      Random.of('memorised control', seed, 'round', round)
        .permutation(training.count)
        .subarray(0, count - first),
      first,
    );
  return controlOf({
    name: 'memorised',
    made:
      `Copies of training patches in random ones of the ${ORIENTATIONS} flips and turns of a cube, with noise of ` +
      `${COPY_NOISE_HU} HU (standard deviation).`,
    from: training,
    recipe: [1, seed, COPY_NOISE_HU],
    count,
    sourceOf: (index) => copied[index]!,
    make: (values, index) => {
      const random = Random.of('memorised control', seed, index);
      const turned = new Float32Array(values.length);
      copyOriented(values, training.size, random.integer(ORIENTATIONS), turned, 0);
      return withNoise(turned, COPY_NOISE_HU, random);
    },
  });
}
