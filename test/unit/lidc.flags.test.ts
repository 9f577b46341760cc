import { expect, test } from '@jest/globals';
import { CASE_FLAGS, caseFlags } from '../../server/src/lidc/flags.ts';

const cases = Array.from({ length: 1012 }, (_, at) => `LIDC-IDRI-${String(at + 1).padStart(4, '0')}`);

test('the 399 cases of the first release have their spiculation and lobulation in doubt', () => {
  expect(cases.filter((id) => caseFlags(id).includes('scale-in-doubt'))).toHaveLength(399);
  expect(caseFlags('LIDC-IDRI-0098')).toEqual(['scale-in-doubt']);
  expect(caseFlags('LIDC-IDRI-0001')).toEqual([]);
});

test('the twelve cases with faulty official segmentations are flagged', () => {
  const faulty = cases.filter((id) => caseFlags(id).includes('official-seg-faulty'));
  expect(faulty).toHaveLength(12);
  expect(faulty).toContain('LIDC-IDRI-0262');
  expect(faulty).toContain('LIDC-IDRI-0938');
});

test('nothing is said where the patient is unknown or of another collection', () => {
  for (const id of [null, '', 'phantom-0262', 'LIDC-IDRI-262']) expect(caseFlags(id)).toEqual([]);
});

test('every flag that occurs says what it means', () => {
  for (const flag of new Set(cases.flatMap(caseFlags))) expect(CASE_FLAGS[flag]).toMatch(/\.$/);
});
