/**
 * Time for a whole evaluation by its parts: all measures, five controls, 1,000 bootstrap draws. Patches are lumps of many
 * sizes, each side drawn anew, so that nothing has to be fetched; `NODULELAB_BENCH_REAL`, `_SYNTHETIC` and `_TRAINING` name
 * sets on disk to measure instead.
 */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPatchFile } from '../server/src/dataset/patchFile.ts';
import { onnxCpuEngine } from '../server/src/engine/onnxCpu.ts';
import type { PatchGroup } from '../server/src/evaluation/patchGroup.ts';
import { Random } from '../server/src/nn/random.ts';
import { REPOSITORY } from '../server/src/cli/runtime.ts';
import { evaluateGroups } from '../server/src/services/evaluation/evaluateGroups.ts';
import { groupOf } from '../server/src/services/evaluation/patchGroups.ts';
import { openEvaluationTools } from '../server/src/services/evaluation/tools.ts';
import { seconds, type Row } from './row.ts';

const SIZE = 64;
const DRAWS = 1000;
const GOAL_COUNT = 500;

/** @param count patches on each side; the goal is for 500 */
export async function benchEvaluation(count: number, log: (line: string) => void): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'nodulelab-bench-evaluation-'));
  const tools = await openEvaluationTools([join(REPOSITORY, 'models')], onnxCpuEngine());
  const closers: (() => Promise<void>)[] = [];
  try {
    const group = async (name: string, variable: string): Promise<PatchGroup> => {
      const path = process.env[variable];
      const [made, close] =
        path === undefined ? await lumps(dir, name, count) : await onDisk(path, name, count);
      closers.push(close);
      return made;
    };
    const groups = {
      real: await group('real', 'NODULELAB_BENCH_REAL'),
      synthetic: await group('synthetic', 'NODULELAB_BENCH_SYNTHETIC'),
      training: await group('training', 'NODULELAB_BENCH_TRAINING'),
    };
    const { found } = await evaluateGroups(groups, {
      ...{ outDir: dir, tools, seed: 1, draws: DRAWS, now: () => performance.now() },
      onProgress: (fraction, message) => {
        if (!message.startsWith('describing ')) log(`evaluation ${Math.round(100 * fraction)} %: ${message}`);
      },
    });
    const what = `${groups.synthetic.count} against ${groups.real.count} patches`;
    const whole = Object.values(found.seconds).reduce((sum, value) => sum + value, 0);
    return [
      {
        ...seconds(`evaluation, ${what}, all measures, ${DRAWS} draws`, whole),
        ...(groups.synthetic.count >= GOAL_COUNT ? { goal: '≤ 300 s on two cores' } : {}),
      },
      ...Object.entries(found.seconds).map(([part, value]) => seconds(`  ${part}`, value)),
    ];
  } finally {
    for (const close of closers) await close();
    await tools.release();
    await rm(dir, { recursive: true, force: true });
  }
}

async function onDisk(path: string, name: string, count: number): Promise<[PatchGroup, () => Promise<void>]> {
  const file = await openPatchFile(path);
  const indexes = Array.from({ length: Math.min(count, file.count) }, (_, index) => index);
  return [groupOf(file, name, indexes), () => file.close()];
}

/** Soft ellipsoids with a rough surface: no two alike, on constant ground. */
async function lumps(dir: string, name: string, count: number): Promise<[PatchGroup, () => Promise<void>]> {
  const file: FileHandle = await open(join(dir, `${name}.f32`), 'w+');
  const bytes = 4 * SIZE ** 3;
  for (let n = 0; n < count; n++) await file.write(new Uint8Array(lump(Random.of('bench', name, n)).buffer));
  return [
    {
      ...{ name, count, size: SIZE, sha256: `bench ${name} ${count}` },
      items: Array.from({ length: count }, (_, n) => {
        const diameterMm = 5 + 20 * Random.of('bench', 'diameter', name, n).uniform();
        return {
          ...{
            id: `${name}/${n}`,
            cluster: `${name} ${n >> 1}`,
            spacingMm: (2 * diameterMm) / SIZE,
            diameterMm,
          },
          ...{ characteristics: null, conditions: {} },
        };
      }),
      async patch(index) {
        const values = new Float32Array(SIZE ** 3);
        await file.read(new Uint8Array(values.buffer), 0, bytes, index * bytes);
        return values;
      },
    },
    () => file.close(),
  ];
}

function lump(random: Random): Float32Array {
  const radius = SIZE * (0.18 + 0.08 * random.uniform());
  const level = 0.35 + 0.4 * random.uniform();
  const soft = 0.8 + 2 * random.uniform();
  const stretch = [1, 2, 3].map(() => 0.8 + 0.4 * random.uniform());
  const waves = Array.from({ length: 4 }, () =>
    [0, 0, 0].map(() => random.gaussian() / 6).concat(random.uniform() * 6),
  );
  const values = new Float32Array(SIZE ** 3);
  const middle = (SIZE - 1) / 2;
  for (let z = 0, at = 0; z < SIZE; z++)
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++, at++) {
        const p = [x - middle, y - middle, z - middle];
        let rough = 0;
        for (const wave of waves)
          rough += Math.sin(wave[0]! * p[0]! + wave[1]! * p[1]! + wave[2]! * p[2]! + wave[3]!);
        const distance = Math.hypot(p[0]! * stretch[0]!, p[1]! * stretch[1]!, p[2]! * stretch[2]!);
        const inside = 1 / (1 + Math.exp((distance - radius - 2 * rough) / soft));
        values[at] = 0.093 + (inside > 1e-3 ? inside * (level + 0.03 * rough) : 0);
      }
  return values;
}
