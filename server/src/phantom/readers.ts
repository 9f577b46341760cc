/**
 * Four simulated readers. Each outlines every nodule a little differently (size, position, wobble), rates it with
 * jitter, and misses some; as in LIDC, outline points are the first pixels outside the lesion.
 */
import { connectedComponents } from '../volume/components.ts';
import type { Characteristic, Characteristics } from '../lidc/xml.ts';
import { CHARACTERISTICS } from '../lidc/xml.ts';
import { Random } from '../nn/random.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import type { NoduleSpec } from './nodulePlan.ts';
import type { NoduleShape } from './noduleShape.ts';
import { unit, visitBody } from './noduleShape.ts';
import { outerContour } from './outerContour.ts';
import type { PhantomSpace } from './space.ts';

export const READERS = 4;

export interface ReaderOutline {
  /** Slice index. */
  readonly k: number;
  /** Pixel (column, row) of the first pixels outside the lesion, in order; the last equals the first. */
  readonly points: readonly (readonly [number, number])[];
}

export interface ReaderMark {
  /** 0 … 3 */
  readonly reader: number;
  readonly characteristics: Characteristics;
  readonly outlines: readonly ReaderOutline[];
}

/** Ratings that are facts rather than impressions: readers seldom differ. */
const FIRM: ReadonlySet<Characteristic> = new Set(['internalStructure', 'calcification']);
const HIGHEST: Readonly<Partial<Record<Characteristic, number>>> = { internalStructure: 4, calcification: 6 };

/** What the four readers make of a nodule; those who miss it are absent. */
export function readNodule(
  space: PhantomSpace,
  label: Uint8Array,
  spec: NoduleSpec,
  shape: NoduleShape,
  seed: number,
  nodule: number,
): ReaderMark[] {
  const who = Random.of(seed, 'who reads', nodule).permutation(READERS).slice(0, spec.readers).sort();
  return Array.from(who, (reader) => {
    const random = Random.of(seed, 'reader', reader, nodule);
    const outlines = outline(space, label, spec, shape, random);
    return { reader, characteristics: rate(spec.characteristics, random), outlines };
  }).filter(({ outlines }) => outlines.length > 0);
}

function rate(truth: Characteristics, random: Random): Characteristics {
  const rated = CHARACTERISTICS.map((name) => {
    const chance = random.uniform();
    const limit = FIRM.has(name) ? 0 : 0.18;
    const shift = chance < limit ? -1 : chance > 1 - limit ? 1 : 0;
    return [name, Math.min(HIGHEST[name] ?? 5, Math.max(1, truth[name] + shift))] as const;
  });
  return Object.fromEntries(rated) as Characteristics;
}

function outline(
  space: PhantomSpace,
  label: Uint8Array,
  spec: NoduleSpec,
  shape: NoduleShape,
  random: Random,
): ReaderOutline[] {
  const generous = 1.03 + 0.05 * random.gaussian() + 0.02 * (spec.characteristics.spiculation - 1);
  const shift: Vec3 = [0.35 * random.gaussian(), 0.35 * random.gaussian(), 0.25 * random.gaussian()];
  const wobbles = [0, 1, 2].map(() => ({
    along: unit(random),
    times: 2 + 2 * random.uniform(),
    phase: 6 * random.uniform(),
  }));
  const { size } = space;
  const slices = new Map<number, number[]>();
  const seen: NoduleShape = {
    ...shape,
    centre: [shape.centre[0] + shift[0], shape.centre[1] + shift[1], shape.centre[2] + shift[2]],
  };
  visitBody(space, seen, 0.2 * shape.diameterMm, (voxel, offset, distance, surface) => {
    if (label[voxel] === 0) return;
    let wobble = 0;
    for (const { along, times, phase } of wobbles)
      wobble +=
        0.02 *
        Math.sin(
          (times * (offset[0] * along[0] + offset[1] * along[1] + offset[2] * along[2])) / (distance + 0.5) +
            phase,
        );
    if (distance > surface * (generous + wobble)) return;
    const k = Math.floor(voxel / (size[0] * size[1]));
    const pixels = slices.get(k) ?? [];
    pixels.push(voxel % (size[0] * size[1]));
    slices.set(k, pixels);
  });
  return [...slices]
    .sort(([a], [b]) => a - b)
    .flatMap(([k, pixels]) => {
      const points = contourOf(pixels, size[0]);
      return points.length === 0 ? [] : [{ k, points }];
    });
}

/** Outer contour of the largest piece of a slice's pixels. */
function contourOf(pixels: readonly number[], width: number): [number, number][] {
  const columns = pixels.map((pixel) => pixel % width);
  const rows = pixels.map((pixel) => Math.floor(pixel / width));
  const [left, top] = [Math.min(...columns) - 2, Math.min(...rows) - 2];
  const nx = Math.max(...columns) - left + 3;
  const ny = Math.max(...rows) - top + 3;
  const mask = new Uint8Array(nx * ny);
  pixels.forEach((_, n) => (mask[columns[n]! - left + nx * (rows[n]! - top)] = 1));
  const { labels, counts } = connectedComponents(mask, [nx, ny, 1], 4);
  const largest = counts.reduce(
    (best, count, n) => (n > 0 && (best === 0 || count > counts[best]!) ? n : best),
    0,
  );
  for (let at = 0; at < mask.length; at++) mask[at] = labels[at] === largest ? 1 : 0;
  return outerContour(mask, nx, ny).map(([i, j]) => [i + left, j + top]);
}
