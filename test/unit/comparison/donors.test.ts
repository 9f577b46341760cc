import { describe, expect, test } from '@jest/globals';
import { nearestReference, shareDonors } from '../../../server/src/services/comparison/donors.ts';
import type { PatchManifest, RealPatch } from '../../../server/src/dataset/manifest.ts';

const patch = (index: number, patientId: string, diameterMm = 6 + index): RealPatch => ({
  ...{
    origin: 'real',
    id: `${patientId}/${index}`,
    patientId,
    seriesUID: `1.${index}`,
    noduleId: String(index),
  },
  ...{ diameterMm, equivalentDiameterMm: diameterMm, spacingMm: diameterMm / 32, class: 'malignant' },
  ...{ centre: [0, 0, 0], characteristics: null, readers: 4, malignancyRatings: [5], flags: [] },
  ...{ ratingSource: 'readers', maskOf: 'consensus', sourceSha256: 'ab'.repeat(32) },
});
const setOf = (patches: readonly RealPatch[], more: Partial<PatchManifest> = {}): PatchManifest =>
  ({
    ...{ form: 'isolated', fold: 'test', channels: ['hu'], softMargin: { fullMm: 1, rimMm: 3 } },
    ...{ patches, ...more },
  }) as PatchManifest;

const twelve = Array.from({ length: 12 }, (_, n) => patch(n, `P${Math.floor(n / 2)}`));
const NOBODY = { hosts: new Set<string>(), empty: new Set<number>() };

describe('the real nodules that are transplanted', () => {
  test('are never of a patient whose scan is a host', () => {
    const { transplanted, reference, ofHosts } = shareDonors(
      'set',
      setOf(twelve),
      { ...NOBODY, hosts: new Set(['P1', 'P4', 'somebody else']) },
      1,
    );
    expect(ofHosts).toBe(4);
    const used = [...transplanted, ...reference];
    expect(used).toHaveLength(8);
    expect(used.some(({ patientId }) => patientId === 'P1' || patientId === 'P4')).toBe(false);
  });

  test('share no patient with the reference, and the seed decides who goes where', () => {
    const first = shareDonors('set', setOf(twelve), NOBODY, 1);
    const own = new Set(first.transplanted.map(({ patientId }) => patientId));
    expect(first.transplanted).toHaveLength(6);
    expect(first.reference.some(({ patientId }) => own.has(patientId))).toBe(false);
    expect(shareDonors('set', setOf(twelve), NOBODY, 1)).toEqual(first);
    expect(shareDonors('set', setOf(twelve), NOBODY, 2)).not.toEqual(first);
  });

  test('show a nodule', () => {
    const { transplanted, reference } = shareDonors(
      'set',
      setOf(twelve),
      { ...NOBODY, empty: new Set([3]) },
      1,
    );
    expect([...transplanted, ...reference].map(({ index }) => index)).not.toContain(3);
  });

  test('are refused with the reason where the set is of the wrong kind', () => {
    const refused = (more: Partial<PatchManifest>): (() => unknown) => {
      return () => shareDonors('some/set', setOf(twelve, more), NOBODY, 1);
    };
    expect(refused({ form: 'context' })).toThrow(/some\/set holds nodules in their surroundings/);
    expect(refused({ fold: 'train' })).toThrow(/training fold, which generators have seen/);
    expect(refused({ patches: [{ origin: 'synthetic' }] as unknown as PatchManifest['patches'] })).toThrow(
      /holds synthetic nodules/,
    );
  });

  test('must be left when the hosts’ own are taken out: the message says how many are', () => {
    const hosts = new Set(twelve.slice(0, 10).map(({ patientId }) => patientId));
    expect(() => shareDonors('set', setOf(twelve), { ...NOBODY, hosts }, 1)).toThrow(
      /leaves 2 real nodules of 1 patients to transplant \(10 are of patients who are hosts/,
    );
  });
});

describe('the reference nodule of a place', () => {
  const { reference } = shareDonors('set', setOf(twelve), NOBODY, 1);

  test('is the one nearest in size', () => {
    const wanted = reference[2]!;
    expect(nearestReference(reference, wanted.equivalentDiameterMm * 1.01, new Map())).toBe(wanted);
  });

  test('is one that was used less where there is one', () => {
    const wanted = reference[2]!;
    const uses = new Map([[wanted.index, 1]]);
    expect(nearestReference(reference, wanted.equivalentDiameterMm, uses)).not.toBe(wanted);
    for (const { index } of reference) uses.set(index, 1);
    expect(nearestReference(reference, wanted.equivalentDiameterMm, uses)).toBe(wanted);
  });
});
