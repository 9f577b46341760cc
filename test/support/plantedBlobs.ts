/** Soft balls whose size, edge and brightness are what readers are said to have rated: a signal that a network can find. */
import type { RealPatch } from '../../server/src/dataset/manifest.ts';
import type { ShownNodule } from '../../server/src/networks/attributeExamples.ts';
import { Random } from '../../server/src/nn/random.ts';

export interface Blob {
  readonly nodule: RealPatch;
  readonly values: Float32Array;
  readonly size: number;
  readonly spacingMm: number;
}

/**
 * Blob number `index` of a series in a patch of `size`³ with a field of view of 24 mm: texture 1 to 5 is its brightness,
 * margin 5 to 1 the softness of its edge; it is malignant from 10 mm on and benign below.
 */
export function plantedBlob(series: string, index: number, size = 16): Blob {
  const random = Random.of('blob', series, index);
  const diameterMm = 6 + 8 * random.uniform();
  const texture = 1 + 4 * random.uniform();
  const margin = 1 + 4 * random.uniform();
  const spacingMm = 24 / size;
  const softness = 0.3 + 0.35 * (5 - margin);
  const centre = (size - 1) / 2;
  const values = new Float32Array(size ** 3);
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++) {
        const beyondMm = Math.hypot(x - centre, y - centre, z - centre) * spacingMm - diameterMm / 2;
        values[at] = 0.1 + (0.1 + 0.15 * texture) / (1 + Math.exp(beyondMm / softness));
      }
  const malignant = diameterMm >= 10;
  const nodule: RealPatch = {
    ...{ origin: 'real', id: `${series}/${index}`, patientId: `${series}-${index}`, seriesUID: '1.2.3' },
    ...{
      noduleId: String(index),
      diameterMm,
      equivalentDiameterMm: diameterMm,
      spacingMm,
      centre: [0, 0, 0],
    },
    class: malignant ? 'malignant' : 'benign',
    characteristics: {
      ...{
        subtlety: 3,
        internalStructure: 1,
        calcification: 6,
        sphericity: 4,
        lobulation: 1,
        spiculation: 1,
      },
      ...{ margin, texture, malignancy: malignant ? 5 : 1 },
    },
    ...{ readers: 4, malignancyRatings: [], ratingSource: 'readers', maskOf: 'consensus', flags: [] },
    sourceSha256: '0'.repeat(64),
  };
  return { nodule, values, size, spacingMm };
}

/** The same as the training sees it. */
export const shownBlob = ({ nodule, values, size, spacingMm }: Blob): ShownNodule => ({
  nodule,
  views: [{ size, spacingMm, patch: () => Promise.resolve(values) }],
});
