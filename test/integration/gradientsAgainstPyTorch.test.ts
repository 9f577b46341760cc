import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { presetNamed, type Preset } from '../../server/src/gan/presets.ts';
import { partsState, stepParts, type PartName } from '../../server/src/gan/steps.ts';
import { initialState, stageParameters } from '../../server/src/gan/trainingState.ts';
import { firstMoment } from '../../server/src/nn/learning.ts';
import { Random } from '../../server/src/nn/random.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = join(import.meta.dirname, '../support/torch_gradients.py');
const hasTorch = spawnSync(PYTHON, ['-c', 'import torch'], { cwd: '/' }).status === 0;
const note = hasTorch ? '' : ' (skipped: PyTorch is not installed; apt-get install python3-torch)';
const BATCH = 2;
/**
 * Mostly they agree to 2e-6. But where an activation is zero but for rounding, float32 and float64 may take different
 * sides of a ReLU, and one such voxel of two samples moves a small layer's gradient by up to a hundredth.
 */
const TOLERANCE = 0.03;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodulelab-torch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

// As they are trained, penalty and second derivative included.
(hasTorch ? test : test.skip)(
  `the gradients of both steps are those of PyTorch in float64, at 64³ and a quarter of the seed's widths${note}`,
  async () => {
    const seed = presetNamed('seed-64', 4);
    // With beta1 = 0 the new first moment is the gradient itself.
    const preset: Preset = {
      ...seed,
      adamBeta1: 0,
      stages: seed.stages.map((stage) => ({ ...stage, batchSize: BATCH })),
    };
    const stage = preset.stages[0]!;
    const { values } = initialState({ preset, seed: 3, patches: BATCH, patchesSha256: null, ancestors: [] });
    const shapes: Record<string, readonly number[]> = {
      latent: [BATCH, 100],
      real: [BATCH, 1, 64, 64, 64],
      mix: [BATCH, 1, 1, 1, 1],
    };
    const random = Random.of('gradients');
    const feeds = {
      latent: Float32Array.from({ length: BATCH * 100 }, () => random.gaussian()),
      real: Float32Array.from({ length: BATCH * 64 ** 3 }, () => 2 * random.uniform() - 1),
      mix: Float32Array.from({ length: BATCH }, () => random.uniform()),
    };
    for (const { name, shape } of stageParameters(preset, 0).all) shapes[name] = shape;
    for (const name of Object.keys(shapes))
      await writeFile(join(folder, `${name}.f32`), { ...values, ...feeds }[name]!);
    await writeFile(join(folder, 'shapes.json'), JSON.stringify(shapes));
    await promisify(execFile)(PYTHON, [SCRIPT, folder]);

    const scalars = {
      stepSize: Float32Array.of(0),
      secondCorrection: Float32Array.of(1),
      averageRate: Float32Array.of(1),
    };
    const session = await onnxCpuEngine().open(stepParts(preset, stage), {
      ...values,
      ...partsState(preset, stage),
    });
    // A step of length 0 leaves the critic as it is for the generator step.
    const order: PartName[] = ['generate', 'real', 'fake', 'penalty', 'generate', 'judge', 'generator'];
    for (const part of order) await session.run(part, { ...feeds, ...scalars });
    const state = await session.read();
    await session.release();

    for (const { name } of stageParameters(preset, 0).all) {
      const bytes = await readFile(join(folder, `${name}.f64`));
      const expected = new Float64Array(new Uint8Array(bytes).buffer);
      const actual = state[firstMoment(name)]!;
      const size = Math.hypot(...norms(expected));
      const error = Math.hypot(...norms(expected.map((value, i) => value - actual[i]!)));
      if (name === 'critic.score.bias') {
        // It shifts all scores alike: its gradient is nothing but rounding.
        expect(size).toBeLessThan(1e-12);
        expect(error).toBeLessThan(1e-6);
        continue;
      }
      expect(size).toBeGreaterThan(0);
      expect([name, error / size < TOLERANCE]).toEqual([name, true]);
    }
  },
);

/** Norms of a thousand values each: hypot takes only so many at once. */
const norms = (values: Float64Array): number[] =>
  Array.from({ length: Math.ceil(values.length / 1000) }, (_, i) =>
    Math.hypot(...values.subarray(1000 * i, 1000 * (i + 1))),
  );
