/**
 * The detector on whole CTs of the test fold, at places that cut-outs cannot give: readers' nodules against bright
 * places and plain lung all over the lungs, and nodules that were made and set into the same CTs.
 */
import { lungMask, type LungAnatomy } from '../../anatomy/lungMask.ts';
import { aucEstimate } from '../../evaluation/auc.ts';
import { insertNodule } from '../../insertion/insertNodule.ts';
import { proposePlace } from '../../insertion/placement.ts';
import { climb, smoothed } from '../../networks/brightPlaces.ts';
import type { Detector, NodulePlace } from '../../networks/detector.ts';
import { editedDetectorBox } from '../../networks/detectorBox.ts';
import type { CardFigure } from '../../networks/networkCard.ts';
import { Random } from '../../nn/random.ts';
import { cropVolume } from '../../volume/crop.ts';
import { indexToWorld, type CtVolume, type IndexBox, type Vec3 } from '../../volume/ctVolume.ts';
import type { NodulesOfCt } from './ctNodules.ts';
import { figure, shareFigure } from './detectorFigures.ts';
import { scanLungs, scanFigures, type Scan } from './detectorScan.ts';

const { floor, hypot, max, min, round } = Math;

/** Nodules to be set into the CTs, each a patch of values in [0, 1], x fastest. */
export interface MadeNodules {
  readonly name: string;
  readonly patch: (index: number) => Promise<Float32Array>;
}

/** Places without a nodule for each that has one. */
const PER_NODULE = 40;
/** Made nodules for each CT, and their diameters, mm. */
const MADE_PER_CT = 8;
const MADE_MM = { low: 6, high: 20 } as const;
/** A place without a nodule keeps this far off from the border of all nodules, in its own diameters. */
const CLEAR = 0.7;
const LUNG_HU = -500;
/** Width of the Gaussian for bright places, and how far off they are sought, in diameters; as in training. */
const SIGMA = 0.2;
const NEAR = 1;

interface Scored {
  readonly patientId: string;
  readonly nodule: boolean;
  readonly score: number;
}

export async function figuresOnCts(
  detector: Detector,
  cts: readonly NodulesOfCt[],
  made: readonly MadeNodules[],
  seed: number,
): Promise<CardFigure[]> {
  const real: Scored[] = [];
  const bright: Scored[] = [];
  const plain: Scored[] = [];
  const scans: Scan[] = [];
  const set = made.map(() => [] as Scored[]);
  for (const { patientId, ct, nodules } of cts) {
    const lung = lungMask(ct);
    const add = async (to: Scored[], nodule: boolean, { centre, diameterMm }: NodulePlace): Promise<void> =>
      void to.push({ patientId, nodule, score: await detector.score(ct, centre, diameterMm) });
    scans.push(await scanLungs(detector, { patientId, ct, nodules }, lung, seed));
    for (const [number, nodule] of nodules.entries()) {
      await add(real, true, nodule);
      const random = Random.of(seed, 'places', patientId, number);
      for (let place = 0; place < PER_NODULE; place++) {
        const start = lungPlace(ct, lung, nodules, nodule.diameterMm, random);
        await add(plain, false, { centre: indexToWorld(ct, start), diameterMm: nodule.diameterMm });
        const found = brightNear(ct, start, nodules, nodule.diameterMm);
        await add(bright, false, { centre: indexToWorld(ct, found), diameterMm: nodule.diameterMm });
      }
    }
    for (let index = 0; index < MADE_PER_CT; index++) {
      const random = Random.of(seed, 'made', patientId, index);
      const diameterMm = MADE_MM.low + (MADE_MM.high - MADE_MM.low) * random.uniform();
      const { centre } = proposePlace(ct, lung, diameterMm, () => random.uniform());
      for (const [kind, { patch }] of made.entries()) {
        const voxels = await patch(set[kind]!.length);
        const edit = insertNodule(
          ct,
          { data: voxels },
          { centre, diameterMm },
          { seed: random.next(), lung },
        );
        const score = await detector.scoreBox(editedDetectorBox(ct, edit, centre, diameterMm));
        set[kind]!.push({ patientId, nodule: true, score });
      }
    }
  }
  return [
    apart(real, bright, 'bright places of the same lungs (vessels, fissures, chest wall)'),
    apart(real, plain, 'any other places of the same lungs'),
    share(real, 'Sensitivity at a probability of 0.5, nodules in whole CTs', seed),
    share(bright, 'False alarms at 0.5, share of bright places in whole CTs', seed),
    share(plain, 'False alarms at 0.5, share of any other places in whole CTs', seed),
    ...scanFigures(scans),
    ...made.map(({ name }, kind) => share(set[kind]!, `Taken for a nodule at 0.5: ${name}`, seed)),
  ];
}

