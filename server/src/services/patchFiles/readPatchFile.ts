/** A patch in a .npy file, and what is recorded about it beside it. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { cubeEdge, requirePatch } from '../../dataset/augmentation/augmentPatch.ts';
import { parseNpy } from '../../formats/npy.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import {
  AUGMENTED_FILE,
  augmentedSchema,
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

/** @throws NoduleLabError naming the file where it is no patch, or not the one that is recorded beside it */
export async function readPatchFile(path: string): Promise<PatchFile> {
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
  return { voxels: data, size, shape, sha256, origin: await originOf(path, sha256) };
}

/** A manifest whose entries name files of their folder, with the origin of one of them. */
interface Record {
  readonly sha256: string;
  readonly origin: Origin;
}
type Reader = (json: unknown, file: string) => Record | undefined;

const fromSamples: Reader = (json, file) => {
  const { model, modelSha256, samples } = samplesSchema.parse(json);
  const found = samples.find((sample) => sample.file === file);
  if (found === undefined) return undefined;
  const { seed, index, sha256 } = found;
  return {
    sha256,
    origin: { ...NOT_RECORDED, synthetic: true, model: { name: model, sha256: modelSha256 }, seed, index },
  };
};

const fromAugmented: Reader = (json, file) => {
  const found = augmentedSchema.parse(json).patches.find((patch) => patch.file === file);
  if (found === undefined) return undefined;
  return { sha256: found.sha256, origin: { ...found.source.origin, diameterMm: found.diameterMm } };
};

const READERS: Readonly<{ [kind: string]: Reader }> = {
  'nodulelab-samples': fromSamples,
  'nodulelab-augmented': fromAugmented,
};
const Kind = z.looseObject({ kind: z.string() });

async function originOf(path: string, sha256: string): Promise<Origin> {
  const file = basename(path);
  const own = file.replace(/\.npy$/, '.json');
  for (const beside of [own, AUGMENTED_FILE, SAMPLES_FILE]) {
    const manifest = join(dirname(path), beside);
    const text = await readFile(manifest, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const recorded = recordIn(text, manifest, file);
    if (recorded === undefined) continue;
    if (recorded.sha256 !== sha256)
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
function recordIn(text: string, manifest: string, file: string): Record | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const kind = Kind.safeParse(json);
  const read = kind.success ? READERS[kind.data.kind] : undefined;
  if (read === undefined) return undefined;
  try {
    return read(json, file);
  } catch (cause) {
    throw new NoduleLabError(
      'invalid-input',
      `${manifest} is damaged or of another version, so the origin of ${file} cannot be read: restore it, or move ${file} to a folder of its own.`,
      { manifest },
      cause,
    );
  }
}
