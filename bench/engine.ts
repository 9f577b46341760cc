/**
 * The engine beside PyTorch on the same processor in the same run: one generator update (critic steps and one generator
 * step), its peak memory, sampling; the update beside what oneDNN would need for its convolutions; and how long a real
 * training waits for its data.
 *
 * Each contender is a process of its own that does one piece of work when it is told to: ours and PyTorch's take
 * turns, so that both meet the same moods of the machine, and the system tells the peak memory of each.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { presetNamed, type Preset } from '../server/src/gan/presets.ts';
import { ceilingSeconds } from './engine/ceiling.ts';
import { TRAINING_ENVIRONMENT } from '../server/src/engine/hostMemory.ts';
import { Contender } from './engine/contender.ts';
import { measureDataWait } from './engine/dataWait.ts';
import { median, type Row } from './row.ts';

export interface EnginePlan {
  readonly batch: number;
  /** By how much the seed's channel counts are divided; sampling and the ceiling take the first. */
  readonly divisors: readonly number[];
  readonly samples: number;
  /** Measured runs of each, after one that is not counted. */
  readonly repeats: number;
}
/** As the program is used. */
export const FULL: EnginePlan = { batch: 16, divisors: [1, 4], samples: 64, repeats: 5 };
/** Minutes. */
export const QUICK: EnginePlan = { batch: 4, divisors: [4], samples: 8, repeats: 5 };

const PYTHON = '/usr/bin/python3';
const MB = 2 ** 20;
type Log = (line: string) => void;

export async function benchEngine(plan: EnginePlan, log: Log): Promise<Row[]> {
  const hasPeer = await promisify(execFile)(PYTHON, ['-c', 'import torch']).then(
    () => true,
    () => false,
  );
  if (!hasPeer) log('PyTorch is not here (Debian: python3-torch): rows without a ratio');
  const rows: Row[] = [];
  for (const divisor of plan.divisors) rows.push(...(await benchUpdate(plan, divisor, hasPeer, log)));
  rows.push(...(await benchSampling(plan, hasPeer, log)));
  rows.push(await benchDataWait(plan, log));
  return rows;
}

async function benchUpdate(plan: EnginePlan, divisor: number, hasPeer: boolean, log: Log): Promise<Row[]> {
  const { batch, repeats } = plan;
  const preset = presetOf(divisor, batch);
  const at = `${widthsName(divisor)}, batch ${batch}`;
  const { ours, peer } = await takeTurns('update', preset, { repeats, samples: 0 }, hasPeer, log);
  const what = `one generator update, ${at}`;
  const goal = batch === FULL.batch && FULL.divisors.includes(divisor);
  const rows: Row[] = [
    {
      ...{ what, value: median(ours.seconds), unit: 's', note: spreadOf(ours.seconds) },
      ...(peer ? { peer: { name: peer.name, value: median(peer.seconds) } } : {}),
      ...(goal ? { goal: '≥ 1.8×' } : {}),
    },
    {
      ...{ what: `peak memory of training, ${at}`, value: ours.peakBytes / MB, unit: 'MB' },
      ...(peer ? { peer: { name: peer.name, value: peer.peakBytes / MB } } : {}),
      ...(goal ? { goal: '≥ 1×' } : {}),
    },
  ];
  const ceiling = await ceilingSeconds(preset, log);
  if (ceiling !== undefined)
    rows.push({
      ...{ what: `${what}: ours beside oneDNN's ceiling`, value: median(ours.seconds), unit: 's' },
      peer: { name: `oneDNN ${ceiling.version}, convolutions alone`, value: ceiling.seconds },
      ...(goal ? { goal: '≥ 0.67×' } : {}),
      note: `ours / ceiling ${(median(ours.seconds) / ceiling.seconds).toFixed(2)}; ${(ceiling.flop / 1e12).toFixed(2)} TFLOP`,
    });
  return rows;
}

