/** The CT that the benchmarks work on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Folder of a patient below NODULELAB_LIDC_DIR, the folder that the tests use too: LIDC-IDRI-0001 has 133 slices, LIDC-IDRI-0004
 * has 241. Undefined where it is not there.
 */
export function lidcPatient(
  name: 'LIDC-IDRI-0001' | 'LIDC-IDRI-0004' = 'LIDC-IDRI-0001',
): string | undefined {
  const folder = process.env['NODULELAB_LIDC_DIR'];
  if (!folder) return undefined;
  const dir = join(folder, name);
  return existsSync(dir) ? dir : undefined;
}
