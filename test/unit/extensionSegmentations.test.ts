import { describe, expect, test } from '@jest/globals';
import type { DisplaySet, DisplaySetService } from '../../extension/src/ohif.ts';
import { layOnFirstSeries } from '../../extension/src/viewer/segmentationGround.ts';

const ct = (name: string): DisplaySet => ({
  displaySetInstanceUID: `entry of ${name}`,
  StudyInstanceUID: 'study',
  SeriesInstanceUID: name,
  Modality: 'CT',
});
const segmentation = (first: string, laidOn: string | null, Modality = 'SEG'): DisplaySet => ({
  ...ct('segmentation'),
  Modality,
  referencedSeriesInstanceUID: first,
  referencedDisplaySetInstanceUID: laidOn && `entry of ${laidOn}`,
});

/** The entry that the last of the listed display sets is laid on in the end. */
function groundOf(...listed: readonly [...DisplaySet[], DisplaySet]): string | null | undefined {
  const subscription = { unsubscribe: () => undefined };
  const service: DisplaySetService = {
    EVENTS: { DISPLAY_SETS_ADDED: 'added', DISPLAY_SETS_CHANGED: 'changed' },
    subscribe: () => subscription,
    getActiveDisplaySets: () => [...listed],
    getDisplaySetByUID: (uid) => listed.find((one) => one.displaySetInstanceUID === uid),
    deleteDisplaySet: () => undefined,
    getDisplaySetsForSeries: (series) => listed.filter((one) => one.SeriesInstanceUID === series),
  };
  layOnFirstSeries(service);
  return listed.at(-1)!.referencedDisplaySetInstanceUID;
}

describe('a segmentation that names the derived series and then its source', () => {
  test('is laid on the derived series where the viewer had taken the source', () => {
    const laid = segmentation('derived', 'source');
    expect(groundOf(ct('source'), ct('derived'), laid)).toBe('entry of derived');
  });

  test('stays on the source until the derived series is listed, and is laid on it then', () => {
    const laid = segmentation('derived', 'source');
    expect(groundOf(ct('source'), laid)).toBe('entry of source');
    expect(groundOf(ct('source'), ct('derived'), laid)).toBe('entry of derived');
  });

  test('keeps the entry that the viewer chose among several of the right series', () => {
    const other = { ...ct('derived'), displaySetInstanceUID: 'entry of derived, second part' };
    const laid = segmentation('derived', 'derived, second part');
    expect(groundOf(ct('derived'), other, laid)).toBe('entry of derived, second part');
  });

  test('is left to the viewer while that has laid it on nothing, and so is what is no segmentation', () => {
    expect(groundOf(ct('derived'), segmentation('derived', null))).toBeNull();
    const structures = segmentation('derived', 'source', 'RTSTRUCT');
    expect(groundOf(ct('source'), ct('derived'), structures)).toBe('entry of source');
  });
});