async function benchSampling(plan: EnginePlan, hasPeer: boolean, log: Log): Promise<Row[]> {
  const { samples, repeats, divisors } = plan;
  const [divisor = 1] = divisors;
  const preset = presetOf(divisor, 1);
  const rows: Row[] = [];
  const { ours, peer } = await takeTurns('sample', preset, { repeats, samples }, hasPeer, log);
  const batched = hasPeer
    ? (await takeTurns('sample', presetOf(divisor, FULL.batch), { repeats, samples }, true, log, false)).peer
    : undefined;
  rows.push({
    ...{ what: `${samples} samples, ${widthsName(divisor)}`, value: median(ours.seconds), unit: 's' },
    ...(peer ? { peer: { name: `${peer.name} one at a time`, value: median(peer.seconds) } } : {}),
    ...(samples === FULL.samples && divisor === 1 ? { goal: '≥ 1.5×' } : {}),
    ...(batched
      ? {
          note: `${batched.name} in batches of ${FULL.batch}: ${median(batched.seconds).toFixed(3)} s, ${(median(batched.seconds) / median(ours.seconds)).toFixed(2)}× ours`,
        }
      : {}),
  });
  return rows;
}

async function benchDataWait({ batch, divisors, repeats }: EnginePlan, log: Log): Promise<Row> {
  const divisor = divisors.at(-1)!;
  log(`training on 64³ patches, ${widthsName(divisor)}`);
  const updates = 2 * repeats;
  const { share, secondsPerUpdate } = await measureDataWait(divisor, batch, updates);
  return {
    what: `share of time a training waits for data, ${widthsName(divisor)}, batch ${batch}`,
    value: 100 * share,
    unit: '%',
    goal: '≤ 2%',
    note: `over ${updates} updates of ${secondsPerUpdate.toFixed(2)} s, augmented as in the seed`,
  };
}

interface Measured {
  readonly name: string;
  readonly seconds: readonly number[];
  readonly peakBytes: number;
}

/** @param withOurs false measures the peer alone */
async function takeTurns(
  work: 'update' | 'sample',
  preset: Preset,
  { repeats, samples }: { repeats: number; samples: number },
  hasPeer: boolean,
  log: Log,
  withOurs = true,
): Promise<{ ours: Measured; peer: Measured | undefined }> {
  const config = {
    work,
    ...{ channels: preset.architecture.channels, latentSize: preset.architecture.latentSize },
    ...{ batch: preset.stages[0]!.batchSize, criticSteps: preset.criticSteps, samples },
    ...{ threads: availableParallelism(), preset },
  };
  const folder = import.meta.dirname;
  const ours = withOurs
    ? await Contender.start(
        process.execPath,
        [join(folder, 'engine/ours.ts')],
        config,
        // As every training of the product is started.
        TRAINING_ENVIRONMENT,
      )
    : undefined;
  const peer = hasPeer
    ? await Contender.start(PYTHON, [join(folder, 'engine/torch_wgan.py')], config)
    : undefined;
  const contenders = [ours, peer].filter((one) => one !== undefined);
  try {
    // The first run of each fills caches and is not counted.
    for (let run = 0; run <= repeats; run++)
      for (const contender of contenders) {
        const seconds = await contender.run(run > 0);
        log(
          `${work} ${preset.name} ${contender.name}: ${seconds.toFixed(3)} s${run === 0 ? ' (not counted)' : ''}`,
        );
      }
    return { ours: ours?.measured ?? NOTHING, peer: peer?.measured };
  } finally {
    for (const contender of contenders) contender.end();
  }
}

const NOTHING: Measured = { name: 'ours', seconds: [], peakBytes: 0 };

/** The seed's training with this batch, on patches as they are: the peer does not vary its patches either. */
function presetOf(divisor: number, batch: number): Preset {
  const preset = presetNamed('seed-64', divisor);
  return {
    ...preset,
    stages: preset.stages.map((stage) => ({ ...stage, batchSize: batch })),
    augmentation: {
      ...{ symmetries: 'none', rotationDegrees: 0, scaling: [1, 1], noise: 0 },
      elastic: { gridVoxels: 16, displacementVoxels: 0 },
    },
  };
}

const widthsName = (divisor: number): string => (divisor === 1 ? 'seed widths' : `seed widths / ${divisor}`);
const spreadOf = (values: readonly number[]): string =>
  `median of ${values.length}, ${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)} s`;
