/** Records of edits for tests that need one but do not look at what it describes. */
import type { InsertEdit, Provenance } from '@nodulelab/contract';
import type { Completion } from '../../server/src/store/derivedTable.ts';
import type { DerivedRow } from '../../server/src/store/rows.ts';

export const anInsertEdit = (changes: Partial<InsertEdit> = {}): InsertEdit => ({
  ...{ kind: 'insert', centre: [-118.4, -88.65, -296.25], diameterMm: 11.5 },
  box: { min: [2, 1, 1], max: [4, 3, 3] },
  huSha256: '12'.repeat(32),
  measured: { diameterMm: 11.4, volumeMm3: 775.7, meanHu: -12 },
  ...{ candidateSha256: 'cd'.repeat(32), candidateId: 'candidate-1', blendingSeed: 7, options: {} },
  ...{ model: { name: 'seed-64', sha256: 'ab'.repeat(32) }, seed: 42, index: 2 },
  ...changes,
});

/** A series as the registry enters it: a CT with one edit, its segmentation and its report. */
export const aDerivedRow = (
  seriesInstanceUID: string,
  changes: Partial<Omit<DerivedRow, 'state'>> = {},
): Omit<DerivedRow, 'state'> => ({
  ...{ seriesInstanceUID, studyInstanceUID: '1.2', sourceSeriesInstanceUID: '1.2.1', codeVersion: '0.1.0' },
  edits: [{ edit: anInsertEdit(), trackingUid: '2.25.7', footprintSha256: '34'.repeat(32) }],
  segmentation: { seriesInstanceUID: `${seriesInstanceUID}.1`, sopInstanceUID: `${seriesInstanceUID}.1.1` },
  report: { seriesInstanceUID: `${seriesInstanceUID}.2`, sopInstanceUID: `${seriesInstanceUID}.2.1` },
  earlier: null,
  createdAt: '2026-01-02T03:04:05.678Z',
  ...changes,
});

/** What becomes known when it is complete. */
export const aCompletion = (seriesInstanceUID: string): Completion => ({
  series: [
    {
      ...{ seriesInstanceUID, studyInstanceUID: '1.2', patientId: 'P1', modality: 'CT' },
      ...{ description: 'SYNTHETIC', instances: 3, origin: 'synthetic' },
    },
  ],
  audit: {
    ...{ at: '2026-01-02T03:04:06.000Z', action: 'series-created', subject: seriesInstanceUID },
    details: { confirmed: [] },
  },
});

export const aProvenance = (...edits: readonly InsertEdit[]): Provenance => ({
  ...{ version: 2, codeVersion: '0.1.0', sourceSeriesInstanceUID: '1.2.3' },
  edits: edits.length === 0 ? [anInsertEdit()] : [...edits],
});
