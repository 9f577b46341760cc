/** The patient's body on a coarse CT. */
import { keepComponents, labelRuns } from '../volume/components.ts';
import type { CoarseCt } from './grid.ts';
import { fillHolesPerSlice, stepInPlane } from './morphology.ts';

/** HU above which a voxel is tissue. */
const TISSUE_HU = -400;

/** Largest connected tissue, filled per slice; an opening cuts thin bridges to the table first. */
export function findBody(ct: CoarseCt): Uint8Array {
  const { size } = ct;
  const tissue = new Uint8Array(ct.data.length);
  for (let at = 0; at < tissue.length; at++) if (ct.data[at]! > TISSUE_HU) tissue[at] = 1;
  const core = stepInPlane(tissue, size, 'shrink');
  const runs = labelRuns(core, size, 6);
  let largest = 0;
  runs.counts.forEach((count, label) => {
    if (count > runs.counts[largest]!) largest = label;
  });
  if (largest === 0) return core;
  const body = keepComponents(runs, core.length, (label) => label === largest);
  return fillHolesPerSlice(stepInPlane(body, size, 'grow'), size);
}
