/** Insertion without archive or server: a folder of DICOM in, a folder of DICOM out. */
import type { InsertionOptions, PlacementSetting } from '@nodulelab/contract';
import { Random } from '../../nn/random.ts';
import type { Vec3 } from '../../volume/ctVolume.ts';
import { detectorCheck } from '../detectorCheck.ts';
import { insertEdit } from '../editRecord.ts';
import type { Host } from '../imaging/hosts.ts';
import { previewIn, proposeIn } from '../imaging/operations.ts';
import type { PreviewResult } from '../imaging/protocol.ts';
import type { ModelRegistry } from '../models.ts';
import { nodulePatch, type NoduleChoice } from '../nodulePatch.ts';
import { blendingSeed, earlierNodule } from '../placement.ts';
import { DEFAULT_DIAMETER_MM } from '../usualDiameter.ts';
import { wantedPoint, type WantedPlace } from '../wantedPlace.ts';
import {
  openOfflineHost,
  writeOffline,
  type OfflineEdit,
  type OfflineOptions,
  type OfflineResult,
  type Progress,
} from './offlineCt.ts';

export interface WantedNodule {
  readonly nodule: NoduleChoice;
  /** Voxels are column, row and slice, slices in their order along the body. */
  readonly at: WantedPlace;
  /** Without it the size that is recorded of the nodule or that its model was asked for, else 10 mm. */
  readonly diameterMm?: number | undefined;
  readonly options: InsertionOptions;
  /** Chooses the place where the program proposes one. */
  readonly seed: number;
}

/**
 * Inserts nodules, one after the other, each in what the ones before it left.
 * @throws NoduleLabError as `openOfflineHost`, `writeOffline`; `unusable` where a place is refused
 */
export async function insertOffline(
  models: ModelRegistry,
  nodules: readonly WantedNodule[],
  options: OfflineOptions,
  progress: Progress,
): Promise<OfflineResult> {
  progress(0, 'Reading the CT');
  const host = await openOfflineHost(options);
  const made: OfflineEdit[] = [];
  for (const [n, wanted] of nodules.entries()) {
    const which = nodules.length === 1 ? '' : ` ${n + 1} of ${nodules.length}`;
    progress(0.3 + (0.4 * n) / nodules.length, `Inserting nodule${which}`);
    made.push(await insertOne(models, host, wanted, made, options.confirmed));
  }
  progress(0.7, 'Writing');
  const result = await writeOffline(host, made, options);
  progress(1, 'Verified');
  return result;
}

/** Places that are tried where the program chooses. */
const ATTEMPTS = 8;

/** Seed of a further place that is tried; the first one has the seed that was given. */
export const placeSeedOf = (seed: number, attempt: number): number =>
  Random.of('place again', seed, attempt).next() % 2 ** 31;

const isBad = ({ checks }: PreviewResult, confirmed: readonly string[]): boolean =>
  checks.some(({ name, verdict }) => verdict === 'bad' && !confirmed.includes(name));

async function insertOne(
  models: ModelRegistry,
  host: Host,
  { nodule, at, options, seed, ...wanted }: WantedNodule,
  made: readonly OfflineEdit[],
  confirmed: readonly string[],
): Promise<OfflineEdit> {
  const earlier = made.map(({ result: { box, hu } }) => ({ box, hu }));
  const clearOf = made.flatMap(({ edit }) => (edit.kind === 'insert' ? [earlierNodule(edit)] : []));
  const patch = await nodulePatch(models, nodule);
  const { origin } = patch;
  const diameterMm = wanted.diameterMm ?? origin.diameterMm ?? DEFAULT_DIAMETER_MM;
  const setting: { readonly setting?: PlacementSetting } =
    options.setting === undefined ? {} : { setting: options.setting };
  const insertAt = async (
    centre: Vec3,
  ): Promise<{ readonly centre: Vec3; readonly result: PreviewResult }> => {
    const result = previewIn(host, {
      ...{ patch: patch.voxels, centre, diameterMm, options, earlier },
      seed: blendingSeed(patch.sha256),
    });
    const detected = await detectorCheck(models, result.detectorBox);
    return { centre, result: { ...result, checks: [...result.checks, detected] } };
  };
  const proposed = (attempt: number): Vec3 => {
    const placeSeed = attempt === 0 ? seed : placeSeedOf(seed, attempt);
    return proposeIn(host, { diameterMm, seed: placeSeed, earlier, clearOf, ...setting }).centre;
  };
  let { centre, result } = await insertAt(wantedPoint(host.series.volume, at, () => proposed(0)));
  // A place that the program chose may be exchanged for one where all is well.
  for (let attempt = 1; at === 'auto' && attempt < ATTEMPTS && isBad(result, confirmed); attempt++)
    ({ centre, result } = await insertAt(proposed(attempt)));
  const edit = insertEdit(
    {
      ...{ candidateSha256: patch.sha256, candidateId: null, model: origin.model, options, diameterMm },
      ...{ seed: origin.seed, index: origin.index },
      ...(origin.conditions === null ? {} : { conditions: origin.conditions }),
      ...{ centre: [...centre], blendingSeed: blendingSeed(patch.sha256) },
      ...(patch.file === undefined ? {} : { details: { patchFileSha256: patch.file.sha256 } }),
    },
    result,
  );
  const { voxels } = patch;
  const material = new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength);
  return { edit, result, setting: result.setting, material };
}
