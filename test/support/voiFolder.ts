/** Writes a folder of nodule cut-outs for tests: balls in lung, one per row. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzippedNifti } from './niftiFile.ts';
import { SERIES } from './lidcXml.ts';

export interface TestVoi {
  readonly patient: string;
  readonly nodule: string;
  readonly radiusMm: number;
  readonly malignancy: number;
  readonly series?: string;
}

const SIZE = 32;
const SPACING = [0.7, 0.7, 1.25] as const;
const COLUMNS =
  'patient_id,nodule_id,seriesuid,Subtlety_value,InternalStructure_value,Calcification_value,Sphericity_value,' +
  'Margin_value,Lobulation_value,Spiculation_value,Texture_value,Malignancy_value';

/** A cut-out of exactly the slices that the ball fills, as the real ones are. */
export function writeVois(dir: string, vois: readonly TestVoi[]): void {
  for (const folder of ['image', 'mask']) mkdirSync(join(dir, folder), { recursive: true });
  const rows = vois.map(({ patient, nodule, radiusMm, malignancy, series = SERIES }) => {
    const slices = 2 * Math.floor(radiusMm / SPACING[2]) + 1;
    const { hu, mask } = ball(radiusMm, slices);
    const file = { size: [SIZE, SIZE, slices] as const, spacing: SPACING, rasOrigin: [10, 20, -50] as const };
    const name = `${patient}_R_${nodule}.nii.gz`;
    writeFileSync(join(dir, 'image', name), gzippedNifti({ ...file, voxels: hu }));
    writeFileSync(join(dir, 'mask', name), gzippedNifti({ ...file, voxels: mask }));
    return [patient, nodule, series, 5, 1, 6, 4, 4, 1, 1, 5, malignancy].join();
  });
  writeFileSync(join(dir, 'nodules.csv'), [COLUMNS, ...rows, ''].join('\n'));
}

function ball(radiusMm: number, slices: number): { hu: Int16Array; mask: Int16Array } {
  const hu = new Int16Array(SIZE * SIZE * slices).fill(-900);
  const mask = new Int16Array(hu.length);
  for (let index = 0; index < hu.length; index++) {
    const x = ((index % SIZE) - (SIZE - 1) / 2) * SPACING[0];
    const y = ((Math.floor(index / SIZE) % SIZE) - (SIZE - 1) / 2) * SPACING[1];
    const z = (Math.floor(index / (SIZE * SIZE)) - (slices - 1) / 2) * SPACING[2];
    if (Math.hypot(x, y, z) > radiusMm) continue;
    hu[index] = 40;
    mask[index] = 1;
  }
  return { hu, mask };
}
