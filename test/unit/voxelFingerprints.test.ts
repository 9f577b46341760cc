import { describe, expect, test } from '@jest/globals';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/ctSeries.ts';
import { writeDerivedCt, type BoxChange } from '../../server/src/dicom/derivedCt.ts';
import { TAG } from '../../server/src/dicom/tags.ts';
import { Random } from '../../server/src/nn/random.ts';
import { fingerprintsOf } from '../../server/src/services/verification/fingerprints.ts';
import { verifyImages } from '../../server/src/services/verification/verifyImages.ts';
import type { RegisteredEdit } from '../../server/src/store/fingerprintTable.ts';
import type { CtVolume } from '../../server/src/volume/ctVolume.ts';
import { altered, countingUids, ctFiles, smallVolume, type CtFile } from '../support/ctFiles.ts';
import { anInsertEdit, aProvenance } from '../support/provenance.ts';

const SIZE = [24, 20, 8] as const;
const random = Random.of('host', 1);
const HOST: CtVolume = {
  ...smallVolume(SIZE),
  data: Int16Array.from({ length: 24 * 20 * 8 }, () => Math.round(-900 + 100 * random.uniform())),
};
const BOX = { min: [4, 5, 2], max: [12, 11, 6] } as const;
const change = (seed: number, box: BoxChange['box'] = BOX): BoxChange => {
  const noise = Random.of('edit', seed);
  return { box, hu: Int16Array.from({ length: 8 * 6 * 4 }, () => Math.round(100 * noise.uniform())) };
};
const FIRST = anInsertEdit({ huSha256: '11'.repeat(32), centre: [-115, -84, -290] });
const SECOND = anInsertEdit({ huSha256: '22'.repeat(32), centre: [-114, -83, -290] });

interface Written {
  readonly files: CtFile[];
  readonly registered: RegisteredEdit[];
}

const sourceOf = (): CtSeries => readCtSeries(ctFiles(HOST));

function write(
  changes: readonly BoxChange[],
  edits = [FIRST, SECOND].slice(0, changes.length),
  uids = 9000,
): Written {
  const source = sourceOf();
  const deps = { now: new Date('2026-03-04T05:06:07Z'), newUid: countingUids(uids) };
  const derived = writeDerivedCt(source, changes, aProvenance(...edits), deps);
  return {
    files: derived.instances.map(({ bytes }, k) => ({ name: `slice-${k}.dcm`, bytes })),
    registered: fingerprintsOf(source, changes, edits).map((fingerprint) => ({
      ...{ seriesInstanceUID: derived.seriesInstanceUID, fingerprint },
      sourceSeriesInstanceUID: source.seriesInstanceUID,
    })),
  };
}

/** The same image as an anonymiser that knows nothing of us leaves it. */
const stripped = (file: CtFile, n: number, extra: Parameters<typeof altered>[1] = {}): CtFile =>
  altered(
    file,
    {
      [TAG.SOPInstanceUID]: { vr: 'UI', values: [`1.9.8.${n}`] },
      [TAG.SeriesInstanceUID]: { vr: 'UI', values: ['1.9.8'] },
      [TAG.SeriesDescription]: { vr: 'LO', values: ['CHEST'] },
      ...extra,
    },
    [
      ...[TAG.SyntheticData, TAG.DerivationDescription, TAG.DerivationCodeSequence, TAG.SourceImageSequence],
      ...[TAG.ContributingEquipmentSequence, '00750010', '00751001', '00751002'],
    ],
  );

const verify = (files: readonly CtFile[], registered: readonly RegisteredEdit[]) =>
  verifyImages(
    '1.9.8',
    files.map((file) => async () => file),
    {
      keys: [],
      registry: {
        count: async () => registered.length,
        ofSize: async (columns, rows) =>
          registered.filter(
            ({ fingerprint }) => fingerprint.columns === columns && fingerprint.rows === rows,
          ),
      },
    },
  );

describe('a series without tags', () => {
  test('is recognised by its voxels, in any order of its files, with the place and the source', async () => {
    const { files, registered } = write([change(1)]);
    const report = await verify(files.map((file, n) => stripped(file, n)).toReversed(), registered);
    expect(report.verdict).toBe('synthetic');
    expect(report.evidence.map(({ by, outcome }) => [by, outcome])).toEqual([
      ['mark', 'absent'],
      ['signature', 'absent'],
      ['voxels', 'present'],
    ]);
    expect(report.found).toEqual([
      expect.objectContaining({
        ...{ by: 'voxels', kind: 'insert', slices: 4, slicesInAll: 4 },
        sourceSeriesInstanceUID: sourceOf().seriesInstanceUID,
        writtenAs: registered[0]!.seriesInstanceUID,
      }),
    ]);
    report.found[0]!.centre.forEach((mm, axis) => expect(mm).toBeCloseTo(FIRST.centre[axis]!, 6));
  });

  test('is recognised with some of its slices, in another place of the room', async () => {
    const { files, registered } = write([change(1)]);
    const moved = files.slice(3, 5).map((file, n) =>
      stripped(file, n, {
        [TAG.ImagePositionPatient]: { vr: 'DS', values: ['10', '20', String(30 + 2.5 * n)] },
      }),
    );
    const [found] = (await verify(moved, registered)).found;
    expect(found).toMatchObject({ slices: 2, slicesInAll: 4 });
    // The centre lies as far from the first voxel as it did, and as far from these slices.
    expect(found!.centre[0]).toBeCloseTo(10 + (FIRST.centre[0] + 120.5), 6);
    expect(found!.centre[2]).toBeCloseTo(30 + (FIRST.centre[2] + 300 - 3 * 2.5), 6);
  });

  test('is not taken for another one: the original, and an edit that differs in one voxel of each slice', async () => {
    const { registered } = write([change(1)]);
    const other = change(1);
    for (let k = 0; k < 4; k++) other.hu[7 + 48 * k]! += 1;
    for (const files of [ctFiles(HOST), write([other]).files]) {
      const report = await verify(
        files.map((file, n) => stripped(file, n)),
        registered,
      );
      expect(report.verdict).toBe('no-evidence');
      expect(report.evidence[2]!.explanation).toContain('None of the 1 registered edit');
    }
  });

  test('names each of several edits once, and the series that has them all', async () => {
    const second = change(2, { min: [8, 8, 3], max: [16, 14, 7] });
    const one = write([change(1)], [FIRST], 9000);
    const both = write([change(1), second], [FIRST, SECOND], 9900);
    const registered = [...one.registered, ...both.registered];
    const report = await verify(
      both.files.map((file, n) => stripped(file, n)),
      registered,
    );
    expect(report.found.map(({ slices, writtenAs }) => [slices, writtenAs])).toEqual([
      [4, both.registered[0]!.seriesInstanceUID],
      [4, both.registered[0]!.seriesInstanceUID],
    ]);
  });

  test('gives nothing to recognise where too few voxels changed to tell them from chance', () => {
    const box = { min: [4, 5, 2], max: [7, 10, 4] } as const;
    const hu = Int16Array.from({ length: 30 }, (_, n) => n);
    expect(fingerprintsOf(sourceOf(), [{ box, hu }], [FIRST])[0]!.slices).toEqual([]);
  });
});
