/** A CT series of the archive as a source of volumes. */
import { readCtSeries } from '../dicom/ctSeries.ts';
import { sourceVolumeOf } from '../dataset/volumes/seriesVolume.ts';
import type { SourceVolume, VolumeSource } from '../dataset/volumeSource.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { ServiceContext } from './context.ts';

/**
 * @param patientId null where only the files themselves know it
 * @returns a source whose `load` throws `not-found` where the archive has no such series
 */
export function archiveVolume(
  archive: Pick<ServiceContext['archive'], 'downloadSeries'>,
  seriesInstanceUID: string,
  patientId: string | null,
  signal?: AbortSignal,
): VolumeSource {
  return {
    name: seriesInstanceUID,
    patientId,
    seriesUID: seriesInstanceUID,
    async load(): Promise<SourceVolume> {
      const files = await archive.downloadSeries(seriesInstanceUID, signal === undefined ? {} : { signal });
      if (files.length === 0)
        throw new NoduleLabError(
          'not-found',
          `The archive has no series ${seriesInstanceUID}: import its CT again.`,
          { seriesInstanceUID },
        );
      return sourceVolumeOf(readCtSeries(files));
    },
  };
}
