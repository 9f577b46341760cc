/** Verification of a series of the archive, or of what lies in a file or folder. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { VerificationReport } from '@nodulelab/contract';
import { headerOf, readFileHead } from '../../dicom/fileHead.ts';
import { isStackImage } from '../../dicom/ctSlice.ts';
import { SOP_CLASS } from '../../dicom/tags.ts';
import { isDicom } from '../../dicom/sniff.ts';
import { knownPublicKeys } from '../../security/provenanceKeys.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import { verifyImages, type Trust } from './verifyImages.ts';

/** @throws NoduleLabError `not-found` for a series that the archive does not have, `unusable` where it is no CT */
export async function verifyArchived(
  { archive, store, dataDir }: Pick<ServiceContext, 'archive' | 'store' | 'dataDir'>,
  seriesInstanceUID: string,
  signal?: AbortSignal,
): Promise<VerificationReport[]> {
  const instances = await archive.seriesInstances(seriesInstanceUID);
  if (instances.length === 0)
    throw new NoduleLabError('not-found', `The archive has no series ${seriesInstanceUID}.`, {
      seriesInstanceUID,
    });
  const files = await archive.downloadSeries(seriesInstanceUID, signal ? { signal } : {});
  const images = [];
  for (const file of files) {
    const header = await headerOf(
      file.name,
      { head: file.bytes, size: file.bytes.length },
      async () => file.bytes,
    );
    if (isCtImage(header)) images.push(async () => file);
  }
  if (images.length === 0)
    throw new NoduleLabError(
      'unusable',
      `Series ${seriesInstanceUID} holds no CT image: verification looks at CT series.`,
      { seriesInstanceUID },
    );
  const keys = await knownPublicKeys(dataDir);
  return [await verifyImages(seriesInstanceUID, images, { keys, registry: store.fingerprints })];
}

/**
 * @param path a DICOM file, or a folder; what is no CT image is passed over
 * @returns a report for each CT series, in the order of their first file
 * @throws NoduleLabError `not-found` where there is nothing, `invalid-input` where there is no CT image
 */
export async function verifyPath(
  path: string,
  trust: Trust,
  options: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<VerificationReport[]> {
  const paths = await filesOf(path);
  const series = new Map<string, string[]>();
  let damaged: NoduleLabError | undefined;
  for (const file of paths) {
    options.signal?.throwIfAborted();
    const head = await readFileHead(file);
    if (!isDicom(head.head)) continue;
    try {
      const header = await headerOf(file, head, () => readFile(file));
      if (!isCtImage(header)) continue;
      series.set(header.seriesInstanceUID, [...(series.get(header.seriesInstanceUID) ?? []), file]);
    } catch (error) {
      if (!(error instanceof NoduleLabError)) throw error;
      damaged ??= error;
    }
  }
  if (series.size === 0)
    throw (
      damaged ??
      new NoduleLabError(
        'invalid-input',
        `There is no CT image in ${path}: give a DICOM file of a CT, or a folder that holds some.`,
        { path },
      )
    );
  const total = [...series.values()].reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  const reports: VerificationReport[] = [];
  for (const [seriesInstanceUID, files] of series)
    reports.push(
      await verifyImages(
        seriesInstanceUID,
        files.map((name) => async () => {
          options.signal?.throwIfAborted();
          options.onProgress?.(done++, total);
          return { name, bytes: await readFile(name) };
        }),
        trust,
      ),
    );
  return reports;
}

const isCtImage = ({
  sopClassUID,
  imageType,
}: {
  sopClassUID: string;
  imageType: readonly string[];
}): boolean => isStackImage(sopClassUID, imageType) || sopClassUID === SOP_CLASS.enhancedCt;

async function filesOf(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return [path];
  if (!info?.isDirectory())
    throw new NoduleLabError('not-found', `${path} is not there: give a DICOM file or a folder.`, { path });
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
