/**
 * The measures of the drawn adult: mm in the plane around the middle of the chest, height 0 (upper abdomen) to 1 (base of
 * the neck) over 325 mm. Distances and HU are plausible adult values, not a copy of any patient.
 */
import type { Point } from './contours.ts';
import { profile, superellipse } from './contours.ts';

/** Height of the drawn thorax, mm. */
export const THORAX_MM = 325;
/** In-plane field of view that the drawing fits, mm. */
export const FIELD_MM = 358.4;

export const HU = {
  air: -1000,
  skin: 25,
  fat: -102,
  muscle: 52,
  blood: 190,
  heart: 95,
  liver: 105,
  disc: 90,
} as const;

/** Height at which the trachea divides. */
export const CARINA = 0.6;

/** Half widths and depths along the body, by height: skin first, then the inside of the chest wall. */
export const bodyHalfWidth = profile([0, 148], [0.25, 154], [0.5, 158], [0.75, 163], [0.9, 169], [1, 160]);
export const bodyFront = profile([0, 104], [0.3, 106], [0.5, 104], [0.75, 92], [0.9, 76], [1, 62]);
export const bodyBack = profile([0, 98], [0.5, 106], [0.8, 102], [0.92, 92], [1, 80]);
export const cavityHalfWidth = profile(
  [0, 124],
  [0.2, 131],
  [0.4, 129],
  [0.6, 118],
  [0.75, 99],
  [0.87, 70],
  [0.95, 36],
  [1, 22],
);
export const cavityFront = profile([0, 84], [0.3, 88], [0.5, 84], [0.7, 70], [0.85, 44], [0.95, 18], [1, 12]);
export const cavityBack = profile([0, 74], [0.3, 80], [0.6, 80], [0.8, 70], [0.9, 56], [0.96, 34], [1, 20]);
export const cavityMiddle = profile([0, 0], [0.6, 0], [0.9, 8], [1, 12]);

/** Inner border of the chest wall at a height. */
export function cavity(height: number): { outline: Point[]; centre: Point } {
  const centre: Point = [0, cavityMiddle(height)];
  return {
    centre,
    outline: superellipse(
      centre,
      cavityHalfWidth(height),
      cavityFront(height),
      2.35,
      cavityBack(height),
      240,
    ),
  };
}

/** Middle of the vertebral body at a height, y in mm. */
export function spineY(height: number): number {
  return cavityMiddle(height) + 0.58 * profile([0, 76], [0.6, 80], [0.9, 72], [1, 64])(height);
}

/** Middle of the trachea above the carina. */
export function tracheaAt(height: number): Point {
  return [-1, profile([CARINA, 6], [0.8, 0], [1, -10])(height)];
}
