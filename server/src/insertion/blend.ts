/**
 * Mixes a nodule, given as HU on the host's voxels, into the host.
 *
 * Every voxel moves from its own HU towards soft tissue by a fraction alpha: `out = host + alpha · (cap − host)`. In
 * aerated lung this adds the nodule on top of what is there, a share alpha of air giving way to tissue. A vessel or the
 * chest wall is tissue already: it is filled up to the nodule's own HU and never made darker or brighter than either.
 */
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, IndexBox } from '../volume/ctVolume.ts';
import { hostNoise } from './hostTexture.ts';
import type { PatchShape } from './patchShape.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, floor, max, min, round, sqrt } = Math;

export interface Blended {
  /** New HU of every voxel of the box, i fastest. */
  readonly hu: Int16Array;
  /** 0 = the host's voxel, untouched; 255 = all nodule. */
  readonly alpha: Uint8Array;
  /** 1 where the nodule is above half maximum: what a reader would outline. */
  readonly footprint: Uint8Array;
  /** Mean of the new HU over the footprint; NaN where it holds no voxel. */
  readonly meanHu: number;
}

export interface BlendRequest {
  readonly host: CtVolume;
  readonly box: IndexBox;
  /** HU of the patch on the voxels of the box. */
  readonly field: Float32Array;
  readonly shape: PatchShape;
  readonly seed: number;
  readonly lung?: Pick<LungAnatomy, 'mask'>;
  /** Wanted mean HU over the footprint. */
  readonly meanHu?: number;
}

/** Soft tissue that nodules grow towards, unless the patch itself is brighter. */
const CAP_HU = 100;
/** The nodule fades in from the first to the second value above the patch's background. */
const RAMP_HU = { from: 15, to: 60 } as const;
/** A host voxel counts as tissue more and more from the first value to the second. */
const TISSUE_HU = { from: -500, to: -200 } as const;
/** Below this a voxel is padding outside the field of view: never changed. */
const PADDING_HU = -1100;
const OUTPUT_HU = { low: -1024, high: 1500 } as const;
/** The wanted mean is met to within this where the host lets it (HU). */
const MEAN_CLOSE_HU = 2;
const MEAN_ROUNDS = 10;
/** How far the nodule's contrast may be turned down and up to meet it. */
const GAIN = { low: 0.02, high: 6 } as const;

/** What the patch adds below this many HU changes no voxel. */
export const NEGLIGIBLE_HU = RAMP_HU.from;

/** What is left, HU, of what a patch adds, HU: little of little, so that a nodule begins without a step. */
export const fadedIn = (addedHu: number): number =>
  max(0, addedHu) * min(1, max(0, (addedHu - RAMP_HU.from) / (RAMP_HU.to - RAMP_HU.from)));

export function blend(request: BlendRequest): Blended {
  const prepared = prepare(request);
  const { meanHu } = request;
  const first = mix(prepared, 1);
  if (meanHu === undefined || Number.isNaN(first.meanHu)) return first;
  // The mean rises steadily with the gain: two gains around it are brought together by secants kept between them.
  let best = first;
  let low = { gain: GAIN.low as number, meanHu: mix(prepared, GAIN.low).meanHu };
  let high = { gain: GAIN.high as number, meanHu: mix(prepared, GAIN.high).meanHu };
  let tried = { gain: 1, meanHu: first.meanHu };
  for (let n = 0; n < MEAN_ROUNDS && abs(best.meanHu - meanHu) > MEAN_CLOSE_HU; n++) {
    if (tried.meanHu < meanHu) low = tried;
    else high = tried;
    const share = (meanHu - low.meanHu) / max(1e-6, high.meanHu - low.meanHu);
    const gain = low.gain + (high.gain - low.gain) * min(0.95, max(0.05, share));
    const blended = mix(prepared, gain);
    tried = { gain, meanHu: blended.meanHu };
    if (abs(blended.meanHu - meanHu) < abs(best.meanHu - meanHu)) best = blended;
  }
  return best;
}

