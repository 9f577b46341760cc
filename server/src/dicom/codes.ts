/** Coded concepts of what is written about an edit (PS3.16); SNOMED CT codes are of scheme SCT. */
import type { Code } from './contentTree.ts';

const dcm = (value: string, meaning: string): Code => ({ value, scheme: 'DCM', meaning });
const sct = (value: string, meaning: string): Code => ({ value, scheme: 'SCT', meaning });
const ucum = (value: string, meaning: string): Code => ({ value, scheme: 'UCUM', meaning });

/** Designator of the project's own codes; each object that uses one identifies the scheme. */
export const OWN_SCHEME = '99NODULELAB';

export const CODE = {
  // What a segment is (CID 7150, 7155, 7159).
  abnormalStructure: sct('49755003', 'Morphologically Abnormal Structure'),
  anatomicalStructure: sct('123037004', 'Anatomical Structure'),
  nodule: sct('27925004', 'Nodule'),
  lung: sct('39607008', 'Lung'),
  // How it was made (CID 7162, 7202, 7203).
  artificialIntelligence: dcm('123110', 'Artificial Intelligence'),
  neighborhoodAnalysis: dcm('123101', 'Neighborhood Analysis'),
  segmentation: dcm('113076', 'Segmentation'),
  processedImage: dcm('121322', 'Source image for image processing operation'),
  // The report (TID 1500, 1001 to 1004, 1204, 1600).
  imagingMeasurementReport: dcm('126000', 'Imaging Measurement Report'),
  language: dcm('121049', 'Language of Content Item and Descendants'),
  english: { value: 'en-US', scheme: 'RFC5646', meaning: 'English (United States)' },
  observerType: dcm('121005', 'Observer Type'),
  person: dcm('121006', 'Person'),
  personName: dcm('121008', 'Person Observer Name'),
  device: dcm('121007', 'Device'),
  deviceUid: dcm('121012', 'Device Observer UID'),
  deviceName: dcm('121013', 'Device Observer Name'),
  deviceManufacturer: dcm('121014', 'Device Observer Manufacturer'),
  deviceModel: dcm('121015', 'Device Observer Model Name'),
  procedureReported: dcm('121058', 'Procedure reported'),
  ct: { value: '25045-6', scheme: 'LN', meaning: 'CT unspecified body region' },
  imageLibrary: dcm('111028', 'Image Library'),
  imageLibraryGroup: dcm('126200', 'Image Library Group'),
  imagingMeasurements: dcm('126010', 'Imaging Measurements'),
  // A measurement group (TID 1410, 1411, 1419, 4019).
  measurementGroup: dcm('125007', 'Measurement Group'),
  trackingId: dcm('112039', 'Tracking Identifier'),
  trackingUid: dcm('112040', 'Tracking Unique Identifier'),
  algorithmName: dcm('111001', 'Algorithm Name'),
  algorithmParameters: dcm('111002', 'Algorithm Parameters'),
  algorithmVersion: dcm('111003', 'Algorithm Version'),
  finding: dcm('121071', 'Finding'),
  findingSite: sct('363698007', 'Finding Site'),
  imageRegion: dcm('111030', 'Image Region'),
  referencedSegment: dcm('121191', 'Referenced Segment'),
  sourceSeries: dcm('121232', 'Source series for segmentation'),
  diameter: sct('81827009', 'Diameter'),
  longAxis: sct('103339001', 'Long Axis'),
  volume: sct('118565006', 'Volume'),
  attenuation: dcm('112031', 'Attenuation Coefficient'),
  derivation: dcm('121401', 'Derivation'),
  mean: sct('373098007', 'Mean'),
  measurementMethod: sct('370129005', 'Measurement Method'),
  sphereOfVolume: { value: 'SPHERE', scheme: OWN_SCHEME, meaning: 'Diameter of the sphere with the volume' },
  millimetre: ucum('mm', 'millimeter'),
  cubicMillimetre: ucum('mm3', 'cubic millimeter'),
  hounsfield: ucum("[hnsf'U]", 'Hounsfield unit'),
} as const satisfies Record<string, Code>;
