/** What others counted in LIDC-IDRI, to be seen beside our own counts. docs/lidc.md explains the differences. */

export interface PublishedCount {
  /** Name of the count in an archive's summary. */
  readonly count:
    | 'ctSeries'
    | 'patients'
    | 'annotations'
    | 'nodules'
    | 'nodulesByAtLeastOne'
    | 'nodulesByAllFour'
    | 'lesions';
  readonly value: number;
  readonly source: string;
}

/** 10.7937/K9/TCIA.2015.LO9QL9SX */
const TCIA = 'TCIA';
/** 10.7937/TCIA.2018.h7umfurq */
const DICOM_FORM = 'official SEG and SR';

export const PUBLISHED: readonly PublishedCount[] = [
  { count: 'ctSeries', value: 1_018, source: TCIA },
  { count: 'patients', value: 1_010, source: TCIA },
  { count: 'annotations', value: 6_859, source: DICOM_FORM },
  { count: 'nodules', value: 2_651, source: DICOM_FORM },
  { count: 'nodulesByAtLeastOne', value: 2_669, source: TCIA },
  { count: 'nodulesByAllFour', value: 928, source: TCIA },
  { count: 'lesions', value: 7_371, source: TCIA },
];
