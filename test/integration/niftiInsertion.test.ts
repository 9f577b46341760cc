/** A nodule in a CT that is a NIfTI file: the right voxels whatever the file's axes and numbers are, and no other byte. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { parseNifti } from '../../server/src/formats/nifti.ts';
import { FIELD } from '../../server/src/formats/niftiHeader.ts';
import { encodeNifti } from '../../server/src/formats/niftiWrite.ts';
import { encodeNpy } from '../../server/src/formats/npy.ts';
import type { ModelRegistry } from '../../server/src/services/models.ts';
import { insertIntoNifti, type NiftiInsertion } from '../../server/src/services/niftiInsertion.ts';
import { verifyNifti } from '../../server/src/services/niftiVerification.ts';
import { inLpsOrder } from '../../server/src/volume/axisOrder.ts';
import { indexToWorld, type CtVolume, type Vec3 } from '../../server/src/volume/ctVolume.ts';
import { NoduleLabError } from '../../server/src/volume/errors.ts';
import { makePhantomStudy, nodulelab } from '../support/product.ts';
import { AXIS_ORDERS, storedAs } from '../support/storedCt.ts';
import { lidcData } from '../support/lidcData.ts';

const DIAMETER_MM = 16;
const SIZE = 32;
let work: string;
/** The phantom on a grid that float32 holds exactly, so that files of any orientation hold the same places. */
let host: CtVolume;
let nodule: string;
let place: Vec3;
/** What is not sampled needs no model. */
const noModels: ModelRegistry = {
  engine: 'none',
  list: () => Promise.resolve([]),
  current: () => Promise.reject(new Error('a file was given')),
  choose: () => Promise.reject(new Error('a file was given')),
  load: () => Promise.reject(new Error('a file was given')),
  folderOf: () => Promise.reject(new Error('a file was given')),
  reportOf: () => Promise.reject(new Error('a file was given')),
  classificationOf: () => Promise.reject(new Error('a file was given')),
  pictureOf: () => Promise.reject(new Error('a file was given')),
  detector: () => Promise.reject(new NoduleLabError('not-found', 'there is no detector')),
};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'nodulelab-nifti-'));
  host = {
    ...(await ctIn((await makePhantomStudy(join(work, 'host'), 1)).dir)),
    spacing: [1.75, 1.75, 4],
    origin: [-112, -112, -152],
  };
  nodule = join(work, 'nodule.npy');
  const centre = (SIZE - 1) / 2;
  // Lopsided, so that a mirrored one would show; as soft as the host's coarse pixels.
  const blob = Float32Array.from({ length: SIZE ** 3 }, (_, at) => {
    const [x, y, z] = [at % SIZE, Math.floor(at / SIZE) % SIZE, Math.floor(at / SIZE ** 2)].map(
      (v) => v - centre,
    ) as [number, number, number];
    const body = Math.hypot(x, y, z) - 7;
    const arm = Math.hypot(x - 8, y - 4, z + 3) - 3.5;
    return 0.09 + 0.66 / (1 + Math.exp(Math.min(body, arm) / 2));
  });
  await writeFile(nodule, encodeNpy(blob, [SIZE, SIZE, SIZE]));
  const proposed = await insert({ at: 'auto', ...(await file('auto', encodeNifti(host))) });
  place = proposed.centre;
}, 120_000);
afterAll(async () => {
  if (work) await rm(work, { recursive: true, force: true });
});

async function ctIn(dir: string): Promise<CtVolume> {
  const files = [];
  for (const name of (await readdir(dir, { recursive: true })).filter((entry) => entry.endsWith('.dcm')))
    files.push({ name, bytes: await readFile(join(dir, name)) });
  return readCtSeries(files).volume;
}

/** Writes a host; answers it and where its result goes. */
async function file(
  name: string,
  bytes: Uint8Array,
  extension = '.nii',
): Promise<{ nifti: string; out: string }> {
  const nifti = join(work, `${name}${extension}`);
  await writeFile(nifti, bytes);
  return { nifti, out: join(work, `${name}-out${extension}`) };
}

const insert = (more: Pick<NiftiInsertion, 'nifti' | 'out' | 'at'> & Partial<NiftiInsertion>) =>
  insertIntoNifti(
    noModels,
    {
      ...{ nodule: { file: nodule }, diameterMm: DIAMETER_MM, seed: 4, codeVersion: '1.2.3' },
      ...{ now: new Date('2026-01-02T03:04:05Z'), options: {}, confirmed: [] },
      ...more,
    },
    () => undefined,
  );

const volumeIn = async (path: string): Promise<CtVolume> => {
  const { data, ...geometry } = parseNifti(await readFile(path), path);
  return { ...geometry, data: Int16Array.from(data) };
};
const differences = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  Array.from(a, (_, at) => at).filter((at) => a[at] !== b[at]);

