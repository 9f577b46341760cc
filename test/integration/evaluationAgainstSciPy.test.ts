/** The measures of evaluation/ are those that others compute: NumPy and SciPy on the same numbers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { aucEstimate } from '../../server/src/evaluation/auc.ts';
import { partialSpearman } from '../../server/src/evaluation/correlation.ts';
import { frechetDistance } from '../../server/src/evaluation/frechet.ts';
import { msSsim, scalesOf } from '../../server/src/evaluation/msSsim.ts';
import { Random } from '../../server/src/nn/random.ts';
import { normalRows } from '../support/samples.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = join(import.meta.dirname, '../support/evaluation_references.py');
const hasSciPy = spawnSync(PYTHON, ['-c', 'import scipy.linalg'], { cwd: '/' }).status === 0;
const note = hasSciPy ? '' : ' (skipped: SciPy is not installed; apt-get install python3-scipy)';

const FRECHET = [
  [200, 200, 16],
  [119, 594, 11],
  [60, 300, 128],
  [700, 90, 200],
  [600, 700, 512],
] as const;
const EDGES = [64, 24, 11] as const;

const sets = FRECHET.map(([n, m, dimension]) => {
  const random = Random.of('against SciPy', n, dimension);
  return {
    dimension,
    a: normalRows(random, n, dimension, { spread: (k) => 1 + k / dimension }),
    b: normalRows(random, m, dimension, { mean: 0.2, spread: (k) => 1.4 - k / dimension }),
  };
});
const patches = EDGES.map((size) => {
  const random = Random.of('against SciPy', size);
  const a = Float32Array.from({ length: size ** 3 }, () => random.uniform());
  const b = a.map((value) => Math.min(1, Math.max(0, 0.7 * value + 0.1 + 0.2 * random.gaussian())));
  return { size, a, b };
});
const random = Random.of('scores');
const control = Array.from({ length: 80 }, () => Math.round(3 * random.gaussian()));
const x = control.map((c) => Math.round(c + 2 * random.gaussian()));
const y = control.map((c, i) => c - 0.8 * x[i]! + random.gaussian());
const positive = Array.from({ length: 70 }, () => Math.round(5 * (random.gaussian() + 1)));
const negative = Array.from({ length: 110 }, () => Math.round(5 * random.gaussian()));

/** What SciPy finds, by name of the case: one process for all, since it takes long to start. */
function references(): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'nodulelab-references-'));
  const cases: unknown[] = [];
  const add = (
    kind: string,
    name: string,
    parts: Readonly<Record<string, ArrayLike<number>>>,
    facts: Readonly<Record<string, number>> = {},
  ): void => {
    for (const [part, values] of Object.entries(parts))
      writeFileSync(join(folder, `${name}.${part}`), Float64Array.from(values));
    cases.push({ kind, name, ...facts });
  };
  try {
    sets.forEach(({ a, b, dimension }, i) =>
      add('frechet', `frechet ${i}`, { a: a.values, b: b.values }, { dimension }),
    );
    for (const { size, a, b } of patches)
      add('msSsim', `patches ${size}`, { a, b }, { size, scales: scalesOf(size) });
    add('partialSpearman', 'partial', { x, y, control });
    add('delong', 'delong', { positive, negative });
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
    return JSON.parse(execFileSync(PYTHON, [SCRIPT, folder], { encoding: 'utf8' })) as Record<
      string,
      unknown
    >;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

(hasSciPy ? describe : describe.skip)(`beside NumPy and SciPy${note}`, () => {
  let theirs: Record<string, unknown>;
  beforeAll(() => {
    theirs = references();
  });

  test.each(FRECHET.map((shape, i) => [...shape, i] as const))(
    'the Fréchet distance of %i and %i samples of %i features is theirs to 1e-4',
    (_n, _m, _dimension, i) => {
      const known = theirs[`frechet ${i}`] as number;
      expect(known).toBeGreaterThan(0.1);
      expect(Math.abs(frechetDistance(sets[i]!.a, sets[i]!.b) - known)).toBeLessThan(1e-4);
    },
  );

  test.each(patches)('MS-SSIM of patches of $size voxels an edge is theirs', ({ size, a, b }) => {
    const known = theirs[`patches ${size}`] as number;
    expect(known).toBeGreaterThan(0.2);
    expect(known).toBeLessThan(0.95);
    expect(msSsim(a, b, size)).toBeCloseTo(known, 6);
  });

  test('the partial Spearman correlation is that of what a line leaves, ties and all', () => {
    expect(partialSpearman(x, y, control)).toBeCloseTo(theirs['partial'] as number, 10);
    expect(Math.abs(theirs['partial'] as number)).toBeGreaterThan(0.3);
  });

  test('the AUC is that of Mann and Whitney, its variance that of all pairs', () => {
    const known = theirs['delong'] as { area: number; variance: number };
    const ours = aucEstimate({
      scores: [...positive, ...negative],
      labels: [...positive.map(() => 1), ...negative.map(() => 0)],
    });
    expect(ours.value).toBeCloseTo(known.area, 12);
    expect(ours.variance).toBeCloseTo(known.variance, 12);
  });
});
