/** The phantom's bones, drawn slice by slice: spine, ribs that descend towards the front, scapulae, clavicles, sternum. */
import type { Canvas, Outline, Point } from './contours.ts';
import { capsule, ellipse, fill } from './contours.ts';
import { HU, THORAX_MM, cavity, spineY } from './thoraxShape.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, cos, hypot, max, min, round, sin, sqrt } = Math;

const CORTEX = 620;
const MARROW = 210;
const CARTILAGE = 115;
const VERTEBRA_MM = 25;
const RIBS = 11;
const RIB_HEIGHT_MM = 13;
const RIB_HALF_MM = 4;

export function drawSkeleton(canvas: Canvas, height: number): void {
  drawSpine(canvas, height);
  for (const side of [-1, 1] as const) {
    for (let rib = 0; rib < RIBS; rib++) drawRib(canvas, height, rib, side);
    drawScapula(canvas, height, side);
    drawClavicle(canvas, height, side);
  }
  drawSternum(canvas, height);
}

function drawSpine(canvas: Canvas, height: number): void {
  const y = spineY(height);
  const phase = ((height * THORAX_MM) / VERTEBRA_MM) % 1;
  const disc = phase < 0.2;
  const waist = 1 - 0.09 * sin(Math.PI * max(0, (phase - 0.2) / 0.8));
  if (disc) fill(canvas, ellipse([0, y], 18, 14.5), { hu: HU.disc, label: 0 });
  else {
    fill(canvas, ellipse([0, y], 18 * waist, 14.5 * waist), { hu: CORTEX - 150, label: 0 });
    fill(canvas, ellipse([0, y], 16.6 * waist, 13.1 * waist), {
      hu: (x, yy) => round(MARROW + 22 * sin(x * 1.7) * sin(yy * 1.9)),
    });
  }
  const arch = phase > 0.3 && phase < 0.85;
  fill(canvas, ellipse([0, y + 23], arch ? 13 : 11, arch ? 11.5 : 9), { hu: arch ? CORTEX - 120 : 70 });
  fill(canvas, ellipse([0, y + 22], 9.5, 8), { hu: 12 });
  fill(canvas, ellipse([0, y + 22], 5, 4), { hu: 38 });
  if (phase > 0.15 && phase < 0.7) {
    fill(
      canvas,
      [
        [-3, y + 31],
        [3, y + 31],
        [2.2, y + 48],
        [-2.2, y + 48],
      ],
      { hu: CORTEX - 200 },
    );
  }
  if (phase > 0.35 && phase < 0.7)
    for (const side of [-1, 1]) {
      fill(canvas, capsule([side * 10, y + 19], [side * 33, y + 27], 4.5), { hu: CORTEX - 100, label: 0 });
      fill(canvas, capsule([side * 12, y + 19], [side * 32, y + 27], 3), { hu: MARROW });
    }
}

/** Point of the chest wall at an angle from the back (0) over the side to the front (π). */
function wallPoint(outline: Outline, side: number, angle: number): Point {
  const n = round((outline.length * (Math.PI / 2 - angle)) / (2 * Math.PI));
  const [x, y] = outline[((n % outline.length) + outline.length) % outline.length]!;
  return [side * abs(x), y];
}

/** A band that runs along the chest wall, `offset` mm outside it. */
function band(
  outline: Outline,
  centre: Point,
  side: number,
  from: number,
  to: number,
  offset: number,
  half: (angle: number) => number,
): Point[] {
  const steps = max(3, ceil((to - from) * 50));
  const inner: Point[] = [];
  const outer: Point[] = [];
  for (let step = 0; step <= steps; step++) {
    const angle = from + ((to - from) * step) / steps;
    const [x, y] = wallPoint(outline, side, angle);
    const length = hypot(x - centre[0], y - centre[1]);
    const along = (mm: number): Point => [
      x + ((x - centre[0]) * mm) / length,
      y + ((y - centre[1]) * mm) / length,
    ];
    inner.push(along(offset - half(angle)));
    outer.push(along(offset + half(angle)));
  }
  return [...outer, ...inner.reverse()];
}

