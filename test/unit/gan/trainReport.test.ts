import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { CURVE_FILE, readCurve } from '../../../server/src/gan/report/curveFile.ts';
import { lineChart } from '../../../server/src/gan/report/chart.ts';
import { reportPage } from '../../../server/src/gan/report/page.ts';
import { readRun, type Run } from '../../../server/src/gan/report/runFile.ts';
import { gridOf } from '../../../server/src/gan/report/sampleGrid.ts';
import { train, type TrainOptions } from '../../../server/src/gan/train.ts';
import type { ProgressEvent } from '../../../server/src/gan/events.ts';
import { ballPatches, TINY_GROWN } from './tinyPresets.ts';

let outDir: string;
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'nodulelab-report-'));
});
afterEach(() => rm(outDir, { recursive: true, force: true }));

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  preset: TINY_GROWN,
  dataset: ballPatches(7, 16),
  ...{ outDir, seed: 1, resume: true, dataThreads: 0, clock: () => performance.now() },
  engine: onnxCpuEngine({ threads: 1 }),
  engineReason: 'because',
  codeVersion: '1.2.3',
  ...more,
});

describe('the curve of a run', () => {
  test('has one line for each update, with what its progress event said', async () => {
    const told: ProgressEvent[] = [];
    await train(options({ onProgress: (event) => void (event.type === 'progress' && told.push(event)) }));
    const text = await readFile(join(outDir, CURVE_FILE), 'utf8');
    expect(text.split('\n')[0]).toBe(
      'update,stage,resolution,epoch,criticLoss,generatorLoss,wasserstein,gradientPenalty,gradientNorm,' +
        'criticGradientNorm,generatorGradientNorm,secondsPerUpdate,dataWaitShare',
    );
    const points = await readCurve(outDir);
    expect(points.map((point) => point.update)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    points.forEach((point, i) => expect(told[i]).toMatchObject(point));
    for (const { criticGradientNorm, generatorGradientNorm } of points) {
      expect(criticGradientNorm).toBeGreaterThan(0);
      expect(generatorGradientNorm).toBeGreaterThan(0);
    }
  });

  test('loses the lines beyond the checkpoint that the training goes on from, and a line that was cut off', async () => {
    await train(options({ limits: { maxUpdates: 3 } }));
    const whole = await readCurve(outDir);
    const line = (await readFile(join(outDir, CURVE_FILE), 'utf8')).trimEnd().split('\n').at(-1)!;
    // What a killed process left: an update after the last checkpoint, and half of the next line.
    await appendFile(join(outDir, CURVE_FILE), `${line.replace(/^3,/, '4,')}\n5,1,1`);
    expect((await readCurve(outDir)).length).toBe(4);
    await train(options({ limits: { maxUpdates: 3 } }));
    expect(await readCurve(outDir)).toEqual(whole);
  });
});

describe('the record of a run', () => {
  test('says what was trained with what, since when, and how it stands', async () => {
    const times = ['2026-01-02T03:04:05.000Z', '2026-02-03T04:05:06.000Z'];
    const at = (i: number) => ({ now: () => new Date(times[i]!) });
    await train(options({ limits: { maxUpdates: 2 }, ...at(0) }));
    expect(await readRun(outDir)).toMatchObject({
      ...{ preset: TINY_GROWN, seed: 1, codeVersion: '1.2.3', state: 'limit', update: 2, error: null },
      dataset: { name: null, patches: 7, size: 16, sha256: null },
      engine: { name: 'onnx-cpu', reason: 'because' },
      ...{ started: times[0], resumed: [], lastGood: 'checkpoint-00000002.safetensors', warnings: [] },
    });
    await train(options(at(1)));
    expect(await readRun(outDir)).toMatchObject({
      ...{ state: 'complete', update: 8, started: times[0], updated: times[1] },
      resumed: [{ at: times[1], update: 2 }],
    });
  });

  test('is not touched by a training that is refused', async () => {
    await train(options({ limits: { maxUpdates: 1 } }));
    const before = await readRun(outDir);
    await expect(train(options({ seed: 2 }))).rejects.toMatchObject({ kind: 'conflict' });
    expect(await readRun(outDir)).toEqual(before);
  });

  test('says why a training failed', async () => {
    let reads = 0;
    const { patch } = ballPatches(7, 16);
    // All patches are good when they are checked; later one of them cannot be read any more.
    const dataset = {
      ...ballPatches(7, 16),
      patch: (index: number) => (reads++ < 7 ? patch(index) : Promise.reject(new Error('the cable is out'))),
    };
    await expect(train(options({ dataset }))).rejects.toThrow('the cable is out');
    expect(await readRun(outDir)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('the cable is out') },
    });
  });
});

