/**
 * The phantom's pencil: closed outlines in mm (x to the patient's left, y to the back), filled into one slice.
 * Edges are hard here; averaging sub-slices and the scanner's blur soften them afterwards, as in a CT.
 */

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, atan2, ceil, cos, floor, hypot, max, min, sign, sin } = Math;

export type Point = readonly [number, number];
export type Outline = readonly Point[];

/** A slice being drawn: HU and lung label per pixel, and where the pixels lie. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** mm per pixel, and mm of the centre of pixel (0, 0). */
  readonly pixelMm: readonly [number, number];
  readonly originMm: Point;
  readonly hu: Int16Array;
  /** 0 = not lung, 1 = right lung, 2 = left lung. */
  readonly label: Uint8Array;
}

export interface Paint {
  /** HU, or HU as a function of the pixel's place in mm. */
  readonly hu: number | ((x: number, y: number) => number);
  /** New lung label; the label stays where it is absent. */
  readonly label?: number;
  /** Paint only where the canvas is lung now. */
  readonly onlyLung?: boolean;
}

/** Fills a closed outline (even-odd rule, pixel centres). */
export function fill(canvas: Canvas, outline: Outline, { hu, label, onlyLung = false }: Paint): void {
  const { width, height, pixelMm, originMm } = canvas;
  let low = Infinity;
  let high = -Infinity;
  for (const [, y] of outline) {
    low = min(low, y);
    high = max(high, y);
  }
  const first = max(0, ceil((low - originMm[1]) / pixelMm[1]));
  const last = min(height - 1, floor((high - originMm[1]) / pixelMm[1]));
  const crossings: number[] = [];
  for (let j = first; j <= last; j++) {
    const y = originMm[1] + j * pixelMm[1];
    crossings.length = 0;
    for (let n = 0; n < outline.length; n++) {
      const a = outline[n]!;
      const b = outline[n + 1 === outline.length ? 0 : n + 1]!;
      if (a[1] <= y === b[1] <= y) continue;
      crossings.push(a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0]));
    }
    crossings.sort((a, b) => a - b);
    for (let n = 0; n + 1 < crossings.length; n += 2) {
      const from = max(0, ceil((crossings[n]! - originMm[0]) / pixelMm[0]));
      const to = min(width - 1, floor((crossings[n + 1]! - originMm[0]) / pixelMm[0]));
      for (let i = from; i <= to; i++) {
        const at = i + width * j;
        if (onlyLung && canvas.label[at] === 0) continue;
        canvas.hu[at] = typeof hu === 'number' ? hu : hu(originMm[0] + i * pixelMm[0], y);
        if (label !== undefined) canvas.label[at] = label;
      }
    }
  }
}

/** Superellipse |x/rx|^n + |y/ry|^n = 1; `ryBack` lets the back be flatter than the front. */
export function superellipse(
  [cx, cy]: Point,
  rx: number,
  ry: number,
  n = 2,
  ryBack = ry,
  steps = 120,
): Point[] {
  return Array.from({ length: steps }, (_, step) => {
    const angle = (2 * Math.PI * step) / steps;
    const c = cos(angle);
    const s = sin(angle);
    return [cx + rx * sign(c) * abs(c) ** (2 / n), cy + (s > 0 ? ryBack : ry) * sign(s) * abs(s) ** (2 / n)];
  });
}

export function ellipse(centre: Point, rx: number, ry: number, tiltDeg = 0): Point[] {
  const t = (tiltDeg * Math.PI) / 180;
  return Array.from({ length: 48 }, (_, step) => {
    const angle = (2 * Math.PI * step) / 48;
    const x = rx * cos(angle);
    const y = ry * sin(angle);
    return [centre[0] + x * cos(t) - y * sin(t), centre[1] + x * sin(t) + y * cos(t)];
  });
}

/** Thick line with round ends. */
export function capsule(from: Point, to: Point, radius: number): Point[] {
  const angle = atan2(to[1] - from[1], to[0] - from[0]);
  return Array.from({ length: 32 }, (_, step) => {
    const half = step < 16;
    const turn = angle + Math.PI / 2 + (half ? step / 15 : (step - 16) / 15 + 1) * Math.PI;
    const [cx, cy] = half ? from : to;
    return [cx + radius * cos(turn), cy + radius * sin(turn)];
  });
}

/** Moves every point of an outline towards its middle by so many mm (outwards where negative). */
export function inset(
  outline: Outline,
  [cx, cy]: Point,
  byMm: number | ((x: number, y: number) => number),
): Point[] {
  return outline.map(([x, y]) => {
    const distance = hypot(x - cx, y - cy);
    const by = typeof byMm === 'number' ? byMm : byMm(x, y);
    const scale = distance === 0 ? 0 : max(0, 1 - by / distance);
    return [cx + (x - cx) * scale, cy + (y - cy) * scale];
  });
}

/** A quantity that changes along the body, given at a few heights and interpolated smoothly (monotone cubic). */
export function profile(
  ...keys: readonly (readonly [height: number, value: number])[]
): (height: number) => number {
  const slope = (n: number): number => {
    const a = keys[n - 1];
    const b = keys[n];
    const c = keys[n + 1];
    if (a === undefined || b === undefined || c === undefined) return 0;
    const left = (b[1] - a[1]) / (b[0] - a[0]);
    const right = (c[1] - b[1]) / (c[0] - b[0]);
    return left * right <= 0 ? 0 : (2 * left * right) / (left + right);
  };
  return (height) => {
    let n = 0;
    while (n < keys.length - 2 && height > keys[n + 1]![0]) n++;
    const [x0, y0] = keys[n]!;
    const [x1, y1] = keys[n + 1]!;
    const step = x1 - x0;
    const t = min(1, max(0, (height - x0) / step));
    const u = 1 - t;
    return (
      y0 * u * u * (1 + 2 * t) +
      y1 * t * t * (3 - 2 * t) +
      slope(n) * step * t * u * u -
      slope(n + 1) * step * t * t * u
    );
  };
}
