/** What a few slices of a series say of themselves: enough to tell at once, not to prove. */
import type { Provenance, SeriesProvenance } from '@nodulelab/contract';
import type { DicomFile } from '../../dicom/ctSlice.ts';
import { knownPublicKeys } from '../../security/provenanceKeys.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import { lookAt } from '../verification/lookedAtSlice.ts';
import { verifyImages } from '../verification/verifyImages.ts';

export interface Look {
  /** Some slice carries NoduleLab's record, or names it among those who contributed: the series is no original. */
  readonly edited: boolean;
  /** Synthetic Data is YES in some slice. */
  readonly markedSynthetic: boolean;
  /** Null where no slice has one that can be read. */
  readonly provenance: Provenance | null;
  readonly verification: NonNullable<Extract<SeriesProvenance, { kind: 'synthetic' }>['verification']>;
}

/** Slices that are looked at, spread over the series: a fifth of a second, where all of them take seconds. */
const SLICES = 5;

/**
 * @returns null where the archive does not have the series
 * @throws NoduleLabError `unusable` where it is no CT or not one slice can be read
 */
export async function look(
  { archive, dataDir }: Pick<ServiceContext, 'archive' | 'dataDir'>,
  seriesInstanceUID: string,
): Promise<Look | null> {
  const series = await archive.findSeries(seriesInstanceUID);
  if (series === undefined) return null;
  if (series.modality !== 'CT')
    throw new NoduleLabError(
      'unusable',
      `Series ${seriesInstanceUID} is ${series.modality || 'of no modality'}: provenance is told of CT series.`,
      { seriesInstanceUID },
    );
  const instances = await archive.seriesInstances(seriesInstanceUID);
  if (instances.length === 0) return null;
  const count = Math.min(SLICES, instances.length);
  const files = await Promise.all(
    Array.from({ length: count }, async (_, n): Promise<DicomFile> => {
      const { orthancId, sopInstanceUID } = instances[Math.floor((n * instances.length) / count)]!;
      return { name: sopInstanceUID, bytes: await archive.downloadInstance(orthancId) };
    }),
  );
  const keys = await knownPublicKeys(dataDir);
  const { verdict, evidence } = await verifyImages(
    seriesInstanceUID,
    files.map((file) => async () => file),
    { keys, registry: undefined },
  );
  const looked = files.flatMap((file) => tryLook(file));
  return {
    edited: looked.some(({ provenance, equipment }) => provenance !== undefined || equipment),
    markedSynthetic: looked.some(({ syntheticData }) => syntheticData),
    provenance: looked.find(({ provenance }) => provenance)?.provenance ?? null,
    verification: {
      verdict,
      // Voxels say nothing where most slices were not read.
      evidence: evidence.filter(({ by }) => by !== 'voxels'),
      slicesLookedAt: count,
      slices: instances.length,
    },
  };
}

/** One damaged file does not speak for the others, which `verifyImages` has told of already. */
function tryLook(file: DicomFile): ReturnType<typeof lookAt>[] {
  try {
    return [lookAt(file, new Map())];
  } catch (error) {
    if (error instanceof NoduleLabError) return [];
    throw error;
  }
}
