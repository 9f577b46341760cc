import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SOFT_MARGIN } from '../../server/src/dataset/softMask.ts';
import { REPOSITORY } from '../../server/src/cli/runtime.ts';
import { readCtSeries, type CtSeries } from '../../server/src/dicom/index.ts';
import { encodeNpy } from '../../server/src/formats/npy.ts';
import { openProvenanceKeys, type ProvenanceKeys } from '../../server/src/security/provenanceKeys.ts';
import { balanceSet } from '../../server/src/services/balance/balanceSet.ts';
import { insertSet, type InsertSetOptions } from '../../server/src/services/insertSet/insertSet.ts';
import { recorderOf } from '../../server/src/services/offline/record.ts';
import type { InsertSetState } from '../../server/src/services/insertSet/state.ts';
import type { YieldReport } from '../../server/src/services/insertSet/yieldReport.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';
import { drawing } from '../support/drawing.ts';
import { altered } from '../support/ctFiles.ts';
import { ballPatch, makeSet, RULE } from '../support/nodulePatches.ts';
import { makePhantomStudy, nodulelab } from '../support/product.ts';

const root = mkdtempSync(join(tmpdir(), 'nodulelab-insert-set-'));
const at = (...names: string[]): string => join(root, ...names);
const SET = at('balanced');
const HOSTS = at('hosts');
const DATA = at('data');
let keys: ProvenanceKeys;
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As soft at its edge as the phantom's 1.8 mm pixels are. */
const softBall = (name: string): Float32Array => ballPatch(32, 8, name, 2);
const drawBall = (seed: number, index: number): Float32Array => softBall(`${seed} ${index}`);

beforeAll(async () => {
  keys = await openProvenanceKeys(DATA);
  await makePhantomStudy(join(HOSTS, 'a'), 1);
  await makePhantomStudy(join(HOSTS, 'b'), 2);
  await makeSet(at('real'), { malignant: 2, benign: 8, size: 32 });
  await balanceSet(
    {
      card: {
        ...{ name: 'balls', splitSha256: null, fieldOfView: { diameters: 2 }, softMargin: SOFT_MARGIN },
        split: { ...RULE, testPatients: [...RULE.testPatients], fold: 'train' },
      },
      ...{ sha256: 'ab'.repeat(32), size: 32 },
      ...drawing(drawBall),
    },
    { setDir: at('real'), outDir: SET, ratio: [1, 1], seed: 1, unlocked: false },
  );
}, 60_000);

const options = (name: string, more: Partial<InsertSetOptions> = {}): InsertSetOptions => ({
  ...{ setDir: SET, hostDirs: [HOSTS], outDir: at(name), perHost: 2, seed: 5, researchArchive: false },
  ...{ codeVersion: '1', now: () => new Date('2026-01-02T03:04:05Z') },
  ...{ signer: keys.signer, record: recorderOf(DATA) },
  ...more,
});

const seriesIn = (dir: string): CtSeries =>
  readCtSeries(
    readdirSync(dir).map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(dir, name))) })),
  );
const stateOf = (name: string): InsertSetState =>
  JSON.parse(readFileSync(at(name, 'state.json'), 'utf8')) as InsertSetState;
/** Every DICOM file in the folder, by name: its hash. */
const filesOf = (name: string): Record<string, string> =>
  Object.fromEntries(
    (readdirSync(at(name), { recursive: true }) as string[])
      .filter((file) => file.endsWith('.dcm'))
      .toSorted()
      .map((file) => [file, sha256Of(readFileSync(at(name, file)))]),
  );

