/** Records of edits for tests that need one but do not look at what it describes. */
import type { InsertEdit, Provenance } from '@nodulelab/contract';

export const anInsertEdit = (changes: Partial<InsertEdit> = {}): InsertEdit => ({
  ...{ kind: 'insert', centre: [-118.4, -88.65, -296.25], diameterMm: 11.5 },
  box: { min: [2, 1, 1], max: [4, 3, 3] },
  huSha256: '12'.repeat(32),
  measured: { diameterMm: 11.4, volumeMm3: 775.7, meanHu: -12 },
  ...{ candidateSha256: 'cd'.repeat(32), candidateId: 'candidate-1', blendingSeed: 7, options: {} },
  ...{ model: { name: 'seed-64', sha256: 'ab'.repeat(32) }, seed: 42, index: 2 },
  ...changes,
});

export const aProvenance = (...edits: readonly InsertEdit[]): Provenance => ({
  ...{ version: 2, codeVersion: '0.1.0', sourceSeriesInstanceUID: '1.2.3' },
  edits: edits.length === 0 ? [anInsertEdit()] : [...edits],
});
