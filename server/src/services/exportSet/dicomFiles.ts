/**
 * Patches as CT series (PS3.3 A.3), one folder of slices each. No element comes from the source but what the set itself
 * holds: the identifiers are the export's, and the dates those of the export.
 */
import type { NewDataSet } from '../../dicom/dcmjsFacade.ts';
import { writeCtSeries, type CtAttributes } from '../../dicom/originalCt.ts';
import { dicomDateTime, plainText, synthesizingEquipment } from '../../dicom/provenance.ts';
import { TAG } from '../../dicom/tags.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { huOf, type ExportPatch, type PatchWriter } from './exportPatch.ts';
import { uidNamed } from './pseudonyms.ts';

export interface DicomExport {
  /** Names this export in its unique identifiers. */
  readonly exportName: string;
  readonly deidentified: boolean;
  readonly form: 'isolated' | 'context';
  readonly codeVersion: string;
  readonly now: Date;
}

/** Patient ID of synthetic nodules: they have no patient. */
const NOBODY = 'SYNTHETIC';
const DERIVATION_LIMIT = 1024;

export function dicomWriter(options: DicomExport): PatchWriter {
  const { exportName, now } = options;
  let number = 0;
  return async (patch, write) => {
    number += 1;
    const { name, lineage, alpha, entry } = patch;
    if (alpha !== null)
      throw new NoduleLabError(
        'unusable',
        'A CT series has no place for alpha: export the set as npy or nifti, or leave alpha out (--no-alpha).',
      );
    const patientId = lineage?.patientId ?? NOBODY;
    const uid = (...what: readonly (string | number)[]): string => uidNamed(exportName, ...what);
    const attributes: CtAttributes = {
      patientId,
      patientName: patientId,
      studyDescription: 'Nodule patches exported by NoduleLab',
      seriesDescription: `${entry.origin === 'synthetic' ? 'SYNTHETIC - ' : ''}${entry.class} nodule, patch`,
      seriesNumber: number,
      manufacturer: 'NoduleLab',
      manufacturerModelName: entry.origin === 'synthetic' ? entry.model.name : 'patch export',
      softwareVersions: options.codeVersion,
      convolutionKernel: '',
      // Not known of a patch, and left empty below.
      kvp: 0,
      studyInstanceUID: uid('study', patientId),
      seriesInstanceUID: uid('series', name),
      frameOfReferenceUID: uid('frame of reference', name),
      sopInstanceUID: (k) => uid('image', name, k),
      replace: marks(patch, options),
    };
    const { instances } = writeCtSeries(huOf(patch), attributes, { now, newUid: () => uid('none') });
    for (const [k, { bytes }] of instances.entries())
      await write(`${name}/${String(k + 1).padStart(4, '0')}.dcm`, bytes);
    return { hu: name };
  };
}

const empty = (vr: string): NewDataSet[string] => ({ vr, values: [] });

/** What says that the image is derived, and that it is synthetic or not; and what is not known of a patch. */
function marks(
  patch: ExportPatch,
  { deidentified, now, form, codeVersion }: DicomExport,
): NonNullable<CtAttributes['replace']> {
  const { entry } = patch;
  const { date, time, zone } = dicomDateTime(now, undefined);
  const model =
    entry.origin === 'synthetic'
      ? { codeVersion, model: entry.model, contribution: 'Generated a synthetic lung nodule' }
      : null;
  const nobody = entry.origin === 'synthetic' || deidentified;
  return {
    [TAG.ImageType]: { vr: 'CS', values: ['DERIVED', 'SECONDARY', 'AXIAL'] },
    [TAG.SyntheticData]: { vr: 'CS', values: [model === null ? 'NO' : 'YES'] },
    [TAG.DerivationDescription]: {
      vr: 'ST',
      values: [plainText(derivation(patch, form, codeVersion), DERIVATION_LIMIT)],
    },
    [TAG.PatientIdentityRemoved]: { vr: 'CS', values: [nobody ? 'YES' : 'NO'] },
    [TAG.DeidentificationMethod]: !nobody
      ? null
      : {
          vr: 'LO',
          values: [
            model === null
              ? 'Identifiers replaced by keyed hashes, dates by that of export'
              : 'Generated nodule: there is no patient',
          ],
        },
    [TAG.KVP]: empty('DS'),
    [TAG.ConvolutionKernel]: null,
    [TAG.PatientPosition]: empty('CS'),
    [TAG.AcquisitionDate]: null,
    [TAG.AcquisitionTime]: null,
    [TAG.ContributingEquipmentSequence]:
      model === null ? null : { vr: 'SQ', values: [synthesizingEquipment(model, `${date}${time}${zone}`)] },
  };
}

function derivation({ entry, size }: ExportPatch, form: DicomExport['form'], codeVersion: string): string {
  if (entry.origin === 'synthetic')
    return (
      `Synthetic lung nodule made by NoduleLab ${codeVersion}; for research only. ` +
      `Model ${entry.model.name}, SHA-256 ${entry.model.sha256}; seed ${entry.seed}, candidate ${entry.index}; ` +
      `stands for a diameter of ${entry.diameterMm} mm. HU clipped to [-1000, 400].`
    );
  return (
    `Patch of ${size} voxels along each axis around one lung nodule, resampled to ${entry.spacingMm.toFixed(4)} mm, ` +
    `HU clipped to [-1000, 400]` +
    (form === 'isolated' ? '; the nodule alone under a soft mask on constant -870 HU.' : '.')
  );
}
