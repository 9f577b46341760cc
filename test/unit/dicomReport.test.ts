import { describe, expect, test } from '@jest/globals';
import { encodePart10 } from '../../server/src/dicom/dcmjsFacade.ts';
import { readMeasurementReport } from '../../server/src/dicom/structuredReport.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { dcm, EVALUATIONS, reportFile, type ReportToWrite } from '../support/segFile.ts';

const REPORT: ReportToWrite = {
  sopInstanceUID: '1.2.3.10',
  segment: { sopInstanceUID: '1.2.3.9', number: 2 },
  trackingUid: '1.2.3.6',
  sourceSeries: '1.2.3.4',
  diameterMm: 12.5,
  evaluations: EVALUATIONS,
};

describe('an imaging measurement report', () => {
  test('is read with what was measured, on which segment of which series, and each coded value with its scheme', () => {
    const report = readMeasurementReport(reportFile(REPORT));
    expect(report?.groups).toEqual([
      {
        trackingId: undefined,
        trackingUid: '1.2.3.6',
        segment: { sopInstanceUID: '1.2.3.9', number: 2 },
        sourceSeriesInstanceUID: '1.2.3.4',
        measurements: [
          { concept: { value: 'M-02550', scheme: 'SRT', meaning: 'Diameter' }, value: 12.5, unit: 'mm' },
        ],
        evaluations: EVALUATIONS,
      },
    ]);
  });

  test('is told from structured reports of other kinds', () => {
    expect(
      readMeasurementReport(reportFile({ ...REPORT, root: dcm('113701', 'Radiation Dose Report') })),
    ).toBeUndefined();
    // The same number in another scheme is another concept.
    const root = { value: '126000', scheme: '99TEST', meaning: 'Imaging Measurement Report' };
    expect(readMeasurementReport(reportFile({ ...REPORT, root }))).toBeUndefined();
  });

  test('is refused by name and place where it refers to a segmentation without naming the segment', () => {
    const file = reportFile({ ...REPORT, name: 'vague.dcm', segment: { sopInstanceUID: '1.2.3.9' } });
    expect(() => readMeasurementReport(file)).toThrow(/vague\.dcm, measurement group 1: .*1\.2\.3\.9/);
  });

  test('is refused by name where the file holds no content', () => {
    const bytes = encodePart10({
      [TAG.SOPClassUID]: { vr: 'UI', values: ['1.2.840.10008.5.1.4.1.1.88.22'] },
      [TAG.SOPInstanceUID]: { vr: 'UI', values: ['1.2.3'] },
    });
    expect(() => readMeasurementReport({ name: 'empty.dcm', bytes })).toThrow(
      /empty\.dcm holds no structured report/,
    );
  });

  test('never gives the ratings of a file that was cut short', () => {
    const whole = reportFile({ ...REPORT, name: 'cut.dcm' });
    for (let length = 0; length < whole.bytes.length; length++) {
      const file = { name: 'cut.dcm', bytes: whole.bytes.subarray(0, length) };
      expect(() => readMeasurementReport(file)).toThrow('cut.dcm');
    }
  });
});
