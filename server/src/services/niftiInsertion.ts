/**
 * Insertion into a CT that is a NIfTI file. The result differs from its host in the voxels that the nodule changes, and
 * in the header's `descrip`, which says that it is synthetic; every other byte is the host's. A JSON file beside it
 * holds the provenance. NIfTI has no field for identity, so nothing here asks whether the host is de-identified.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { InsertionOptions, QualityCheck } from '@nodulelab/contract';
import { lungMask } from '../anatomy/lungMask.ts';
import { ctVolumeOf } from '../formats/hounsfield.ts';
import { parseNifti, unpackNifti } from '../formats/nifti.ts';
import { FIELD } from '../formats/niftiHeader.ts';
import { spliceNifti } from '../formats/niftiSplice.ts';
import { insertNodule } from '../insertion/insertNodule.ts';
import { proposePlace, requirePlacement } from '../insertion/placement.ts';
import { writeAtomically, writeJsonAtomically } from '../nn/artefactFile.ts';
import { Random } from '../nn/random.ts';
import { sha256Of } from '../store/artefacts.ts';
import { inLpsOrder } from '../volume/axisOrder.ts';
import { worldToIndex } from '../volume/ctVolume.ts';
import type { Vec3, VolumeGeometry } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { editedDetectorBox } from '../networks/detectorBox.ts';
import { detectorCheck } from './detectorCheck.ts';
import type { ModelRegistry } from './models.ts';
import { verifyNifti } from './niftiVerification.ts';
import { nodulePatch, type NoduleChoice } from './nodulePatch.ts';
import { badNames, requireConfirmed } from './offline/confirmation.ts';
import { blendingSeed } from './placement.ts';
import { DEFAULT_DIAMETER_MM } from './usualDiameter.ts';
import { wantedPoint, type WantedPlace } from './wantedPlace.ts';

export interface NiftiInsertion {
  /** The host, `.nii` or `.nii.gz`; is never written to. */
  readonly nifti: string;
  /** New file, `.nii` or `.nii.gz`; its JSON file stands beside it. */
  readonly out: string;
  readonly nodule: NoduleChoice;
  /** Voxels are those of the file. */
  readonly at: WantedPlace;
  /** Without it the size that is recorded of the nodule or that its model was asked for, else 10 mm. */
  readonly diameterMm?: number | undefined;
  readonly options: InsertionOptions;
  /** Names of checks whose bad verdict a person has seen and accepts. */
  readonly confirmed: readonly string[];
  /** Chooses the place where the program proposes one. */
  readonly seed: number;
  readonly codeVersion: string;
  readonly now: Date;
}

export interface NiftiInsertionResult {
  readonly out: string;
  readonly provenanceFile: string;
  /** Centre of the nodule, LPS mm. */
  readonly centre: Vec3;
  /** The same as a (fractional) voxel index of the file. */
  readonly voxel: Vec3;
  readonly diameterMm: number;
  readonly changedVoxels: number;
  /** Of those, the voxels whose HU the file's slope could not hold exactly. */
  readonly roundedVoxels: number;
  readonly model: string | null;
  readonly checks: readonly QualityCheck[];
}

const EXTENSION = /\.nii(\.gz)?$/;
const DESCRIPTION_BYTES = 80;
/** A grid turned further against the body's axis than this is no stack of axial slices (about 25°). */
const LEAST_ALONG_BODY = 0.9;

/**
 * @throws NoduleLabError `conflict` where an output exists, `unusable` where the place is refused (with the nearest
 *   allowed one, in mm and as a voxel) or the host cannot be used
 */
