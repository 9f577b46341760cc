/** The record of an insertion for a series that is only measured. */
import { createHash } from 'node:crypto';
import type { Provenance } from '@nodulelab/contract';
import type { BoxChange } from '../../server/src/dicom/derivedCt.ts';

const NOTHING = '0'.repeat(64);

export function provenanceOf(sourceSeriesInstanceUID: string, { box, hu }: BoxChange): Provenance {
  return {
    ...{ version: 2, codeVersion: 'bench', sourceSeriesInstanceUID },
    edits: [
      {
        ...{ kind: 'insert', centre: [0, 0, 0], diameterMm: 20, blendingSeed: 1, options: {} },
        ...{ candidateSha256: NOTHING, candidateId: 'bench', model: { name: 'bench', sha256: NOTHING } },
        ...{ seed: 1, index: 0, measured: { diameterMm: 20, volumeMm3: 4189, meanHu: 40 } },
        box: { min: [...box.min], max: [...box.max] },
        huSha256: createHash('sha256')
          .update(new Uint8Array(hu.buffer, hu.byteOffset, hu.byteLength))
          .digest('hex'),
      },
    ],
  };
}
