/** Between the lungs: mediastinal fat, heart, great vessels, and what lies behind the spine. */
import type { Canvas, Point } from './contours.ts';
import { capsule, ellipse, fill, profile } from './contours.ts';
import { HU, cavityBack, cavityFront, cavityMiddle, spineY, tracheaAt } from './thoraxShape.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, max, min, sin, sqrt } = Math;

export function drawMediastinum(canvas: Canvas, height: number, centre: Point): void {
  const front = centre[1] - cavityFront(height) - 4;
  const back = spineY(height);
  const middle = profile(
    [0, 46],
    [0.2, 34],
    [0.34, 25],
    [0.5, 30],
    [0.7, 29],
    [0.85, 30],
    [0.95, 26],
    [1, 30],
  )(height);
  const neck = profile([0, 26], [0.35, 20], [0.55, 5], [0.72, 6], [0.85, 18], [1, 30])(height);
  const width = (t: number, side: number): number =>
    neck +
    (middle - neck) * sin(Math.PI * min(1, t * 1.05)) ** 0.8 +
    (t > 0.75 ? 60 * (t - 0.75) : 0) +
    side * 3 * sin(5 * t + 9 * height);
  const edge = (side: number): Point[] =>
    Array.from({ length: 25 }, (_, n) => [side * width(n / 24, side), front + ((back - front) * n) / 24]);
  fill(canvas, [...edge(1), ...edge(-1).reverse()], { hu: HU.fat + 8, label: 0 });
  // Oesophagus, and lymph nodes and thymus remnants that keep the fat from being empty.
  fill(canvas, ellipse([7, min(back - 22, 27)], 9, 6), { hu: 42 });
  if (height > 0.45 && height < 0.8)
    for (const [x, y, r] of [
      [-15, 14, 4],
      [14, -22, 3.5],
      [-10, -44, 4],
      [8, -50, 3],
    ] as const)
      fill(canvas, ellipse([x + 6 * sin(30 * height), y], r, 0.7 * r, 40), { hu: 40 });
}

export function drawHeart(canvas: Canvas, height: number): void {
  const size = sqrt(max(0, 1 - ((height - 0.34) / 0.19) ** 2));
  if (size === 0) return;
  const at: Point = [19 - 30 * (height - 0.34), -27];
  fill(canvas, ellipse(at, 64 * size + 3, 50 * size + 3, 28), { hu: HU.fat + 10, label: 0 });
  fill(canvas, ellipse(at, 62 * size, 47 * size, 28), { hu: HU.heart });
  if (height < 0.42) {
    const s = sqrt(max(0, 1 - ((height - 0.3) / 0.13) ** 2));
    fill(canvas, ellipse([40, -20], 32 * s, 21 * s, 35), { hu: HU.blood });
    fill(canvas, ellipse([8, -44], 36 * s, 17 * s, 18), { hu: HU.blood - 15 });
    fill(canvas, ellipse([-24, -22], 18 * s, 24 * s, 10), { hu: HU.blood - 10 });
  } else {
    const s = sqrt(max(0, 1 - ((height - 0.46) / 0.06) ** 2));
    fill(canvas, ellipse([2, 4], 36 * s, 17 * s), { hu: HU.blood, label: 0 });
    fill(canvas, ellipse([-28, -26], 16, 20 * size, 15), { hu: HU.blood - 10 });
    fill(canvas, ellipse([14, -46], 22 * size, 15 * size), { hu: HU.blood - 15 });
  }
}

export function drawGreatVessels(canvas: Canvas, height: number): void {
  const blood = { hu: HU.blood, label: 0 };
  const between = (low: number, high: number): boolean => height >= low && height <= high;
  /** A vessel that runs across the slices: its section is widest at the middle of its extent. */
  const across = (low: number, high: number, from: Point, to: Point, radius: number): void => {
    const off = (2 * height - low - high) / (high - low);
    if (abs(off) < 1) fill(canvas, capsule(from, to, radius * sqrt(1 - off * off)), blood);
  };
  if (between(0, 0.72)) {
    const x = profile([0, 8], [0.4, 20], [0.72, 24])(height);
    const y = spineY(height) - profile([0, 24], [0.5, 14], [0.72, 18])(height);
    fill(canvas, ellipse([x, y], 12.5, 12.5), blood);
  }
  if (between(0.47, 0.7)) fill(canvas, ellipse([-8, -30], 16, 16), blood);
  across(0.67, 0.745, [-6, -26], [23, 24], 12.5);
  if (between(0.46, 0.78)) fill(canvas, ellipse([-27, -16], 9, 8), { hu: HU.blood + 40, label: 0 });
  if (between(0.47, 0.6)) fill(canvas, ellipse([16 + 8 * (0.55 - height), -36], 14, 13), blood);
  across(0.525, 0.58, [14, -24], [-40, 0], 9.5);
  across(0.555, 0.615, [17, -30], [38, 4], 10.5);
  if (between(0.735, 1)) {
    const t = height - 0.735;
    for (const [x, y, r] of [
      [-12 - 40 * t, -18, 6.5],
      [4, -14, 4],
      [18 + 30 * t, 4, 5],
    ] as const)
      fill(canvas, ellipse([x, y - 30 * t], r, r), blood);
    fill(canvas, ellipse([-26 - 60 * t, -30], 7.5, 6), { hu: HU.blood + 30, label: 0 });
    across(0.8, 0.85, [-22, -34], [32, -34], 7);
    if (height > 0.825)
      fill(canvas, ellipse([33 + 40 * (height - 0.825), -34 + 20 * (height - 0.825)], 7, 6), {
        hu: HU.blood + 20,
        label: 0,
      });
  }
  if (between(0.9, 1))
    for (const side of [-1, 1])
      fill(canvas, ellipse([side * 19 - 1, tracheaAt(height)[1] + 1], 9, 14, side * -8), { hu: 115 });
}

/** Muscle and pleural reflection behind the vertebral body, so that the two lungs end beside the spine. */
export function drawBehindSpine(canvas: Canvas, height: number): void {
  const y = spineY(height);
  const back = cavityMiddle(height) + cavityBack(height) + 6;
  fill(
    canvas,
    [
      [-20, y - 4],
      [20, y - 4],
      [27, y + 14],
      [44, back],
      [-44, back],
      [-27, y + 14],
    ],
    {
      hu: HU.muscle,
      label: 0,
    },
  );
}
