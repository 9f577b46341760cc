/** The placement guard as a picture: for every voxel of the lung's coarse grid, whether a nodule may be centred in it. */
import { GUARD_LABELS, type GuardLabel, type PlacementSetting } from '@nodulelab/contract';
import type { LungAnatomy } from '../anatomy/lungMask.ts';
import type { CtVolume, VolumeGeometry } from '../volume/ctVolume.ts';
import { placeJudge, refusalOf } from './placeJudge.ts';

export interface LabelledPlaces extends VolumeGeometry {
  /** One of `GUARD_LABELS` per voxel, i fastest. */
  readonly labels: Uint8Array;
  /** Volume of all voxels that are allowed. */
  readonly allowedMl: number;
}

const LABEL_OF: Readonly<Record<NonNullable<ReturnType<typeof refusalOf>>, GuardLabel>> = {
  'outside-volume': 'near-border',
  'outside-lung': 'outside',
  'near-border': 'near-border',
  airway: 'airway',
  vessel: 'vessel',
  'no-room': 'no-room',
  'other-setting': 'other-setting',
};

/**
 * Judges every voxel as `checkPlacement` judges a point in it.
 *
 * @param diameterMm wanted diameter of the nodule.
 * @param setting the only setting that is allowed; any where absent.
 */
export function guardMap(
  host: CtVolume,
  lung: LungAnatomy,
  diameterMm: number,
  setting?: PlacementSetting,
): LabelledPlaces {
  const { depth } = lung;
  const { size, spacing, origin, direction } = depth;
  const judge = placeJudge(host, lung, diameterMm);
  const labels = new Uint8Array(size[0] * size[1] * size[2]);
  let allowed = 0;
  let at = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, at++) {
        const refusal = refusalOf(judge.at(i, j, k), setting);
        if (refusal === null) allowed++;
        const label = refusal === null ? 'allowed' : LABEL_OF[refusal];
        // Near the first and last slice only lung is worth a label of its own.
        labels[at] = GUARD_LABELS[refusal === 'outside-volume' && depth.data[at] === 0 ? 'outside' : label];
      }
  return {
    labels,
    size,
    spacing,
    origin,
    direction,
    allowedMl: (allowed * spacing[0] * spacing[1] * spacing[2]) / 1000,
  };
}
