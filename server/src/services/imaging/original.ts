/** Edits begin in an original: what stands in a synthetic series is its record, and only its own registry can go on with it. */
import { Provenance } from '@nodulelab/contract';
import type { CtSeries } from '../../dicom/ctSeries.ts';
import { readPrivateBlock } from '../../dicom/privateBlock.ts';
import { NoduleLabError } from '../../volume/errors.ts';

/**
 * A second record beside the first would leave a signature that no longer fits, and voxels that no record explains.
 * @throws NoduleLabError `unusable` for a series that carries NoduleLab's record, with its original named where it can be
 */
export function requireOriginal({
  seriesInstanceUID,
  slices,
}: Pick<CtSeries, 'seriesInstanceUID' | 'slices'>): void {
  // Every slice of a synthetic series carries the record.
  const [slice] = slices;
  const block = slice && readPrivateBlock(slice);
  if (block === undefined) return;
  const sourceSeriesInstanceUID = originalOf(block.provenance);
  const original =
    sourceSeriesInstanceUID === undefined ? 'its original' : `its original ${sourceSeriesInstanceUID}`;
  throw new NoduleLabError(
    'unusable',
    `series ${seriesInstanceUID} is synthetic already, and what was done to it is not in the registry here: work on ${original}`,
    { seriesInstanceUID, ...(sourceSeriesInstanceUID === undefined ? {} : { sourceSeriesInstanceUID }) },
  );
}

function originalOf(provenance: string | undefined): string | undefined {
  try {
    return Provenance.parse(JSON.parse(provenance ?? '')).sourceSeriesInstanceUID;
  } catch {
    // Damaged, or of another version: the block is there all the same.
    return undefined;
  }
}
