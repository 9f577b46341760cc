/** The command line as a user meets it: a process of its own, exit statuses, one line of error, one object of JSON. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { parseNpy } from '../../server/src/formats/npy.ts';
import { listCheckpoints, readCheckpoint } from '../../server/src/nn/checkpoint.ts';
import { makePhantomStudy, nodulelab } from '../support/product.ts';
import { lidcData } from '../support/lidcData.ts';

const PROGRAM = join(import.meta.dirname, '../../server/bin/nodulelab.ts');

let work: string;
let host: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'nodulelab-cli-'));
  host = (await makePhantomStudy(join(work, 'host'), 1)).dir;
}, 120_000);
afterAll(async () => {
  if (work) await rm(work, { recursive: true, force: true });
});

async function seriesIn(dir: string) {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.dcm'));
  return readCtSeries(
    await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(dir, name)) }))),
  );
}

describe('nodulelab', () => {
  test('has help for each command and exits 0', async () => {
    const { status, stdout } = await nodulelab('--help');
    expect(status).toBe(0);
    for (const command of [
      'doctor',
      'phantom',
      'import',
      'nodules',
      'dataset',
      'train',
      'sample',
      'augment',
      'insert',
      'serve',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    expect((await nodulelab('insert', '--help')).status).toBe(0);
  }, 60_000);

  test('wrong usage exits 2, a failure exits 1 with one line', async () => {
    expect((await nodulelab('levitate')).status).toBe(2);
    expect((await nodulelab('phantom')).status).toBe(2);
    expect((await nodulelab('insert', '--at', 'left,right')).status).toBe(2);
    expect((await nodulelab('serve', '--demo-size', 'huge')).status).toBe(2);
    const preset = ['--dataset', work, '--out', join(work, 'run'), '--preset', 'huge'];
    expect((await nodulelab('train', ...preset)).status).toBe(2);
    const address = await nodulelab('--orthanc', 'nonsense', 'nodules');
    expect([address.status, address.stderr]).toEqual([
      2,
      expect.stringMatching(/^nodulelab: --orthanc .*\n$/),
    ]);
    const both = await nodulelab('insert', '--at', 'auto');
    expect([both.status, both.stderr]).toEqual([
      2,
      expect.stringMatching(/--series UID.*--dicom DIR.*--nifti FILE/),
    ]);
    const insert = (...args: string[]) => nodulelab('insert', '--series', '1.2.3', ...args);
    const tooLarge = await insert('--at', 'auto', '--diameter', '41');
    expect([tooLarge.status, tooLarge.stderr]).toEqual([
      2,
      expect.stringContaining('--diameter 41: with --series it is 3 to 40 mm'),
    ]);
    const placed = await insert('--at', '1,2,3', '--count', '2');
    expect([placed.status, placed.stderr]).toEqual([2, expect.stringContaining('--count proposes')]);
    const failure = await nodulelab(
      '--data',
      work,
      'insert',
      '--dicom',
      join(work, 'nowhere'),
      '--out',
      join(work, 'o'),
      '--at',
      'auto',
    );
    expect(failure.status).toBe(1);
    const lines = failure.stderr.split('\n').filter((line) => line.startsWith('nodulelab:'));
    expect(lines).toEqual([expect.stringContaining(join(work, 'nowhere'))]);
  }, 120_000);

  test('what a killed server left in the folder is not taken for a server, whoever answers at its address now', async () => {
    const dataDir = join(work, 'killed');
    await mkdir(dataDir);
    let asked = 0;
    const other = createServer((_request, response) => {
      asked += 1;
      response.setHeader('content-type', 'application/json');
      response.end(
        '{"status":"ok","version":"1","orthanc":{"reachable":true,"version":"1"},"engine":"e","model":"m"}',
      );
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const dead = spawnSync(process.execPath, ['--version']).pid;
    for (const left of ['{"url": "http://127', JSON.stringify({ url, pid: dead })]) {
      await writeFile(join(dataDir, 'server.json'), left);
      const { status, stdout } = await nodulelab('--data', dataDir, '--json', 'nodules');
      expect([status, stdout]).toEqual([0, '{"nodules":[]}\n']);
    }
    other.close();
    expect(asked).toBe(0);
  }, 60_000);

  test('inserts offline: the same seed and place give the same voxels, and only the box differs from the host', async () => {
    const results = [];
    for (const out of ['first', 'second']) {
      const { status, stdout, stderr } = await nodulelab(
        ...['--json', '--data', work, 'insert', '--dicom', host, '--out', join(work, out)],
        ...['--at', 'auto', '--seed', '11', '--diameter', '10'],
      );
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      expect(stdout.trim().split('\n')).toHaveLength(1);
      results.push(JSON.parse(stdout) as { seriesInstanceUID: string; edits: { centre: number[] }[] });
    }
    expect(results[0]?.edits).toEqual(results[1]?.edits);
    expect(results[0]?.seriesInstanceUID).not.toBe(results[1]?.seriesInstanceUID);
    const [source, first, second] = [
      await seriesIn(host),
      await seriesIn(join(work, 'first')),
      await seriesIn(join(work, 'second')),
    ];
    expect(first.volume.data).toEqual(second.volume.data);
    const changed = first.volume.data.filter((hu, at) => hu !== source.volume.data[at]).length;
    expect(changed).toBeGreaterThan(50);
    expect(changed).toBeLessThan(first.volume.data.length / 100);
    expect(first.syntheticData).toBe(true);
  }, 180_000);

  test('refuses a place outside the volume and a folder that has files in it', async () => {
    const outside = await nodulelab(
      ...['--data', work, 'insert', '--dicom', host, '--out', join(work, 'third'), '--at', '9000,0,0'],
    );
    expect(outside.status).toBe(1);
    expect(outside.stderr).toMatch(/outside the CT volume/);
    const full = join(work, 'full');
    await mkdir(full);
    await writeFile(join(full, 'mine.txt'), 'keep me');
    const refused = await nodulelab('--data', work, 'insert', '--dicom', host, '--out', full, '--at', 'auto');
    expect(refused.status).toBe(1);
    expect(await readFile(join(full, 'mine.txt'), 'utf8')).toBe('keep me');
  }, 120_000);

  test('samples are the same for the same seed and differ for another', async () => {
    const files: Buffer[] = [];
    for (const [out, seed] of [
      ['s1', '5'],
      ['s2', '5'],
      ['s3', '6'],
    ] as const) {
      const dir = join(work, out);
      const { status } = await nodulelab(
        '--data',
        work,
        'sample',
        '--seed',
        seed,
        '--count',
        '1',
        '--out',
        dir,
      );
      expect(status).toBe(0);
      files.push(await readFile(join(dir, 'nodule_0000.npy')));
    }
    const [first, again, other] = files;
    expect(parseNpy(first ?? Buffer.alloc(0), 'sample').shape).toEqual([64, 64, 64]);
    expect(first?.equals(again ?? Buffer.alloc(0))).toBe(true);
    expect(first?.equals(other ?? Buffer.alloc(0))).toBe(false);
  }, 120_000);

  test('a damaged model is refused by its hash', async () => {
    const models = join(work, 'models', 'damaged');
    await mkdir(models, { recursive: true });
    const shipped = join(import.meta.dirname, '../../models/malignant-64');
    const card = JSON.parse(await readFile(join(shipped, 'model.json'), 'utf8')) as Record<string, unknown>;
    const weights = await readFile(join(shipped, 'generator.safetensors'));
    weights[weights.length - 1] = (weights[weights.length - 1] ?? 0) ^ 1;
    await writeFile(join(models, 'model.json'), JSON.stringify({ ...card, name: 'damaged' }));
    await writeFile(join(models, 'generator.safetensors'), weights);
    const { status, stderr } = await nodulelab(
      '--data',
      work,
      'sample',
      '--model',
      'damaged',
      '--out',
      join(work, 'x'),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/generator\.safetensors/);
  }, 60_000);
});

/** Runs a training and kills it without warning once it tells of this update; answers the signal that it ended by. */
async function killedAtUpdate(update: number, args: readonly string[]): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { readonly type: string; readonly update: number };
    if (event.type === 'progress' && event.update >= update) child.kill('SIGKILL');
  }
  return (await ended)[1];
}

