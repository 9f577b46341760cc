/** The CT that the benchmarks work on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** LIDC-IDRI-0001 (133 slices) below NODULELAB_LIDC_DIR, the folder that the tests use too; else the demo phantom. */
export function lidcPatient(): string | undefined {
  const dir = join(process.env['NODULELAB_LIDC_DIR'] ?? '', 'LIDC-IDRI-0001');
  return process.env['NODULELAB_LIDC_DIR'] && existsSync(dir) ? dir : undefined;
}