describe('a set inserted into two scans', () => {
  let report: YieldReport;
  beforeAll(async () => {
    report = await insertSet(options('unbroken'));
  }, 60_000);

  test('gives each scan its nodules in turn, and says what became of every one', () => {
    expect(report).toMatchObject({ nodules: 6, placed: 4, refused: 2, reasons: { 'hosts-full': 2 } });
    expect(report.hosts.map(({ placed, derived }) => [placed, derived?.folder])).toEqual([
      [2, 'host-0001'],
      [2, 'host-0002'],
    ]);
    expect(report.items.map(({ item }) => item).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `synthetic/0000${n}`),
    );
    for (const item of report.items) expect(item.sampleSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(readFileSync(at('unbroken', 'yield.json'), 'utf8'))).toEqual(report);
  });

  test('leaves derived series that differ from their originals around the nodules only, and are marked', () => {
    for (const [number, { dir, derived }] of report.hosts.entries()) {
      const original = seriesIn(dir);
      const series = seriesIn(at('unbroken', derived!.folder));
      expect(series.syntheticData).toBe(true);
      expect(series.seriesDescription).toMatch(/^SYNTHETIC - /);
      expect(series.studyInstanceUID).toBe(original.studyInstanceUID);
      expect(series.seriesInstanceUID).not.toBe(original.seriesInstanceUID);
      const places = report.items.filter((item) => item.placed && item.host === number);
      expect(places).toHaveLength(2);
      const { size, spacing, origin } = original.volume;
      const near = places.map(() => 0);
      for (let voxel = 0; voxel < original.volume.data.length; voxel++) {
        if (original.volume.data[voxel] === series.volume.data[voxel]) continue;
        const index = [
          voxel % size[0],
          Math.floor(voxel / size[0]) % size[1],
          Math.floor(voxel / (size[0] * size[1])),
        ];
        const nodule = places.findIndex(
          (place) =>
            place.placed &&
            Math.hypot(...index.map((n, axis) => origin[axis]! + n * spacing[axis]! - place.centre[axis]!)) <
              place.diameterMm + 4,
        );
        expect(nodule).toBeGreaterThanOrEqual(0);
        near[nodule]!++;
      }
      for (const changed of near) expect(changed).toBeGreaterThan(20);
      const [a, b] = places.map((place) => (place.placed ? place : undefined));
      const apart = Math.hypot(...a!.centre.map((mm, axis) => mm - b!.centre[axis]!));
      expect(apart).toBeGreaterThan((a!.diameterMm + b!.diameterMm) / 2);
    }
  });

  test('names every nodule of a series in its provenance', () => {
    const text = readFileSync(at('unbroken', 'host-0001', '0001.dcm'), 'latin1');
    expect(text).toContain('2 synthetic lung nodules inserted by NoduleLab 1');
    expect(text).toContain('"edits":[{"kind":"insert"');
    // On the ground of the set they are not quite what the model drew: both are named.
    expect(text).toMatch(/"candidateSha256":"[0-9a-f]{64}".*"details":{"sampleSha256":"[0-9a-f]{64}"}/);
    expect(report.drawnAnew).toBe(false);
  });

  test('draws the nodules again where the model is at hand: what is inserted is what the model drew', async () => {
    const drawn = await insertSet(options('drawn', { openModel: async () => drawing(drawBall) }));
    expect(drawn).toMatchObject({ drawnAnew: true, placed: report.placed });
    const text = readFileSync(at('drawn', 'host-0001', '0001.dcm'), 'latin1');
    const [item] = drawn.items.filter(({ placed, host }) => placed && host === 0);
    expect(text).toContain(`"candidateSha256":"${item!.sampleSha256}"`);
    expect(text).not.toContain('sampleSha256');
  }, 60_000);

  test('refuses a model that draws other nodules than those of the set, before anything is written', async () => {
    const other = insertSet(options('other-draw', { openModel: async () => drawing(() => drawBall(9, 9)) }));
    await expect(other).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('draws other voxels for synthetic/00001'),
    });
    expect(existsSync(at('other-draw'))).toBe(false);
  });

  test.each([
    ['in the middle of a scan', 1],
    ['between two scans', 2],
    ['at the last nodule', 4],
  ])(
    'goes on %s after a break, and gives the same files as without one',
    async (_, after) => {
      const name = `broken-${after}`;
      await expect(
        insertSet(
          options(name, {
            onProgress: (done) => {
              if (done === after) throw new Error('power cut');
            },
          }),
        ),
      ).rejects.toThrow('power cut');
      expect(stateOf(name).outcomes).toHaveLength(after);
      expect(existsSync(at(name, 'yield.json'))).toBe(false);
      // What a kill leaves of a series that was being written.
      for (const left of ['.host-0001.partial', 'host-0002']) {
        mkdirSync(at(name, left), { recursive: true });
        if (!existsSync(at(name, left, '0001.dcm'))) writeFileSync(at(name, left, '0001.dcm'), 'half a file');
      }
      const resumed = await insertSet(
        options(name, { now: () => new Date('2027-01-01T00:00:00Z'), onProgress: () => undefined }),
      );
      expect(filesOf(name)).toEqual(filesOf('unbroken'));
      const plain = ({ outcomes }: InsertSetState): unknown =>
        outcomes.map(({ seconds: _s, ...rest }) => rest);
      expect(plain(stateOf(name))).toEqual(plain(stateOf('unbroken')));
      expect(resumed.placed).toBe(4);
    },
    60_000,
  );

  test('is done once: the same call again changes nothing, another one is refused', async () => {
    const before = filesOf('unbroken');
    const again = await insertSet(options('unbroken'));
    expect(again).toEqual(report);
    expect(filesOf('unbroken')).toEqual(before);
    await expect(insertSet(options('unbroken', { seed: 6 }))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('belongs to an insertion of another set'),
    });
    await expect(insertSet(options('hosts'))).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('is stopped by its signal between two nodules', async () => {
    const controller = new AbortController();
    await expect(
      insertSet(options('stopped', { signal: controller.signal, onProgress: () => controller.abort() })),
    ).rejects.toMatchObject({ kind: 'cancelled', message: expect.stringContaining('Stopped after 1 of 6') });
    expect(stateOf('stopped').outcomes).toHaveLength(1);
  }, 60_000);
});

