/** The scans that may receive nodules: folders that hold the slices of one original CT series each. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasContent } from './folders.ts';
import type { DicomFile } from '../../dicom/ctSeries.ts';
import { isStackImage } from '../../dicom/ctSlice.ts';
import { readDicomHeader, type DicomHeader } from '../../dicom/header.ts';
import { isDicom } from '../../dicom/sniff.ts';
import { mayWriteBack } from '../../security/writeBack.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface HostFolder {
  readonly dir: string;
  readonly seriesInstanceUID: string;
}

export interface FoundHosts {
  readonly hosts: readonly HostFolder[];
  /** CT series that may not receive a nodule, with the reason. */
  readonly refused: readonly { readonly dir: string; readonly message: string }[];
}

/**
 * Looks through the folders and those below them. Every folder with CT slices is one host; other objects are passed over.
 *
 * @throws NoduleLabError `not-found` for a path that is no folder, `unusable` where no CT may receive a nodule
 */
export async function findHosts(
  dirs: readonly string[],
  configuration: { readonly researchArchive: boolean },
): Promise<FoundHosts> {
  const hosts: HostFolder[] = [];
  const refused: { dir: string; message: string }[] = [];
  for (const dir of await foldersBelow(dirs)) {
    const header = await firstCtHeader(dir);
    if (header === undefined) continue;
    const known = hosts.find(({ seriesInstanceUID }) => seriesInstanceUID === header.seriesInstanceUID);
    const decision = mayWriteBack(header, configuration);
    if (known !== undefined) refused.push({ dir, message: `It holds the same series as ${known.dir}.` });
    // A derived series of ours: nodules upon nodules would lose track of what is original.
    else if (header.syntheticData && header.imageType[0] === 'DERIVED')
      refused.push({ dir, message: 'It is derived and synthetic already: give its original.' });
    else if (!decision.allowed) refused.push({ dir, message: decision.reason });
    else hosts.push({ dir, seriesInstanceUID: header.seriesInstanceUID });
  }
  if (hosts.length > 0) return { hosts, refused };
  throw new NoduleLabError(
    'unusable',
    refused[0] === undefined
      ? `There is no CT series in ${dirs.join(', ')}: give folders that hold the DICOM slices of one CT each.`
      : `No CT in ${dirs.join(', ')} may receive a nodule. ${refused[0].dir}: ${refused[0].message}`,
    { refused: refused.length },
  );
}

/** All files that lie in the folder itself. */
export async function filesIn(dir: string): Promise<DicomFile[]> {
  const files: DicomFile[] = [];
  for (const name of await fileNames(dir)) {
    const path = join(dir, name);
    files.push({ name: path, bytes: await readFile(path) });
  }
  return files;
}

async function foldersBelow(dirs: readonly string[]): Promise<string[]> {
  const all = new Set<string>();
  for (const dir of dirs) {
    if (!(await hasContent(dir)))
      throw new NoduleLabError(
        'not-found',
        `${dir} is not a folder with files in it: give the folder of a CT.`,
        {
          dir,
        },
      );
    all.add(dir);
    const below = await readdir(dir, { recursive: true, withFileTypes: true });
    for (const entry of below.filter((one) => one.isDirectory())) all.add(join(entry.parentPath, entry.name));
  }
  return [...all].toSorted();
}

const fileNames = async (dir: string): Promise<string[]> =>
  (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted();

async function firstCtHeader(dir: string): Promise<DicomHeader | undefined> {
  for (const name of await fileNames(dir)) {
    const path = join(dir, name);
    const bytes = await readFile(path);
    if (!isDicom(bytes)) continue;
    const header = headerOf(bytes, path);
    if (header !== undefined && isStackImage(header.sopClassUID, header.imageType)) return header;
  }
  return undefined;
}

/** A damaged file says nothing here; where it belongs to a CT, reading that CT names it. */
function headerOf(bytes: Uint8Array, path: string): DicomHeader | undefined {
  try {
    return readDicomHeader(bytes, path);
  } catch {
    return undefined;
  }
}
