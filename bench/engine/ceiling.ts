/**
 * What the convolutions of one update would take at the speed of oneDNN, the library under PyTorch: for each layer and
 * direction its FLOP over the rate that oneDNN reaches here. Nothing else of the update is in it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Preset } from '../../server/src/gan/presets.ts';
import { criticStep, generatorStep } from '../../server/src/gan/steps.ts';
import { sizeOf, topologicalOrder, type Program, type Shape } from '../../server/src/tensor/index.ts';

const run = promisify(execFile);
const RUNS = 5;

const Rates = z.object({ forward: z.number(), data: z.number(), weights: z.number() });
const Answer = z.object({ version: z.string(), layers: z.array(Rates) });
type Direction = keyof z.infer<typeof Rates>;

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  conv3d: 'forward',
  conv3dInputGradient: 'data',
  conv3dWeightGradient: 'weights',
};

interface Convolution {
  readonly direction: Direction;
  /** channels in, channels out, edge of the finer volume. */
  readonly layer: string;
  readonly flop: number;
}

/** Undefined where oneDNN cannot be compiled here, which is logged. */
export async function ceilingSeconds(
  preset: Preset,
  log: (line: string) => void,
): Promise<{ seconds: number; flop: number; version: string } | undefined> {
  const [stage] = preset.stages;
  const critic = convolutionsOf(criticStep(preset, stage!));
  const update = [
    ...Array.from({ length: preset.criticSteps }, () => critic).flat(),
    ...convolutionsOf(generatorStep(preset, stage!)),
  ];
  const layers = [...new Set(update.map(({ layer }) => layer))];
  const folder = await mkdtemp(join(tmpdir(), 'nodulelab-onednn-'));
  try {
    const program = join(folder, 'ceiling');
    const source = join(import.meta.dirname, 'onednn_ceiling.cpp');
    await run('g++', ['-O2', '-std=c++17', source, '-o', program, '-ldnnl']);
    log(`oneDNN on ${layers.length} layers`);
    const { stdout } = await run(program, [String(stage!.batchSize), String(RUNS), ...layers], {
      env: { ...process.env, OMP_NUM_THREADS: String(availableParallelism()) },
    });
    const { version, layers: rates } = Answer.parse(JSON.parse(stdout));
    const rate = new Map(layers.map((layer, i) => [layer, rates[i]!]));
    const seconds = update.reduce(
      (sum, { layer, direction, flop }) => sum + flop / (1e9 * rate.get(layer)![direction]),
      0,
    );
    return { seconds, flop: update.reduce((sum, { flop }) => sum + flop, 0), version };
  } catch (error) {
    const [reason] = String(error)
      .split('\n')
      .filter((line) => /error|ENOENT/i.test(line));
    log(`No row for oneDNN's ceiling (Debian: g++ and libdnnl-dev): ${reason ?? String(error)}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The convolutions of a program, forwards and backwards. */
export function convolutionsOf(program: Program): Convolution[] {
  return topologicalOrder(Object.values(program)).flatMap(({ operation, shape, inputs }) => {
    const direction = DIRECTIONS[operation];
    if (direction === undefined) return [];
    const [first, second] = inputs.map((input) => input.shape) as [Shape, Shape];
    const [fine, coarse, weight] = {
      forward: [first, shape, second],
      data: [shape, first, second],
      weights: [first, second, shape],
    }[direction] as [Shape, Shape, Shape];
    return [
      {
        direction,
        layer: [weight[1], weight[0], fine[2]].join(),
        // One multiplication and one addition for each coarse voxel, channel pair and tap.
        flop: 2 * sizeOf(coarse) * weight[1]! * weight[2]! ** 3,
      },
    ];
  });
}
