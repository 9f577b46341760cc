/**
 * Examples for the attribute network: each nodule as often as every other, in one of the sets that show it, turned,
 * zoomed, shifted and with noise. Batch `index` of a seed is the same whenever it is asked for.
 */
import type { RealPatch } from '../dataset/manifest.ts';
import { addNoise } from '../dataset/augmentation/noise.ts';
import { copyOriented, ORIENTATIONS } from '../dataset/augmentation/orientation.ts';
import { Random } from '../nn/random.ts';
import { areaResample, WHOLE, type Framing } from './areaResample.ts';
import { inputLength, type AttributeArchitecture } from './attributeArchitecture.ts';
import { TARGET_LENGTH, targetOf } from './attributeTargets.ts';

/** The ways in which the sets show one nodule. */
export interface ShownNodule {
  readonly nodule: RealPatch;
  readonly views: readonly NoduleView[];
}
export interface NoduleView {
  /** Voxels along an edge. */
  readonly size: number;
  readonly spacingMm: number;
  /** Values in [0, 1], x fastest. */
  patch(): Promise<Float32Array>;
}

/** The edge seen is 0.65 to 1.25 of the patch's: a crop to the nodule and a loose framing alike. */
const ZOOM = { least: 0.65, most: 1.25 } as const;
/** Part of the patch's edge by which the nodule may be off the middle, along each axis. */
const SHIFT = 0.06;
/** Noise of up to 0.02 of the window (28 HU). */
const NOISE = 0.02;

/** Batch number `index`: inputs [size, inputLength] and targets [size, TARGET_LENGTH]. */
export async function attributeBatch(
  architecture: AttributeArchitecture,
  shown: readonly ShownNodule[],
  { seed, batchSize, index }: { readonly seed: number; readonly batchSize: number; readonly index: number },
): Promise<{ input: Float32Array; target: Float32Array }> {
  const length = inputLength(architecture);
  const input = new Float32Array(batchSize * length);
  const target = new Float32Array(batchSize * TARGET_LENGTH);
  for (let i = 0; i < batchSize; i++) {
    const { nodule, views } = shown[nthShown(seed, shown.length, index * batchSize + i)]!;
    const random = Random.of(seed, 'example', index, i);
    const view = views[random.integer(views.length)]!;
    const framing: Framing = {
      zoom: ZOOM.least * (ZOOM.most / ZOOM.least) ** random.uniform(),
      shift: [0, 0, 0].map(() => SHIFT * (2 * random.uniform() - 1)) as [number, number, number],
    };
    const values = await view.patch();
    const example = exampleOf(architecture, { ...view, values }, framing, random.integer(ORIENTATIONS));
    addNoise(example.input, 0, architecture.size ** 3, NOISE * random.uniform(), random);
    input.set(example.input, i * length);
    target.set(targetOf(architecture, nodule, example.fieldOfViewMm), i * TARGET_LENGTH);
  }
  return { input, target };
}

/** One example as the network sees it, and the edge of what it sees. */
export function exampleOf(
  architecture: AttributeArchitecture,
  view: { readonly values: Float32Array; readonly size: number; readonly spacingMm: number },
  framing: Framing = WHOLE,
  orientation = 0,
): { input: Float32Array; fieldOfViewMm: number } {
  const { size, logFieldOfView } = architecture;
  const seen = areaResample(view.values, view.size, size, framing);
  const input = new Float32Array(inputLength(architecture));
  copyOriented(seen, size, orientation, input, 0);
  const fieldOfViewMm = view.size * view.spacingMm * framing.zoom;
  input[size ** 3] = (Math.log(fieldOfViewMm) - logFieldOfView.mean) / logFieldOfView.scale;
  return { input, fieldOfViewMm };
}

/** Which nodule is shown as number `at`: every `count` of them come once, in an order of their own. */
function nthShown(seed: number, count: number, at: number): number {
  const epoch = Math.floor(at / count);
  return Random.of(seed, 'order', epoch).permutation(count)[at % count]!;
}