const vois = lidcData('nodule-vois');
const title =
  'builds a set of real malignant nodules and trains on it, and a killed training goes on to the same weights';
(vois === undefined ? test.skip : test)(
  vois === undefined ? `${title} (skipped: nodule-vois not found; set NODULELAB_LIDC_DIR)` : title,
  async () => {
    const set = join(work, 'set');
    const built = await nodulelab(
      ...['--json', 'dataset', 'build', '--vois', join(vois ?? '', 'nodule-vois'), '--class', 'malignant'],
      ...['--min-diameter', '20', '--out', set],
    );
    expect([built.status, built.stderr.includes('nodulelab:')]).toEqual([0, false]);
    const manifest = JSON.parse(await readFile(join(set, 'manifest.json'), 'utf8')) as {
      count: number;
      patches: { patientId: string; class: string }[];
    };
    expect(manifest.count).toBeGreaterThanOrEqual(16);
    expect(new Set(manifest.patches.map((patch) => patch.class))).toEqual(new Set(['malignant']));
    for (const patient of ['LIDC-IDRI-0001', 'LIDC-IDRI-0003', 'LIDC-IDRI-0004', 'LIDC-IDRI-0006'])
      expect(manifest.patches.map(({ patientId }) => patientId)).not.toContain(patient);

    const training = (out: string, updates: number) => [
      ...['train', '--dataset', set, '--preset', 'progressive-64', '--width-divisor', '4'],
      ...['--out', join(work, out), '--updates', String(updates)],
    ];
    const train = (out: string, updates: number) => nodulelab(...training(out, updates));
    expect((await train('whole', 4)).status).toBe(0);
    expect((await train('parts', 2)).status).toBe(0);
    expect(await killedAtUpdate(3, [...training('parts', 4), '--events'])).toBe('SIGKILL');
    expect((await train('parts', 4)).status).toBe(0);
    const tensorsOf = async (out: string) => {
      const newest = (await listCheckpoints(join(work, out))).at(-1);
      expect(newest?.update).toBe(4);
      return newest ? (await readCheckpoint(newest)).tensors : {};
    };
    const whole = await tensorsOf('whole');
    expect(Object.keys(whole).length).toBeGreaterThan(20);
    expect(await tensorsOf('parts')).toEqual(whole);
  },
  300_000,
);
