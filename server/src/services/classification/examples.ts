/** What a training of an arm learns from: its nodules, real and added ones, and how they are shown. */
import { drawVariation, varyPatch } from '../../dataset/augmentation/augment.ts';
import { SYMMETRIES_ONLY, type Augmentation } from '../../dataset/augmentation/augmentation.ts';
import { tailOf } from '../../dataset/augmentation/warp.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { Lesion, Lesions, RealLesion } from './lesions.ts';
import { smoothed } from './onceResampled.ts';
import { withSpot } from './plantedSpot.ts';
import type { Arm, LesionSource } from './protocol.ts';

/** One example, its voxels at `from` in `voxels` (with what a warp may touch after them). */
export interface Example {
  readonly voxels: Float32Array;
  readonly from: number;
  readonly malignant: boolean;
  readonly diameterMm: number;
  readonly synthetic: boolean;
}

export interface ArmParts {
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  /** In the order of the nodules given. */
  readonly test: readonly Example[];
  /** Synthetic benign nodules that no training of this design has seen. */
  readonly probes: readonly Example[];
  readonly showing: Showing;
}

/** How examples are drawn and shown. */
export interface Showing {
  /** Each as often as every other, or both classes alike. */
  readonly order: 'as they come' | 'both classes alike';
  /** Of the loss by class, mean 1; or all 1. */
  readonly weights: 'none' | 'by class';
  readonly augmentation: Augmentation;
  /** Of the examples that get a box of another one. */
  readonly cutMix: number;
}

/** Turned and mirrored, so that no voxel changes: in every arm, since a nodule has no upper end. */
const PLAIN: Showing = {
  order: 'as they come',
  weights: 'none',
  augmentation: SYMMETRIES_ONLY,
  cutMix: 0,
};

export interface PartsRequest {
  readonly arm: Arm;
  readonly lesions: Lesions;
  readonly train: readonly RealLesion[];
  readonly validation: readonly RealLesion[];
  readonly test: readonly RealLesion[];
  /** Synthetic benign nodules kept apart. */
  readonly probes: number;
  readonly seed: number;
  readonly fold: number;
}

/** @throws NoduleLabError `unusable` where a source has fewer nodules than the arm asks for */
export function partsOf(asked: PartsRequest): ArmParts {
  const request = { ...asked, train: kept(asked) };
  const { arm, lesions } = request;
  const real = (from: readonly RealLesion[]): Example[] => from.map((one) => exampleOf(lesions, one, false));
  const probes = probesOf(lesions, request.probes).map((one) => exampleOf(lesions, one, true));
  const parts = {
    train: [...(arm.kind === 'only' ? [] : real(request.train)), ...addedTo(request)],
    validation: real(request.validation),
    test: real(request.test),
    probes,
    showing: showingOf(arm),
  };
  switch (arm.kind) {
    case 'fingerprint':
      return mapped(parts, (example) => smoothed(example, lesions.size));
    case 'planted':
      return mapped(parts, (example, part, i) =>
        example.malignant
          ? withSpot(example, lesions.size, Random.of('planted', request.seed, request.fold, part, i))
          : example,
      );
    default:
      return parts;
  }
}

/**
 * Before anything is trained: what an arm takes from a source must be there.
 * @throws NoduleLabError as {@link partsOf}
 */
export function requireEnough(asked: Omit<PartsRequest, 'validation' | 'test'>): void {
  const { arm } = asked;
  // Transplants are made of any number of donors, and take long.
  if (!('source' in arm) || arm.source === 'transplants') return;
  const request = { ...asked, validation: [], test: [] };
  addedTo({ ...request, train: kept(request) });
}

/** Those that the arm trains on: other ones for every seed and fold where it is to have fewer malignant ones. */
function kept({ arm, train, seed, fold }: PartsRequest): readonly RealLesion[] {
  const share = 'keepMalignant' in arm ? arm.keepMalignant : 1;
  if (share === 1) return train;
  const malignant = train.filter((one) => one.malignant);
  const order = Random.of(seed, 'kept', fold).permutation(malignant.length);
  const few = new Set(
    Array.from(order.subarray(0, keptCount(malignant.length, share)), (at) => malignant[at]!),
  );
  return train.filter((one) => !one.malignant || few.has(one));
}

const keptCount = (malignant: number, share: number): number => Math.max(1, Math.round(share * malignant));

function showingOf(arm: Arm): Showing {
  switch (arm.kind) {
    case 'real':
      return {
        ...PLAIN,
        order: arm.balance === 'oversampling' ? 'both classes alike' : 'as they come',
        weights: arm.balance === 'weights' ? 'by class' : 'none',
      };
    case 'augmented':
      return { ...PLAIN, augmentation: arm.augmentation };
    case 'cutmix':
      return { ...PLAIN, cutMix: arm.share };
    default:
      return PLAIN;
  }
}

