/**
 * Inserts a patch into a host CT: only a box around the nodule is computed, and inside it only voxels with alpha > 0
 * differ from the host.
 *
 * Every voxel moves from its own HU towards soft tissue by a fraction alpha that the patch gives:
 * `out = host + alpha · max(0, cap − host)`. In aerated lung this adds the nodule on top of the real texture; soft
 * tissue that is there already stays, so vessels run into the nodule and the chest wall keeps its place.
 */
import type { MeasuredEdit } from '@nodulelab/contract';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';
import { insideGrid, worldToIndex } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { hostNoise, measureBlur } from './hostTexture.ts';
import type { PatchOrientation } from './orientation.ts';
import { patchAxes } from './orientation.ts';
import { matchSharpness } from './patchEdges.ts';
import type { HuPatch, PatchShape } from './patchShape.ts';
import { measurePatch, sphereDiameter, toHuPatch } from './patchShape.ts';
import type { QualityCheck } from './qualityChecks.ts';
import { qualityChecks } from './qualityChecks.ts';
import { boxAround, samplePatch } from './resamplePatch.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, ceil, floor, max, min, round, sqrt } = Math;

export interface NodulePatch {
  /** 64³ (or any cube) of values in [0, 1] for HU [-1000, 400], x fastest; x, y, z run along L, P, S. */
  readonly data: Float32Array;
}

export interface NodulePlace extends PatchOrientation {
  /** Where the middle of the nodule comes to lie, LPS mm. */
  readonly centre: Vec3;
  /** Diameter of the visible nodule, mm: the sphere with its volume above half maximum. */
  readonly diameterMm: number;
}

export interface InsertionOptions {
  /** Chooses the host noise that the core takes on; same seed, same voxels. */
  readonly seed: number;
  /** With it the nodule ends at the lung's border even where chest-wall fat would let it through. */
  readonly lung?: LungAnatomy;
}

export interface Insertion {
  readonly box: IndexBox;
  /** New HU of every voxel of the box, i fastest. */
  readonly hu: Int16Array;
  /** 0 = the host's voxel, untouched; 255 = all nodule. */
  readonly alpha: Uint8Array;
  /** 1 where the nodule is above half maximum: what a reader would outline. */
  readonly footprint: Uint8Array;
  readonly measured: MeasuredEdit;
  readonly checks: readonly QualityCheck[];
}

/** Soft tissue that nodules grow towards, unless the patch itself is brighter. */
const CAP_HU = 100;
/** The nodule fades in from the first to the second value above the patch's background. */
const RAMP_HU = { from: 40, to: 100 } as const;
/** Below this a voxel is padding outside the field of view: never changed. */
const PADDING_HU = -1100;
const OUTPUT_HU = { low: -1024, high: 1500 } as const;
const CALIBRATION_ROUNDS = 4;
const CALIBRATED = 0.02;
/** Faces of the patch cube fade over this many patch voxels, so that a cut-off nodule shows no flat side. */
const FACE_FADE = 5;

/**
 * Inserts the nodule of a patch into the host.
 *
 * The patch's own nodule is measured first and scaled so that its diameter on the host's grid, after blur and partial
 * volume, is the one asked for.
 *
 * @throws NoduleLabError `unusable` where the centre is outside the volume or the patch shows no nodule.
 */
export function insertNodule(
  host: CtVolume,
  patch: NodulePatch,
  place: NodulePlace,
  options: InsertionOptions,
): Insertion {
  const index = worldToIndex(host, place.centre);
  if (!insideGrid(host, index))
    throw new NoduleLabError(
      'unusable',
      `The place (${place.centre.join(', ')}) mm LPS is outside the CT volume: choose a point inside the lung.`,
    );
  if (!(place.diameterMm > 0 && place.diameterMm <= 100))
    throw new NoduleLabError(
      'invalid-input',
      `A diameter of ${place.diameterMm} mm cannot be inserted: ask for one above 0 and up to 100 mm.`,
    );
  const raw = toHuPatch(patch.data);
  const rawShape = measurePatch(raw);
  const faded = fadeFaces(raw, rawShape.backgroundHu);
  const k = min(host.size[2] - 1, max(0, round(index[2])));
  const prepared = matchSharpness(
    faded,
    rawShape,
    place.diameterMm / rawShape.diameterVoxels,
    measureBlur(host, k),
  );
  const fitted = fitDiameter(host, prepared, rawShape, place);
  const result = blend(host, fitted, options);
  const checks = qualityChecks({
    host,
    box: fitted.box,
    ...result,
    requestedMm: place.diameterMm,
    measuredMm: fitted.measuredMm,
    ...(options.lung === undefined ? {} : { lung: options.lung }),
  });
  return { box: fitted.box, ...result, measured: measure(fitted.measuredMm, result), checks };
}