export async function insertIntoNifti(
  models: ModelRegistry,
  request: NiftiInsertion,
  progress: (fraction: number, message: string) => void,
): Promise<NiftiInsertionResult> {
  const { nifti, out, options } = request;
  const { setting, rotationDeg, meanHu } = options;
  const provenanceFile = await requireNewOutput(out);
  progress(0, 'Reading the CT');
  const bytes = await readFile(nifti).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `Cannot read ${nifti}: check that the file is there.`,
      { nifti },
      cause,
    );
  });
  const stored = ctVolumeOf(parseNifti(bytes, nifti), nifti);
  const { volume, toStored } = inLpsOrder(stored);
  if (volume.direction[2][2] < LEAST_ALONG_BODY)
    throw new NoduleLabError(
      'unusable',
      `${nifti} lies oblique in the patient: none of its axes runs along the body. Resample it to axial slices first.`,
      { nifti },
    );

  progress(0.3, 'Preparing the nodule');
  const patch = await nodulePatch(models, request.nodule);
  const diameterMm = request.diameterMm ?? patch.origin.diameterMm ?? DEFAULT_DIAMETER_MM;

  progress(0.4, 'Finding the lungs');
  const lung = lungMask(volume);
  const centre = wantedPoint(stored, request.at, () => {
    const random = Random.of('place', request.seed);
    return proposePlace(volume, lung, diameterMm, () => random.uniform(), setting).centre;
  });
  requirePlaceIn(stored, () => requirePlacement(volume, lung, centre, diameterMm, setting));

  progress(0.6, 'Inserting');
  const inserted = insertNodule(
    volume,
    { data: patch.voxels },
    {
      ...{ centre, diameterMm },
      ...(rotationDeg === undefined ? {} : { rotationDeg }),
      ...(meanHu === undefined ? {} : { meanHu }),
    },
    { seed: blendingSeed(patch.sha256), lung },
  );
  const { box, hu } = inserted;
  const seen = editedDetectorBox(volume, inserted, centre, diameterMm);
  const checks = [...inserted.checks, await detectorCheck(models, seen)];
  requireConfirmed(checks, request.confirmed);
  const change = toStored(box, hu);

  progress(0.7, 'Writing');
  const { raw } = unpackNifti(bytes, nifti);
  // A copy: a Buffer's own slice would share its bytes with the host.
  const marked = new Uint8Array(raw);
  const mark = markOf(request.codeVersion, basename(provenanceFile));
  marked.fill(0, FIELD.description, FIELD.description + DESCRIPTION_BYTES);
  marked.set(new TextEncoder().encode(mark), FIELD.description);
  const spliced = spliceNifti(marked, { box: change.box, hu: change.values }, nifti);
  const written = out.endsWith('.gz') ? gzipSync(spliced.bytes) : spliced.bytes;
  const { changedVoxels, roundedVoxels, greatestRoundingHu } = spliced;
  const voxel = worldToIndex(stored, centre);
  // The provenance first: the image is never there without it.
  await writeJsonAtomically(provenanceFile, {
    kind: 'nodulelab-insertion',
    version: 1,
    synthetic: true,
    file: basename(out),
    sha256: sha256Of(written),
    host: { file: basename(nifti), sha256: sha256Of(bytes), description: descriptionOf(raw) },
    nodule: {
      ...(patch.file === undefined ? {} : { file: patch.file }),
      ...{ sampleSha256: patch.sha256, ...patch.origin },
    },
    place: { lps: centre, voxel },
    ...{ diameterMm, options, confirmedChecks: badNames(checks) },
    box: change.box,
    ...{ changedVoxels, roundedVoxels, greatestRoundingHu, checks },
    unchanged: 'every byte but the changed voxels and the 80 bytes of descrip',
    ...{ codeVersion: request.codeVersion, createdAt: request.now.toISOString() },
  });
  try {
    await writeAtomically(out, [written]);
    progress(0.9, 'Verifying');
    verifyNifti({
      ...{ host: raw, hostVolume: stored, written: await readFile(out), name: out },
      ...{ box: change.box, hu: change.values, mark, greatestRoundingHu },
    });
  } catch (error) {
    await Promise.all([out, provenanceFile].map((path) => rm(path, { force: true })));
    throw error;
  }
  progress(1, 'Verified');
  const model = patch.origin.model?.name ?? null;
  return {
    ...{ out, provenanceFile, centre, voxel, diameterMm, changedVoxels, roundedVoxels, model, checks },
  };
}

/** @returns where the provenance goes */
async function requireNewOutput(out: string): Promise<string> {
  if (!EXTENSION.test(out))
    throw new NoduleLabError('invalid-input', `${out} is no NIfTI file: name it .nii or .nii.gz.`, { out });
  const provenanceFile = out.replace(EXTENSION, '.json');
  for (const path of [out, provenanceFile])
    if ((await stat(path).catch(() => undefined)) !== undefined)
      throw new NoduleLabError(
        'conflict',
        `${path} exists already: give a new name, nothing is overwritten.`,
        {
          path,
        },
      );
  return provenanceFile;
}

/** What stands in `descrip`: at most 79 characters of ASCII and a zero byte. */
function markOf(codeVersion: string, provenance: string): string {
  const mark = `SYNTHETIC nodule by NoduleLab ${codeVersion}, research only`;
  const full = `${mark}; see ${provenance}`;
  return full.length < DESCRIPTION_BYTES && /^[\x20-\x7e]*$/.test(full) ? full : mark;
}

const descriptionOf = (raw: Uint8Array): string =>
  new TextDecoder('latin1')
    .decode(raw.subarray(FIELD.description, FIELD.description + DESCRIPTION_BYTES))
    .replace(/\0.*$/s, '');

/** Adds to a refusal which voxel of the file the nearest allowed place is. */
function requirePlaceIn(stored: VolumeGeometry, require: () => void): void {
  try {
    require();
  } catch (error) {
    const nearest = error instanceof NoduleLabError ? error.details['nearestAllowed'] : undefined;
    if (!(error instanceof NoduleLabError) || nearest === undefined) throw error;
    const voxel = worldToIndex(stored, nearest as Vec3).map(Math.round);
    throw new NoduleLabError(
      error.kind,
      `${error.message} In this file that is voxel ${voxel.join(',')}.`,
      { ...error.details, nearestAllowedVoxel: voxel },
      error,
    );
  }
}