describe('a nodule in a NIfTI file', () => {
  test('stored with its axes in another order or direction becomes the same voxels at the same place', async () => {
    const { nifti, out } = await file('lps', encodeNifti(host));
    const { changedVoxels } = await insert({ nifti, out, at: { lps: place } });
    const expected = (await volumeIn(out)).data;
    expect(changedVoxels).toBeGreaterThan(100);
    expect(differences(expected, host.data)).toHaveLength(changedVoxels);
    // As common programs store it: towards R and A, towards L and A, sagittal, coronal; and one upside down.
    for (const [n, flips] of [
      [0, 3],
      [0, 2],
      [3, 5],
      [1, 4],
      [0, 4],
    ] as const) {
      const order = AXIS_ORDERS[n];
      const stored = storedAs(host, order, flips);
      const files = await file(`order-${order.join('')}-${flips}`, encodeNifti(stored));
      const result = await insert({ ...files, at: { lps: place } });
      const reordered = inLpsOrder(await volumeIn(files.out)).volume;
      expect(differences(reordered.data, expected)).toEqual([]);
      // Its own voxel of the place.
      indexToWorld(stored, result.voxel).forEach((mm, axis) => expect(mm).toBeCloseTo(place[axis]!, 6));
    }
  }, 120_000);

  test('goes where the file’s own voxel says', async () => {
    const stored = storedAs(host, [2, 0, 1], 3);
    const { nifti, out } = await file('voxel', encodeNifti(stored));
    const byPlace = await insert({ nifti, out, at: { lps: place } });
    const voxel = byPlace.voxel.map(Math.round) as unknown as Vec3;
    const second = join(work, 'voxel-second.nii');
    const { centre } = await insert({ nifti, out: second, at: { ijk: voxel } });
    expect(centre).toEqual(indexToWorld(stored, voxel));
    expect(differences((await volumeIn(second)).data, stored.data).length).toBeGreaterThan(100);
  }, 60_000);

  test('changes no other byte but the 80 of descrip, which say that it is synthetic; packed or not', async () => {
    const bytes = encodeNifti(host, { description: 'the scanner’s own words' });
    const plain = await file('bytes', bytes);
    const packed = await file('packed', gzipSync(bytes), '.nii.gz');
    const { changedVoxels } = await insert({ ...plain, at: { lps: place } });
    await insert({ ...packed, at: { lps: place } });
    const result = await readFile(plain.out);
    expect(result).toHaveLength(bytes.length);
    const changed = differences(result, bytes);
    const isMark = (at: number): boolean => at >= FIELD.description && at < FIELD.description + 80;
    const mark = (file: string) => `SYNTHETIC nodule by NoduleLab 1.2.3, research only; see ${file}\0`;
    expect(result.toString('latin1', FIELD.description).startsWith(mark('bytes-out.json'))).toBe(true);
    const voxels = new Set(changed.filter((at) => !isMark(at)).map((at) => (at - 352) >> 1));
    expect(Math.min(...voxels)).toBeGreaterThanOrEqual(0);
    expect(voxels.size).toBe(changedVoxels);
    const unpacked = gunzipSync(await readFile(packed.out));
    expect(unpacked.toString('latin1', FIELD.description).startsWith(mark('packed-out.json'))).toBe(true);
    expect(differences(unpacked, result).every(isMark)).toBe(true);
    // The host's own bytes are as they were.
    expect(differences(await readFile(plain.nifti), bytes)).toEqual([]);
  }, 60_000);

  test('keeps fractions of HU where nothing was inserted, and a CT stored from 0 with its intercept', async () => {
    const fractions = Float32Array.from(host.data, (hu, at) => hu + (at % 3) / 8);
    const real = await file('float', encodeNifti({ ...host, data: fractions }));
    const first = await insert({ ...real, at: { lps: place } });
    const after = parseNifti(await readFile(real.out), 'float').data;
    expect(differences(after, fractions)).toHaveLength(first.changedVoxels);

    const shifted = encodeNifti({ ...host, data: host.data.map((hu) => hu + 1024) });
    const view = new DataView(shifted.buffer);
    view.setInt16(FIELD.datatype, 512, true);
    view.setFloat32(FIELD.sclInter, -1024, true);
    const unsigned = await file('unsigned', shifted);
    const second = await insert({ ...unsigned, at: { lps: place } });
    expect(second.roundedVoxels).toBe(0);
    const hu = (await volumeIn(unsigned.out)).data;
    expect(differences(hu, host.data)).toHaveLength(second.changedVoxels);
    expect(differences(hu, (await volumeIn(join(work, 'lps-out.nii'))).data)).toEqual([]);
  }, 60_000);

  test('has the size that is recorded of it where none is asked for', async () => {
    const dir = join(work, 'recorded');
    await mkdir(join(dir, 'patches'), { recursive: true });
    await writeFile(join(dir, 'patches/nodule_0000.npy'), await readFile(nodule));
    await writeFile(
      join(dir, 'export.json'),
      JSON.stringify({
        ...{ kind: 'nodulelab-export', version: 1 },
        patches: [{ files: { hu: 'nodule_0000.npy' }, origin: 'real', equivalentDiameterMm: 18.5 }],
      }),
    );
    const files = await file('recorded-size', encodeNifti(host));
    const { diameterMm, provenanceFile } = await insert({
      ...{ ...files, at: { lps: place }, diameterMm: undefined },
      nodule: { file: join(dir, 'patches/nodule_0000.npy') },
    });
    expect(diameterMm).toBe(18.5);
    expect(JSON.parse(await readFile(provenanceFile, 'utf8'))).toMatchObject({
      nodule: { synthetic: false },
    });
  }, 60_000);

  test('has its provenance beside it', async () => {
    const { nifti, out } = await file('provenance', encodeNifti(host, { description: 'kernel B30' }));
    const { provenanceFile, changedVoxels } = await insert({ nifti, out, at: { lps: place } });
    expect(provenanceFile).toBe(join(work, 'provenance-out.json'));
    expect(JSON.parse(await readFile(provenanceFile, 'utf8'))).toMatchObject({
      kind: 'nodulelab-insertion',
      synthetic: true,
      file: 'provenance-out.nii',
      host: { file: 'provenance.nii', description: 'kernel B30' },
      nodule: { file: { name: 'nodule.npy' }, synthetic: null, model: null },
      place: { lps: place },
      ...{
        diameterMm: DIAMETER_MM,
        changedVoxels,
        codeVersion: '1.2.3',
        createdAt: '2026-01-02T03:04:05.000Z',
      },
    });
  }, 60_000);
});