/** AUC of readers' nodules against other places. */
function apart(real: readonly Scored[], others: readonly Scored[], of: string): CardFigure {
  const both = [...real, ...others];
  const estimate = aucEstimate({
    scores: both.map(({ score }) => score),
    labels: both.map(({ nodule }) => nodule),
    clusters: both.map(({ patientId }) => patientId),
  });
  const patients = new Set(both.map(({ patientId }) => patientId)).size;
  return figure(
    `AUC in whole CTs of the test fold: nodules against ${of}`,
    estimate,
    both.length,
    `${real.length} nodules of ${patients} patients; the interval is by patient, and of so few it is rough`,
  );
}

/** Share of scores of 0.5 and more. */
const share = (scored: readonly Scored[], what: string, seed: number): CardFigure =>
  shareFigure(
    what,
    scored.map(({ patientId, score }) => ({ patientId, counts: score >= 0.5 })),
    seed,
  );

/** Whether a place keeps clear of all nodules. */
function isClear(ct: CtVolume, index: Vec3, nodules: readonly NodulePlace[], diameterMm: number): boolean {
  const [x, y, z] = indexToWorld(ct, index);
  return nodules.every(
    ({ centre, diameterMm: other }) =>
      hypot(x - centre[0], y - centre[1], z - centre[2]) >= other / 2 + CLEAR * diameterMm,
  );
}

/** A voxel of aerated lung, away from all nodules; the first that is drawn. */
function lungPlace(
  ct: CtVolume,
  { mask, box }: LungAnatomy,
  nodules: readonly NodulePlace[],
  diameterMm: number,
  random: Random,
): Vec3 {
  for (;;) {
    const index = axes((axis) => box.min[axis] + random.integer(box.max[axis] - box.min[axis]));
    const at = index[0] + ct.size[0] * (index[1] + ct.size[1] * index[2]);
    if (mask[at] !== 0 && ct.data[at]! < LUNG_HU && isClear(ct, index, nodules, diameterMm)) return index;
  }
}

/** Upwards from a voxel to a bright place, no further than a diameter and not into a nodule. */
export function brightNear(
  ct: CtVolume,
  start: Vec3,
  nodules: readonly NodulePlace[],
  diameterMm: number,
): Vec3 {
  const reach = NEAR * diameterMm;
  // As much more as the Gaussian sees.
  const wide = reach + 3 * SIGMA * diameterMm;
  const box: IndexBox = {
    min: axes((axis) => max(0, start[axis] - round(wide / ct.spacing[axis]))),
    max: axes((axis) => min(ct.size[axis], start[axis] + round(wide / ct.spacing[axis]) + 1)),
  };
  const part = cropVolume(ct, box);
  const field = smoothed(part.data, part.size, part.spacing, SIGMA * diameterMm);
  const whole = (index: Vec3): Vec3 => axes((axis) => index[axis] + box.min[axis]);
  const allowed = (index: Vec3): boolean =>
    hypot(...axes((axis) => (whole(index)[axis] - start[axis]) * ct.spacing[axis])) <= reach &&
    isClear(ct, whole(index), nodules, diameterMm);
  return whole(
    climb(
      field,
      axes((axis) => start[axis] - box.min[axis]),
      allowed,
    ),
  );
}

/**
 * A ball of the brightness of soft tissue with a hard edge, on parenchyma: as unlike a real nodule as a ball can be.
 * @param size voxels along an edge; the ball's diameter is half of it
 */
export function hardBall(size: number, inside: number, outside: number): Float32Array {
  const middle = (size - 1) / 2;
  const values = new Float32Array(size ** 3).fill(outside);
  for (let at = 0; at < values.length; at++) {
    const [x, y, z] = [at % size, floor(at / size) % size, floor(at / (size * size))];
    if (hypot(x - middle, y - middle, z - middle) <= size / 4) values[at] = inside;
  }
  return values;
}

const axes = (value: (axis: 0 | 1 | 2) => number): Vec3 => [value(0), value(1), value(2)];
