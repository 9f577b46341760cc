/** Writes a set of patches with its manifest, all or nothing: the folder appears complete, by one rename. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';
import { MANIFEST_FILE, MANIFEST_VERSION } from './manifest.ts';
import type { PatchEntry, PatchManifest } from './manifest.ts';
import { encodePatch } from './patchFile.ts';

export interface PatchSetWriter {
  /** @param cubes one for each channel of the set, size³ values in [0, 1] each */
  add(cubes: readonly Float32Array[], entry: PatchEntry): Promise<void>;
  /** Patches added so far. */
  readonly entries: readonly PatchEntry[];
}

/** What the writer itself fills in. */
type Written = 'kind' | 'version' | 'count' | 'dtype' | 'patches' | 'patchesFile' | 'patchesSha256';

/** The rest of a manifest, which whoever fills a set answers. */
export type PatchSetRest = Omit<PatchManifest, Written>;

/** A manifest without what the writer of a set fills in. */
export function restOf({
  kind: _kind,
  version: _version,
  count: _count,
  dtype: _dtype,
  patches: _patches,
  patchesFile: _patchesFile,
  patchesSha256: _patchesSha256,
  ...rest
}: PatchManifest): PatchSetRest {
  return rest;
}

export interface PatchSetTarget {
  /** Folder of the set; must not exist yet. */
  readonly outDir: string;
  readonly dtype: PatchManifest['dtype'];
  readonly signal?: AbortSignal | undefined;
}

/** @throws NoduleLabError `conflict` where the folder is there already */
export async function requireNewFolder(outDir: string): Promise<void> {
  const there = await stat(outDir).then(
    () => true,
    () => false,
  );
  if (there)
    throw new NoduleLabError(
      'conflict',
      `${outDir} exists already: name a new folder, or remove that one first.`,
    );
}

/**
 * @param work adds the patches and answers the rest of the manifest
 * @throws NoduleLabError `conflict` for a folder that exists, `cancelled`, `unusable` where no patch was added
 */
export async function writePatchSet(
  { outDir, dtype, signal }: PatchSetTarget,
  work: (writer: PatchSetWriter) => Promise<PatchSetRest>,
): Promise<PatchManifest> {
  await requireNewFolder(outDir);
  const parent = dirname(outDir);
  await mkdir(parent, { recursive: true });
  const working = join(parent, `.${basename(outDir)}.${process.pid}.partial`);
  await rm(working, { recursive: true, force: true });
  await mkdir(working);
  try {
    const manifest = await writeInto(working, dtype, work);
    signal?.throwIfAborted();
    await rename(working, outDir);
    return manifest;
  } catch (error) {
    await rm(working, { recursive: true, force: true });
    if (signal?.aborted === true)
      throw new NoduleLabError(
        'cancelled',
        `Building ${outDir} was cancelled; nothing was left behind.`,
        {},
        error,
      );
    throw error;
  }
}

async function writeInto(
  dir: string,
  dtype: PatchManifest['dtype'],
  work: (writer: PatchSetWriter) => Promise<PatchSetRest>,
): Promise<PatchManifest> {
  const patchesFile = `patches.${dtype}`;
  const file = await open(join(dir, patchesFile), 'wx');
  const hash = createHash('sha256');
  const entries: PatchEntry[] = [];
  const writer: PatchSetWriter = {
    entries,
    async add(cubes, entry) {
      for (const cube of cubes) {
        const bytes = encodePatch(cube, dtype);
        hash.update(bytes);
        await file.writeFile(bytes);
      }
      entries.push(entry);
    },
  };
  let rest: PatchSetRest;
  try {
    rest = await work(writer);
    await file.sync();
  } finally {
    await file.close();
  }
  if (entries.length === 0) throw new NoduleLabError('unusable', `${dir} would hold no patch.`);
  const manifest: PatchManifest = {
    kind: 'nodulelab-patches',
    version: MANIFEST_VERSION,
    count: entries.length,
    dtype,
    ...rest,
    patches: entries,
    patchesFile,
    patchesSha256: hash.digest('hex'),
  };
  await writeFile(join(dir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 1)}\n`);
  return manifest;
}