function measure(
  diameterMm: number,
  { hu, footprint }: { readonly hu: Int16Array; readonly footprint: Uint8Array },
): MeasuredEdit {
  let sum = 0;
  let voxels = 0;
  for (let at = 0; at < hu.length; at++)
    if (footprint[at] !== 0) {
      sum += hu[at]!;
      voxels++;
    }
  return {
    diameterMm,
    volumeMm3: (Math.PI / 6) * diameterMm ** 3,
    meanHu: voxels === 0 ? 0 : sum / voxels,
  };
}

interface Fitted {
  readonly box: IndexBox;
  /** HU of the patch on the host's voxels. */
  readonly field: Float32Array;
  readonly shape: PatchShape;
  readonly measuredMm: number;
}

/** Samples the patch at the scale at which its diameter on the host's grid is the wanted one. */
function fitDiameter(host: CtVolume, patch: HuPatch, shape: PatchShape, place: NodulePlace): Fitted {
  const axes = patchAxes(place);
  const reach = reachOf(patch, shape);
  let voxelMm = place.diameterMm / shape.diameterVoxels;
  let best: Fitted | null = null;
  for (let attempt = 0; attempt < CALIBRATION_ROUNDS; attempt++) {
    const box = boxAround(host, place.centre, reach * voxelMm + max(...host.spacing) / 2);
    const placement = { centre: place.centre, anchor: shape.centre, voxelMm, axes };
    const field = samplePatch(patch, placement, host, box, shape.backgroundHu);
    const measuredMm = sphereDiameter(volumeAbove(host, box, field, shape.halfHu));
    const error = (fit: number): number => abs(fit / place.diameterMm - 1);
    if (best === null || error(measuredMm) < error(best.measuredMm)) best = { box, field, shape, measuredMm };
    if (error(measuredMm) <= CALIBRATED) break;
    const ratio = measuredMm > 0 ? place.diameterMm / measuredMm : 1.3;
    voxelMm *= min(1.3, max(0.75, ratio));
  }
  return best!;
}

/** Farthest patch voxel, from the nodule's middle, that still adds anything (patch voxels). */
function reachOf({ edge, hu }: HuPatch, { backgroundHu, centre }: PatchShape): number {
  let farthest = 0;
  for (let at = 0; at < hu.length; at++) {
    if (hu[at]! <= backgroundHu + RAMP_HU.from) continue;
    const dx = (at % edge) - centre[0];
    const dy = (floor(at / edge) % edge) - centre[1];
    const dz = floor(at / (edge * edge)) - centre[2];
    farthest = max(farthest, dx * dx + dy * dy + dz * dz);
  }
  return sqrt(farthest) + 1;
}

