/** Proves, on files read back from where they were stored, that a segmentation and a report are what was sent. */
import { NoduleLabError } from '../volume/errors.ts';
import { frameBits, readSegmentation, type Segmentation } from './segmentation.ts';
import { readMeasurementReport, type MeasurementReport } from './structuredReport.ts';

function fail(what: string, sopInstanceUID: string, why: string): never {
  throw new NoduleLabError(
    'upstream',
    `The ${what} ${sopInstanceUID} is not what was sent: ${why}. It must not be used; delete it and accept the nodule again.`,
    { sopInstanceUID },
  );
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** First key under which two records differ. */
function difference<T extends object>(
  sent: T,
  got: T,
  keys: readonly (keyof T & string)[],
): string | undefined {
  return keys.find((key) => !sameValue(sent[key], got[key]));
}

const IDENTITY = ['sopInstanceUID', 'seriesInstanceUID', 'studyInstanceUID', 'patientId'] as const;

/**
 * An archive may store the file in other bytes (another transfer syntax, other lengths): identity, segments, the place of
 * each frame and each of its pixels must be the same then.
 *
 * @throws NoduleLabError `upstream` with the first difference found
 */
export function verifySegmentation(sent: Uint8Array, readBack: Uint8Array): void {
  if (same(sent, readBack)) return;
  const before = readSegmentation({ name: 'the segmentation that was sent', bytes: sent });
  const after = readSegmentation({ name: 'the segmentation in the archive', bytes: readBack });
  const found =
    difference(before, after, [
      ...IDENTITY,
      'frameOfReferenceUID',
      'referencedSeries',
      'rows',
      'columns',
      'segments',
      'frames',
    ]) ?? differentFrame(before, after);
  if (found !== undefined) fail('segmentation', before.sopInstanceUID, `${found} differs`);
}

function differentFrame(before: Segmentation, after: Segmentation): string | undefined {
  const frame = before.frames.findIndex((_, at) => !same(frameBits(before, at), frameBits(after, at)));
  return frame === -1 ? undefined : `frame ${frame + 1}`;
}

/**
 * Identity and every measurement group must be the same where the bytes are not.
 *
 * @throws NoduleLabError `upstream` with the first difference found
 */
export function verifyReport(sent: Uint8Array, readBack: Uint8Array): void {
  if (same(sent, readBack)) return;
  const before = requireReport(sent, 'the report that was sent');
  const after = requireReport(readBack, 'the report in the archive');
  const found = difference(before, after, [...IDENTITY, 'groups']);
  if (found !== undefined) fail('report', before.sopInstanceUID, `${found} differs`);
}

function requireReport(bytes: Uint8Array, name: string): MeasurementReport {
  const report = readMeasurementReport({ name, bytes });
  if (report === undefined) fail('report', name, 'it is no measurement report');
  return report;
}
