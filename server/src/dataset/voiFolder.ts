/** A folder of nodule cut-outs (`image/`, `mask/`, `nodules.csv`) as a source of patches. */
import { caseFlags } from '../lidc/flags.ts';
import { readerMarks } from './readerMarks.ts';
import type { NoduleSource, SourceNodule } from './source.ts';
import { voiFile } from './voiFile.ts';
import { readVoiTable, voiName } from './voiTable.ts';
import type { VoiRow } from './voiTable.ts';

/**
 * The nodules of the folder. With `xmlDir` their ratings are the readers' own and their masks the readers' 50%
 * consensus wherever the XML holds the nodule; otherwise ratings are majority values and masks as they lie in `mask/`
 * (the union of the readers). Nodules that the XML does not hold are named in `problems`, with the reason.
 */
export async function openVoiFolder(dir: string, xmlDir?: string): Promise<NoduleSource> {
  const { rows, problems } = await readVoiTable(dir);
  const cutOuts = rows.map((row) => ({ row, file: voiFile(dir, voiName(row)) }));
  const joined = xmlDir === undefined ? undefined : await readerMarks(cutOuts, xmlDir);
  const nodules = cutOuts.map(({ row, file }): SourceNodule => {
    const marks = joined?.found.get(file.name);
    const diagnosis = diagnosisOf(row);
    return {
      patientId: row.patient_id,
      seriesUID: row.seriesuid,
      noduleId: row.nodule_id,
      characteristics: marks?.characteristics ?? majorityOf(row),
      malignancyRatings: marks?.malignancy ?? [row.Malignancy_value],
      ratingSource: marks === undefined ? 'majority' : 'readers',
      readers: marks?.readers ?? row.len_mal_details ?? null,
      maskOf: marks === undefined ? 'union' : 'consensus',
      flags: [...caseFlags(row.patient_id)],
      ...(diagnosis === undefined ? {} : { tableDiagnosis: diagnosis }),
      load: async () => {
        const voxels = await file.load();
        return marks === undefined ? voxels : { ...voxels, mask: marks.consensus };
      },
    };
  });
  return { wholeCts: false, nodules, problems: [...problems, ...(joined?.problems ?? [])] };
}

function majorityOf(row: VoiRow): NonNullable<SourceNodule['characteristics']> {
  return {
    subtlety: row.Subtlety_value,
    internalStructure: row.InternalStructure_value,
    calcification: row.Calcification_value,
    sphericity: row.Sphericity_value,
    margin: row.Margin_value,
    lobulation: row.Lobulation_value,
    spiculation: row.Spiculation_value,
    texture: row.Texture_value,
    malignancy: row.Malignancy_value,
  };
}

function diagnosisOf({ Diagnosis: text = '' }: VoiRow): SourceNodule['tableDiagnosis'] {
  if (/^malign/i.test(text.trim())) return 'malignant';
  return /^benign/i.test(text.trim()) ? 'benign' : undefined;
}
