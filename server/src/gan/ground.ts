/** What isolated patches hold where there is no nodule, in the networks' range [−1, 1]. */
import { PARENCHYMA_HU, windowHu } from '../volume/window.ts';
import type { Architecture } from './presets.ts';

export const GROUND_HU = 2 * windowHu(PARENCHYMA_HU) - 1;

/** By channel: aerated parenchyma, and none of the nodule. */
export const GROUND: Readonly<Record<Architecture['output'], readonly number[]>> = {
  hu: [GROUND_HU],
  'hu+alpha': [GROUND_HU, -1],
};
