/** Volumes of any type, size and place, for round trips in property tests. */
import fc from 'fast-check';
import type { Stored, VolumeContent } from './volumeFiles.ts';
import { rotations } from './orientations.ts';

const RANGES: Readonly<Record<Stored, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 23), 2 ** 23],
  uint32: [0, 2 ** 24],
  float32: [-3000, 6000],
  float64: [-3000, 6000],
};
const triple = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<[T, T, T]> => fc.tuple(one, one, one);
const mm = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true }).map((value) => value + 0);

/** Whole numbers in the range of the type: what is read must be equal, not close. */
export const anyVolume: fc.Arbitrary<VolumeContent & { readonly type: Stored }> = fc
  .record({
    type: fc.constantFrom(...(Object.keys(RANGES) as Stored[])),
    size: triple(fc.integer({ min: 1, max: 5 })),
    spacing: triple(mm(0.2, 6)),
    origin: triple(mm(-600, 600)),
    direction: rotations,
    bigEndian: fc.boolean(),
    packed: fc.boolean(),
    apart: fc.boolean(),
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
  })
  .map(({ seed, apart, ...content }) => {
    const [low, high] = RANGES[content.type];
    const count = content.size[0] * content.size[1] * content.size[2];
    const values = Array.from({ length: count }, (_, at) => low + (((at + 1) * seed) % (high - low + 1)));
    return { ...content, values, ...(apart ? { dataFile: 'voxels.raw' } : {}) };
  });
