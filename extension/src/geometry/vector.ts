/** Arithmetic on points and directions in LPS mm. */
import type { PointLps } from '@nodulelab/contract';

export const subtract = (a: PointLps, b: PointLps): PointLps => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const add = (a: PointLps, b: PointLps): PointLps => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const scale = (a: PointLps, factor: number): PointLps => [a[0] * factor, a[1] * factor, a[2] * factor];
export const dot = (a: PointLps, b: PointLps): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: PointLps, b: PointLps): PointLps => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const length = (a: PointLps): number => Math.hypot(a[0], a[1], a[2]);
export const distance = (a: PointLps, b: PointLps): number => length(subtract(a, b));
export const normalise = (a: PointLps): PointLps => scale(a, 1 / length(a));
