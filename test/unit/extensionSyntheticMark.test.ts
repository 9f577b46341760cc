import { describe, expect, test } from '@jest/globals';
import type { DisplaySet } from '../../extension/src/ohif.ts';
import { isMarkedSynthetic } from '../../extension/src/viewer/syntheticMark.ts';
import { thumbnailRules } from '../../extension/src/viewer/thumbnailBadges.ts';

const entry = (description: string, attributes: Record<string, unknown> = {}): DisplaySet => ({
  displaySetInstanceUID: `of ${description}`,
  StudyInstanceUID: '1',
  SeriesInstanceUID: '1.1',
  SeriesDescription: description,
  Modality: 'CT',
  instances: [attributes],
});
const PHANTOM = {
  SyntheticData: 'YES',
  DeidentificationMethod: 'Simulated phantom: there is no patient',
};

describe('an entry of the study browser is synthetic', () => {
  test('when its description says so, as that of every object which NoduleLab makes', () => {
    expect(isMarkedSynthetic(entry('SYNTHETIC - CHEST'))).toBe(true);
    expect(isMarkedSynthetic(entry('SYNTHETIC - Thorax', PHANTOM))).toBe(true);
    expect(isMarkedSynthetic({ ...entry('SYNTHETIC - segmentation'), Modality: 'SEG' })).toBe(true);
  });

  test('when Synthetic Data is YES, whoever made it and however it is called', () => {
    expect(isMarkedSynthetic(entry('CHEST', { SyntheticData: 'YES' }))).toBe(true);
    const { instances: _, ...alone } = entry('Segmentation');
    expect(isMarkedSynthetic({ ...alone, instance: { SyntheticData: 'YES' } })).toBe(true);
  });

  test('but not when it is a CT as it came, or a phantom that nothing was put into', () => {
    expect(isMarkedSynthetic(entry('CHEST'))).toBe(false);
    expect(isMarkedSynthetic(entry('not SYNTHETICALLY made'))).toBe(false);
    expect(isMarkedSynthetic(entry('CHEST', { SyntheticData: 'NO' }))).toBe(false);
    expect(isMarkedSynthetic(entry('Thorax phantom', PHANTOM))).toBe(false);
  });
});

describe('the rules that put badges on thumbnails', () => {
  test('name the synthetic entries and no other', () => {
    const rules = thumbnailRules([entry('CHEST'), entry('SYNTHETIC - CHEST')]);
    expect(rules).toContain(`[id="thumbnail-of SYNTHETIC - CHEST"]::after { content: 'SYNTHETIC'`);
    expect(rules).not.toContain('thumbnail-of CHEST');
  });

  test('are none where nothing is synthetic', () => {
    expect(thumbnailRules([entry('CHEST')])).toBe('');
  });

  test('stay whole whatever the entry is called', () => {
    expect(thumbnailRules([entry('SYNTHETIC "]{}')])).toContain('[id="thumbnail-of SYNTHETIC \\"]{}"]');
  });
});
