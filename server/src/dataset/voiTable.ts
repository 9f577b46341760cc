/** `nodules.csv` of a folder of nodule cut-outs: a row per nodule with its series, its place and majority ratings. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseCsvTable, requireColumns, wrongField } from '../formats/csv.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import type { NoduleSource } from './source.ts';

const CSV_FILE = 'nodules.csv';

const rating = z.coerce.number('must be a rating').min(1, 'must be at least 1').max(6, 'must be at most 6');
/** Columns that a table may lack; an empty field is a missing one. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
const mm = optional(z.coerce.number('must be a number of millimetres'));

const rowSchema = z.object({
  patient_id: z.string().min(1, 'must not be empty'),
  nodule_id: z.string().regex(/^[\w.-]+$/, 'must be a name without a folder'),
  seriesuid: z.string().regex(/^[0-9.]+$/, 'must be a DICOM UID'),
  Subtlety_value: rating,
  InternalStructure_value: rating,
  Calcification_value: rating,
  Sphericity_value: rating,
  Margin_value: rating,
  Lobulation_value: rating,
  Spiculation_value: rating,
  Texture_value: rating,
  Malignancy_value: rating,
  Diagnosis: optional(z.string()),
  len_mal_details: optional(z.coerce.number('must be a number of ratings').int().min(1)),
  bboxLowX: mm,
  bboxLowY: mm,
  bboxLowZ: mm,
  bboxHighX: mm,
  bboxHighY: mm,
  bboxHighZ: mm,
});
type Fields = z.infer<typeof rowSchema>;

export interface VoiRow extends Fields {
  /** Bounding box of the nodule, LPS mm, where the table has it. */
  readonly bboxMm: { readonly low: Vec3; readonly high: Vec3 } | undefined;
}

/** What messages and files call a cut-out. */
export function voiName(row: Pick<VoiRow, 'patient_id' | 'nodule_id'>): string {
  return `${row.patient_id}_R_${row.nodule_id}`;
}

/** The rows that can be used, and what is wrong with the others: file, line and column. */
export async function readVoiTable(
  dir: string,
): Promise<{ readonly rows: VoiRow[]; readonly problems: NoduleSource['problems'] }> {
  const path = join(dir, CSV_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${dir} is no folder of nodule cut-outs: it has no ${CSV_FILE}. Give the folder with image/, mask/ and ${CSV_FILE}.`,
      { dir },
      cause,
    );
  });
  const rows: VoiRow[] = [];
  const problems: { name: string; message: string }[] = [];
  const complain = ({ message }: Error): void => void problems.push({ name: CSV_FILE, message });
  // A manifest keeps these messages: they name the file, not the folders of one machine.
  const table = parseCsvTable(text, CSV_FILE, complain);
  const required = Object.entries(rowSchema.shape).flatMap(([column, schema]) =>
    schema.safeParse(undefined).success ? [] : [column],
  );
  requireColumns(table, required);
  const seen = new Set<string>();
  for (const row of table.rows) {
    const parsed = rowSchema.safeParse(row.fields);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      complain(wrongField(table, row, String(issue?.path[0] ?? ''), issue?.message ?? 'invalid'));
    } else if (seen.has(voiName(parsed.data)))
      complain(wrongField(table, row, 'nodule_id', `${voiName(parsed.data)} stands there twice`));
    else {
      seen.add(voiName(parsed.data));
      rows.push({ ...parsed.data, bboxMm: boxOf(parsed.data) });
    }
  }
  if (rows.length === 0)
    throw new NoduleLabError(
      'invalid-input',
      problems[0]?.message ?? `${CSV_FILE} lists no nodule: fetch or unpack the cut-outs again.`,
      { path },
    );
  return { rows, problems };
}

function boxOf(row: Fields): VoiRow['bboxMm'] {
  const [x, y, z] = [row.bboxLowX, row.bboxLowY, row.bboxLowZ];
  const [u, v, w] = [row.bboxHighX, row.bboxHighY, row.bboxHighZ];
  const known = x !== undefined && y !== undefined && z !== undefined;
  return known && u !== undefined && v !== undefined && w !== undefined
    ? { low: [x, y, z], high: [u, v, w] }
    : undefined;
}
