/**
 * A thorax CT made from nothing but a seed: anatomy, vessels, airways, nodules, scanner, and four simulated readers.
 * It is the demo study and the test patient; nothing in it comes from a real person.
 */
import { Random } from '../nn/random.ts';
import type { CtVolume, Vec3 } from '../volume/ctVolume.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { drawThorax } from './drawing.ts';
import type { LungSpace } from './lungSpace.ts';
import { lungSpace } from './lungSpace.ts';
import { paintLungContents } from './lungContents.ts';
import type { NoduleSetting, NoduleSpec } from './nodulePlan.ts';
import { DEMO_NODULES, SMALL_NODULES } from './nodulePlan.ts';
import { paintNodule, shapeNodule } from './noduleShape.ts';
import { placeNodules, placeSmall } from './placing.ts';
import type { ReaderMark } from './readers.ts';
import { READERS, readNodule } from './readers.ts';
import { scan } from './scanner.ts';
import type { PhantomSpace } from './space.ts';
import { phantomSpace } from './space.ts';
import { coverTube } from './tubes.ts';

export interface PhantomOptions {
  /** Voxels along i (to the left), j (to the back), k (to the head). */
  readonly size: Vec3;
  /** mm; the drawn adult is scaled to fill size × spacing (358 × 358 × 325 mm is life size). */
  readonly spacing: Vec3;
  readonly seed: number;
  readonly nodules: readonly NoduleSpec[];
  /** Standard deviation of the noise in the middle of the body, HU. */
  readonly noiseHu: number;
  /** Terminal branches of the artery tree of each lung. */
  readonly terminals: number;
}

/** 512×512×130 at 0.7×0.7×2.5 mm with a dozen nodules: the demo study. */
export const DEMO_PHANTOM: Omit<PhantomOptions, 'seed'> = {
  size: [512, 512, 130],
  spacing: [0.7, 0.7, 2.5],
  nodules: DEMO_NODULES,
  noiseHu: 17,
  terminals: 1100,
};

/** 128×128×40 at 1.8×1.8×4 mm with four nodules: a small thorax for tests, under a second. */
export const SMALL_PHANTOM: Omit<PhantomOptions, 'seed'> = {
  size: [128, 128, 40],
  spacing: [1.8, 1.8, 4],
  nodules: SMALL_NODULES,
  noiseHu: 17,
  terminals: 220,
};

export interface PhantomNodule {
  readonly name: string;
  readonly setting: NoduleSetting;
  /** LPS mm. */
  readonly centre: Vec3;
  /** Sphere with the volume of the nodule's body, mm. */
  readonly diameterMm: number;
  /** The truth that the readers' ratings scatter around. */
  readonly characteristics: NoduleSpec['characteristics'];
  readonly marks: readonly ReaderMark[];
}

/** A nodule below 3 mm or a lesion that is no nodule: readers give one point. */
export interface PhantomPoint {
  readonly kind: 'small-nodule' | 'non-nodule';
  readonly centre: Vec3;
  /** Voxel index of the point. */
  readonly voxel: Vec3;
  readonly readers: readonly number[];
}

export interface Phantom {
  readonly volume: CtVolume;
  readonly nodules: readonly PhantomNodule[];
  readonly points: readonly PhantomPoint[];
}

/**
 * Makes the phantom; the same options give the same voxels.
 *
 * @example makePhantom({ ...DEMO_PHANTOM, seed: 1 })
 */
export function makePhantom(options: PhantomOptions): Phantom {
  const { seed } = options;
  check(options);
  const space = phantomSpace(options.size, options.spacing);
  const drawing = drawThorax(space);
  const lung = lungSpace(space, drawing.label);
  const arteries = paintLungContents(space, drawing, lung, options, seed);
  const places = placeNodules(space, lung, arteries, options.nodules, Random.of(seed, 'places'));
  const nodules = places.map(({ spec, centre }, n): PhantomNodule => {
    const shape = shapeNodule(spec, centre, Random.of(seed, 'shape', n));
    paintNodule(space, drawing, spec, shape, Random.of(seed, 'texture', n));
    const marks = readNodule(space, drawing.label, spec, shape, seed, n);
    const { name, setting, characteristics, diameterMm } = spec;
    return { name, setting, centre, diameterMm, characteristics, marks };
  });
  const points = makePoints(
    space,
    drawing.hu,
    lung,
    places.map(({ centre }) => centre),
    seed,
  );
  scan(drawing.hu, {
    size: [space.size[0], space.size[1], space.size[2]],
    pixelMm: space.spacing[0],
    noiseHu: options.noiseHu,
    random: Random.of(seed, 'scanner'),
  });
  const { size, spacing, origin, direction } = space;
  return { volume: { data: drawing.hu, size, spacing, origin, direction }, nodules, points };
}

/** Two nodules of about 2.5 mm and two lesions that are no nodules (short scars), each seen by some readers. */
function makePoints(
  space: PhantomSpace,
  hu: Int16Array,
  lung: LungSpace,
  taken: readonly Vec3[],
  seed: number,
): PhantomPoint[] {
  const random = Random.of(seed, 'points');
  return (['small-nodule', 'small-nodule', 'non-nodule', 'non-nodule'] as const).flatMap((kind) => {
    const centre = placeSmall(lung, taken, random);
    if (centre === null) return [];
    const half = kind === 'small-nodule' ? 0.1 : 4 * space.scale;
    const to: Vec3 = [centre[0] + half, centre[1] + half * 0.6, centre[2] + 0.1];
    const from: Vec3 = [centre[0] - half, centre[1] - half * 0.6, centre[2] - 0.1];
    const radius = kind === 'small-nodule' ? 1.25 : 0.9;
    coverTube(space, { from, to, fromMm: radius, toMm: radius }, (voxel, coverage) => {
      hu[voxel] = Math.max(hu[voxel]!, Math.round(-865 + coverage * 880));
    });
    const [i, j, k] = worldToIndex(space, centre);
    const readers = Array.from(random.permutation(READERS).slice(0, 1 + random.integer(3))).sort();
    return [{ kind, centre, voxel: [Math.round(i), Math.round(j), Math.round(k)], readers }];
  });
}

function check({ size, spacing, seed }: PhantomOptions): void {
  const whole = size.every((n) => Number.isInteger(n) && n >= 32);
  if (!whole || !spacing.every((mm) => mm > 0 && mm <= 10))
    throw new NoduleLabError(
      'invalid-input',
      `A phantom of ${size.join('×')} voxels at ${spacing.join('×')} mm cannot be drawn: use at least 32 voxels along each axis and spacings up to 10 mm.`,
    );
  if (!Number.isSafeInteger(seed))
    throw new NoduleLabError('invalid-input', `The phantom's seed has to be a whole number, not ${seed}.`);
}
