/** What a CT series is as a source of patches. */
import { createHash } from 'node:crypto';
import type { CtSeries } from '../../dicom/ctSeries.ts';
import type { SourceVolume } from '../volumeSource.ts';

export function sourceVolumeOf({ volume, slices, sliceThickness }: CtSeries): SourceVolume {
  const hash = createHash('sha256');
  for (const { bytes } of slices) hash.update(bytes);
  return {
    ct: volume,
    sopInstanceUIDs: slices.map(({ sopInstanceUID }) => sopInstanceUID),
    ...(sliceThickness === undefined ? {} : { sliceThicknessMm: sliceThickness }),
    sha256: hash.digest('hex'),
  };
}
