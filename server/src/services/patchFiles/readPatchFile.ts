/** A patch in a .npy file, and what is recorded about it beside it. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { cubeEdge, requirePatch } from '../../dataset/augmentation/augmentPatch.ts';
import { parseNpy } from '../../formats/npy.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { EXPORT_FILE } from '../exportSet/exportRecord.ts';
import {
  AUGMENTED_FILE,
  augmentedSchema,
  exportedSchema,
  NOT_RECORDED,
  SAMPLES_FILE,
  samplesSchema,
  type Origin,
} from './manifests.ts';

export interface PatchFile {
  /** size³ values in [0, 1], z slowest, x fastest. */
  readonly voxels: Float32Array;
  readonly size: number;
  /** As in the file: three axes, or a fourth one of 1. */
  readonly shape: readonly number[];
  /** Of the file. */
  readonly sha256: string;
  readonly origin: Origin;
}

/** Manifests that were read already, by path: for those who read many files of one folder. */
export type ReadManifests = Map<string, Promise<Records>>;
/** What a manifest says, by file name. */
type Records = ReadonlyMap<string, Recorded>;
interface Recorded {
  /** Null where the manifest does not keep it. */
  readonly sha256: string | null;
  readonly origin: Origin;
}

/** @throws NoduleLabError naming the file where it is no patch, or not the one that is recorded beside it */
export async function readPatchFile(path: string, manifests: ReadManifests = new Map()): Promise<PatchFile> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `Cannot read ${path}: check that the file is there.`,
      { path },
      cause,
    );
  });
  const { shape, data } = parseNpy(bytes, path);
  const size = cubeEdge(shape, path);
  requirePatch(data, size, path);
  const sha256 = sha256Of(bytes);
  return { voxels: data, size, shape, sha256, origin: await originOf(path, sha256, manifests) };
}

async function originOf(path: string, sha256: string, manifests: ReadManifests): Promise<Origin> {
  const folder = dirname(path);
  const own = join(folder, `${basename(path, '.npy')}.json`);
  // The first three lie beside the patch, an export's one above it.
  for (const manifest of [
    own,
    join(folder, AUGMENTED_FILE),
    join(folder, SAMPLES_FILE),
    join(folder, '..', EXPORT_FILE),
  ]) {
    const reading = manifests.get(manifest) ?? recordsIn(manifest);
    manifests.set(manifest, reading);
    const recorded = (await reading).get(basename(path));
    if (recorded === undefined) continue;
    if (recorded.sha256 !== null && recorded.sha256 !== sha256)
      throw new NoduleLabError(
        'refused',
        `${path} has the SHA-256 ${sha256}, but ${manifest} records ${recorded.sha256}: it was changed since. ` +
          'Make it again, or save what you changed under another name.',
        { path, manifest },
      );
    return recorded.origin;
  }
  return NOT_RECORDED;
}

/** JSON files of other programs may lie beside patches: only our own are read. */
async function recordsIn(manifest: string): Promise<Records> {
  const text = await readFile(manifest, 'utf8').catch(() => undefined);
  let json: unknown;
  try {
    json = text === undefined ? undefined : JSON.parse(text);
  } catch {
    return new Map();
  }
  const kind = Kind.safeParse(json);
  const read = kind.success ? READERS[kind.data.kind] : undefined;
  if (read === undefined) return new Map();
  try {
    return new Map(read(json));
  } catch (cause) {
    throw new NoduleLabError(
      'invalid-input',
      `${manifest} is damaged or of another version, so the origin of the patches beside it cannot be read: restore it, or move the patches to a folder of their own.`,
      { manifest },
      cause,
    );
  }
}

type Reader = (json: unknown) => Iterable<[string, Recorded]>;
const Kind = z.looseObject({ kind: z.string() });

const fromSamples: Reader = (json) => {
  const { model, modelSha256, samples } = samplesSchema.parse(json);
  return samples.map(({ file, seed, index, sha256, conditions }) => [
    file,
    {
      sha256,
      origin: {
        ...{ synthetic: true, model: { name: model, sha256: modelSha256 }, seed, index, conditions },
        diameterMm: conditions?.diameter ?? null,
      },
    },
  ]);
};

const fromAugmented: Reader = (json) =>
  augmentedSchema
    .parse(json)
    .patches.map(({ file, sha256, source, diameterMm }) => [
      file,
      { sha256, origin: { ...source.origin, diameterMm } },
    ]);

const fromExport: Reader = (json) =>
  exportedSchema
    .parse(json)
    .patches.map(({ files, origin, model, seed, index, conditions, equivalentDiameterMm }) => [
      files.hu,
      {
        sha256: null,
        origin: {
          ...{ synthetic: origin === 'synthetic', model, seed, index, conditions },
          // Insertion measures a nodule by its volume, too.
          diameterMm: equivalentDiameterMm,
        },
      },
    ]);

const READERS: Readonly<{ [kind: string]: Reader }> = {
  'nodulelab-samples': fromSamples,
  'nodulelab-augmented': fromAugmented,
  'nodulelab-export': fromExport,
};