describe('what is refused', () => {
  test('a place outside the lung, with the nearest allowed voxel, which is then allowed', async () => {
    const stored = storedAs(host, [0, 1, 2], 3);
    const { nifti, out } = await file('refused', encodeNifti(stored));
    const refused = insert({ nifti, out, at: { ijk: [3, 3, 3] } });
    await expect(refused).rejects.toThrow(
      /The nearest allowed place is .* In this file that is voxel \d+,\d+,\d+\.$/,
    );
    const { details } = (await refused.catch((error: unknown) => error)) as {
      details: { nearestAllowedVoxel: Vec3 };
    };
    await expect(stat(out)).rejects.toThrow('ENOENT');
    // At the very border of the lung: allowed, but half of the nodule would lie in the chest wall.
    const nearest = { nifti, out, at: { ijk: details.nearestAllowedVoxel } };
    const bad = ((await insert(nearest).catch((error: unknown) => error)) as NoduleLabError).details;
    expect(bad['unconfirmed']).toContain('lung-overlap');
    await expect(stat(out)).rejects.toThrow('ENOENT');
    const { changedVoxels } = await insert({ ...nearest, confirmed: bad['unconfirmed'] as string[] });
    expect(changedVoxels).toBeGreaterThan(50);
  }, 60_000);

  test('a voxel that the file does not have', async () => {
    const files = await file('no-voxel', encodeNifti(host));
    await expect(insert({ ...files, at: { ijk: [500, 3, 3] } })).rejects.toThrow(
      `The voxel (500, 3, 3) is outside the CT, which has ${host.size.join('×')} voxels`,
    );
  });

  test('its own host or any file that is there as the output', async () => {
    const { nifti, out } = await file('keep', encodeNifti(host));
    const before = await readFile(nifti);
    await expect(insert({ nifti, out: nifti, at: 'auto' })).rejects.toMatchObject({ kind: 'conflict' });
    await writeFile(join(work, 'keep-out.json'), 'mine');
    await expect(insert({ nifti, out, at: 'auto' })).rejects.toThrow(/keep-out\.json exists already/);
    expect(before.equals(await readFile(nifti))).toBe(true);
    await expect(insert({ nifti, out: join(work, 'keep.mhd'), at: 'auto' })).rejects.toThrow(
      /\.nii or \.nii\.gz/,
    );
  });

  test('a mask instead of a CT, and a grid that lies across the body', async () => {
    const mask = await file('mask', encodeNifti({ ...host, data: host.data.map((hu) => (hu > 0 ? 1 : 0)) }));
    await expect(insert({ ...mask, at: 'auto' })).rejects.toThrow(/no CT in Hounsfield units/);
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const oblique = await file(
      'oblique',
      encodeNifti({
        ...host,
        direction: [
          [1, 0, 0],
          [0, c, s],
          [0, -s, c],
        ],
      }),
    );
    await expect(insert({ ...oblique, at: 'auto' })).rejects.toThrow(/lies oblique in the patient/);
  });

  test('a sheared grid', async () => {
    const bytes = encodeNifti(host);
    new DataView(bytes.buffer).setFloat32(FIELD.sform + 8, 2, true);
    await expect(insert({ ...(await file('sheared', bytes)), at: 'auto' })).rejects.toThrow(
      /shear|right angles/i,
    );
  });
});

