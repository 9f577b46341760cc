/** Which entries of the study browser are synthetic, as their own attributes tell: no server is needed to see it. */
import type { DisplaySet } from '../ohif.ts';

/** What NoduleLab puts before the description of everything that it makes synthetic: CT, segmentation and report. */
const DESCRIBED = /^SYNTHETIC\b/;

/** Synthetic Data (0008,001C) of other programs counts too. A phantom is nobody's CT and says so in its own words. */
export function isMarkedSynthetic({ SeriesDescription, instances, instance }: DisplaySet): boolean {
  if (DESCRIBED.test(SeriesDescription ?? '')) return true;
  const first = instances?.[0] ?? instance;
  return (
    first?.['SyntheticData'] === 'YES' && !/phantom/i.test(String(first['DeidentificationMethod'] ?? ''))
  );
}
