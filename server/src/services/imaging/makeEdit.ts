/** Edits of a host: made for a preview, and made again from what is recorded of them. Both go through the same lines. */
import type { Edit, InsertionOptions } from '@nodulelab/contract';
import type { BoxChange } from '../../dicom/derivedCt.ts';
import { storedRange } from '../../dicom/storedPixels.ts';
import { insertNodule, type Insertion } from '../../insertion/insertNodule.ts';
import { requirePlacement } from '../../insertion/placement.ts';
import { removeNodule, type NoduleRegion } from '../../insertion/removeNodule.ts';
import { editedDetectorBox } from '../../networks/detectorBox.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CtVolume, IndexBox, Vec3, VolumeGeometry } from '../../volume/ctVolume.ts';
import { noduleRegion } from '../removal/noduleRegion.ts';
import { copyBox, huOfBox, maskOnBox, tightRegion, unionOf } from './boxes.ts';
import { withEdits } from './editedVolume.ts';
import type { Host } from './hosts.ts';
import type {
  EditMaterial,
  EditResult,
  PreviewResult,
  PreviewWork,
  RemakeWork,
  RemovalResult,
  RemovalWork,
} from './protocol.ts';

/** @throws NoduleLabError `unusable` with the reason and the nearest allowed place where the guard refuses */
export function previewIn(host: Host, work: Omit<PreviewWork, 'seriesInstanceUID'>): PreviewResult {
  const { centre, diameterMm, options = {}, earlier = [] } = work;
  const setting = withEdits(host, earlier, (volume, lung) =>
    requirePlacement(volume, lung, centre, diameterMm, options.setting),
  );
  const result = insertInto(host, { ...work, options }, earlier);
  const seen = withEdits(host, earlier, (volume) => editedDetectorBox(volume, result, centre, diameterMm));
  return { ...result, setting, detectorBox: seen };
}

/** The CT as if the nodule were not there. The lungs are those of the original. */
export function removeIn(host: Host, work: Omit<RemovalWork, 'seriesInstanceUID'>): RemovalResult {
  const region = tightRegion(noduleRegion(host.series, work.nodule));
  const result = removeFrom(host, region, work.seed, work.earlier);
  return { ...result, mask: maskOnBox(region, result.box) };
}

/**
 * Makes an edit again: the same code, host and material give the same voxels, bit for bit. Whether the place would be
 * allowed today is not asked.
 *
 * @param earlier what the edits before it left
 * @throws NoduleLabError `invalid-input` where the material is of another kind
 */
export function remakeEdit(
  host: Host,
  edit: Edit,
  material: EditMaterial,
  earlier: readonly BoxChange[],
): EditResult {
  if (edit.kind === 'insert' && material.kind === 'insert') {
    const { centre, diameterMm, blendingSeed: seed, options } = edit;
    return insertInto(host, { patch: material.patch, centre, diameterMm, seed, options }, earlier);
  }
  if (edit.kind === 'remove' && material.kind === 'remove')
    return removeFrom(host, tightRegion({ box: edit.box, mask: material.mask }), edit.seed, earlier);
  throw new NoduleLabError(
    'invalid-input',
    `An edit of the kind "${edit.kind}" cannot be made of what belongs to the kind "${material.kind}".`,
  );
}

/** All edits of a series, each one in what the ones before it left. */
export function remakeEdits(host: Host, { steps }: Pick<RemakeWork, 'steps'>): EditResult[] {
  const made: EditResult[] = [];
  for (const { edit, material } of steps) made.push(remakeEdit(host, edit, material, made));
  return made;
}

interface Wanted {
  readonly patch: Float32Array;
  readonly centre: Vec3;
  readonly diameterMm: number;
  readonly seed: number;
  readonly options: InsertionOptions;
}

function insertInto(host: Host, wanted: Wanted, earlier: readonly BoxChange[]): EditResult {
  const { patch, centre, diameterMm, seed, options } = wanted;
  const { rotationDeg, meanHu } = options;
  const inserted = withEdits(host, earlier, (volume, lung) =>
    insertNodule(
      volume,
      { data: patch },
      {
        ...{ centre, diameterMm },
        ...(rotationDeg === undefined ? {} : { rotationDeg }),
        ...(meanHu === undefined ? {} : { meanHu }),
      },
      { seed, lung },
    ),
  );
  return resultOf(host, inserted);
}

function removeFrom(
  host: Host,
  region: NoduleRegion,
  seed: number,
  earlier: readonly BoxChange[],
): EditResult {
  const removed = withEdits(host, earlier, (volume, lung) =>
    widened(volume, removeNodule(volume, region, { seed, lung, storedHu: storedHuOf(host) }), region.box),
  );
  return resultOf(host, removed);
}

/** The record of a removal keeps the nodule's mask on the changed box, so that box must hold all of the nodule. */
function widened(volume: CtVolume, result: Insertion, nodule: IndexBox): Insertion {
  const box = unionOf(result.box, nodule);
  return {
    ...result,
    box,
    hu: copyBox({ box: result.box, voxels: result.hu }, { box, voxels: huOfBox(volume, box) }),
    alpha: maskOnBox({ box: result.box, mask: result.alpha }, box),
    footprint: maskOnBox({ box: result.box, mask: result.footprint }, box),
  };
}

/** Leaves out whatever else the blending tells of itself: this crosses a thread. */
const resultOf = (host: Host, { box, hu, alpha, footprint, measured, checks }: Insertion): EditResult => ({
  ...{ box, hu, alpha, footprint, measured, checks },
  geometry: geometryOf(host.series.volume),
});

export function geometryOf({ size, spacing, origin, direction }: VolumeGeometry): VolumeGeometry {
  return { size, spacing, origin, direction };
}

/** HU that the stored bits of every slice can hold. */
function storedHuOf({ series }: Host): { readonly low: number; readonly high: number } {
  let [low, high] = [-32768, 32767];
  for (const { pixelFormat } of series.slices) {
    const { slope, intercept } = pixelFormat;
    const stored = storedRange(pixelFormat);
    low = Math.max(low, stored.low * slope + intercept);
    high = Math.min(high, stored.high * slope + intercept);
  }
  return { low, high };
}
