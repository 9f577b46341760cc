/** What is to be said wherever patches of LIDC-IDRI are passed on. */
import type { PatchManifest } from '../../dataset/manifest.ts';

const PATIENT = /^LIDC-IDRI-\d{4}$/;
/** Root of the Series Instance UIDs of the collection. */
const SERIES_ROOT = '1.3.6.1.4.1.14519.5.2.1.6279.6001.';

/** True where every real patch is of the collection, by its patient's name or its series. */
export function comesFromLidc({ patches }: Pick<PatchManifest, 'patches'>): boolean {
  const real = patches.filter((patch) => patch.origin === 'real');
  return (
    real.length > 0 &&
    real.every(({ patientId, seriesUID }) => PATIENT.test(patientId) || seriesUID.startsWith(SERIES_ROOT))
  );
}

export const LIDC_CITATION =
  'Armato III, S. G., McLennan, G., Bidaut, L., et al. (2015). Data From LIDC-IDRI. The Cancer Imaging Archive. https://doi.org/10.7937/K9/TCIA.2015.LO9QL9SX';

export const LIDC_TERMS: string[] = [
  'Licence of the source: Creative Commons Attribution 3.0 Unported (CC BY 3.0, https://creativecommons.org/licenses/by/3.0/). The patches are adapted from it, as said above.',
  `Cite: ${LIDC_CITATION}`,
  'The data usage policy of The Cancer Imaging Archive applies (https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/): no attempt to identify anyone; attribution in what is published; whoever passes the data on passes the policy on.',
];
