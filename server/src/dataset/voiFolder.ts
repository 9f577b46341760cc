/**
 * A folder of nodule cut-outs: `image/<patient>_R_<nodule>.nii.gz` (HU), `mask/` likewise (every voxel that any reader marked), and
 * `nodules.csv` with a row per nodule (series, place, majority characteristics).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseNifti } from '../formats/nifti.ts';
import { parseCsv } from '../formats/csv.ts';
import { NoduleLabError } from '../volume/errors.ts';
import type { NoduleVoxels, SourceNodule } from './source.ts';
import { trim } from '../lidc/boxMask.ts';
import { readerMarks } from './readerMarks.ts';

const CSV_FILE = 'nodules.csv';
const rating = z.coerce.number().min(1).max(6);

/** What is used of a row of `nodules.csv`: identity and majority ratings. Place and size come from the mask. */
const rowSchema = z.object({
  patient_id: z.string().min(1),
  nodule_id: z.string().min(1),
  seriesuid: z.string().regex(/^[0-9.]+$/),
  Subtlety_value: rating,
  InternalStructure_value: rating,
  Calcification_value: rating,
  Sphericity_value: rating,
  Margin_value: rating,
  Lobulation_value: rating,
  Spiculation_value: rating,
  Texture_value: rating,
  Malignancy_value: rating,
});

export type VoiRow = z.infer<typeof rowSchema>;

/**
 * The nodules of the folder. With `xmlDir` their ratings are the readers' own and their masks the readers' 50%
 * consensus wherever the XML holds the nodule; otherwise ratings are majority values and masks as they lie in `mask/`
 * (the union of the readers).
 */
export async function openVoiFolder(dir: string, xmlDir?: string): Promise<SourceNodule[]> {
  const rows = await readRows(dir);
  const marks = xmlDir === undefined ? undefined : await readerMarks(rows, dir, xmlDir);
  return rows.map((row): SourceNodule => {
    const readers = marks?.get(voiName(row));
    return {
      patientId: row.patient_id,
      seriesUID: row.seriesuid,
      noduleId: row.nodule_id,
      characteristics: readers?.characteristics ?? {
        subtlety: row.Subtlety_value,
        internalStructure: row.InternalStructure_value,
        calcification: row.Calcification_value,
        sphericity: row.Sphericity_value,
        margin: row.Margin_value,
        lobulation: row.Lobulation_value,
        spiculation: row.Spiculation_value,
        texture: row.Texture_value,
        malignancy: row.Malignancy_value,
      },
      malignancyRatings: readers?.malignancy ?? [row.Malignancy_value],
      ratingSource: readers === undefined ? 'majority' : 'readers',
      readers: readers?.malignancy.length ?? null,
      maskOf: readers === undefined ? 'union' : 'consensus',
      flags: [],
      load: async () => {
        const voxels = await loadVoi(dir, row);
        return readers === undefined ? voxels : { ...voxels, mask: readers.consensus };
      },
    };
  });
}

export function voiName(row: Pick<VoiRow, 'patient_id' | 'nodule_id'>): string {
  return `${row.patient_id}_R_${row.nodule_id}`;
}

async function readRows(dir: string): Promise<VoiRow[]> {
  const path = join(dir, CSV_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${dir} is no folder of nodule cut-outs: it has no ${CSV_FILE}. Give the folder with image/, mask/ and ${CSV_FILE}.`,
      { dir },
      cause,
    );
  });
  return parseCsv(text).map((fields, index) => {
    const parsed = rowSchema.safeParse(fields);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new NoduleLabError(
      'invalid-input',
      `${path}, row ${index + 1}: column ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? 'invalid'}. Mend the row or remove it.`,
      { path, row: index + 1 },
    );
  });
}

/** Reads one cut-out; image and mask must lie on the same grid. */
export async function loadVoi(dir: string, row: VoiRow): Promise<NoduleVoxels> {
  const name = `${voiName(row)}.nii.gz`;
  const [imageBytes, maskBytes] = await Promise.all([
    read(join(dir, 'image', name)),
    read(join(dir, 'mask', name)),
  ]);
  const image = parseNifti(imageBytes, join(dir, 'image', name));
  const mask = parseNifti(maskBytes, join(dir, 'mask', name));
  if (image.size.some((count, axis) => count !== mask.size[axis]))
    throw new NoduleLabError(
      'invalid-input',
      `${name}: the image has ${image.size.join('×')} voxels and its mask ${mask.size.join('×')}. Fetch both again.`,
      { name },
    );
  const { size, spacing, origin, direction } = image;
  const bits = Uint8Array.from(mask.data, (value) => (value > 0 ? 1 : 0));
  if (!bits.includes(1))
    throw new NoduleLabError(
      'invalid-input',
      `${name}: the mask is empty. Fetch it again, or remove its row.`,
      { name },
    );
  return {
    ct: { size, spacing, origin, direction, data: Int16Array.from(image.data) },
    mask: trim({ box: { min: [0, 0, 0], max: size }, bits }),
    sha256: createHash('sha256').update(imageBytes).update(maskBytes).digest('hex'),
  };
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `${path} is missing: fetch or unpack the cut-outs again.`,
      { path },
      cause,
    );
  });
}
