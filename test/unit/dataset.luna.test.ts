import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lunaNodules } from '../../server/src/dataset/luna.ts';
import { centroid } from '../../server/src/lidc/boxMask.ts';
import { volumeEquivalentDiameter } from '../../server/src/lidc/diameter.ts';
import { indexToWorld } from '../../server/src/volume/ctVolume.ts';
import type { Vec3, VolumeGeometry } from '../../server/src/volume/ctVolume.ts';
import { ctFiles, smallVolume } from '../support/ctFiles.ts';
import { lidcXml, RATINGS, ringAround, SERIES } from '../support/lidcXml.ts';
import { metaImageFiles } from '../support/volumeFiles.ts';

const HEADER = 'seriesuid,coordX,coordY,coordZ,diameter_mm';
const OTHER = '1.2.826.0.1.7.2';
const { signal } = new AbortController();
const SIZE: Vec3 = [30, 28, 20];
const hu = Array.from({ length: SIZE[0] * SIZE[1] * SIZE[2] }, (_, at) => (at % 900) - 1000);
const UPRIGHT: VolumeGeometry = {
  size: SIZE,
  spacing: [0.7, 0.8, 1.25],
  origin: [-10, -12, -100],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};
/** As LUNA16 has scans of patients who lay the other way round. */
const TURNED: VolumeGeometry = {
  ...UPRIGHT,
  origin: [10, 12, -76.25],
  direction: [
    [-1, 0, 0],
    [0, -1, 0],
    [0, 0, -1],
  ],
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodulelab-luna-'));
  mkdirSync(join(dir, 'xml'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function writeCt(geometry: VolumeGeometry, series = SERIES, values = hu): void {
  const { header, data } = metaImageFiles({ ...geometry, values, dataFile: `${series}.raw` });
  writeFileSync(join(dir, `${series}.mhd`), header);
  writeFileSync(join(dir, `${series}.raw`), data ?? '');
}
function writeTable(...lines: readonly string[]): string {
  writeFileSync(join(dir, 'annotations.csv'), [...lines, ''].join('\n'));
  return join(dir, 'annotations.csv');
}
const row = (geometry: VolumeGeometry, index: Vec3, mm: number, series = SERIES): string =>
  [series, ...indexToWorld(geometry, index), mm].join();
const read = async (options: { xmlDir?: string } = {}) =>
  lunaNodules({ annotations: join(dir, 'annotations.csv'), volumeDirs: [dir], ...options }, signal);

describe('nodules of a table of places and diameters', () => {
  test('are balls of the diameter at the place, in whole CTs, without ratings', async () => {
    writeCt(UPRIGHT);
    writeTable(HEADER, row(UPRIGHT, [12, 14, 9], 8), row(UPRIGHT, [20.4, 5.2, 3.7], 4));
    const { wholeCts, nodules } = await read();
    expect(wholeCts).toBe(true);
    expect(nodules).toHaveLength(2);
    for (const [at, mm] of [
      [0, 8],
      [1, 4],
    ] as const) {
      const nodule = nodules[at]!;
      expect(nodule).toMatchObject({
        seriesUID: SERIES,
        characteristics: null,
        malignancyRatings: [],
        ratingSource: 'none',
        readers: null,
        maskOf: 'ball',
      });
      const { ct, mask, sha256 } = await nodule.load();
      expect(Array.from(ct.data)).toEqual(hu);
      const place = at === 0 ? indexToWorld(UPRIGHT, [12, 14, 9]) : indexToWorld(UPRIGHT, [20.4, 5.2, 3.7]);
      centroid(ct, mask).forEach((value, axis) => expect(Math.abs(value - place[axis]!)).toBeLessThan(0.3));
      expect(volumeEquivalentDiameter(ct, mask.bits)).toBeCloseTo(mm, 0);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(new Set(nodules.map(({ noduleId }) => noduleId)).size).toBe(2);
  });

  test('a ball between all voxel centres is the voxel that holds its centre', async () => {
    writeCt({ ...UPRIGHT, spacing: [4, 4, 4] });
    writeTable(HEADER, row({ ...UPRIGHT, spacing: [4, 4, 4] }, [7.4, 8.4, 9.4], 1));
    const { mask } = await (await read()).nodules[0]!.load();
    expect(mask).toEqual({ box: { min: [7, 8, 9], max: [8, 9, 10] }, bits: Uint8Array.of(1) });
  });

  test('without patients the series stands in, and the source says so', async () => {
    writeCt(UPRIGHT);
    writeTable(HEADER, row(UPRIGHT, [12, 14, 9], 8));
    const { nodules, problems } = await read();
    expect(nodules[0]?.patientId).toBe(SERIES);
    expect(problems).toEqual([
      {
        // Not the folder: this goes into manifests.
        name: 'annotations.csv',
        message: expect.stringMatching(
          /^The patients of 1 nodules are not known.*split is by series.*patient_id/,
        ),
      },
    ]);
  });

  test('the series of the whole test patients are known to be theirs', async () => {
    const series = '1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192';
    writeCt(UPRIGHT, series);
    writeTable(HEADER, row(UPRIGHT, [12, 14, 9], 8, series));
    const { nodules, problems } = await read();
    expect(nodules[0]?.patientId).toBe('LIDC-IDRI-0001');
    expect(problems).toEqual([]);
  });

  test('a patient who is named for one nodule of a series has all of them', async () => {
    writeCt(UPRIGHT);
    writeTable(
      `${HEADER},patient_id`,
      `${row(UPRIGHT, [12, 14, 9], 8)},A`,
      `${row(UPRIGHT, [20, 6, 4], 4)},`,
    );
    const { nodules } = await read();
    expect(nodules.map(({ patientId }) => patientId)).toEqual(['A', 'A']);
  });

  test('a series of two patients is left out: it would lie on both sides of a split', async () => {
    writeCt(UPRIGHT);
    writeCt(UPRIGHT, OTHER);
    writeTable(
      `${HEADER},patient_id`,
      `${row(UPRIGHT, [12, 14, 9], 8)},A`,
      `${row(UPRIGHT, [20, 6, 4], 4)},B`,
      `${row(UPRIGHT, [20, 6, 4], 4, OTHER)},B`,
    );
    const { nodules, problems } = await read();
    expect(nodules.map(({ seriesUID }) => seriesUID)).toEqual([OTHER]);
    expect(problems).toEqual([
      {
        name: SERIES,
        message: expect.stringMatching(/^annotations\.csv: .*2 patients \(A, B\).*2 nodules are left out/),
      },
    ]);
  });

  test('patient, malignancy and the flags of the case come from the table where it has them', async () => {
    writeCt(UPRIGHT);
    writeTable(`${HEADER},patient_id,malignancy`, `${row(UPRIGHT, [12, 14, 9], 8)},LIDC-IDRI-0292,4`);
    const { nodules, problems } = await read();
    expect(problems).toEqual([]);
    expect(nodules[0]).toMatchObject({
      patientId: 'LIDC-IDRI-0292',
      malignancyRatings: [4],
      ratingSource: 'majority',
      flags: ['scale-in-doubt'],
    });
  });

  test('DICOM series serve as volumes and bring their patient', async () => {
    const ct = smallVolume([20, 20, 12], [1, 1, 2]);
    ctFiles(ct).forEach(({ name, bytes }) => writeFileSync(join(dir, name), bytes));
    const { readCtSeries } = await import('../../server/src/dicom/ctSeries.ts');
    const { seriesInstanceUID } = readCtSeries(ctFiles(ct));
    writeTable(HEADER, row(ct, [10, 9, 6], 6, seriesInstanceUID), row(ct, [90, 9, 6], 6, seriesInstanceUID));
    const { nodules, problems } = await read();
    expect(problems).toEqual([]);
    expect(nodules[0]?.patientId).toBe('TEST-1');
    expect((await nodules[0]!.load()).mask.box.min[2]).toBe(5);
    await expect(nodules[1]!.load()).rejects.toThrow(/lies outside CT series/);
  });
});

describe('a table with the LIDC XML of its series', () => {
  // Columns 10 to 14, rows 8 to 12, on the three slices around z = -88.75.
  const zs = [-90, -88.75, -87.5];
  const contours = zs.map((z) => ({ z, points: ringAround(10, 8, 14, 12) }));
  const xml = lidcXml([
    { marks: [{ id: 'a', ratings: RATINGS, contours }] },
    { marks: [{ id: 'b', ratings: RATINGS.with(8, 2), contours }] },
  ]);

  test.each([
    ['upright', UPRIGHT, 9],
    ['turned round', TURNED, 10],
  ])('takes masks and ratings of the readers in a CT that lies %s', async (_, geometry, k) => {
    writeCt(geometry);
    writeFileSync(join(dir, 'xml', '1.xml'), xml);
    writeTable(HEADER, row(geometry, [13, 11, k], 5), row(geometry, [24, 22, k], 5));
    const { nodules, problems } = await read({ xmlDir: join(dir, 'xml') });
    expect(nodules[0]).toMatchObject({
      malignancyRatings: [4, 2],
      ratingSource: 'readers',
      readers: 2,
      maskOf: 'consensus',
      characteristics: { malignancy: 3, subtlety: 5 },
    });
    const { mask } = await nodules[0]!.load();
    expect(mask.box).toEqual({ min: [10, 8, k - 1], max: [15, 13, k + 2] });
    expect(mask.bits.every((bit) => bit === 1)).toBe(true);
    // The other one is too far off for the same mark.
    expect(nodules[1]).toMatchObject({ maskOf: 'ball', ratingSource: 'none' });
    expect(problems).toContainEqual({
      name: SERIES,
      message: expect.stringMatching(/line 3: no readers' mark under .* lies there/),
    });
  });

  test('gives one nodule to the nearest of two places only', async () => {
    writeCt(UPRIGHT);
    writeFileSync(join(dir, 'xml', '1.xml'), xml);
    writeTable(HEADER, row(UPRIGHT, [14, 11, 9], 9), row(UPRIGHT, [12, 10, 9], 9));
    const { nodules } = await read({ xmlDir: join(dir, 'xml') });
    expect(nodules.map(({ maskOf }) => maskOf)).toEqual(['ball', 'consensus']);
  });

  test('a damaged XML is a problem; the nodules stay as the table has them', async () => {
    writeCt(UPRIGHT);
    writeFileSync(join(dir, 'xml', '1.xml'), xml.slice(0, 900));
    writeTable(HEADER, row(UPRIGHT, [12, 10, 9], 9));
    const { nodules, problems } = await read({ xmlDir: join(dir, 'xml') });
    expect(nodules[0]?.maskOf).toBe('ball');
    expect(problems.map(({ name }) => name)).toContain('1.xml');
  });
});

describe('masks from volumes', () => {
  const label = (index: number): number => {
    const [i, j, k] = [
      index % SIZE[0],
      Math.floor(index / SIZE[0]) % SIZE[1],
      Math.floor(index / (SIZE[0] * SIZE[1])),
    ];
    const inside = (a: number): boolean =>
      Math.abs(i - a) <= 2 && Math.abs(j - 14) <= 1 && Math.abs(k - 9) <= 1;
    return inside(8) ? 1 : inside(13) ? 2 : 0;
  };
  const writeMask = (geometry: VolumeGeometry): void => {
    mkdirSync(join(dir, 'masks'), { recursive: true });
    const values = hu.map((_, index) => label(index));
    writeFileSync(
      join(dir, 'masks', 'm.mha'),
      metaImageFiles({ ...geometry, values, type: 'uint8', packed: true }).header,
    );
  };

  test('the piece nearest to the place is the nodule, though another label touches it', async () => {
    writeCt(UPRIGHT);
    writeMask(UPRIGHT);
    writeTable(`${HEADER},mask`, `${row(UPRIGHT, [13, 14, 9], 6)},masks/m.mha`);
    const { nodules } = await read();
    expect(nodules[0]?.maskOf).toBe('segmentation');
    const { mask } = await nodules[0]!.load();
    expect(mask.box).toEqual({ min: [11, 13, 8], max: [16, 16, 11] });
    expect(mask.bits.every((bit) => bit === 1)).toBe(true);
  });

  test.each([
    [
      'on another grid',
      { ...UPRIGHT, spacing: [0.7, 0.8, 1.3] as const },
      [13, 14, 9] as const,
      /is not on the grid of/,
    ],
    ['empty at the place', UPRIGHT, [24, 22, 3] as const, /is empty within 6 mm/],
  ])('a mask that is %s is refused when the nodule is read', async (_, geometry, index, message) => {
    writeCt(UPRIGHT);
    writeMask(geometry);
    writeTable(`${HEADER},mask`, `${row(UPRIGHT, index, 6)},masks/m.mha`);
    await expect((await read()).nodules[0]!.load()).rejects.toThrow(message);
  });
});

describe('what is left out is said', () => {
  test('lines, series and places that cannot be used are problems; the rest is read', async () => {
    writeCt(UPRIGHT);
    writeTable(
      HEADER,
      row(UPRIGHT, [12, 14, 9], 8),
      `${SERIES},1,2,far,8`,
      `${SERIES},1,2,,8`,
      row(UPRIGHT, [12, 14, 9], 8),
      row(UPRIGHT, [12, 14, 90], 8),
      row(UPRIGHT, [12, 14, 9], -1),
      row(UPRIGHT, [12, 14, 9], 8, OTHER),
      `${SERIES},1,2`,
    );
    const { nodules, problems } = await read();
    expect(nodules).toHaveLength(1);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^annotations\.csv, line 9: the record has 3 fields where the header names 5/),
      expect.stringMatching(/^annotations\.csv, line 3: column "coordZ" holds "far": it is not a number/),
      expect.stringMatching(/line 4: column "coordZ" holds "": it is empty/),
      expect.stringMatching(/line 5: the same series and place as line 2/),
      expect.stringMatching(/line 7: column "diameter_mm" holds "-1": it is not between 0 and 150 mm/),
      expect.stringMatching(
        /line 6: The nodule at .* lies outside .*\.mhd, which reaches from \(-10\.0, -12\.0, -100\.0\)/,
      ),
      expect.stringMatching(/no volume of series 1\.2\.826\.0\.1\.7\.2 is in .*; 1 nodules are left out/),
      expect.stringMatching(/patients of 1 nodules/),
    ]);
  });

  test('missing columns are named', async () => {
    writeCt(UPRIGHT);
    writeTable('seriesuid,x,y,z,diameter_mm', `${SERIES},1,2,3,4`);
    await expect(read()).rejects.toThrow(/annotations\.csv lacks the columns "coordX", "coordY", "coordZ"/);
  });

  test('a series with a lung mask of the same name is left out, not guessed', async () => {
    writeCt(UPRIGHT);
    writeCt(UPRIGHT, OTHER);
    mkdirSync(join(dir, 'seg-lungs'));
    const lungs = metaImageFiles({ ...UPRIGHT, values: hu.map(() => 3), type: 'uint8' });
    writeFileSync(join(dir, 'seg-lungs', `${OTHER}.mha`), lungs.header);
    writeTable(HEADER, row(UPRIGHT, [12, 14, 9], 8), row(UPRIGHT, [12, 14, 9], 8, OTHER));
    const { nodules, problems } = await read();
    expect(nodules.map(({ seriesUID }) => seriesUID)).toEqual([SERIES]);
    expect(problems[0]?.message).toMatch(
      /one of them may be a mask: the series and its 1 nodules are left out/,
    );
  });

  test('a MHD without its RAW is a problem, and where nothing is left the first problem is told', async () => {
    writeCt(UPRIGHT);
    rmSync(join(dir, `${SERIES}.raw`));
    writeTable(HEADER, row(UPRIGHT, [12, 14, 9], 8));
    await expect(read()).rejects.toThrow(/No nodule of .* \(0 volumes found.*\.raw, which is not beside it/);
  });

  test('a RAW that is cut short after opening is refused when it is read', async () => {
    writeCt(UPRIGHT);
    writeTable(HEADER, row(UPRIGHT, [12, 14, 9], 8));
    const { nodules } = await read();
    truncateSync(join(dir, `${SERIES}.raw`), 1000);
    const refused = nodules[0]!.load();
    await expect(refused).rejects.toThrow(/cut short: 1000 bytes/);
    await expect(refused).rejects.not.toThrow(dir);
  });
});
