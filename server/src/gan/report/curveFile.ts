/**
 * `curve.csv` in a run's folder: one line for each generator update, with what was measured. Lines are appended as they
 * come, so after a crash the last one may be cut off; a resume drops it and every line beyond its checkpoint.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../nn/artefactFile.ts';

export const CURVE_FILE = 'curve.csv';

export const CURVE_COLUMNS = [
  'update',
  'stage',
  'resolution',
  'epoch',
  'criticLoss',
  'generatorLoss',
  'wasserstein',
  'gradientPenalty',
  'gradientNorm',
  'criticGradientNorm',
  'generatorGradientNorm',
  'secondsPerUpdate',
  'dataWaitShare',
] as const;
/** One line; the columns mean what they mean in a progress event (events.ts). */
export type CurvePoint = { readonly [column in (typeof CURVE_COLUMNS)[number]]: number };

const HEADER = CURVE_COLUMNS.join(',');
const lineOf = (point: CurvePoint): string => `${CURVE_COLUMNS.map((column) => point[column]).join(',')}\n`;

/** The points of a run in the order of their updates; none where there is no curve yet. Cut-off lines are left out. */
export async function readCurve(folder: string): Promise<CurvePoint[]> {
  const text = await readFile(join(folder, CURVE_FILE), 'utf8').catch(() => '');
  const [header, ...lines] = text.split('\n');
  if (header !== HEADER) return [];
  // What follows the last line break was cut off while it was written.
  return lines.slice(0, -1).flatMap((line) => {
    const cells = line.split(',').map(Number);
    const whole = cells.length === CURVE_COLUMNS.length && cells.every(Number.isFinite);
    return whole
      ? [Object.fromEntries(CURVE_COLUMNS.map((column, i) => [column, cells[i]])) as CurvePoint]
      : [];
  });
}

/** Begins the file, or drops what it says beyond `update`. */
export async function cutCurve(folder: string, update: number): Promise<CurvePoint[]> {
  const kept = (await readCurve(folder)).filter((point) => point.update <= update);
  const text = `${HEADER}\n${kept.map(lineOf).join('')}`;
  await writeAtomically(join(folder, CURVE_FILE), [new TextEncoder().encode(text)]);
  return kept;
}

export const appendToCurve = (folder: string, point: CurvePoint): Promise<void> =>
  appendFile(join(folder, CURVE_FILE), lineOf(point));
