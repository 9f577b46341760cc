/** What one image of the CT that lies beside an annotation file tells: the patient, and how far apart pixels are. */
import { readCtSlice } from '../dicom/ctSlice.ts';
import { TAG } from '../dicom/tags.ts';

export interface CtBeside {
  readonly seriesInstanceUID: string;
  readonly patientId: string | null;
  readonly columns: number;
  readonly rows: number;
  /** Distance between columns and between rows, mm. */
  readonly spacing: readonly [number, number];
  /** Slice Thickness (0018,0050), mm. */
  readonly sliceThicknessMm: number | undefined;
}

/** @throws NoduleLabError as `readCtSlice` */
export function readCtBeside(bytes: Uint8Array, name: string): CtBeside {
  const { frame, header } = readCtSlice({ bytes, name });
  const thickness = header.number(TAG.SliceThickness);
  return {
    seriesInstanceUID: frame.seriesInstanceUID,
    patientId: header.text(TAG.PatientID) ?? null,
    columns: frame.columns,
    rows: frame.rows,
    spacing: [frame.pixelSpacing[1], frame.pixelSpacing[0]],
    sliceThicknessMm: thickness !== undefined && thickness > 0 ? thickness : undefined,
  };
}
