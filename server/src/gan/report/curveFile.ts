/**
 * `curve.csv` in a run's folder: one line for each generator update, with what was measured. Lines are appended as they
 * come, so after a crash the last one may be cut off; a resume drops it and every line beyond its checkpoint.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../nn/artefactFile.ts';
import type { Preset } from '../presets.ts';

export const CURVE_FILE = 'curve.csv';

const COLUMNS = [
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
/** Only of trainings whose augmentation adapts. */
const ADAPTIVE_COLUMNS = ['augmentation', 'overfitting'] as const;

/** One line; the columns mean what they mean in a progress event (events.ts). */
export type CurvePoint = { readonly [column in (typeof COLUMNS)[number]]: number } & {
  readonly [column in (typeof ADAPTIVE_COLUMNS)[number]]?: number;
};
export type CurveColumn = keyof CurvePoint;

/** The columns of a training's curve. */
export const columnsOf = ({ criticAugmentation }: Preset): readonly CurveColumn[] =>
  (criticAugmentation?.adaptive ?? null) === null ? COLUMNS : [...COLUMNS, ...ADAPTIVE_COLUMNS];

const lineOf = (point: CurvePoint): string =>
  `${[...COLUMNS, ...ADAPTIVE_COLUMNS].flatMap((column) => point[column] ?? []).join(',')}\n`;

/** The points of a run in the order of their updates; none where there is no curve yet. Cut-off lines are left out. */
export async function readCurve(folder: string): Promise<CurvePoint[]> {
  const text = await readFile(join(folder, CURVE_FILE), 'utf8').catch(() => '');
  const [header, ...lines] = text.split('\n');
  const columns = [COLUMNS, [...COLUMNS, ...ADAPTIVE_COLUMNS]].find((known) => known.join(',') === header);
  if (columns === undefined) return [];
  // What follows the last line break was cut off while it was written.
  return lines.slice(0, -1).flatMap((line) => {
    const cells = line.split(',').map(Number);
    const whole = cells.length === columns.length && cells.every(Number.isFinite);
    return whole
      ? [Object.fromEntries(columns.map((column, i) => [column, cells[i]])) as unknown as CurvePoint]
      : [];
  });
}

/** Begins the file, or drops what it says beyond `update`. */
export async function cutCurve(
  folder: string,
  update: number,
  columns: readonly CurveColumn[],
): Promise<CurvePoint[]> {
  const kept = (await readCurve(folder)).filter((point) => point.update <= update);
  const text = `${columns.join(',')}\n${kept.map(lineOf).join('')}`;
  await writeAtomically(join(folder, CURVE_FILE), [new TextEncoder().encode(text)]);
  return kept;
}

export const appendToCurve = (folder: string, point: CurvePoint): Promise<void> =>
  appendFile(join(folder, CURVE_FILE), lineOf(point));
