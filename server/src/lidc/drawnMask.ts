/**
 * What a user drew → voxels of the CT: outlines, a labelmap of the viewer, or an ellipsoid. From there on a nodule goes the
 * way of all others (nodules.ts).
 */
import { indexToWorld, worldToIndex, type Vec3, type VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { boxSize, trim, type BoxMask } from './boxMask.ts';
import { largestInPlaneDiameter } from './diameter.ts';
import type { AnnotatedSeries, PatientContour } from './nodules.ts';

const { abs, ceil, floor, hypot, max, min, round } = Math;

/** More than any lung nodule: a lesion of more than 30 mm is called a mass. */
export const LARGEST_DRAWN_MM = 60;

/** A box of voxels of its own on the grid of the CT, as run lengths: outside, inside, outside, …, i fastest. */
export interface DrawnRuns extends VolumeGeometry {
  readonly runs: readonly number[];
}

export interface DrawnEllipsoid {
  /** LPS mm. */
  readonly centre: Vec3;
  readonly radiiMm: Vec3;
  /** Unit vectors at right angles, LPS. */
  readonly axes: readonly [Vec3, Vec3, Vec3];
}

const unusable = (message: string, details: Record<string, unknown> = {}): NoduleLabError =>
  new NoduleLabError('unusable', message, details);

const OUTSIDE = 'What was drawn lies outside the CT: draw it on the slices of this series.';

/**
 * Voxels strictly inside the outlines: by the rule of LIDC their points are the first ones outside. Points may lie between
 * pixel centres. Holes are taken away, with their own points.
 *
 * @throws NoduleLabError `unusable` where an outline lies on no slice of the series or leaves it
 */
export function maskOfOutlines(outlines: readonly PatientContour[], series: AnnotatedSeries): BoxMask {
  const { geometry, sliceIndexOf } = series;
  const placed = outlines.map(({ sopInstanceUID, inclusion, points }) => {
    const slice = sliceIndexOf(sopInstanceUID, undefined);
    if (slice === undefined)
      throw unusable(
        `An outline lies on image ${sopInstanceUID}, which this CT series does not have: draw on the series that is annotated.`,
        { sopInstanceUID },
      );
    const at = points.map((point) => worldToIndex(geometry, point));
    if (at.some(([, , k]) => abs(k - slice) > 0.5))
      throw unusable(`The points of an outline do not lie on its image ${sopInstanceUID}: send it again.`, {
        sopInstanceUID,
      });
    return { slice, inclusion, points: at.map(([i, j]) => onPixel(i, j)) };
  });
  const all = placed.flatMap(({ points }) => points);
  const low = [0, 1].map((axis) => floor(least(all.map((point) => point[axis]!)))) as [number, number];
  const high = [0, 1].map((axis) => ceil(most(all.map((point) => point[axis]!))) + 1) as [number, number];
  // Before every pixel in between is looked at.
  const widest = max(...[0, 1].map((axis) => (high[axis]! - low[axis]! - 3) * geometry.spacing[axis]!));
  if (widest > LARGEST_DRAWN_MM) throw tooLarge(widest);
  const slices = placed.map(({ slice }) => slice);
  const mask = emptyBox([...low, least(slices)], [...high, most(slices) + 1], geometry);
  const [ni, nj] = boxSize(mask.box);
  for (const { slice, inclusion, points } of placed.toSorted((a, b) => +b.inclusion - +a.inclusion))
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        const where = side([low[0] + i, low[1] + j], points);
        const index = i + ni * (j + nj * (slice - mask.box.min[2]));
        if (inclusion && where === 'inside') mask.bits[index] = 1;
        if (!inclusion && where !== 'outside') mask.bits[index] = 0;
      }
  return requireDrawn(mask, geometry);
}

/** What came from a pixel centre is one again, whatever the way through the patient rounded. */
function onPixel(i: number, j: number): readonly [number, number] {
  const near = (value: number): number => (abs(value - round(value)) < 1e-3 ? round(value) : value);
  return [near(i), near(j)];
}

