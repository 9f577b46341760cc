/**
 * Content-addressed files: the name of an artefact is the SHA-256 of its bytes. A file appears whole (written beside,
 * flushed, renamed) and is checked against its name whenever it is read.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';

export interface Artefacts {
  /** Stores the bytes and answers their SHA-256 in hex; storing the same bytes again changes nothing. */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws not-found where it was never stored, unusable where the file no longer matches its hash. */
  get(sha256: string): Promise<Uint8Array>;
}

export const sha256Of = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

export function openArtefacts(folder: string): Artefacts {
  const fileOf = (sha256: string): string => path.join(folder, sha256.slice(0, 2), sha256);
  const readIfThere = async (sha256: string): Promise<Buffer | undefined> => {
    try {
      return await readFile(fileOf(sha256));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    async put(bytes) {
      const sha256 = sha256Of(bytes);
      const present = await readIfThere(sha256);
      if (present && sha256Of(present) === sha256) return sha256;
      const file = fileOf(sha256);
      await mkdir(path.dirname(file), { recursive: true });
      const draft = `${file}.${randomUUID()}`;
      try {
        const handle = await open(draft, 'wx');
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(draft, file);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      return sha256;
    },
    async get(sha256) {
      if (!/^[0-9a-f]{64}$/.test(sha256))
        throw new NoduleLabError('invalid-input', `"${sha256}" is not a SHA-256 in hex.`);
      const bytes = await readIfThere(sha256);
      if (!bytes)
        throw new NoduleLabError(
          'not-found',
          `There is no artefact ${sha256} in ${folder}. Make the object that it belongs to again.`,
        );
      if (sha256Of(bytes) !== sha256)
        throw new NoduleLabError(
          'unusable',
          `The artefact ${fileOf(sha256)} no longer matches its hash: it was changed or damaged. ` +
            'Restore it from a copy, or make the object that it belongs to again.',
        );
      return bytes;
    },
  };
}