test('a process that is killed loses at most one nodule, and the command goes on', async () => {
  const args = (out: string): string[] => [
    ...[join(REPOSITORY, 'server/bin/nodulelab.ts'), '--json', 'insert-set', '--set', SET, '--hosts', HOSTS],
    ...['--per-host', '3', '--seed', '5', '--out', at(out)],
  ];
  const child = spawn(process.execPath, args('killed'), { stdio: 'ignore' });
  const gone = once(child, 'exit');
  for (;;) {
    const outcomes = existsSync(at('killed', 'state.json')) ? stateOf('killed').outcomes.length : 0;
    if (outcomes >= 2) break;
    await sleep(3);
  }
  child.kill('SIGKILL');
  await gone;
  expect(child.signalCode).toBe('SIGKILL');
  expect(existsSync(at('killed', 'yield.json'))).toBe(false);
  const noted = stateOf('killed').outcomes;
  const resumed = await nodulelab(...args('killed').slice(1));
  expect(resumed.status).toBe(0);
  expect(stateOf('killed').outcomes.slice(0, noted.length)).toEqual(noted);
  const unbroken = await nodulelab(...args('whole').slice(1));
  const placed = JSON.parse(unbroken.stdout) as YieldReport;
  expect(placed.placed).toBe(6);
  for (const { derived } of placed.hosts) {
    const [a, b] = ['killed', 'whole'].map((name) => seriesIn(at(name, derived!.folder)));
    expect(a!.volume.data).toEqual(b!.volume.data);
    expect(a!.slices.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(
      b!.slices.map(({ sopInstanceUID }) => sopInstanceUID),
    );
  }
}, 120_000);

describe('what cannot be inserted', () => {
  test('is refused one by one with its reason, and the rest goes on', async () => {
    const dir = at('samples');
    mkdirSync(dir);
    const flat = new Float32Array(32 ** 3).fill(0.093);
    writeFileSync(join(dir, 'flat.npy'), encodeNpy(flat, [32, 32, 32]));
    writeFileSync(join(dir, 'ball.npy'), encodeNpy(softBall('sample'), [32, 32, 32]));
    const samples = [
      { file: 'flat.npy', seed: 1, index: 0 },
      { file: 'ball.npy', seed: 1, index: 1 },
    ];
    writeFileSync(
      join(dir, 'samples.json'),
      JSON.stringify({ model: 'balls', modelSha256: 'ab'.repeat(32), samples }),
    );
    await expect(insertSet(options('sized', { setDir: dir }))).rejects.toThrow('--diameter 6');
    const sized = { setDir: dir, diameters: { from: 10, to: 14 } };
    const report = await insertSet(options('sized', { ...sized, hostDirs: [join(HOSTS, 'a')] }));
    expect(report).toMatchObject({ placed: 1, refused: 1, reasons: { 'no-nodule': 1 } });
    const [ball] = report.items.filter((item) => item.placed);
    expect(ball).toMatchObject({ item: 'ball.npy', seed: 1, index: 1 });
  }, 60_000);

  test('is refused where it would touch another nodule or finds no room', async () => {
    const dir = at('crowd');
    mkdirSync(dir);
    const samples = [0, 1, 2, 3].map((index) => ({ file: `${index}.npy`, seed: 1, index }));
    for (const { file } of samples) writeFileSync(join(dir, file), encodeNpy(softBall(file), [32, 32, 32]));
    writeFileSync(
      join(dir, 'samples.json'),
      JSON.stringify({ model: 'balls', modelSha256: 'ab'.repeat(32), samples }),
    );
    // A lung of this phantom is no wider than one and a half of them.
    const report = await insertSet(
      options('crowded', {
        ...{ setDir: dir, diameters: { from: 70, to: 70 }, perHost: 4 },
        hostDirs: [join(HOSTS, 'a')],
      }),
    );
    const { overlap = 0, 'no-place': noPlace = 0 } = report.reasons;
    expect(report.placed).toBeGreaterThan(0);
    expect(overlap + noPlace).toBe(4 - report.placed);
    expect(overlap + noPlace).toBeGreaterThan(0);
  }, 60_000);

  test('goes for whole scans: those that are not de-identified, derived already or damaged', async () => {
    const from = join(HOSTS, 'a');
    const images = readdirSync(from).filter((name) => name.endsWith('.dcm'));
    const others = at('others');
    for (const [name, change] of [
      ['named', { '00120062': { vr: 'CS', values: ['NO'] } }],
      ['sloped', { '00281053': { vr: 'DS', values: ['0.7'] } }],
    ] as const) {
      mkdirSync(join(others, name), { recursive: true });
      for (const image of images) {
        const bytes = new Uint8Array(readFileSync(join(from, image)));
        // A series of its own: the same series twice is one host.
        const uid = { '0020000E': { vr: 'UI', values: [`2.25.${name.length}`] } };
        writeFileSync(
          join(others, name, image),
          altered({ name: image, bytes }, { ...uid, ...change }).bytes,
        );
      }
    }
    cpSync(at('unbroken', 'host-0001'), join(others, 'derived'), { recursive: true });
    const report = await insertSet(options('others-out', { hostDirs: [others], perHost: 6 }));
    expect(report.refusedHosts.map(({ dir }) => dir)).toEqual([
      join(others, 'derived'),
      join(others, 'named'),
    ]);
    expect(report).toMatchObject({ placed: 0, refused: 6, reasons: { host: 6 } });
    expect(report.items[0]).toMatchObject({ message: expect.stringContaining('Rescale Slope 0.7') });
    await expect(insertSet(options('none', { hostDirs: [join(others, 'named')] }))).rejects.toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('not marked as de-identified'),
    });
    const allowed = { hostDirs: [join(others, 'named')], researchArchive: true, perHost: 1 };
    expect((await insertSet(options('allowed', allowed))).placed).toBe(1);
  }, 60_000);
});
