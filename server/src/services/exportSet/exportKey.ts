/** The key of the pseudonyms: a file of the exporter's own, outside the export. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { z } from 'zod';
import { NoduleLabError } from '../../volume/errors.ts';

const keySchema = z.object({
  kind: z.literal('nodulelab-export-key'),
  key: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface ExportKey {
  readonly key: Buffer;
  /** It was not there before. */
  readonly made: boolean;
}

/**
 * Reads the key, or makes one of random bytes where the file is not there. Only the user may read the file.
 *
 * @param outDir folder of the export, which goes to others
 * @param randomBytes gives n bytes
 * @throws NoduleLabError `refused` for a file in the export, `invalid-input` for one that holds no key: it is never
 *   overwritten
 */
export async function exportKey(
  path: string,
  outDir: string,
  randomBytes: (count: number) => Uint8Array,
): Promise<ExportKey> {
  if (relative(outDir, path).split(sep)[0] !== '..')
    throw new NoduleLabError(
      'refused',
      `The key ${path} would lie in the export, and whoever gets that could name the patients: keep the key elsewhere.`,
      { path },
    );
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    const key = Buffer.from(randomBytes(32));
    const file = { kind: 'nodulelab-export-key', key: key.toString('hex') };
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return { key, made: true };
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const parsed = keySchema.safeParse(json);
  if (parsed.success) return { key: Buffer.from(parsed.data.key, 'hex'), made: false };
  throw new NoduleLabError(
    'invalid-input',
    `${path} holds no key of an earlier export: give another file, a key is made where there is none.`,
    { path },
  );
}
