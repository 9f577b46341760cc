/**
 * Times one generator update (5 critic steps and 1 generator step) and sampling with the seed's networks, in our
 * engine and, where it is installed, in PyTorch on the same processor in the same run.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { onnxCpuEngine } from '../server/src/engine/onnxCpu.ts';
import { BatchReader, type PatchSource } from '../server/src/gan/batches.ts';
import { presetNamed, type Preset } from '../server/src/gan/presets.ts';
import { StageRunner } from '../server/src/gan/stageRunner.ts';
import { sampleProgram } from '../server/src/gan/steps.ts';
import { initialState, type TrainingConfig } from '../server/src/gan/trainingState.ts';
import { Random } from '../server/src/nn/random.ts';
import type { Row } from './row.ts';

export interface EngineBenchOptions {
  /** Batch 16, as trained, instead of 4: minutes instead of a minute, and 3 GB. */
  readonly full?: boolean;
  readonly batch?: number;
  readonly python?: string;
}

const SAMPLES = 8;
const WIDTHS = [
  { name: 'quarter widths', divisor: 4, warmUps: 1 },
  // One update at seed widths takes so long that its warm-up does not show.
  { name: 'seed widths', divisor: 1, warmUps: 0 },
];

const peerSchema = z.object({
  secondsPerUpdate: z.number(),
  secondsPerSample: z.number(),
  version: z.string(),
});
const run = promisify(execFile);

export async function benchEngine(options: EngineBenchOptions = {}): Promise<Row[]> {
  const batch = options.batch ?? (options.full === true ? 16 : 4);
  const python = options.python ?? '/usr/bin/python3';
  const hasPeer = await run(python, ['-c', 'import torch']).then(
    () => true,
    () => false,
  );
  const rows: Row[] = [];
  for (const { name, divisor, warmUps } of WIDTHS) {
    const seed = presetNamed('seed-64', divisor);
    const preset = { ...seed, stages: seed.stages.map((stage) => ({ ...stage, batchSize: batch })) };
    const seconds = await timeUpdate(preset, warmUps);
    const secondsPerSample = await timeSamples(preset);
    const peer = hasPeer ? await timePeer(python, preset, warmUps) : undefined;
    const row = (what: string, ours: number, theirs: number | undefined): Row => ({
      what: `${what}, ${name}`,
      seconds: ours,
      ...(peer && theirs !== undefined ? { peer: { name: `PyTorch ${peer.version}`, seconds: theirs } } : {}),
    });
    rows.push(
      row(`one generator update, batch ${batch}`, seconds, peer?.secondsPerUpdate),
      row('one sample', secondsPerSample, peer?.secondsPerSample),
    );
  }
  return rows;
}

async function timeUpdate(preset: Preset, warmUps: number): Promise<number> {
  const { batchSize, resolution } = preset.stages[0]!;
  const noise: PatchSource = {
    count: batchSize,
    size: resolution,
    patch(index) {
      const random = Random.of('bench', index);
      return Float32Array.from({ length: resolution ** 3 }, () => random.uniform());
    },
  };
  const config: TrainingConfig = { preset, seed: 1, patches: noise.count };
  const reader = new BatchReader(noise, resolution, batchSize, 1);
  const state = initialState(config);
  const runner = await StageRunner.open(onnxCpuEngine(), config, state, reader, () => performance.now());
  let start = 0;
  for (let stageUpdate = 0; stageUpdate <= warmUps; stageUpdate++) {
    start = performance.now();
    await runner.update({ ...state.counters, stageUpdate }, () => false);
  }
  const seconds = (performance.now() - start) / 1000;
  await runner.release();
  return seconds;
}

async function timeSamples(preset: Preset): Promise<number> {
  const { values } = initialState({ preset, seed: 1, patches: 1 });
  const executable = await onnxCpuEngine().compile(sampleProgram(preset, 64, 64, values));
  const sample = (index: number): Promise<unknown> => {
    const random = Random.of('bench', 'latent', index);
    const latent = Float32Array.from({ length: preset.architecture.latentSize }, () => random.gaussian());
    return executable.run({ latent });
  };
  await sample(0);
  const start = performance.now();
  for (let i = 1; i <= SAMPLES; i++) await sample(i);
  const seconds = (performance.now() - start) / 1000 / SAMPLES;
  await executable.release();
  return seconds;
}

async function timePeer(
  python: string,
  preset: Preset,
  warmUps: number,
): Promise<z.infer<typeof peerSchema>> {
  const config = {
    channels: preset.architecture.channels,
    batch: preset.stages[0]!.batchSize,
    criticSteps: preset.criticSteps,
    updates: 1,
    warmUps,
    samples: SAMPLES,
    threads: availableParallelism(),
  };
  const script = join(import.meta.dirname, 'torch_wgan.py');
  const { stdout } = await run(python, [script, JSON.stringify(config)]);
  return peerSchema.parse(JSON.parse(stdout));
}