/** Height of a rib's axis at an angle; the front lies several vertebrae lower than the back. */
function ribHeight(rib: number, angle: number): number {
  const back = 0.955 - 0.079 * rib;
  return back - (0.085 + 0.011 * rib) * (1 - cos(angle)) * 0.9;
}

function drawRib(canvas: Canvas, height: number, rib: number, side: number): void {
  const { outline, centre } = cavity(height);
  const end = rib < 7 ? 0.93 * Math.PI : (0.93 - 0.1 * (rib - 6)) * Math.PI;
  const thickness = (angle: number): number => {
    const off = ((ribHeight(rib, angle) - height) * THORAX_MM * 2) / RIB_HEIGHT_MM;
    return abs(off) >= 1 ? 0 : RIB_HALF_MM * sqrt(1 - off * off);
  };
  let start: number | null = null;
  const step = 0.02;
  for (let angle = 0.17 * Math.PI; angle <= end + step; angle += step) {
    const inside = angle <= end && thickness(angle) > 0.4;
    if (inside && start === null) start = angle;
    if (inside || start === null) continue;
    const bony = min(angle - step, 0.76 * Math.PI);
    if (bony > start) {
      fill(canvas, band(outline, centre, side, start, bony, 4, thickness), { hu: CORTEX, label: 0 });
      fill(
        canvas,
        band(outline, centre, side, start, bony, 4, (a) => max(0, thickness(a) - 1.3)),
        { hu: MARROW },
      );
    }
    if (angle - step > max(start, bony))
      fill(canvas, band(outline, centre, side, max(start, bony), angle - step, 4, thickness), {
        hu: CARTILAGE,
        label: 0,
      });
    start = null;
  }
}

function drawScapula(canvas: Canvas, height: number, side: number): void {
  const size = sqrt(max(0, 1 - ((height - 0.74) / 0.21) ** 2));
  if (size < 0.15) return;
  const { outline, centre } = cavity(height);
  const from = 0.26 * Math.PI;
  const to = from + 0.27 * Math.PI * size;
  const half = (angle: number): number => 1.7 + 3.2 * ((angle - from) / (to - from)) ** 4;
  const offset = height > 0.86 ? 21 : 17;
  fill(canvas, band(outline, centre, side, from, to, offset, half), { hu: CORTEX - 60 });
  fill(
    canvas,
    band(outline, centre, side, from + 0.1, to, offset, (a) => max(0, half(a) - 1.6)),
    { hu: MARROW + 60 },
  );
  if (height > 0.8 && height < 0.92) {
    const [x, y] = wallPoint(outline, side, (from + to) / 2);
    const [cx, cy] = wallPoint(outline, side, to);
    fill(canvas, capsule([x * 1.18, y * 1.22 + 6], [cx * 1.3 + side * 6, cy * 1.25 + 6], 2.6), {
      hu: CORTEX - 100,
    });
  }
}

/** The clavicle rises towards the shoulder: each slice cuts a short piece of it. */
function drawClavicle(canvas: Canvas, height: number, side: number): void {
  const inside: number[] = [];
  for (let t = 0; t <= 1; t += 0.02) {
    if (abs(0.865 + 0.085 * t - height) * THORAX_MM < 7) inside.push(t);
  }
  if (inside.length === 0) return;
  const at = (t: number): Point => [side * (20 + 108 * t), -52 + 14 * sin(Math.PI * t) + 18 * t];
  const from = at(inside[0]!);
  const to = at(inside[inside.length - 1]!);
  fill(canvas, capsule(from, to, 6), { hu: CORTEX });
  fill(canvas, capsule(from, to, 4.2), { hu: MARROW + 30 });
}

function drawSternum(canvas: Canvas, height: number): void {
  if (height < 0.36 || height > 0.85) return;
  const { outline, centre } = cavity(height);
  const [, front] = wallPoint(outline, 1, Math.PI);
  const wide = height > 0.72 ? 22 : 16;
  const at: Point = [centre[0], front - 7];
  fill(canvas, ellipse(at, wide, 6.5), { hu: CORTEX - 150, label: 0 });
  fill(canvas, ellipse(at, wide - 1.5, 5), { hu: MARROW - 40 });
}
