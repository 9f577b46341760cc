/**
 * The soft tissue of the phantom: skin, fat, muscle, lungs, mediastinum, heart, great vessels, diaphragm and the table.
 *
 * Drawn in an adult's measures: mm in the plane around the middle of the chest, height 0 (upper abdomen) to 1 (base of
 * the neck) over 325 mm. Distances and HU are plausible adult values, not a copy of any patient.
 */
import type { Canvas, Outline, Point } from './contours.ts';
import { capsule, ellipse, fill, inset, profile, superellipse } from './contours.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, cos, exp, floor, hypot, max, min, round, sin, sqrt } = Math;

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

/** Level at which trachea divides. */
export const CARINA = 0.6;

const bodyHalfWidth = profile([0, 148], [0.25, 154], [0.5, 158], [0.75, 163], [0.9, 169], [1, 160]);
const bodyFront = profile([0, 104], [0.3, 106], [0.5, 104], [0.75, 92], [0.9, 76], [1, 62]);
const bodyBack = profile([0, 98], [0.5, 106], [0.8, 102], [0.92, 92], [1, 80]);
const cavityHalfWidth = profile(
  [0, 124],
  [0.2, 131],
  [0.4, 129],
  [0.6, 118],
  [0.75, 99],
  [0.87, 70],
  [0.95, 36],
  [1, 22],
);
const cavityFront = profile([0, 84], [0.3, 88], [0.5, 84], [0.7, 70], [0.85, 44], [0.95, 18], [1, 12]);
const cavityBack = profile([0, 74], [0.3, 80], [0.6, 80], [0.8, 70], [0.9, 56], [0.96, 34], [1, 20]);
const cavityMiddle = profile([0, 0], [0.6, 0], [0.9, 8], [1, 12]);
const rightDome = 0.33;
const leftDome = 0.28;

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

/** Draws everything but bones and the lung's inner structure at one height. */
export function drawSoftTissue(canvas: Canvas, height: number): void {
  canvas.hu.fill(HU.air);
  canvas.label.fill(0);
  drawTable(canvas);
  const { outline: wall, centre } = cavity(height);
  drawBody(canvas, height, wall, centre);
  drawLungs(canvas, height, inset(wall, centre, 3));
  drawDiaphragm(canvas, height);
  drawMediastinum(canvas, height, centre);
  if (height < 0.27) drawUpperAbdomen(canvas, height);
  drawHeart(canvas, height);
  drawGreatVessels(canvas, height);
  drawBehindSpine(canvas, height);
}

function drawTable(canvas: Canvas): void {
  const arc = (offset: number): Point[] =>
    Array.from({ length: 41 }, (_, n) => {
      const x = -185 + (370 * n) / 40;
      return [x, 110 + offset - 24 * (x / 185) ** 2];
    });
  const shell = (from: number, to: number): Outline => [...arc(from), ...arc(to).reverse()];
  fill(canvas, shell(0, 26), { hu: -930 });
  fill(canvas, shell(0, 2.2), { hu: -120 });
  fill(canvas, shell(24, 26), { hu: -60 });
}

function drawBody(canvas: Canvas, height: number, wall: Outline, centre: Point): void {
  const chest = (offset: number): number => exp(-((height - 0.52) ** 2) / 0.03) * offset;
  const skin = superellipse([0, 0], bodyHalfWidth(height), bodyFront(height), 2.4, bodyBack(height), 200).map(
    ([x, y]): Point => {
      const bulge = y < 0 ? chest(9) * exp(-((abs(x) - 78) ** 2) / 1500) : 0;
      const groove = y > 0 ? 5 * exp(-((x / 13) ** 2)) : 4 * exp(-((x / 16) ** 2));
      return [x, y - bulge + (y > 0 ? -groove : groove)];
    },
  );
  const fatMm = (x: number, y: number): number =>
    9 + (y < 0 ? chest(11) * exp(-((abs(x) - 78) ** 2) / 2000) : 3) + 5 * (1 - height) * abs(x / 150) ** 2;
  fill(canvas, skin, { hu: HU.skin });
  fill(canvas, inset(skin, [0, 0], 1.8), { hu: HU.fat });
  const muscle = inset(skin, [0, 0], fatMm);
  fill(canvas, muscle, { hu: HU.muscle });
  for (const side of [-1, 1]) {
    const back = bodyBack(height) - 24;
    fill(canvas, ellipse([side * 31, back], 27, 14.5, side * -8), { hu: HU.fat + 25 });
    fill(canvas, ellipse([side * 31, back], 26, 13.5, side * -8), { hu: HU.muscle + 4 });
    // Pectoral muscle in two layers.
    const pectoral = exp(-((height - 0.72) ** 2) / 0.02);
    if (pectoral > 0.25)
      fill(
        canvas,
        capsule([side * 30, -cavityFront(height) - 13], [side * 96, -cavityFront(height) * 0.62 - 8], 1.4),
        { hu: HU.fat + 30 },
      );
  }
  // Fat between the outer muscles and the rib cage, widest in the armpit.
  const armpit = exp(-((height - 0.82) ** 2) / 0.012);
  const plane = (extra: number): Point[] =>
    inset(wall, centre, (x, y) => -(17 + extra * (0.6 + 0.4 * sin(x / 17) * cos(y / 13))));
  const within = (outline: Point[]): Point[] =>
    outline.map((p, n) => nearer(p, muscle[floor((n * 200) / 240)]!));
  fill(canvas, within(plane(4 + 5 * armpit)), { hu: HU.fat });
  fill(canvas, within(plane(0)), { hu: HU.muscle });
  for (const side of [-1, 1]) {
    if (armpit > 0.2)
      fill(
        canvas,
        ellipse([side * (cavityHalfWidth(height) + 30), -4], 16 * armpit, 26 * armpit, side * 12),
        { hu: HU.fat },
      );
    if (armpit > 0.2)
      fill(canvas, ellipse([side * (cavityHalfWidth(height) + 27), 2], 3.4, 3.4), { hu: HU.blood });
    if (armpit > 0.4) fill(canvas, ellipse([side * (cavityHalfWidth(height) + 33), -9], 4, 2.6), { hu: 45 });
  }
}

