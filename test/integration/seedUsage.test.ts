/** The usage of the founding README, as written there, through the command line: generate, augment, insert. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { parseNifti } from '../../server/src/formats/nifti.ts';
import { encodeNifti } from '../../server/src/formats/niftiWrite.ts';
import { parseNpy } from '../../server/src/formats/npy.ts';
import { samplesSchema } from '../../server/src/services/patchFiles/manifests.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';
import { worldToIndex, type CtVolume, type Vec3 } from '../../server/src/volume/ctVolume.ts';
import { makePhantomStudy, nodulelab } from '../support/product.ts';

const PROGRAM = join(import.meta.dirname, '../../server/bin/nodulelab.ts');
let work: string;
let ct: CtVolume;
const inWork = (name: string): string => join(work, name);

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'nodulelab-usage-'));
  const { dir } = await makePhantomStudy(inWork('patient_001'), 1);
  const files = [];
  for (const name of (await readdir(dir)).filter((entry) => entry.endsWith('.dcm')))
    files.push({ name, bytes: await readFile(join(dir, name)) });
  ct = readCtSeries(files).volume;
  await writeFile(inWork('patient_001.nii.gz'), encodeNifti(ct, { gzip: true }));
}, 120_000);
afterAll(async () => {
  if (work) await rm(work, { recursive: true, force: true });
});

async function done(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await nodulelab('--json', '--data', inWork('data'), ...args);
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const samplesIn = async (dir: string) =>
  samplesSchema.parse(JSON.parse(await readFile(join(dir, 'samples.json'), 'utf8'))).samples;

describe('the founding README’s usage', () => {
  const count = 24;

  test('generates nodules as .npy; killed without warning, the same command goes on', async () => {
    const dir = inWork('synthetic_nodules');
    const args = ['sample', '--count', String(count), '--seed', '3', '--no-pictures', '--out', dir];
    const child = spawn(process.execPath, [PROGRAM, '--data', inWork('data'), ...args], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    for (let tries = 0; tries < 600; tries++) {
      if ((await stat(join(dir, 'nodule_0003.npy')).catch(() => undefined)) !== undefined) break;
      await setTimeout(50);
    }
    child.kill('SIGKILL');
    expect((await ended)[1]).toBe('SIGKILL');
    const before = (await readdir(dir)).filter((name) => /^nodule_\d{4}\.npy$/.test(name)).length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(count);

    await done(...args);
    const samples = await samplesIn(dir);
    expect(samples.map(({ file }) => file)).toEqual(
      Array.from({ length: count }, (_, i) => `nodule_${String(i).padStart(4, '0')}.npy`),
    );
    for (const { file, sha256 } of samples) expect(sha256Of(await readFile(join(dir, file)))).toBe(sha256);
    const whole = inWork('in_one_go');
    await done('sample', '--count', '6', '--seed', '3', '--no-pictures', '--out', whole);
    expect(await samplesIn(whole)).toEqual(samples.slice(0, 6));
    const { shape, data } = parseNpy(await readFile(join(dir, 'nodule_0001.npy')), 'nodule');
    expect(shape).toEqual([64, 64, 64]);
    expect(data.some((value) => value > 0.4)).toBe(true);

    const other = await nodulelab('--data', inWork('data'), 'sample', '--seed', '4', '--out', dir);
    expect([other.status, other.stderr]).toEqual([
      1,
      expect.stringMatching(/holds samples of seed 3, and 4 was asked for/),
    ]);
  }, 300_000);

  test('augments one with rotation 15, scaling (0.9, 1.1), elastic deformation and noise 0.01: the same bytes each time', async () => {
    const source = inWork('synthetic_nodules/nodule_0001.npy');
    const named = ['--rotation', '15', '--scaling', '0.9,1.1', '--elastic', '--noise', '0.01'];
    const result = await done('augment', source, '--out', inWork('augmented.npy'), ...named);
    expect(result['augmentation']).toEqual({
      ...{ symmetries: 'none', rotationDegrees: 15, scaling: [0.9, 1.1], noise: 0.01 },
      elastic: { gridVoxels: 16, displacementVoxels: 6 },
    });
    await done('augment', source, '--out', inWork('again.npy'));
    const bytes = await readFile(inWork('augmented.npy'));
    expect(bytes.equals(await readFile(inWork('again.npy')))).toBe(true);
    expect(bytes.equals(await readFile(source))).toBe(false);
    const alone = await done('augment', source, '--out', inWork('turned.npy'), '--only', 'rotation');
    expect(alone['patches']).toMatchObject([{ drawn: { scale: 1, elastic: null, noise: 0 } }]);
  }, 60_000);

  test('inserts it at a voxel of a NIfTI file: the same header and type, and no voxel changed elsewhere', async () => {
    const voxel = worldToIndex(ct, await allowedPlace()).map(Math.round);
    const out = inWork('augmented_ct.nii.gz');
    const result = await done(
      ...['insert', '--nifti', inWork('patient_001.nii.gz'), '--nodule', inWork('augmented.npy')],
      ...['--at', voxel.join(','), '--diameter', '14', '--out', out],
    );
    expect(result['model']).toBe('conditional-64');
    const after = parseNifti(await readFile(out), out);
    expect(after.data).toBeInstanceOf(Int16Array);
    expect(after.size).toEqual(ct.size);
    const changed = [...ct.data.keys()].filter((at) => after.data[at] !== ct.data[at]);
    expect(changed.length).toBe(result['changedVoxels']);
    expect(changed.length).toBeGreaterThan(50);
    const [ni, nj] = ct.size;
    for (const at of changed) {
      const index = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
      const mm = Math.hypot(...index.map((i, axis) => (i - voxel[axis]!) * ct.spacing[axis]!));
      expect(mm).toBeLessThan(28);
    }
    const provenance: unknown = JSON.parse(await readFile(inWork('augmented_ct.json'), 'utf8'));
    expect(provenance).toMatchObject({
      synthetic: true,
      nodule: { file: { name: 'augmented.npy' }, model: { name: 'conditional-64' }, seed: 3, index: 1 },
      place: { voxel: voxel.map((v) => expect.closeTo(v, 4)) },
    });
  }, 120_000);

  test('the nodule of a file gives the same voxels as the same sample does, into DICOM too', async () => {
    const at = ['--at', (await allowedPlace()).join(','), '--diameter', '14'];
    const host = ['insert', '--dicom', inWork('patient_001'), ...at];
    await done(
      ...host,
      '--nodule',
      inWork('synthetic_nodules/nodule_0000.npy'),
      '--out',
      inWork('from-file'),
    );
    await done(...host, '--seed', '3', '--out', inWork('from-seed'));
    const voxels = async (dir: string): Promise<Int16Array> => {
      const names = (await readdir(dir)).filter((name) => name.endsWith('.dcm'));
      const files = await Promise.all(
        names.map(async (name) => ({ name, bytes: await readFile(join(dir, name)) })),
      );
      return readCtSeries(files).volume.data;
    };
    const fromFile = await voxels(inWork('from-file'));
    const fromSeed = await voxels(inWork('from-seed'));
    expect(fromFile.every((hu, at) => hu === fromSeed[at])).toBe(true);
    expect(fromFile.some((hu, at) => hu !== ct.data[at])).toBe(true);
  }, 120_000);

  test('options that do not fit together are wrong usage', async () => {
    const nodule = ['--nodule', inWork('augmented.npy')];
    for (const [args, message] of [
      [['insert', '--nifti', 'a.nii', '--at', 'auto'], /--nifti FILE with --out FILE/],
      [['insert', '--nifti', 'a.nii', '--dicom', 'b', '--out', 'c', '--at', 'auto'], /either --series/],
      [['insert', '--series', '1.2', ...nodule, '--at', 'auto'], /--nodule/],
      [['insert', '--series', '1.2', '--at', 'ijk:1,2,3'], /give LPS mm/],
      [['insert', '--nifti', 'a.nii', '--out', 'b.nii', '--at', '1,2'], /three numbers/],
      [['augment', 'a.npy', '--out', 'b.npy', '--only', 'warp'], /rotation, scaling, elastic, noise, flips/],
      [['augment', inWork('augmented.npy'), '--out', inWork('b.npy'), '--elastic', '4,3'], /could fold/],
      [
        ['augment', inWork('augmented.npy'), '--out', inWork('b.npy'), '--only', 'flips', '--rotation', '30'],
        /--only flips leaves --rotation without effect/,
      ],
      [
        ['augment', inWork('augmented.npy'), '--out', inWork('b.npy'), '--only', 'elastic', '--no-elastic'],
        /contradict each other/,
      ],
    ] as const) {
      const { status, stderr } = await nodulelab(...args);
      expect([args, status, stderr]).toEqual([args, 2, expect.stringMatching(message)]);
    }
  }, 60_000);
});

let found: Vec3 | undefined;
/** A place that the program proposes for this phantom. */
async function allowedPlace(): Promise<Vec3> {
  if (found !== undefined) return found;
  const { centre } = await done(
    ...['insert', '--nifti', inWork('patient_001.nii.gz'), '--at', 'auto', '--diameter', '14'],
    ...['--out', inWork('proposed.nii.gz')],
  );
  return (found = centre as Vec3);
}
