/**
 * Time of one Fréchet distance from two sets of features, beside the usual implementations with NumPy and SciPy on the
 * same features: the square root of the product of both covariances (scipy.linalg.sqrtm, as FID is published), and the
 * roots of its eigenvalues (numpy.linalg.eigvals). One thread each; rounds alternate, so that all meet the same machine.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { Random } from '../server/src/nn/random.ts';
import { median, type Row } from './row.ts';

export interface ContenderConfig {
  /** Files of float64 features, row-major. */
  readonly a: string;
  readonly b: string;
  readonly dimension: number;
  readonly work: 'sqrtm' | 'eigvals' | 'ours';
  readonly warmUp: number;
  readonly count: number;
}

const Measured = z.object({
  seconds: z.array(z.number().positive()),
  cpuSeconds: z.number(),
  distance: z.number(),
});
export type Measured = z.infer<typeof Measured>;

const PYTHON = '/usr/bin/python3';
const HERE = join(import.meta.dirname, 'frechet');
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
const ROUNDS = 3;
const GOAL = '2× as fast';

/** Samples on each side and features: sets of nodules in a network's features whole, then as evaluation takes them. */
const SHAPES = [
  [500, 512],
  [200, 512],
  [500, 128],
  [500, 32],
  [119, 11],
] as const;

const PEERS = [
  { work: 'sqrtm', name: 'scipy.linalg.sqrtm', goal: GOAL },
  { work: 'eigvals', name: 'numpy.linalg.eigvals' },
] as const;

export async function benchFrechet(log: (line: string) => void): Promise<Row[]> {
  const hasSciPy = spawnSync(PYTHON, ['-c', 'import scipy.linalg'], { cwd: '/' }).status === 0;
  if (!hasSciPy)
    log(
      'SciPy is not installed (apt-get install python3-scipy): no peer in the rows of the Fréchet distance',
    );
  const folder = await mkdtemp(join(tmpdir(), 'nodulelab-frechet-'));
  try {
    const rows: Row[] = [];
    for (const [count, dimension] of SHAPES) {
      const [a, b] = [join(folder, 'a.f64'), join(folder, 'b.f64')];
      await writeFile(a, features(count, dimension, 0));
      await writeFile(b, features(count, dimension, 0.2));
      // The smaller, the more of them, so that both run warm.
      const times = dimension < 100 ? 500 : dimension < 500 ? 60 : 6;
      rows.push(...contend({ a, b, dimension, warmUp: times, count: times }, count, hasSciPy, log));
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function contend(
  config: Omit<ContenderConfig, 'work'>,
  count: number,
  hasSciPy: boolean,
  log: (line: string) => void,
): Row[] {
  const own: Measured[] = [];
  const theirs = new Map<string, Measured[]>(PEERS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    own.push(measure(process.execPath, 'ours.ts', { ...config, work: 'ours' }));
    if (hasSciPy)
      for (const { work, name } of PEERS)
        theirs.get(name)?.push(measure(PYTHON, 'scipy_frechet.py', { ...config, work }));
    log(`Fréchet distance, ${count} × ${config.dimension}, round ${round + 1} of ${ROUNDS}`);
  }
  const row = {
    what: `Fréchet distance of ${count} and ${count} samples of ${config.dimension} features`,
    value: milliseconds(own),
    unit: 'ms',
  } as const;
  if (!hasSciPy) return [row];
  return PEERS.map(({ name, ...peer }) => {
    const measured = theirs.get(name) ?? [];
    const apart = Math.max(...measured.map(({ distance }) => Math.abs(distance - (own[0]?.distance ?? NaN))));
    return {
      ...row,
      peer: { name, value: milliseconds(measured) },
      ...('goal' in peer ? { goal: peer.goal } : {}),
      note: `CPU time ${cpu(own).toFixed(1)} against ${cpu(measured).toFixed(1)} ms, ${(cpu(measured) / cpu(own)).toFixed(2)}×; the distances differ by ${apart.toExponential(1)}`,
    };
  });
}

const milliseconds = (runs: readonly Measured[]): number =>
  1000 * median(runs.flatMap(({ seconds }) => seconds));

const cpu = (runs: readonly Measured[]): number =>
  1000 * median(runs.map(({ seconds, cpuSeconds }) => cpuSeconds / seconds.length));

const measure = (program: string, script: string, config: ContenderConfig): Measured =>
  Measured.parse(
    JSON.parse(
      execFileSync(program, [join(HERE, script), JSON.stringify(config)], {
        encoding: 'utf8',
        env: { ...process.env, ...ONE_THREAD },
      }),
    ),
  );

/** Features of falling spread that are mixed with each other, as those of a network are. */
function features(count: number, dimension: number, mean: number): Float64Array {
  const random = Random.of('frechet bench', count, dimension, mean);
  const values = new Float64Array(count * dimension);
  for (let row = 0; row < count; row++) {
    let shared = 0;
    for (let k = 0; k < dimension; k++) {
      shared = 0.7 * shared + random.gaussian();
      values[row * dimension + k] = mean + (1 - (0.8 * k) / dimension) * shared;
    }
  }
  return values;
}
