/** Cut-outs as the detector learns from them, made: balls as nodules in lung with vessels and a chest wall. */
import { smoothed } from '../../server/src/networks/brightPlaces.ts';
import type { DetectorVoi } from '../../server/src/networks/detectorVois.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { CtVolume, Vec3 } from '../../server/src/volume/ctVolume.ts';
import { distanceTo } from '../../server/src/volume/distance.ts';

const WIDTH = 44;

/**
 * Tight along z and wide in the plane, as real ones are: each ends with the slices of its nodule. Pixels and slices
 * differ from one to the next, and larger nodules lie in cut-outs of larger pixels.
 */
export function madeVois(count: number, seed: number): DetectorVoi[] {
  return Array.from({ length: count }, (_, index) => madeVoi(`made-${index}`, Random.of(seed, 'voi', index)));
}

function madeVoi(id: string, random: Random): DetectorVoi {
  const { abs, floor, max, round, sqrt } = Math;
  const diameterMm = 5 + 12 * random.uniform() ** 2;
  const pixel = 0.6 + 0.02 * diameterMm * random.uniform();
  const slice = [1.25, 2.5][random.integer(2)]!;
  const slices = max(2, round(diameterMm / slice));
  const size: Vec3 = [WIDTH, WIDTH, slices];
  const spacing: Vec3 = [pixel, pixel, slice];
  const centre: Vec3 = [((WIDTH - 1) / 2) * pixel, ((WIDTH - 1) / 2) * pixel, ((slices - 1) / 2) * slice];
  const data = new Int16Array(WIDTH * WIDTH * slices);
  const marked = new Uint8Array(data.length);
  // Vessels run along the body, somewhere beside the nodule.
  const vessels = Array.from({ length: 5 }, () => ({
    x: WIDTH * pixel * random.uniform(),
    y: WIDTH * pixel * random.uniform(),
    radius: 0.8 + 1.5 * random.uniform(),
  }));
  const wall = random.uniform() < 0.3 ? 5 * pixel : -1;
  for (let at = 0; at < data.length; at++) {
    const x = (at % WIDTH) * pixel;
    const y = (floor(at / WIDTH) % WIDTH) * pixel;
    const z = floor(at / (WIDTH * WIDTH)) * slice;
    const off = sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2);
    const inside = off <= diameterMm / 2;
    const vessel = vessels.some(
      (v) => (x - v.x) ** 2 + (y - v.y) ** 2 < v.radius ** 2 && abs(off) > diameterMm,
    );
    marked[at] = inside ? 1 : 0;
    data[at] = round((inside || vessel ? 20 : x < wall ? 60 : -860) + 25 * random.gaussian());
  }
  const ct: CtVolume = {
    ...{ size, spacing, data, origin: [0, 0, 0] },
    direction: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  };
  return {
    ...{ id, patientId: id, ct, centre, diameterMm },
    clearanceMm: distanceTo(marked, size, spacing),
    fields: [0.8, 1.6, 3.2].map((sigmaMm) => ({ sigmaMm, field: smoothed(data, size, spacing, sigmaMm) })),
  };
}
