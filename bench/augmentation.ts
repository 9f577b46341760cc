/**
 * Time to augment one patch of 64³ voxels, as the founding README asks, beside the same with SciPy's ndimage: the same
 * patches, float32, trilinear, nearest beyond the border; one process each, then two at once. Rounds alternate, so
 * that both meet the same machine.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Random } from '../server/src/nn/random.ts';
import { median, type Row } from './row.ts';

export interface ContenderConfig {
  /** File of float32 patches, one after the other. */
  readonly patches: string;
  readonly size: number;
  readonly work: 'whole' | 'affine' | 'elastic' | 'noise';
  /** Patches before the clock runs. */
  readonly warmUp: number;
  readonly count: number;
}

const Measured = z.object({ seconds: z.array(z.number().positive()), cpuSeconds: z.number() });
export type Measured = z.infer<typeof Measured>;

const PYTHON = '/usr/bin/python3';
const HERE = join(import.meta.dirname, 'augmentation');
/** SciPy's ndimage runs in one thread; NumPy's products are held to one as well. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

const SIZE = 64;
const PATCHES = 8;
const ROUNDS = 3;
/** Of a process in a round; SciPy's slower works get fewer. */
const OURS = { warmUp: 40, count: 120 } as const;
const THEIRS = { warmUp: 2, count: 15 } as const;

interface Contest {
  readonly what: string;
  readonly work: ContenderConfig['work'];
  /** SciPy's ways of doing it: what it is called in ndimage.py, and in the table. */
  readonly peers: readonly { readonly work: string; readonly name: string; readonly goal?: string }[];
}

const GOAL = '3× the throughput';
const CONTESTS: readonly Contest[] = [
  {
    what: 'the seed’s augmentation',
    work: 'whole',
    peers: [
      { work: 'whole', name: 'ndimage (gaussian_filter, map_coordinates)', goal: GOAL },
      { work: 'whole, zoomed grid', name: 'ndimage (zoom of order 3, map_coordinates)', goal: GOAL },
      { work: 'whole, products', name: 'NumPy products for the field, map_coordinates' },
    ],
  },
  { what: 'rotation and scaling', work: 'affine', peers: [{ work: 'affine', name: 'affine_transform' }] },
  {
    what: 'elastic deformation',
    work: 'elastic',
    peers: [{ work: 'elastic', name: 'gaussian_filter, map_coordinates' }],
  },
  { what: 'noise', work: 'noise', peers: [{ work: 'noise', name: 'NumPy’s standard_normal' }] },
];

export async function benchAugmentation(log: (line: string) => void): Promise<Row[]> {
  const hasSciPy = spawnSync(PYTHON, ['-c', 'import numpy, scipy.ndimage'], { cwd: '/' }).status === 0;
  if (!hasSciPy)
    log('SciPy is not installed (apt-get install python3-scipy): no peer in the rows of augmentation');
  const folder = await mkdtemp(join(tmpdir(), 'nodulelab-augmentation-'));
  try {
    const patches = join(folder, 'patches.f32');
    await writeFile(patches, balls());
    const rows: Row[] = [];
    for (const contest of CONTESTS)
      for (const processes of [1, 2])
        rows.push(...(await contend(contest, hasSciPy, patches, processes, log)));
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function contend(
  { what, work, peers }: Contest,
  hasSciPy: boolean,
  patches: string,
  processes: number,
  log: (line: string) => void,
): Promise<Row[]> {
  const config = { patches, size: SIZE };
  const own: Measured[] = [];
  const theirs = new Map<string, Measured[]>(peers.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    own.push(
      ...(await together(processes, process.execPath, [join(HERE, 'ours.ts')], { ...config, work, ...OURS })),
    );
    if (hasSciPy)
      for (const peer of peers)
        theirs.get(peer.name)?.push(
          ...(await together(processes, PYTHON, [join(HERE, 'ndimage.py')], {
            ...config,
            ...THEIRS,
            work: peer.work,
          })),
        );
    log(`augmentation: ${what}, ${processes} at once, round ${round + 1} of ${ROUNDS}`);
  }
  const ours = summary(own);
  const row = {
    what: `${what}, one patch of ${SIZE}³, ${processes === 1 ? 'one process' : 'two processes at once'}`,
    value: ours.ms / processes,
    unit: 'ms',
  } as const;
  if (!hasSciPy) return [row];
  return peers.map(({ name, goal }) => {
    const peer = summary(theirs.get(name) ?? []);
    return {
      ...row,
      peer: { name, value: peer.ms / processes },
      ...(goal === undefined ? {} : { goal }),
      note: `CPU time ${ours.cpuMs.toFixed(2)} against ${peer.cpuMs.toFixed(2)} ms, ${(peer.cpuMs / ours.cpuMs).toFixed(2)}×`,
    };
  });
}

const summary = (runs: readonly Measured[]): { ms: number; cpuMs: number } => ({
  ms: 1000 * median(runs.flatMap(({ seconds }) => seconds)),
  cpuMs: 1000 * median(runs.map(({ seconds, cpuSeconds }) => cpuSeconds / seconds.length)),
});

const together = (
  processes: number,
  program: string,
  args: readonly string[],
  config: unknown,
): Promise<Measured[]> =>
  Promise.all(
    Array.from({ length: processes }, async () => {
      const child = spawn(program, [...args, JSON.stringify(config)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...ONE_THREAD },
      });
      return Measured.parse(JSON.parse(await text(child.stdout)));
    }),
  );

/** Bright balls of several sizes in textured parenchyma. */
function balls(): Float32Array {
  const random = Random.of('augmentation bench');
  const centre = (SIZE - 1) / 2;
  const values = new Float32Array(PATCHES * SIZE ** 3);
  for (let i = 0; i < values.length; i++) {
    const x = (i % SIZE) - centre;
    const y = (Math.floor(i / SIZE) % SIZE) - centre;
    const z = (Math.floor(i / SIZE ** 2) % SIZE) - centre;
    const radius = 6 + 2 * Math.floor(i / SIZE ** 3);
    const edge = 1 / (1 + Math.exp(Math.hypot(x, y, z) - radius));
    values[i] = 0.1 + 0.6 * edge + 0.02 * random.uniform();
  }
  return values;
}