/** Volume in mm³ where the trilinear interpolation of the field is above a level; each cell is sampled 3×3×n times. */
function volumeAbove(host: CtVolume, box: IndexBox, field: Float32Array, level: number): number {
  const nx = box.max[0] - box.min[0];
  const ny = box.max[1] - box.min[1];
  const nz = box.max[2] - box.min[2];
  const parts = ([0, 1, 2] as const).map((axis) => max(1, min(6, ceil(host.spacing[axis] / 0.4))));
  const [px, py, pz] = parts as [number, number, number];
  let count = 0;
  const corner = new Float64Array(8);
  for (let k = -1; k < nz; k++)
    for (let j = -1; j < ny; j++)
      for (let i = -1; i < nx; i++) {
        let low = 0;
        let high = 0;
        for (let c = 0; c < 8; c++) {
          const x = min(nx - 1, max(0, i + (c & 1)));
          const y = min(ny - 1, max(0, j + ((c >> 1) & 1)));
          const z = min(nz - 1, max(0, k + (c >> 2)));
          const value = field[x + nx * (y + ny * z)]!;
          corner[c] = value;
          low = c === 0 ? value : min(low, value);
          high = c === 0 ? value : max(high, value);
        }
        if (high <= level) continue;
        if (low > level) {
          count += px * py * pz;
          continue;
        }
        for (let c = 0; c < pz; c++)
          for (let b = 0; b < py; b++)
            for (let a = 0; a < px; a++) {
              const u = (a + 0.5) / px;
              const v = (b + 0.5) / py;
              const w = (c + 0.5) / pz;
              const front = mix(mix(corner[0]!, corner[1]!, u), mix(corner[2]!, corner[3]!, u), v);
              const back = mix(mix(corner[4]!, corner[5]!, u), mix(corner[6]!, corner[7]!, u), v);
              if (mix(front, back, w) > level) count++;
            }
      }
  return (count * host.spacing[0] * host.spacing[1] * host.spacing[2]) / (px * py * pz);
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

function blend(
  host: CtVolume,
  { box, field, shape }: Fitted,
  { seed, lung }: InsertionOptions,
): { hu: Int16Array; alpha: Uint8Array; footprint: Uint8Array } {
  const cap = max(CAP_HU, shape.brightHu);
  const width = box.max[0] - box.min[0];
  const height = box.max[1] - box.min[1];
  const hu = new Int16Array(field.length);
  const alpha = new Uint8Array(field.length);
  const footprint = new Uint8Array(field.length);
  const noise = hostNoise(host, box, seed);
  for (let at = 0; at < field.length; at++) {
    const i = box.min[0] + (at % width);
    const j = box.min[1] + (floor(at / width) % height);
    const k = box.min[2] + floor(at / (width * height));
    const before = host.data[i + host.size[0] * (j + host.size[1] * k)]!;
    hu[at] = before;
    if (before < PADDING_HU) continue;
    const added = field[at]! - shape.backgroundHu;
    const ramp = min(1, max(0, (added - RAMP_HU.from) / (RAMP_HU.to - RAMP_HU.from)));
    const share = lung === undefined ? 1 : lungShareAt(host, lung, i, j, k);
    const fraction = min(1, (max(0, added) * ramp * share) / (cap - shape.backgroundHu));
    if (field[at]! > shape.halfHu) footprint[at] = 1;
    const step = round(255 * fraction);
    if (step === 0 || before >= cap) continue;
    // What is left of the host's own noise is (1 - fraction); its variance is topped up to the host's level.
    const fresh = sqrt(1 - (1 - fraction) ** 2) * noise[at]!;
    const towards = before + fraction * (cap - before) + (before > CAP_HU - 200 ? 0 : fresh);
    alpha[at] = step;
    hu[at] = round(min(OUTPUT_HU.high, max(OUTPUT_HU.low, towards)));
  }
  return { hu, alpha, footprint };
}

/** Lung share of a voxel's 3×3 neighbours in its slice: a border one voxel soft. */
function lungShareAt(host: CtVolume, lung: LungAnatomy, i: number, j: number, k: number): number {
  const [nx, ny] = host.size;
  let sum = 0;
  let all = 0;
  for (let b = max(0, j - 1); b <= min(ny - 1, j + 1); b++)
    for (let a = max(0, i - 1); a <= min(nx - 1, i + 1); a++) {
      sum += lung.mask[a + nx * (b + ny * k)]!;
      all++;
    }
  return sum / all;
}

/** Lets the patch run out into its background towards the faces of the cube. */
function fadeFaces({ edge, hu }: HuPatch, backgroundHu: number): HuPatch {
  const faded = new Float32Array(hu.length);
  const fade = (n: number): number => min(1, min(n, edge - 1 - n) / FACE_FADE);
  for (let k = 0; k < edge; k++)
    for (let j = 0; j < edge; j++)
      for (let i = 0; i < edge; i++) {
        const at = i + edge * (j + edge * k);
        faded[at] = backgroundHu + (hu[at]! - backgroundHu) * fade(i) * fade(j) * fade(k);
      }
  return { edge, hu: faded };
}
