/** A whole CT asked about everywhere that could be a nodule: what a detector of places is worth as a finder of them. */
import type { LungAnatomy } from '../../anatomy/lungMask.ts';
import { smoothed } from '../../networks/brightPlaces.ts';
import type { Detector } from '../../networks/detector.ts';
import type { CardFigure } from '../../networks/networkCard.ts';
import { Random } from '../../nn/random.ts';
import { cropVolume } from '../../volume/crop.ts';
import { indexToWorld, type Vec3 } from '../../volume/ctVolume.ts';
import type { NodulesOfCt } from './ctNodules.ts';

const { hypot, min } = Math;

/** Places are the maxima of the lung under a Gaussian this wide, mm, above aerated lung. */
const SIGMA_MM = 1.6;
const LEAST_HU = -700;
/** What they are asked about. */
const DIAMETER_MM = 8;
/** So many of them are asked, drawn at random; the false alarms of the others are counted as theirs are. */
const MOST_ASKED = 1200;
const THRESHOLDS = [0.5, 0.95] as const;

export interface Scan {
  /** Maxima outside all nodules. */
  readonly places: number;
  readonly asked: number;
  /** Of those asked, how many score the threshold and more, for each of {@link THRESHOLDS}. */
  readonly alarms: readonly number[];
}

export async function scanLungs(
  detector: Detector,
  { patientId, ct, nodules }: NodulesOfCt,
  lung: LungAnatomy,
  seed: number,
): Promise<Scan> {
  const places = maximaOf({ patientId, ct, nodules }, lung);
  const order = Random.of(seed, 'scan', patientId).permutation(places.length);
  const asked = min(MOST_ASKED, places.length);
  const alarms = THRESHOLDS.map(() => 0);
  for (const at of order.slice(0, asked)) {
    const score = await detector.score(ct, places[at]!, DIAMETER_MM);
    THRESHOLDS.forEach((threshold, index) => (alarms[index]! += Number(score >= threshold)));
  }
  return { places: places.length, asked, alarms };
}

/** Means over the CTs. */
export const scanFigures = (scans: readonly Scan[]): CardFigure[] =>
  THRESHOLDS.map((threshold, index) => {
    const perCt = scans.map(({ places, asked, alarms }) => (places * alarms[index]!) / asked);
    return {
      what: `False alarms for each whole CT at a probability of ${threshold}: all maxima of its lungs asked about at ${DIAMETER_MM} mm`,
      value: perCt.reduce((sum, alarms) => sum + alarms, 0) / perCt.length,
      interval: null,
      ceiling: null,
      n: scans.length,
      note: `by CT: ${perCt.map((alarms) => alarms.toFixed(0)).join(', ')}; neighbouring ones are not merged, and ${MOST_ASKED} of each CT's maxima stand for all`,
    };
  });

/** LPS mm. */
function maximaOf({ ct, nodules }: NodulesOfCt, { mask, box }: LungAnatomy): Vec3[] {
  const part = cropVolume(ct, box);
  const { data } = smoothed(part.data, part.size, part.spacing, SIGMA_MM);
  const [ni, nj, nk] = part.size;
  const around = [-1, 0, 1]
    .flatMap((k) => [-1, 0, 1].flatMap((j) => [-1, 0, 1].map((i) => i + ni * (j + nj * k))))
    .filter((offset) => offset !== 0);
  const found: Vec3[] = [];
  for (let k = 1; k < nk - 1; k++)
    for (let j = 1; j < nj - 1; j++)
      for (let i = 1; i < ni - 1; i++) {
        const at = i + ni * (j + nj * k);
        const value = data[at]!;
        if (value < LEAST_HU) continue;
        if (mask[i + box.min[0] + ct.size[0] * (j + box.min[1] + ct.size[1] * (k + box.min[2]))] === 0)
          continue;
        if (around.some((offset) => data[at + offset]! >= value)) continue;
        const place = indexToWorld(part, [i, j, k]);
        const inNodule = nodules.some(
          ({ centre, diameterMm }) =>
            hypot(place[0] - centre[0], place[1] - centre[1], place[2] - centre[2]) <= diameterMm / 2 + 2,
        );
        if (!inNodule) found.push(place);
      }
  return found;
}