/** Even-odd rule; points on an edge are neither in nor out. */
function side(
  [x, y]: readonly [number, number],
  points: readonly (readonly [number, number])[],
): 'inside' | 'edge' | 'outside' {
  let inside = false;
  for (let n = 0; n < points.length; n++) {
    const [x1, y1] = points[n]!;
    const [x2, y2] = points[(n + 1) % points.length]!;
    const across = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
    const between = x >= min(x1, x2) && x <= max(x1, x2) && y >= min(y1, y2) && y <= max(y1, y2);
    if (between && abs(across) < 1e-9) return 'edge';
    if (y1 <= y !== y2 <= y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  }
  return inside ? 'inside' : 'outside';
}

/**
 * @throws NoduleLabError `unusable` where the grid is not the CT's or the box leaves it, `invalid-input` where the runs do
 *   not fill the box
 */
export function maskOfRuns(drawn: DrawnRuns, geometry: VolumeGeometry): BoxMask {
  const { size, spacing, direction, origin, runs } = drawn;
  const voxels = size[0] * size[1] * size[2];
  if (runs.reduce((sum, run) => sum + run, 0) !== voxels)
    throw new NoduleLabError(
      'invalid-input',
      `The runs of the mask do not add up to its ${size.join(' x ')} voxels: send the lengths of all runs, the last one too.`,
    );
  const first = worldToIndex(geometry, origin);
  const start = first.map(round) as unknown as Vec3;
  /** 1 or -1 a CT voxel along each axis: viewers may count slices from the other end. */
  const steps = ([0, 1, 2] as const).map((axis) =>
    direction[axis].reduce((sum, value, at) => sum + value * geometry.direction[axis][at]!, 0),
  );
  const onGrid = ([0, 1, 2] as const).every(
    (axis) =>
      abs(abs(steps[axis]!) - 1) < 1e-3 &&
      abs(spacing[axis] / geometry.spacing[axis] - 1) < 1e-3 &&
      abs(first[axis] - start[axis]) < 0.1,
  );
  if (!onGrid)
    throw unusable(
      'The mask is not on the grid of the CT (its spacing, directions or origin differ): draw it on the series itself, not on a resampled one.',
      { spacing, ctSpacing: geometry.spacing },
    );
  const at = (index: Vec3): Vec3 =>
    index.map((value, axis) => start[axis]! + value * (steps[axis]! > 0 ? 1 : -1)) as unknown as Vec3;
  const ends = [at([0, 0, 0]), at([size[0] - 1, size[1] - 1, size[2] - 1])];
  const lowest = ([0, 1, 2] as const).map((axis) => min(ends[0]![axis], ends[1]![axis])) as unknown as Vec3;
  const highest = ([0, 1, 2] as const).map(
    (axis) => max(ends[0]![axis], ends[1]![axis]) + 1,
  ) as unknown as Vec3;
  const mask = emptyBox(lowest, highest, geometry);
  const [ni, nj] = boxSize(mask.box);
  let index = 0;
  runs.forEach((run, number) => {
    for (const end = index + run; index < end; index++) {
      if (number % 2 === 0) continue;
      const own: Vec3 = [
        index % size[0],
        floor(index / size[0]) % size[1],
        floor(index / (size[0] * size[1])),
      ];
      const [i, j, k] = at(own);
      mask.bits[i - lowest[0] + ni * (j - lowest[1] + nj * (k - lowest[2]))] = 1;
    }
  });
  return requireDrawn(mask, geometry);
}

/**
 * Voxels whose centres lie in the ellipsoid.
 *
 * @throws NoduleLabError `unusable` where its axes are not at right angles, or it leaves the CT
 */
export function maskOfEllipsoid(
  { centre, radiiMm, axes }: DrawnEllipsoid,
  geometry: VolumeGeometry,
): BoxMask {
  const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  for (const a of [0, 1, 2] as const)
    for (const b of [0, 1, 2] as const)
      if (abs(dot(axes[a], axes[b]) - (a === b ? 1 : 0)) > 1e-3)
        throw new NoduleLabError(
          'invalid-input',
          'The axes of the ellipsoid are not unit vectors at right angles: send three that are.',
        );
  if (2 * max(...radiiMm) > LARGEST_DRAWN_MM) throw tooLarge(2 * max(...radiiMm));
  const middle = worldToIndex(geometry, centre);
  // Half the width of the ellipsoid along each axis of the grid.
  const reach = ([0, 1, 2] as const).map(
    (axis) =>
      hypot(...axes.map((own, at) => radiiMm[at]! * dot(own, geometry.direction[axis]))) /
      geometry.spacing[axis],
  );
  const low = middle.map((value, axis) => ceil(value - reach[axis]!)) as unknown as Vec3;
  const high = middle.map((value, axis) => floor(value + reach[axis]!) + 1) as unknown as Vec3;
  if (low.some((value, axis) => high[axis]! <= value)) throw nothing();
  const mask = emptyBox(low, high, geometry);
  const [ni, nj, nk] = boxSize(mask.box);
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        const [x, y, z] = indexToWorld(geometry, [low[0] + i, low[1] + j, low[2] + k]);
        const from: Vec3 = [x - centre[0], y - centre[1], z - centre[2]];
        const squares = axes.map((own, at) => (dot(from, own) / radiiMm[at]!) ** 2);
        if (squares.reduce((sum, value) => sum + value, 0) <= 1) mask.bits[i + ni * (j + nj * k)] = 1;
      }
  return requireDrawn(mask, geometry);
}

