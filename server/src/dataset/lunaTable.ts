/** LUNA16's `annotations.csv`: a nodule per line, by series, place (LPS mm) and diameter. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readCsv, requireColumns, wrongField } from '../formats/csv.ts';
import type { Vec3 } from '../volume/ctVolume.ts';

export interface LunaRow {
  readonly line: number;
  /** The same for the same series and place, wherever the line stands. */
  readonly id: string;
  readonly seriesUID: string;
  /** LPS mm. */
  readonly centre: Vec3;
  readonly diameterMm: number;
  readonly patientId: string | undefined;
  /** 1 to 5, where the table has such a column. */
  readonly malignancy: number | undefined;
  /** Path of a mask volume as the table has it. */
  readonly mask: string | undefined;
}

export interface LunaTable {
  readonly rows: readonly LunaRow[];
  /** Lines that cannot be used, with the reason. */
  readonly problems: readonly { readonly name: string; readonly message: string }[];
}

const REQUIRED = ['seriesuid', 'coordX', 'coordY', 'coordZ', 'diameter_mm'] as const;
/** No nodule is larger, and no lesion that anybody would call one. */
const LARGEST_MM = 150;

/** Empty text is no number, though `Number('')` is 0. */
const number = z
  .string()
  .trim()
  .min(1, 'it is empty')
  .transform(Number)
  .refine((value) => Number.isFinite(value), 'it is not a number');
const optional = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .optional();
const rowSchema = z.object({
  seriesuid: z.string().trim().min(1, 'it is empty'),
  coordX: number,
  coordY: number,
  coordZ: number,
  diameter_mm: number.refine((mm) => mm > 0 && mm <= LARGEST_MM, `it is not between 0 and ${LARGEST_MM} mm`),
  patient_id: optional,
  malignancy: optional
    .transform((text) => (text === undefined ? undefined : Number(text)))
    .refine((value) => value === undefined || (value >= 1 && value <= 5), 'it is not a rating from 1 to 5'),
  mask: optional,
});

/** @throws NoduleLabError where the file cannot be read, is damaged as CSV, or lacks a column */
export async function readLunaTable(path: string): Promise<LunaTable> {
  const rows: LunaRow[] = [];
  const problems: { name: string; message: string }[] = [];
  const table = await readCsv(path, ({ message }) => void problems.push({ name: path, message }));
  requireColumns(table, REQUIRED);
  const lines = new Map<string, number>();
  for (const row of table.rows) {
    const parsed = rowSchema.safeParse(row.fields);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const { message } = wrongField(
        table,
        row,
        String(issue?.path[0] ?? ''),
        issue?.message ?? 'it is invalid',
      );
      problems.push({ name: path, message });
      continue;
    }
    const { seriesuid, coordX, coordY, coordZ, diameter_mm, patient_id, malignancy, mask } = parsed.data;
    const id = createHash('sha256')
      .update([seriesuid, coordX, coordY, coordZ].join('\n'))
      .digest('hex')
      .slice(0, 24);
    const first = lines.get(id);
    if (first !== undefined) {
      problems.push({
        name: path,
        message: `${path}, line ${row.line}: the same series and place as line ${first}. It is used once.`,
      });
      continue;
    }
    lines.set(id, row.line);
    rows.push({
      line: row.line,
      id,
      seriesUID: seriesuid,
      centre: [coordX, coordY, coordZ],
      diameterMm: diameter_mm,
      patientId: patient_id,
      malignancy,
      mask,
    });
  }
  return { rows, problems };
}