describe('reading back', () => {
  test('notices a voxel, a header byte or a mark that is not as it was written', async () => {
    const bytes = encodeNifti(host);
    const { nifti, out } = await file('back', bytes);
    await insert({ nifti, out, at: { lps: place } });
    const { box } = JSON.parse(await readFile(join(work, 'back-out.json'), 'utf8')) as {
      box: { min: Vec3; max: Vec3 };
    };
    const result = await volumeIn(out);
    const hu: number[] = [];
    for (let k = box.min[2]; k < box.max[2]; k++)
      for (let j = box.min[1]; j < box.max[1]; j++)
        for (let i = box.min[0]; i < box.max[0]; i++)
          hu.push(result.data[i + host.size[0] * (j + host.size[1] * k)]!);
    const written = await readFile(out);
    const verify = (tampered: Uint8Array): void =>
      verifyNifti({
        ...{ host: bytes, hostVolume: host, written: tampered, name: 'back', box, mark: 'SYNTHETIC nodule' },
        ...{ hu: Int16Array.from(hu), greatestRoundingHu: 0 },
      });
    expect(() => verify(written)).not.toThrow();
    const flipped = (at: number): Uint8Array => {
      const copy = new Uint8Array(written);
      copy[at]! ^= 1;
      return copy;
    };
    const inside = host.data.findIndex((value, at) => value !== result.data[at]);
    expect(() => verify(flipped(352 + 2 * inside))).toThrow(/voxel \d+ is -?\d+ HU, not/);
    expect(() => verify(flipped(352))).toThrow(/voxel 0 should be the host's/);
    expect(() => verify(flipped(FIELD.pixdim + 4))).toThrow(/byte \d+ of the header/);
    expect(() => verify(flipped(FIELD.description))).toThrow(/not marked as synthetic/);
  }, 60_000);
});

const patient = lidcData('LIDC-IDRI-0001');
const title = 'a real scan as NIfTI and as DICOM gets the same nodule voxel for voxel';
(patient === undefined ? test.skip : test)(
  patient === undefined ? `${title} (skipped: LIDC-IDRI-0001 not found; set NODULELAB_LIDC_DIR)` : title,
  async () => {
    const dir = join(work, 'dicom');
    const made = await nodulelab(
      ...['insert', '--dicom', patient ?? '', '--nodule', nodule, '--at', 'auto', '--out', dir, '--json'],
    );
    expect([made.status, made.status === 0 ? '' : made.stderr]).toEqual([0, '']);
    const [{ centre }] = (JSON.parse(made.stdout) as { edits: [{ centre: Vec3 }] }).edits;
    const derived = await ctIn(dir);
    const original = await originalCt(patient ?? '', derived);
    const nifti = join(work, 'real.nii.gz');
    // As converters store it: rows and columns towards L and A.
    await writeFile(nifti, encodeNifti(storedAs(original, [0, 1, 2], 2), { gzip: true }));
    const out = join(work, 'real-out.nii.gz');
    const inserted = await nodulelab(
      ...['insert', '--nifti', nifti, '--nodule', nodule, '--at', `lps:${centre.join(',')}`, '--out', out],
    );
    expect([inserted.status, inserted.status === 0 ? '' : inserted.stderr]).toEqual([0, '']);
    const result = inLpsOrder(await volumeIn(out)).volume.data;
    const changed = differences(derived.data, original.data);
    expect(changed.length).toBeGreaterThan(100);
    expect(differences(result, original.data).length / changed.length).toBeCloseTo(1, 2);
    // Its place is rounded to float32 in the file, which may turn a half HU the other way.
    for (const at of changed) expect(Math.abs(result[at]! - derived.data[at]!)).toBeLessThanOrEqual(1);
  },
  300_000,
);

/** The CT series of a patient's folder that a derived one was made from. */
async function originalCt(dir: string, derived: CtVolume): Promise<CtVolume> {
  const folders = new Set(
    (await readdir(dir, { recursive: true }))
      .filter((name) => name.endsWith('.dcm'))
      .map((name) => join(dir, name, '..')),
  );
  for (const folder of folders) {
    const ct = await ctIn(folder).catch(() => undefined);
    if (ct?.size.join() === derived.size.join()) return ct;
  }
  throw new Error(`${dir} holds no CT like the derived one`);
}
