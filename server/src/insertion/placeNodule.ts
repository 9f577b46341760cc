/** A patch shaped for its host and mixed into it: everything of an insertion but its quality checks. */
import type { MeasuredEdit } from '@nodulelab/contract';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, IndexBox, Vec3 } from '../volume/ctVolume.ts';
import { insideGrid, worldToIndex } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Blended } from './blend.ts';
import { blend, NEGLIGIBLE_HU } from './blend.ts';
import { fitDiameter } from './fitDiameter.ts';
import { measureBlur, sliceWidth } from './hostBlur.ts';
import type { PatchOrientation } from './orientation.ts';
import { patchAxes } from './orientation.ts';
import { matchSharpness } from './patchEdges.ts';
import { withoutGrain } from './patchTexture.ts';
import type { HuPatch } from './patchShape.ts';
import { measurePatch, toHuPatch } from './patchShape.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { max, min, round, sqrt } = Math;

export interface NodulePatch {
  /** 64³ (or any cube) of values in [0, 1] for HU [-1000, 400], x fastest; x, y, z run along L, P, S. */
  readonly data: Float32Array;
}

export interface NodulePlace extends PatchOrientation {
  /** Where the middle of the nodule comes to lie, LPS mm. */
  readonly centre: Vec3;
  /** Diameter of the visible nodule, mm: the sphere with its volume above half maximum. */
  readonly diameterMm: number;
  /** Wanted mean HU inside the half-maximum border, -800 … 200; the patch decides where absent. */
  readonly meanHu?: number | undefined;
}

export interface PlacingOptions {
  /** Chooses the noise that covered voxels take on; same seed, same voxels. */
  readonly seed: number;
  /** With it the nodule ends at the lung's border even where chest-wall fat would let it through. */
  readonly lung?: Pick<LungAnatomy, 'mask'>;
}

export interface PlacedNodule extends Omit<Blended, 'meanHu'> {
  readonly box: IndexBox;
  readonly measured: MeasuredEdit;
}

/** Faces of the patch cube fade over this many patch voxels, so that a cut-off nodule shows no flat side. */
export const FACE_FADE = 5;

/** @throws NoduleLabError as `insertNodule` */
export function placeNodule(
  host: CtVolume,
  patch: NodulePatch,
  place: NodulePlace,
  options: PlacingOptions,
): PlacedNodule {
  const { centre, diameterMm, meanHu } = place;
  requirePossible(host, place);
  const raw = toHuPatch(patch.data);
  const shape = measurePatch(raw);
  const axes = patchAxes(place);
  const slice = min(host.size[2] - 1, max(0, round(worldToIndex(host, centre)[2])));
  const inPlane = (axis: Vec3): number => sqrt(max(0, 1 - dot(axis, host.direction[2]) ** 2));
  const sharpened = matchSharpness(
    withoutGrain(fadeFaces(raw, shape.backgroundHu)),
    shape,
    diameterMm / shape.diameterVoxels,
    measureBlur(host, slice),
    [inPlane(axes[0]), inPlane(axes[1]), inPlane(axes[2])],
  );
  const fitted = fitDiameter({
    ...{ host, shape, centre, diameterMm, axes },
    ...sharpened,
    sliceMm: sliceWidth(host),
    negligibleHu: NEGLIGIBLE_HU,
  });
  const { box, field, measuredMm } = fitted;
  const blended = blend({ host, box, field, shape, ...options, ...(meanHu === undefined ? {} : { meanHu }) });
  const { hu, alpha, footprint } = blended;
  return {
    ...{ box, hu, alpha, footprint },
    measured: {
      diameterMm: measuredMm,
      volumeMm3: (Math.PI / 6) * measuredMm ** 3,
      meanHu: Number.isNaN(blended.meanHu) ? 0 : blended.meanHu,
    },
  };
}

function requirePossible(host: CtVolume, { centre, diameterMm, meanHu }: NodulePlace): void {
  if (!insideGrid(host, worldToIndex(host, centre)))
    throw new NoduleLabError(
      'unusable',
      `The place (${centre.join(', ')}) mm LPS is outside the CT volume: choose a point inside the lung.`,
    );
  if (!(diameterMm > 0 && diameterMm <= 100))
    throw new NoduleLabError(
      'invalid-input',
      `A diameter of ${diameterMm} mm cannot be inserted: ask for one above 0 and up to 100 mm.`,
    );
  if (meanHu !== undefined && !(meanHu >= -800 && meanHu <= 200))
    throw new NoduleLabError(
      'invalid-input',
      `A mean of ${meanHu} HU cannot be inserted: ask for -800 (faint ground glass) to 200 HU (solid).`,
    );
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

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
