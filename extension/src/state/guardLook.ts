/** How each label of a guard map is said and drawn; told apart by pattern as well as by colour. */
import { GUARD_LABELS, type GuardLabel } from '@nodulelab/contract';

type Pattern = 'plain' | 'rising' | 'falling' | 'level' | 'upright' | 'dots';

interface Look {
  /** In the legend. */
  readonly words: string;
  readonly rgb: readonly [number, number, number];
  readonly pattern: Pattern;
  /** Covers most of the lung where a kind of place is chosen: what is allowed must stand out from it. */
  readonly faint?: boolean;
}

export type ShownLabel = Exclude<GuardLabel, 'outside'>;

/** What is outside the lung stays unshaded. */
export const GUARD_LOOKS: Readonly<Record<ShownLabel, Look>> = {
  allowed: { words: 'allowed', rgb: [45, 212, 191], pattern: 'plain' },
  'near-border': { words: "at the lung's border", rgb: [251, 191, 36], pattern: 'rising' },
  airway: { words: 'airway', rgb: [147, 197, 253], pattern: 'level' },
  vessel: { words: 'large vessel', rgb: [248, 113, 113], pattern: 'dots' },
  'no-room': { words: 'no room for this size', rgb: [203, 213, 225], pattern: 'falling' },
  'other-setting': { words: 'another kind of place', rgb: [192, 132, 252], pattern: 'upright', faint: true },
};

export const SHOWN_LABELS = Object.keys(GUARD_LOOKS) as ShownLabel[];

/** Side of the square in which every pattern repeats, pixels. */
export const TILE = 6;
const ALLOWED_ALPHA = 72;
const GROUND_ALPHA = 26;
const STROKE_ALPHA = 100;
const FAINT = 0.55;

const STROKES: Readonly<Record<Pattern, (x: number, y: number) => boolean>> = {
  plain: () => false,
  rising: (x, y) => (x + y) % TILE === 0,
  falling: (x, y) => (x - y + TILE) % TILE === 0,
  level: (_, y) => y % 3 === 0,
  upright: (x) => x % 3 === 0,
  dots: (x, y) => x % 3 === 0 && y % 3 === 0,
};

/** Red in the lowest byte, as canvases hold it on every machine that runs a browser. */
const pixel = ([r, g, b]: Look['rgb'], alpha: number): number =>
  (r | (g << 8) | (b << 16) | (alpha << 24)) >>> 0;

/** For each label its square of TILE x TILE pixels, one after the other, ready to be laid over a picture. */
const TILES = ((): Uint32Array => {
  const tiles = new Uint32Array((Math.max(...Object.values(GUARD_LABELS)) + 1) * TILE * TILE);
  for (const name of SHOWN_LABELS) {
    const { rgb, pattern, faint } = GUARD_LOOKS[name];
    const strength = faint ? FAINT : 1;
    for (let y = 0; y < TILE; y++)
      for (let x = 0; x < TILE; x++)
        tiles[GUARD_LABELS[name] * TILE * TILE + y * TILE + x] = pixel(
          rgb,
          pattern === 'plain'
            ? ALLOWED_ALPHA
            : Math.round(strength * (STROKES[pattern](x, y) ? STROKE_ALPHA : GROUND_ALPHA)),
        );
  }
  return tiles;
})();

/** Paints labels, one a pixel, row by row. */
export function paintLabels(labels: Uint8Array, width: number, pixels: Uint32Array): void {
  const tiles = TILES;
  for (let n = 0, x = 0, y = 0; n < labels.length; n++) {
    const label = labels[n]!;
    pixels[n] = label === 0 ? 0 : tiles[label * TILE * TILE + (y % TILE) * TILE + (x % TILE)]!;
    if (++x === width) {
      x = 0;
      y++;
    }
  }
}

const nameOf = (label: number): GuardLabel =>
  (Object.keys(GUARD_LABELS) as GuardLabel[]).find((name) => GUARD_LABELS[name] === label) ?? 'outside';

/** What the pointer is told about a place. */
export function guardSentence(label: number): string {
  const name = nameOf(label);
  if (name === 'outside') return 'Not lung';
  return name === 'allowed' ? 'Allowed here' : `Not here: ${GUARD_LOOKS[name].words}`;
}
