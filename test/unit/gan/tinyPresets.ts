/** Trainings small enough for the float64 reference and for tests of seconds. */
import { PRESETS, type Preset } from '../../../server/src/gan/presets.ts';
import type { PatchSource } from '../../../server/src/dataset/patchSource.ts';

/** The seed's form at 16³ with a handful of channels. */
export const TINY_PLAIN: Preset = {
  ...PRESETS['seed-64']!,
  name: 'tiny-plain',
  architecture: {
    ...PRESETS['seed-64']!.architecture,
    latentSize: 3,
    channels: [3, 2],
    firstResolution: 16,
  },
  stages: [{ resolution: 16, learningRate: 1e-3, batchSize: 2, updates: 4 }],
  criticSteps: 2,
};

/** The grown form from 8³ to 16³ with a handful of channels. */
export const TINY_GROWN: Preset = {
  ...PRESETS['progressive-64']!,
  name: 'tiny-grown',
  architecture: {
    ...PRESETS['progressive-64']!.architecture,
    latentSize: 3,
    channels: [3, 3, 2],
    firstResolution: 8,
  },
  stages: [
    { resolution: 8, learningRate: 1e-3, batchSize: 3, updates: 4 },
    { resolution: 16, learningRate: 1e-3, batchSize: 3, updates: 4 },
  ],
};

/** All of the conditional form from 8³ to 16³ with a handful of channels. */
export const TINY_CONDITIONAL: Preset = {
  ...PRESETS['conditional-64']!,
  name: 'tiny-conditional',
  architecture: {
    ...PRESETS['conditional-64']!.architecture,
    latentSize: 3,
    channels: [3, 3, 2],
    firstResolution: 8,
  },
  stages: TINY_GROWN.stages,
};

/** Soft balls of different radii on a dark ground, in [0, 1]. */
export function ballPatches(count: number, size: number): PatchSource {
  return {
    count,
    size,
    patch(index) {
      const radius = size * (0.15 + (0.2 * index) / count);
      const centre = (size - 1) / 2;
      return Float32Array.from({ length: size ** 3 }, (_, i) => {
        const z = Math.floor(i / size ** 2) - centre;
        const y = (Math.floor(i / size) % size) - centre;
        const x = (i % size) - centre;
        return 0.1 + 0.7 / (1 + Math.exp((Math.hypot(x, y, z) - radius) / (size / 32)));
      });
    },
  };
}