/** The point of two that lies nearer to the middle, so that inner layers never leave outer ones. */
function nearer(a: Point, limit: Point): Point {
  const reach = hypot(limit[0], limit[1]) - 2;
  const distance = hypot(a[0], a[1]);
  return distance <= reach ? a : [(a[0] * reach) / distance, (a[1] * reach) / distance];
}

function drawLungs(canvas: Canvas, height: number, outline: Outline): void {
  const front = cavityFront(height) + cavityBack(height);
  // Gravity: the back of a lying patient's lung holds more blood and less air.
  const hu = (x: number, y: number): number =>
    round(-872 + (34 * y) / front + 5 * sin(x / 23 + 4 * height) * cos(y / 19));
  fill(
    canvas,
    outline.filter(([x]) => x <= 0),
    { hu, label: 1 },
  );
  fill(
    canvas,
    outline.filter(([x]) => x >= 0),
    { hu, label: 2 },
  );
  drawFissure(canvas, 1, height, -18, 132);
  drawFissure(canvas, 2, height, -8, 140);
}

/** Oblique fissure: high at the back, low at the front; a faint line in each slice. */
function drawFissure(canvas: Canvas, label: number, height: number, middle: number, slope: number): void {
  const { width, height: rows, pixelMm, originMm } = canvas;
  for (let i = 0; i < width; i++) {
    const x = originMm[0] + i * pixelMm[0];
    const y = middle + slope * (height - 0.36) + 9 * cos(x / 31) + 3 * sin(x / 9);
    const j = round((y - originMm[1]) / pixelMm[1]);
    if (j < 0 || j >= rows) continue;
    const at = i + width * j;
    if (canvas.label[at] === label) canvas.hu[at] = max(canvas.hu[at]!, -700);
  }
}

function drawDiaphragm(canvas: Canvas, height: number): void {
  const dome = (top: number): number => sqrt(max(0, 1 - (height / top) ** 2));
  const right = dome(rightDome);
  const left = dome(leftDome);
  const organs: [Outline, number][] = [
    [ellipse([-58, -6], 84 * right, 92 * right), HU.liver],
    [ellipse([60, -4], 80 * left, 90 * left), HU.fat + 20],
  ];
  for (const [outline, hu] of organs) fill(canvas, outline, { hu, label: 0, onlyLung: true });
  if (height < leftDome) {
    const inside = max(0, left - 0.08);
    fill(canvas, ellipse([88, 30], 40 * inside, 36 * inside, -30), { hu: 118 });
    fill(canvas, ellipse([52, -32], 44 * inside, 36 * inside, 20), { hu: 38 });
    if (height < leftDome - 0.08)
      fill(canvas, ellipse([50, -48], 26 * inside, 12 * inside, 10), { hu: -960 });
  }
}

/** What lies between the domes below the heart: left lobe of the liver, vena cava, crura, stomach and kidney fat. */
function drawUpperAbdomen(canvas: Canvas, height: number): void {
  const size = sqrt(max(0, 1 - (height / 0.27) ** 2));
  const y = spineY(height);
  fill(canvas, ellipse([-34, -14], 66 * size, 62 * size, -14), { hu: HU.liver });
  fill(canvas, ellipse([8, -46], 54 * size, 26 * size, 8), { hu: HU.liver - 3 });
  fill(canvas, ellipse([-20, y - 32], 13, 10), { hu: HU.blood - 45 });
  for (const side of [-1, 1])
    fill(canvas, ellipse([side * 17, y - 14], 6, 15, side * 14), { hu: HU.muscle + 6 });
  // Vessels of the liver.
  for (const [x, yy, r] of [
    [-60, -10, 4],
    [-74, 14, 3],
    [-48, -34, 3.4],
    [-84, -22, 2.6],
    [4, -46, 2.8],
  ] as const)
    fill(canvas, ellipse([x + 40 * height, yy], r * 1.7, r, 60 * sin(x)), { hu: HU.blood - 40 });
  if (height > 0.02 && height < 0.12)
    for (const side of [-1, 1]) {
      const kidney = sqrt(max(0, 1 - ((height - 0.03) / 0.09) ** 2));
      fill(canvas, ellipse([side * 62, y + 2], 34 * kidney, 27 * kidney, side * 35), { hu: HU.fat });
      fill(canvas, ellipse([side * 62, y + 2], 27 * kidney, 20 * kidney, side * 35), { hu: 165 });
      fill(canvas, ellipse([side * 54, y - 2], 11 * kidney, 8 * kidney, side * 35), { hu: HU.fat + 20 });
    }
}

function drawMediastinum(canvas: Canvas, height: number, centre: Point): void {
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

function drawHeart(canvas: Canvas, height: number): void {
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

function drawGreatVessels(canvas: Canvas, height: number): void {
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
function drawBehindSpine(canvas: Canvas, height: number): void {
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