interface Prepared extends BlendRequest {
  /** The host's voxels of the box. */
  readonly before: Int16Array;
  /** 1 where the patch adds anything at all. */
  readonly wanted: Uint8Array;
  readonly noise: Float32Array;
  /** Share of the nodule that lungs let through, 0 … 1; null where everything does. */
  readonly share: Float32Array | null;
}

function prepare(request: BlendRequest): Prepared {
  const { host, box, field, shape, seed, lung } = request;
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const [nx, ny] = host.size;
  const before = new Int16Array(field.length);
  const wanted = new Uint8Array(field.length);
  const share = lung === undefined ? null : new Float32Array(field.length);
  for (let at = 0; at < field.length; at++) {
    const i = box.min[0] + (at % width);
    const j = box.min[1] + (floor(at / width) % height);
    const k = box.min[2] + floor(at / (width * height));
    before[at] = host.data[i + nx * (j + ny * k)]!;
    // A gain above 1 brings in voxels that are negligible without it.
    if (field[at]! - shape.backgroundHu <= RAMP_HU.from / GAIN.high) continue;
    wanted[at] = 1;
    if (share !== null) share[at] = lungShareAt(host, lung!, i, j, k);
  }
  return { ...request, before, wanted, share, noise: hostNoise(host, box, seed, wanted) };
}

function mix({ field, shape, before, wanted, noise, share }: Prepared, gain: number): Blended {
  const { backgroundHu, halfHu, brightHu } = shape;
  const cap = max(CAP_HU, backgroundHu + gain * (brightHu - backgroundHu));
  const hu = Int16Array.from(before);
  const alpha = new Uint8Array(field.length);
  const footprint = new Uint8Array(field.length);
  let sum = 0;
  let voxels = 0;
  for (let at = 0; at < field.length; at++) {
    const own = before[at]!;
    if (wanted[at] === 0 || own < PADDING_HU) continue;
    if (field[at]! > halfHu) footprint[at] = 1;
    const added = gain * (field[at]! - backgroundHu);
    const fraction = min(1, (fadedIn(added) * (share === null ? 1 : share[at]!)) / (cap - backgroundHu));
    const tissue = smoothstep((own - TISSUE_HU.from) / (TISSUE_HU.to - TISSUE_HU.from));
    const towards = cap + tissue * (min(cap, backgroundHu + added) - cap);
    const step = round(255 * fraction);
    if (step > 0 && towards > own) {
      // What is left of the host's own noise is (1 - fraction); its variance is topped up to the host's level.
      const fresh = sqrt(1 - (1 - fraction) ** 2) * noise[at]! * smoothstep((towards - own) / 100);
      alpha[at] = step;
      hu[at] = round(min(OUTPUT_HU.high, max(OUTPUT_HU.low, own + fraction * (towards - own) + fresh)));
    }
    if (footprint[at] === 0) continue;
    sum += hu[at]!;
    voxels++;
  }
  return { hu, alpha, footprint, meanHu: sum / voxels };
}

/**
 * How much of the nodule a voxel may take: 1 where half of its 3×3 neighbours in the slice are lung, less further out.
 * The voxels of the border itself are partly air: held back there, the nodule would leave a dark line along the pleura.
 */
function lungShareAt(
  host: CtVolume,
  { mask }: Pick<LungAnatomy, 'mask'>,
  i: number,
  j: number,
  k: number,
): number {
  const [nx, ny] = host.size;
  let sum = 0;
  let all = 0;
  for (let b = max(0, j - 1); b <= min(ny - 1, j + 1); b++)
    for (let a = max(0, i - 1); a <= min(nx - 1, i + 1); a++) {
      sum += mask[a + nx * (b + ny * k)]!;
      all++;
    }
  return min(1, (2 * sum) / all);
}

/** 0 below 0, 1 above 1, smooth between. */
function smoothstep(t: number): number {
  const x = min(1, max(0, t));
  return x * x * (3 - 2 * x);
}
