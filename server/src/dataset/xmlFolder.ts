/** The LIDC annotations of some series out of a folder of XML files. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeXml } from '../lidc/xmlText.ts';
import { parseLidcXml } from '../lidc/xml.ts';
import type { LidcAnnotations } from '../lidc/xml.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { NoduleSource } from './source.ts';

/**
 * Each file is read once and parsed only where it annotates one of the series. A series may be annotated by several
 * files (some are in the collection twice). Files that cannot be read are named in `problems`.
 */
export async function annotationsOfSeries(
  series: ReadonlySet<string>,
  xmlDir: string,
  signal?: AbortSignal,
): Promise<{
  readonly annotations: ReadonlyMap<string, readonly LidcAnnotations[]>;
  readonly problems: NoduleSource['problems'];
}> {
  const names = await readdir(xmlDir, { recursive: true }).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${xmlDir} cannot be read: give the folder of LIDC XML files.`,
      { dir: xmlDir },
      cause,
    );
  });
  const annotations = new Map<string, LidcAnnotations[]>();
  const problems: { name: string; message: string }[] = [];
  for (const name of names.filter((entry) => /\.xml$/i.test(entry)).sort()) {
    signal?.throwIfAborted();
    try {
      const text = decodeXml(await readFile(join(xmlDir, name)), name);
      const uid = /<SeriesInstanceUid>\s*([0-9.]+)\s*</i.exec(text)?.[1];
      if (uid === undefined || !series.has(uid)) continue;
      const parsed = parseLidcXml(text, name);
      if (parsed.kind !== 'ct') continue;
      annotations.set(uid, [...(annotations.get(uid) ?? []), parsed]);
      for (const { where, message } of parsed.problems)
        problems.push({ name, message: `${where}: ${message}` });
    } catch (error) {
      if (!(error instanceof NoduleLabError)) throw error;
      problems.push({ name, message: error.message });
    }
  }
  return { annotations, problems };
}
