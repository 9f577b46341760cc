/** Finds the CTs under paths, whatever they are stored as: DICOM series, NIfTI, MetaImage, NRRD. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ctVolumeOf } from '../../formats/hounsfield.ts';
import { imageExtension, openImageFile } from '../../formats/imageFile.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { ctImageAt, dicomVolumes } from './dicomVolume.ts';
import type { DicomImage } from './dicomVolume.ts';
import { weaklyKept } from './openedVolume.ts';
import type { OpenedVolume, VolumeProblem } from './openedVolume.ts';

export interface FoundVolumes {
  readonly volumes: readonly OpenedVolume[];
  /** Files that look like volumes and cannot be read, with the reason. */
  readonly problems: readonly VolumeProblem[];
}

/** LUNA16 names its files by Series Instance UID. */
const UID = /^[0-9]+(\.[0-9]+){3,}$/;
/**
 * The CTs under the paths (files, and folders with all that is in them). Headers are read at once, voxels at `load()`; a
 * file that is damaged keeps nothing else from being found.
 *
 * @throws NoduleLabError `not-found` for a path that is not there
 */
export async function openVolumes(paths: readonly string[], signal: AbortSignal): Promise<FoundVolumes> {
  const walk: Walk = { signal, seen: new Set(), images: [], volumes: [], problems: [] };
  for (const path of paths) {
    if ((await stat(path).catch(() => undefined)) === undefined)
      throw new NoduleLabError('not-found', `${path} is not there: check the path.`, { path });
    await visit(path, walk);
  }
  return { volumes: [...walk.volumes, ...dicomVolumes(walk.images)], problems: walk.problems };
}

/**
 * The one CT that lies at a path: a file, or a folder with one DICOM series or one volume.
 *
 * @throws NoduleLabError `not-found` where there is none, `invalid-input` where there are several or it is damaged
 */
export async function openVolume(path: string, signal: AbortSignal): Promise<OpenedVolume> {
  const { volumes, problems } = await openVolumes([path], signal);
  const [volume, another] = volumes;
  if (volume !== undefined && another === undefined) return volume;
  if (volume !== undefined)
    throw new NoduleLabError(
      'invalid-input',
      `${path} holds ${volumes.length} CTs, among them ${volume.name} and ${another?.name}. Give one of them.`,
      { path },
    );
  const [problem] = problems;
  if (problem !== undefined) throw new NoduleLabError('invalid-input', problem.message, { path });
  throw new NoduleLabError(
    'not-found',
    `There is no CT at ${path}: give a folder of DICOM slices, or a file in NIfTI, MetaImage or NRRD.`,
    { path },
  );
}

interface Walk {
  readonly signal: AbortSignal;
  /** Real paths: links may lead back up, and the given paths may overlap. */
  readonly seen: Set<string>;
  readonly images: DicomImage[];
  readonly volumes: OpenedVolume[];
  readonly problems: VolumeProblem[];
}

async function visit(path: string, walk: Walk): Promise<void> {
  walk.signal.throwIfAborted();
  try {
    const real = await realpath(path);
    if (walk.seen.has(real)) return;
    walk.seen.add(real);
    const info = await stat(real);
    if (info.isDirectory())
      for (const entry of (await readdir(path)).toSorted()) await visit(join(path, entry), walk);
    else if (info.isFile()) await visitFile(path, walk);
  } catch (error) {
    if (walk.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    walk.problems.push({
      name: path,
      message: error instanceof NoduleLabError ? reason : `${path}: ${reason}`,
    });
  }
}

async function visitFile(path: string, walk: Walk): Promise<void> {
  if (imageExtension(path) !== undefined) {
    walk.volumes.push(await fileVolume(path));
    return;
  }
  const image = await ctImageAt(path);
  if (image !== undefined) walk.images.push(image);
}

async function fileVolume(path: string): Promise<OpenedVolume> {
  const file = await openImageFile(path);
  const stem = basename(path).slice(0, -(imageExtension(path)?.length ?? 0));
  return {
    name: path,
    patientId: null,
    seriesUID: UID.test(stem) ? stem : null,
    geometry: file.geometry,
    load: weaklyKept(async () => {
      const { image, sha256 } = await file.load();
      return { ct: ctVolumeOf(image, path), sha256 };
    }),
  };
}
