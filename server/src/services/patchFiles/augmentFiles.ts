/** Augments patches in .npy files: one file, or all of a folder, each once or several times. */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Augmentation } from '../../dataset/augmentation/augmentation.ts';
import { augmentPatch } from '../../dataset/augmentation/augmentPatch.ts';
import type { Variation } from '../../dataset/augmentation/augment.ts';
import { encodeNpy } from '../../formats/npy.ts';
import { writeAtomically, writeJsonAtomically } from '../../nn/artefactFile.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { alphaNameOf, AUGMENTED_FILE, type AugmentedPatch, type AugmentedSet } from './manifests.ts';
import { readPatchFile, type PatchFile, type ReadManifests } from './readPatchFile.ts';

export interface AugmentFilesRequest {
  /** A .npy file, or a folder of them. */
  readonly input: string;
  /** A new .npy file for one variation of one file, else a new folder. */
  readonly out: string;
  /** For patches of this edge. */
  readonly augmentationOf: (size: number) => Augmentation;
  /** Variations of each file. */
  readonly count: number;
  readonly seed: number;
  readonly codeVersion: string;
  readonly signal: AbortSignal;
}

export interface AugmentedFiles {
  /** The manifest's own path. */
  readonly manifestFile: string;
  readonly manifest: AugmentedSet;
}

/**
 * Each result depends on seed, source file and number of the variation only, whatever else is in the folder.
 * Results and manifest appear together or not at all.
 * @throws NoduleLabError `conflict` where the output exists, `invalid-input` naming a file that is no patch, `cancelled`
 */
export async function augmentFiles(
  request: AugmentFilesRequest,
  progress: (fraction: number, message: string) => void,
): Promise<AugmentedFiles> {
  const { input, out } = request;
  const info = await stat(input).catch(() => undefined);
  if (info === undefined)
    throw new NoduleLabError('not-found', `${input} is not there: give a .npy file or a folder of them.`, {
      input,
    });
  const sources = info.isDirectory() ? await npyFilesIn(input) : [input];
  const toFile = out.endsWith('.npy');
  if (toFile && (info.isDirectory() || request.count > 1))
    throw new NoduleLabError(
      'invalid-input',
      `${out} is one file, and ${sources.length * request.count} patches are to be written: give a folder.`,
      { out },
    );
  return toFile ? toOneFile(request, progress) : toFolder(request, sources, progress);
}

async function npyFilesIn(folder: string): Promise<string[]> {
  const all = (await readdir(folder)).filter((name) => name.endsWith('.npy')).toSorted();
  // The alpha of a sample lies beside it and is no patch.
  const names = all.filter((name) => !all.some((other) => name === alphaNameOf(other)));
  if (names.length === 0) throw new NoduleLabError('not-found', `${folder} holds no .npy file.`, { folder });
  return names.map((name) => join(folder, name));
}

async function toOneFile(
  request: AugmentFilesRequest,
  progress: (fraction: number, message: string) => void,
): Promise<AugmentedFiles> {
  const { input, out } = request;
  const manifestFile = out.replace(/\.npy$/, '.json');
  await requireAbsent(out);
  await requireAbsent(manifestFile);
  const source = await readPatchFile(input);
  const { entry, bytes } = augmented(request, source, input, 0, basename(out));
  await mkdir(dirname(out), { recursive: true });
  const manifest = manifestOf(request, source.size, [entry]);
  // The manifest first: no result without its origin.
  await writeJsonAtomically(manifestFile, manifest);
  await writeAtomically(out, [bytes]);
  progress(1, basename(out));
  return { manifestFile, manifest };
}

async function toFolder(
  request: AugmentFilesRequest,
  sources: readonly string[],
  progress: (fraction: number, message: string) => void,
): Promise<AugmentedFiles> {
  const { out, count, signal } = request;
  await requireAbsent(out);
  await mkdir(dirname(out), { recursive: true });
  const working = join(dirname(out), `.${basename(out)}.${process.pid}.partial`);
  await rm(working, { recursive: true, force: true });
  await mkdir(working);
  try {
    const entries: AugmentedPatch[] = [];
    let edge: { readonly size: number; readonly path: string } | undefined;
    const all = sources.length * count;
    const manifests: ReadManifests = new Map();
    for (const path of sources) {
      const source = await readPatchFile(path, manifests);
      edge ??= { size: source.size, path };
      if (source.size !== edge.size)
        throw new NoduleLabError(
          'invalid-input',
          `${path} is a patch of ${source.size}³, ${edge.path} one of ${edge.size}³: augment patches of different sizes apart.`,
          { path },
        );
      for (let copy = 0; copy < count; copy++) {
        signal.throwIfAborted();
        const { entry, bytes } = augmented(request, source, path, copy, resultName(path, copy));
        await writeFile(join(working, entry.file), bytes);
        entries.push(entry);
        progress(entries.length / all, `${entries.length} of ${all}`);
      }
    }
    const manifest = manifestOf(request, edge?.size ?? 0, entries);
    await writeJsonAtomically(join(working, AUGMENTED_FILE), manifest);
    await rename(working, out);
    return { manifestFile: join(out, AUGMENTED_FILE), manifest };
  } catch (error) {
    await rm(working, { recursive: true, force: true });
    if (!signal.aborted) throw error;
    throw new NoduleLabError(
      'cancelled',
      `Augmenting was cancelled; nothing was written to ${out}.`,
      {},
      error,
    );
  }
}

/** `nodule_0001.npy` → `nodule_0001_a000.npy`. */
const resultName = (path: string, copy: number): string =>
  `${basename(path, '.npy')}_a${String(copy).padStart(3, '0')}.npy`;

async function requireAbsent(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined)
    throw new NoduleLabError('conflict', `${path} exists already: give a new name, nothing is overwritten.`, {
      path,
    });
}

function augmented(
  { augmentationOf, seed }: AugmentFilesRequest,
  { voxels, size, shape, sha256, origin }: PatchFile,
  path: string,
  copy: number,
  file: string,
): { entry: AugmentedPatch; bytes: Uint8Array } {
  const result = augmentPatch(voxels, size, augmentationOf(size), seed, sha256, copy);
  const bytes = encodeNpy(result.voxels, shape);
  const { scale } = result.variation;
  return {
    bytes,
    entry: {
      file,
      sha256: sha256Of(bytes),
      source: { file: basename(path), sha256, origin },
      copy,
      diameterMm: origin.diameterMm === null ? null : origin.diameterMm * scale,
      drawn: drawnOf(result.variation),
    },
  };
}

const AXES = ['z', 'y', 'x'] as const;

function drawnOf({ orientation, axis, degrees, scale, elastic, noise }: Variation): AugmentedPatch['drawn'] {
  return {
    mirrored: AXES.filter((_, bit) => ((orientation >> bit) & 1) === 1),
    ...{ degrees, scale, noise },
    axis: [...axis],
    elastic:
      elastic === undefined
        ? null
        : {
            gridVoxels: elastic.spacing,
            points: elastic.points,
            greatestVoxels: elastic.displacements.reduce((most, d) => Math.max(most, Math.abs(d)), 0),
            sha256: sha256Of(new Uint8Array(elastic.displacements.buffer)),
          },
  };
}

const manifestOf = (
  { seed, augmentationOf, codeVersion }: AugmentFilesRequest,
  size: number,
  patches: AugmentedPatch[],
): AugmentedSet => ({
  kind: 'nodulelab-augmented',
  version: 1,
  ...{ seed, size, augmentation: augmentationOf(size), codeVersion, patches },
});
