/**
 * The soft tissue of the phantom around the mediastinum: table, skin, fat, muscle, lungs, diaphragm and upper abdomen.
 * Later layers cover earlier ones.
 */
import type { Canvas, Outline, Point } from './contours.ts';
import { capsule, ellipse, fill, inset, superellipse } from './contours.ts';
import { drawBehindSpine, drawGreatVessels, drawHeart, drawMediastinum } from './mediastinum.ts';
import {
  HU,
  bodyBack,
  bodyFront,
  bodyHalfWidth,
  cavity,
  cavityBack,
  cavityFront,
  cavityHalfWidth,
  spineY,
} from './thoraxShape.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, cos, exp, floor, hypot, max, round, sin, sqrt } = Math;

/** Heights of the tops of the diaphragm. */
const rightDome = 0.33;
const leftDome = 0.28;

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