/** @throws NoduleLabError `unusable` where the box leaves the CT, or spans more than any nodule by far */
function emptyBox(low: Vec3, high: Vec3, geometry: VolumeGeometry): BoxMask {
  const { size, spacing } = geometry;
  if (low.some((value, axis) => value < 0 || high[axis]! > size[axis]!)) throw unusable(OUTSIDE);
  const box = { min: low, max: high };
  const count = boxSize(box).reduce((product, value) => product * value, 1);
  const widest = max(...boxSize(box).map((value, axis) => value * spacing[axis]!));
  // A loose box around a drawing is fine; a whole CT is not worth the memory.
  if (count > 2 ** 26) throw tooLarge(widest);
  return { box, bits: new Uint8Array(count) };
}

/**
 * @returns the drawing in its smallest box
 * @throws NoduleLabError `unusable` where nothing was drawn, or it is too large, or touches the edge of the images
 */
function requireDrawn(drawn: BoxMask, geometry: VolumeGeometry): BoxMask {
  if (!drawn.bits.some((bit) => bit !== 0)) throw nothing();
  const mask = trim(drawn);
  const size = boxSize(mask.box);
  const inPlane = largestInPlaneDiameter({ size, spacing: geometry.spacing }, mask.bits);
  const extent = max(inPlane, size[2] * geometry.spacing[2]);
  if (extent > LARGEST_DRAWN_MM) throw tooLarge(extent);
  // Its outline runs through the first pixels outside.
  if ([0, 1].some((axis) => mask.box.min[axis]! < 1 || mask.box.max[axis]! > geometry.size[axis]! - 1))
    throw unusable('What was drawn touches the edge of the images, where no lung is: draw the nodule only.');
  return mask;
}

const nothing = (): NoduleLabError =>
  unusable(
    'What was drawn holds no voxel of the CT on any slice: draw at least one voxel, or choose a larger ellipsoid.',
  );

const tooLarge = (extentMm: number): NoduleLabError =>
  unusable(
    `What was drawn is ${round(extentMm)} mm wide, and a nodule is at most ${LARGEST_DRAWN_MM} mm here: look for stray strokes on other slices.`,
    { extentMm },
  );

const least = (values: readonly number[]): number => values.reduce((a, b) => min(a, b), Infinity);
const most = (values: readonly number[]): number => values.reduce((a, b) => max(a, b), -Infinity);
