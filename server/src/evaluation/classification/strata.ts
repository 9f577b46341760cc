/** Nodules of some diameters. */
import type { TestNodule } from './scores.ts';

/** At least and less than, mm; null for no end. */
export type Bounds = readonly [fromMm: number, toMm: number | null];

/** Fewer patients of a class say nothing about an AUC. */
const FEWEST_PATIENTS = 2;

/** The ranges between these bounds, from 0 on: [6, 15] gives < 6, 6 to < 15 and ≥ 15 mm. */
export const strataBetween = (boundsMm: readonly number[]): Bounds[] =>
  [0, ...boundsMm].map((from, i) => [from, boundsMm[i] ?? null]);

export interface NodulesInStratum {
  readonly bounds: Bounds;
  /** Indices of its nodules. */
  readonly rows: Uint32Array;
  readonly nodules: { readonly malignant: number; readonly benign: number };
  /** Whether there are enough patients of each class for an AUC. */
  readonly comparable: boolean;
}

export function stratumOf(nodules: readonly TestNodule[], bounds: Bounds): NodulesInStratum {
  const [from, to] = bounds;
  const rows = Uint32Array.from(nodules.keys()).filter((i) => {
    const { diameterMm } = nodules[i]!;
    return diameterMm >= from && (to === null || diameterMm < to);
  });
  const inside = [...rows].map((i) => nodules[i]!);
  const malignant = inside.filter((nodule) => nodule.malignant).length;
  return {
    bounds,
    rows,
    nodules: { malignant, benign: inside.length - malignant },
    comparable: smallerClass(inside) >= FEWEST_PATIENTS,
  };
}

/** Patients with nodules of the class that has fewer of them. */
export function smallerClass(nodules: readonly TestNodule[]): number {
  const patients = (malignant: boolean): number =>
    new Set(nodules.filter((nodule) => nodule.malignant === malignant).map(({ patient }) => patient)).size;
  return Math.min(patients(true), patients(false));
}