function addedTo(request: PartsRequest): Example[] {
  const { arm, train } = request;
  const [malignant, benign] = [count(train, true), count(train, false)];
  const share = 'percent' in arm ? Math.round((arm.percent / 100) * malignant) : 0;
  switch (arm.kind) {
    case 'added':
      return drawn(request, arm.source, true, share);
    case 'fingerprint':
      return [...drawn(request, arm.source, true, share), ...drawn(request, arm.source, false, share)];
    case 'balanced':
      return drawn(request, arm.source, malignant < benign, Math.abs(malignant - benign));
    case 'only':
      return [...drawn(request, arm.source, true, malignant), ...drawn(request, arm.source, false, benign)];
    default:
      return [];
  }
}

const count = (nodules: readonly { readonly malignant: boolean }[], malignant: boolean): number =>
  nodules.filter((nodule) => nodule.malignant === malignant).length;

/** `wanted` nodules of a class from a source, other ones for every seed and fold. */
function drawn(request: PartsRequest, source: LesionSource, malignant: boolean, wanted: number): Example[] {
  const { arm, lesions, seed, fold } = request;
  const random = Random.of(seed, 'added', source, fold, malignant ? 'malignant' : 'benign');
  if (source === 'transplants') return transplants(request, malignant, wanted, random);
  const pool = poolOf(request, source, malignant);
  if (pool.length < wanted)
    throw new NoduleLabError(
      'unusable',
      `The arm ${arm.name} asks for ${wanted} ${malignant ? 'malignant' : 'benign'} nodules from ${source}, and there are ${pool.length}.`,
    );
  return Array.from(random.permutation(pool.length).subarray(0, wanted), (at) =>
    exampleOf(lesions, pool[at]!, true),
  );
}

function poolOf(
  { lesions, train, probes }: PartsRequest,
  source: 'generator' | 'ellipsoids',
  malignant: boolean,
): readonly Lesion[] {
  if (source === 'ellipsoids') {
    // Made after the training's own nodules: those of other patients may be tested.
    const own = new Set(train.map(({ id }) => id));
    return lesions.ellipsoids.filter((one) => one.malignant === malignant && own.has(one.of));
  }
  const kept = new Set(probesOf(lesions, probes));
  return lesions.synthetic.filter((one) => one.malignant === malignant && !kept.has(one));
}

/** The last benign ones of the generator. */
const probesOf = ({ synthetic }: Lesions, wanted: number): Lesion[] =>
  wanted === 0 ? [] : synthetic.filter(({ malignant }) => !malignant).slice(-wanted);

/** Of the most benign and malignant samples that the arms can ask for, both classes. */
export interface PoolSizes {
  readonly malignant: number;
  readonly benign: number;
}

/** How many samples of the generator an arm needs where there are so many real ones to train on. */
export function samplesFor(arm: Arm, trained: number, benign: number): PoolSizes {
  if (!('source' in arm) || arm.source !== 'generator') return { malignant: 0, benign: 0 };
  const malignant = 'keepMalignant' in arm ? keptCount(trained, arm.keepMalignant) : trained;
  const share = 'percent' in arm ? Math.round((arm.percent / 100) * malignant) : 0;
  switch (arm.kind) {
    case 'added':
      return { malignant: share, benign: 0 };
    case 'fingerprint':
      return { malignant: share, benign: share };
    case 'balanced':
      return { malignant: Math.max(0, benign - malignant), benign: Math.max(0, malignant - benign) };
    case 'only':
      return { malignant, benign };
  }
}

/** Real nodules of the training once more: turned by any angle, and as large as another one of their class. */
function transplants(
  { lesions, train, arm }: PartsRequest,
  malignant: boolean,
  wanted: number,
  random: Random,
): Example[] {
  const donors = train.filter((one) => one.malignant === malignant);
  if (donors.length === 0 && wanted > 0)
    throw new NoduleLabError('unusable', `The arm ${arm.name} has no nodule to transplant.`);
  const { size, voxels } = lesions;
  const any: Augmentation = { ...SYMMETRIES_ONLY, rotationDegrees: 180 };
  const order: number[] = [];
  return Array.from({ length: wanted }, (): Example => {
    if (order.length === 0) order.push(...random.permutation(donors.length));
    const donor = donors[order.pop()!]!;
    const variation = drawVariation(any, 0, size, size, random);
    const turned = new Float32Array(size ** 3 + tailOf(size));
    varyPatch(voxels, donor.at * size ** 3, size, variation, turned, 0, random);
    const { diameterMm } = donors[random.integer(donors.length)]!;
    return { voxels: turned, from: 0, malignant, diameterMm, synthetic: true };
  });
}

const exampleOf = ({ voxels, size }: Lesions, one: Lesion, synthetic: boolean): Example => ({
  voxels,
  from: one.at * size ** 3,
  malignant: one.malignant,
  diameterMm: one.diameterMm,
  synthetic,
});

type PartName = 'train' | 'validation' | 'test' | 'probes';

function mapped(parts: ArmParts, change: (example: Example, part: PartName, i: number) => Example): ArmParts {
  const all = (part: PartName): Example[] => parts[part].map((example, i) => change(example, part, i));
  return {
    ...parts,
    train: all('train'),
    validation: all('validation'),
    test: all('test'),
    probes: all('probes'),
  };
}
