/** Vessels and airways of the phantom: arteries and veins as trees, bronchi beside the larger arteries, the trachea. */
import { Random } from '../nn/random.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import type { Drawing } from './drawing.ts';
import type { LungSpace } from './lungSpace.ts';
import type { PhantomSpace } from './space.ts';
import { toPatient } from './space.ts';
import { CARINA, HU, tracheaAt } from './thoraxShape.ts';
import { growTree } from './trees.ts';
import type { Tube } from './tubes.ts';
import { coverTube } from './tubes.ts';

const PARENCHYMA = -865;
const LUMEN = -985;
const WALL = 10;
/** Arteries wider than this (radius, adult mm) have a visible bronchus beside them. */
const ACCOMPANIED_MM = 1.15;

export interface VesselPlan {
  /** Terminal branches of each arterial tree; the veins get two thirds of it. */
  readonly terminals: number;
}

/** Paints vessels and airways; returns the arteries, on which nodules can sit. */
export function paintLungContents(
  space: PhantomSpace,
  drawing: Drawing,
  lung: LungSpace,
  plan: VesselPlan,
  seed: number,
): Tube[] {
  const { scale } = space;
  const arteries: Tube[] = [];
  const veins: Tube[] = [];
  for (const side of [1, 2] as const) {
    const sign = side === 1 ? -1 : 1;
    const hilum = toPatient(space, sign * 40, side === 1 ? 2 : 8, side === 1 ? 0.545 : 0.575);
    const atrium = toPatient(space, sign * 36, 8, 0.465);
    const tree = { side, terminalMm: 0.5 * Math.sqrt(scale), stepMm: 9 * scale };
    arteries.push(
      ...growTree(
        lung,
        { ...tree, root: hilum, terminals: plan.terminals },
        Random.of(seed, 'arteries', side),
      ),
    );
    veins.push(
      ...growTree(
        lung,
        { ...tree, root: atrium, terminals: Math.round((plan.terminals * 2) / 3) },
        Random.of(seed, 'veins', side),
      ),
    );
  }
  const { hu, label } = drawing;
  for (const tube of [...arteries, ...veins])
    coverTube(space, tube, (voxel, coverage) => {
      if (label[voxel] === 0 && hu[voxel]! > -300) return;
      const value = PARENCHYMA + coverage * (HU.blood - 40 - PARENCHYMA);
      if (value > hu[voxel]!) hu[voxel] = Math.round(value);
    });
  paintAirways(space, drawing, [...mainAirways(space), ...bronchi(arteries, scale)]);
  return arteries;
}

/** Trachea, main bronchi and the bronchus intermedius; they end where the bronchi beside the arteries begin. */
function mainAirways(space: PhantomSpace): Tube[] {
  const { scale } = space;
  const tubes: Tube[] = [];
  const point = (height: number): Vec3 => toPatient(space, ...tracheaAt(height), height);
  for (let n = 0; n < 12; n++) {
    const step = (1.02 - CARINA) / 12;
    tubes.push({
      from: point(CARINA + n * step),
      to: point(CARINA + (n + 1) * step),
      fromMm: 8.6 * scale,
      toMm: 8.6 * scale,
    });
  }
  const carina = point(CARINA + 0.005);
  const main: [Vec3, Vec3, number, number][] = [
    [carina, toPatient(space, -22, 9, 0.565), 7, 6.6],
    [toPatient(space, -22, 9, 0.565), toPatient(space, -42, 12, 0.575), 4.6, 4.2],
    [toPatient(space, -22, 9, 0.565), toPatient(space, -36, 14, 0.5), 5.6, 5],
    [carina, toPatient(space, 24, 12, 0.55), 6.6, 5.8],
    [toPatient(space, 24, 12, 0.55), toPatient(space, 42, 16, 0.54), 5.6, 4.6],
  ];
  for (const [from, to, fromMm, toMm] of main)
    tubes.push({ from, to, fromMm: fromMm * scale, toMm: toMm * scale });
  return tubes;
}

/** A bronchus runs beside each larger artery, on its medial and posterior side. */
function bronchi(arteries: readonly Tube[], scale: number): Tube[] {
  const beside = ([x, y, z]: Vec3, radius: number): Vec3 => {
    const mm = 1.95 * radius + 0.5 * scale;
    return [x - Math.sign(x) * 0.62 * mm, y + 0.7 * mm, z + 0.35 * mm];
  };
  return arteries
    .filter(({ toMm }) => toMm > ACCOMPANIED_MM * scale)
    .map(({ from, to, fromMm, toMm }) => ({
      from: beside(from, fromMm),
      to: beside(to, toMm),
      fromMm: Math.min(4.2 * scale, 0.8 * fromMm),
      toMm: Math.min(4.2 * scale, 0.8 * toMm),
    }));
}

/** Walls first, lumina after all walls, so that the tree is open inside. */
function paintAirways(space: PhantomSpace, { hu, label }: Drawing, tubes: readonly Tube[]): void {
  const wallMm = (radius: number): number => radius + Math.max(0.45, 0.17 * radius);
  for (const tube of tubes)
    coverTube(space, { ...tube, fromMm: wallMm(tube.fromMm), toMm: wallMm(tube.toMm) }, (voxel, coverage) => {
      const value = PARENCHYMA + coverage * (WALL - PARENCHYMA);
      if (value > hu[voxel]!) hu[voxel] = Math.round(value);
      if (coverage > 0.5) label[voxel] = 0;
    });
  for (const tube of tubes)
    coverTube(space, tube, (voxel, coverage) => {
      hu[voxel] = Math.round(hu[voxel]! * (1 - coverage) + LUMEN * coverage);
    });
}