describe('the picture of samples', () => {
  test('shows the middle slices in rows of four, black to white over [0, 1]', () => {
    const size = 8;
    const patch = (value: number): Float32Array => {
      const voxels = new Float32Array(size ** 3);
      // The middle slice only; its last row is white.
      voxels.fill(value, 4 * size * size, 5 * size * size);
      voxels.fill(2, 5 * size * size - size, 5 * size * size);
      return voxels;
    };
    const { width, height, data, channels } = decode(gridOf([0, 0.2, 0.4, 0.6, 1].map(patch), size));
    expect([width, height, channels]).toEqual([4 * 64 + 6, 2 * 64 + 2, 1]);
    const at = (column: number, row: number, u: number, v: number): number =>
      data[(row * 66 + v) * width + column * 66 + u]!;
    expect([0, 1, 2, 3].map((column) => at(column, 0, 30, 30))).toEqual([0, 51, 102, 153]);
    expect(at(0, 1, 30, 30)).toBe(255);
    // One of eight rows is eight rows of the picture.
    expect([55, 56, 63].map((v) => at(0, 0, 5, v))).toEqual([0, 255, 255]);
  });

  test('is kept for each checkpoint that is kept, and of the same latents each time', async () => {
    await train(options({ checkpointMinutes: 1e-9, preset: { ...TINY_GROWN, checkpointEpochs: 3 } }));
    const names = (await readdir(outDir)).filter((name) => name.startsWith('samples-')).sort();
    expect(names).toEqual([3, 4, 6, 7, 8].map((update) => `samples-0000000${update}.png`));
    const again = join(outDir, 'again');
    await train(options({ outDir: again, limits: { maxUpdates: 3 } }));
    expect(await readFile(join(again, names[0]!))).toEqual(await readFile(join(outDir, names[0]!)));
  });
});

describe('the page of a run', () => {
  test('holds curves and pictures itself and asks for nothing from elsewhere', async () => {
    await train(options({ checkpointMinutes: 1e-9 }));
    const page = await readFile(join(outDir, 'report.html'), 'utf8');
    expect(page.match(/<svg /g)!.length).toBe(6);
    // The stage of 16³ begins at update 5.
    expect(page).toContain('>16³</text>');
    const grids = (await readdir(outDir)).filter((name) => name.startsWith('samples-')).length;
    expect(page.match(/<img src="data:image\/png;base64,[A-Za-z0-9+/=]+"/g)!.length).toBe(grids + 1);
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page).not.toMatch(/url\(|@import|<script|<link/);
    expect(page).toMatch(/complete<\/span>/);
  });

  test('shows warnings and errors as text, whatever is in them', async () => {
    await train(options({ limits: { maxUpdates: 1 } }));
    const run: Run = {
      ...(await readRun(outDir))!,
      state: 'failed',
      error: { kind: 'unusable', message: 'It <b>broke</b> & "ended".' },
      warnings: [{ update: 7, code: 'slope', message: '<script>alert(1)</script>' }],
    };
    const page = reportPage(run, [], { real: null, samples: [] });
    expect(page).toContain('It &lt;b&gt;broke&lt;/b&gt; &amp; &quot;ended&quot;.');
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script>');
    expect(page).toContain('Nothing to draw yet.');
  });

  test('draws a line through the values, in decades where asked to, and never outside its frame', () => {
    const values = [1, 10, 1e9, 100, ...Array.from({ length: 400 }, () => 50)];
    const updates = values.map((_, i) => i + 1);
    for (const logarithmic of [true, false]) {
      const svg = lineChart({ title: 'T', hint: '', updates, series: [{ name: 's', values }], logarithmic });
      const points = /<polyline class="line-0" points="([^"]+)"/.exec(svg)![1]!.split(' ');
      expect(points.length).toBeGreaterThan(100);
      for (const [x, y] of points.map((point) => point.split(',').map(Number))) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(560);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(230);
      }
    }
  });
});
