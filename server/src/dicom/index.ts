/** DICOM in and out: CT series to volumes, derived and original CT series, identification, unique identifiers. */
export { readCtSeries, type CtSeries, type CtSlice, type DicomFile } from './ctSeries.ts';
export { readDicomHeader, type DicomHeader, type DicomKind } from './header.ts';
export { isDicom } from './sniff.ts';
export { makeUidGenerator } from './uid.ts';
export { PADDING_HU } from './storedPixels.ts';
export {
  writeDerivedCt,
  type BoxChange,
  type DerivedCt,
  type WriteDeps,
  type WrittenInstance,
} from './derivedCt.ts';
export type { Provenance } from './provenance.ts';
export { verifyDerived, type DerivedVerification } from './verifyDerived.ts';
export { writeCtSeries, type CtAttributes, type WrittenCt } from './originalCt.ts';
export type { EditSegment } from './editSegments.ts';
export { writeSegmentation, type WrittenObject } from './segmentationWriter.ts';
export { writeMeasurementReport } from './reportWriter.ts';
export { verifyReport, verifySegmentation } from './verifyWritten.ts';
