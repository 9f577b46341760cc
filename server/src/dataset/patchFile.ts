/** Opens a finished set of patches: checks it against its manifest, then reads patches one by one. */
/// <reference lib="esnext.float16" />
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';
import { assignmentHash, TEST_FOLD } from './split.ts';
import { MANIFEST_FILE, manifestSchema } from './manifest.ts';
import type { Channel, PatchManifest } from './manifest.ts';
import type { PatchSource } from './patchSource.ts';

export interface PatchFile extends PatchSource {
  readonly sha256: string;
  readonly manifest: PatchManifest;
  /** Channel `hu` of patch `index`: size³ values in [0, 1], x fastest, then y, then z. */
  patch(index: number): Promise<Float32Array>;
  /** Another channel of it, in the same order. @throws NoduleLabError `not-found` where the set has none such */
  channel(index: number, channel: Channel): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Opens `dir`; throws where the manifest is not one, or the patches have another length or hash than it says. */
export async function openPatchFile(dir: string): Promise<PatchFile> {
  const manifest = await readManifest(dir);
  const path = join(dir, manifest.patchesFile);
  const { size, count, dtype, channels } = manifest;
  const cubeBytes = size ** 3 * bytesPerVoxel(dtype);
  const patchBytes = channels.length * cubeBytes;
  const length = await stat(path).then(
    (found) => found.size,
    (cause: unknown) => {
      throw damaged(dir, `${manifest.patchesFile} is missing`, cause);
    },
  );
  if (length !== count * patchBytes)
    throw damaged(
      dir,
      `${manifest.patchesFile} holds ${length} bytes where ${count * patchBytes} are expected`,
    );
  if ((await sha256OfFile(path)) !== manifest.patchesSha256)
    throw damaged(dir, `${manifest.patchesFile} does not have the SHA-256 that the manifest states`);
  const handle = await open(path, 'r');
  return {
    count,
    size,
    manifest,
    sha256: manifest.patchesSha256,
    name: dir,
    label: (index) => manifest.patches[index]!.id,
    patch: (index) => cube(index, 'hu'),
    ...(channels.includes('alpha') ? { alpha: (index: number) => cube(index, 'alpha') } : {}),
    entry: (index) => manifest.patches[index]!,
    channel: cube,
    close: () => handle.close(),
  };

  async function cube(index: number, channel: Channel): Promise<Float32Array> {
    if (!Number.isInteger(index) || index < 0 || index >= count)
      throw new NoduleLabError(
        'not-found',
        `Patch ${index} does not exist: ${dir} holds patches 0 to ${count - 1}.`,
      );
    const at = channels.indexOf(channel);
    if (at < 0)
      throw new NoduleLabError(
        'not-found',
        `The patches of ${dir} have no channel "${channel}": build the set with it.`,
      );
    const bytes = new ArrayBuffer(cubeBytes);
    const from = index * patchBytes + at * cubeBytes;
    const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, cubeBytes, from);
    if (bytesRead !== cubeBytes)
      throw damaged(dir, `${manifest.patchesFile} became shorter while it was in use`);
    return dtype === 'f16' ? new Float32Array(new Float16Array(bytes)) : new Float32Array(bytes);
  }
}

/** Reads and checks `manifest.json`, the hash of its split included. */
export async function readManifest(dir: string): Promise<PatchManifest> {
  const text = await readFile(join(dir, MANIFEST_FILE), 'utf8').catch((cause: unknown) => {
    throw new NoduleLabError(
      'invalid-input',
      `There is no set of patches in ${dir}: it has no readable ${MANIFEST_FILE}. Name a folder that "nodulelab dataset build", "nodulelab balance" or "nodulelab sample --like" wrote.`,
      { dir },
      cause,
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw damaged(dir, `${MANIFEST_FILE} is not JSON`, cause);
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(
      dir,
      `${MANIFEST_FILE}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a manifest'}`,
    );
  }
  const manifest = parsed.data;
  if (manifest.patches.length !== manifest.count)
    throw damaged(dir, `the manifest lists ${manifest.patches.length} patches and counts ${manifest.count}`);
  if (assignmentHash(manifest.split.assignment) !== manifest.split.sha256)
    throw damaged(dir, 'the split has been changed since its hash was written');
  const ids = new Set<string>();
  for (const { id } of manifest.patches) {
    if (ids.has(id)) throw damaged(dir, `the manifest lists patch ${id} twice`);
    ids.add(id);
  }
  const broken = brokenBy(manifest);
  if (broken !== undefined) throw damaged(dir, broken);
  return manifest;
}

/** How the patches contradict the split: a patient of one fold in a set of the other, or in no fold at all. */
function brokenBy({ patches, fold, split }: PatchManifest): string | undefined {
  for (const patch of patches) {
    if (patch.origin !== 'real') continue;
    const { id, patientId } = patch;
    if (!Object.hasOwn(split.assignment, patientId))
      return `the split is broken: patch ${id} is of patient ${patientId}, whom the split gives no fold`;
    const own = split.assignment[patientId] === TEST_FOLD ? 'test' : 'train';
    if (own !== fold)
      return `the split is broken: patch ${id} is of patient ${patientId}, who belongs to the ${own} fold and not to the ${fold} fold`;
  }
  return undefined;
}

export function bytesPerVoxel(dtype: PatchManifest['dtype']): number {
  return dtype === 'f16' ? 2 : 4;
}

/** Encodes one patch as it lies in the file. */
export function encodePatch(values: Float32Array, dtype: PatchManifest['dtype']): Uint8Array {
  const encoded = dtype === 'f16' ? new Float16Array(values) : values;
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

function damaged(dir: string, why: string, cause?: unknown): NoduleLabError {
  return new NoduleLabError(
    'invalid-input',
    `The patch set ${dir} cannot be used: ${why}. Build it again with "nodulelab dataset build".`,
    { dir },
    cause,
  );
}
