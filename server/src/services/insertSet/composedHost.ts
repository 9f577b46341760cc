/**
 * A host CT in memory that takes one nodule after the other: each is placed and blended with those before it in the
 * volume, and none may touch a voxel that another one changed.
 */
import type { QualityCheck } from '@nodulelab/contract';
import type { CtSeries } from '../../dicom/ctSeries.ts';
import type { BoxChange } from '../../dicom/derivedCt.ts';
import { isExactlyInvertible } from '../../dicom/storedPixels.ts';
import { Random } from '../../nn/random.ts';
import type { CtVolume, Vec3 } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { measurePatch, toHuPatch } from '../../insertion/patchShape.ts';
import { hostOf, type Host } from '../imaging/hosts.ts';
import { previewIn, proposeIn } from '../imaging/operations.ts';
import type { PreviewResult } from '../imaging/protocol.ts';
import { blendingSeed } from '../placement.ts';
import type { SetItem } from './setItems.ts';
import type { RefusalReason } from './state.ts';

export type Placing =
  | {
      readonly placed: true;
      readonly centre: Vec3;
      readonly checks: readonly QualityCheck[];
      readonly attempts: number;
    }
  | {
      readonly placed: false;
      readonly reason: RefusalReason;
      readonly message: string;
      readonly attempts: number;
    };

type Nodule = Pick<SetItem, 'id' | 'diameterMm' | 'sampleSha256'>;

type Change = BoxChange & Pick<PreviewResult, 'footprint' | 'measured'>;

/** How many places are tried for a nodule. */
const ATTEMPTS = 8;

export interface ComposedHost {
  readonly host: Host;
  /** In the order in which they were made; where boxes overlap, the later one holds what the earlier one changed. */
  readonly changes: readonly Change[];
  /** Looks for a place, the same one for the same seed and the same nodules before, and inserts. */
  place(nodule: Nodule, voxels: Float32Array, seed: number): Placing;
  /** Inserts again where it was placed before. */
  replay(nodule: Nodule, voxels: Float32Array, centre: Vec3): void;
}

/** @throws NoduleLabError `unusable` where there is no lung, or changed voxels could not be written exactly */
export function composedHost(series: CtSeries): ComposedHost {
  const inexact = series.slices.find(({ pixelFormat }) => !isExactlyInvertible(pixelFormat));
  if (inexact !== undefined)
    throw new NoduleLabError(
      'unusable',
      `${inexact.name}: with Rescale Slope ${inexact.rescaleSlope} not every HU has a stored value, so a nodule cannot be written exactly: use a series whose slope is 1.`,
      { file: inexact.name },
    );
  const host = hostOf(series);
  const { volume } = series;
  // What is in no lung is found before anything is inserted.
  host.lung();
  const touched = new Uint8Array(volume.data.length);
  const changes: Change[] = [];

  const insert = (nodule: Nodule, voxels: Float32Array, centre: Vec3): PreviewResult =>
    previewIn(host, {
      ...{ patch: voxels, centre, diameterMm: nodule.diameterMm, earlier: changes },
      seed: blendingSeed(nodule.sampleSha256),
    });

  const keep = ({ box, hu, alpha, footprint, measured }: PreviewResult): void => {
    forEachVoxel(volume, box, (voxel, at) => {
      if (alpha[at]! > 0) touched[voxel] = 1;
    });
    changes.push({ box, hu, footprint, measured });
  };

  const meetsAnother = ({ box, alpha }: PreviewResult): boolean => {
    let meets = false;
    forEachVoxel(volume, box, (voxel, at) => {
      if (alpha[at]! > 0 && touched[voxel] === 1) meets = true;
    });
    return meets;
  };

  return {
    host,
    changes,
    replay: (nodule, voxels, centre) => keep(insert(nodule, voxels, centre)),
    place(nodule, voxels, seed) {
      try {
        measurePatch(toHuPatch(voxels));
      } catch (error) {
        return refused('no-nodule', unusableMessage(error), 0);
      }
      let last: Placing = refused('no-place', 'no place was tried', 0);
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const random = Random.of('insert-set', seed, nodule.id, attempt);
        try {
          const { centre } = proposeIn(host, { diameterMm: nodule.diameterMm, seed: random.next() });
          const result = insert(nodule, voxels, centre);
          const bad = result.checks.find(({ verdict }) => verdict === 'bad');
          if (bad !== undefined)
            last = refused(
              'quality',
              `${bad.name} ${bad.value ?? 'not measured'} ${bad.unit} is bad: ${bad.explanation}`,
              attempt,
            );
          else if (meetsAnother(result))
            last = refused('overlap', 'it would touch a nodule that was inserted before', attempt);
          else {
            keep(result);
            return { placed: true, centre, checks: result.checks, attempts: attempt };
          }
        } catch (error) {
          // The guard has looked through the whole lung: trying again does not help.
          return refused('no-place', unusableMessage(error), attempt);
        }
      }
      return last;
    },
  };
}

const refused = (reason: RefusalReason, message: string, attempts: number): Placing => ({
  placed: false,
  reason,
  message,
  attempts,
});

/** Why something cannot be used; anything else is no refusal and goes on its way. */
export function unusableMessage(error: unknown): string {
  if (error instanceof NoduleLabError && error.kind === 'unusable') return error.message;
  throw error;
}

function forEachVoxel(
  { size }: CtVolume,
  { min, max }: BoxChange['box'],
  visit: (voxel: number, at: number) => void,
): void {
  let at = 0;
  for (let k = min[2]; k < max[2]; k++)
    for (let j = min[1]; j < max[1]; j++)
      for (let i = min[0]; i < max[0]; i++, at++) visit(i + size[0] * (j + size[1] * k), at);
}
