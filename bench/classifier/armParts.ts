/** One training of an arm as an experiment does it, on made-up nodules: its whole time, and that of its parts. */
import { tailOf } from '../../server/src/dataset/augmentation/warp.ts';
import type { Engine } from '../../server/src/engine/engine.ts';
import { onnxCpuEngine } from '../../server/src/engine/onnxCpu.ts';
import { openClassifierScorer } from '../../server/src/networks/classifierTraining.ts';
import { Random } from '../../server/src/nn/random.ts';
import type { Lesions } from '../../server/src/services/classification/lesions.ts';
import type { Arm, Protocol } from '../../server/src/services/classification/protocol.ts';
import { trainArm } from '../../server/src/services/classification/training.ts';

/** Seconds. */
export interface ArmParts {
  readonly whole: number;
  readonly updates: number;
  readonly scoring: number;
  /** Compiling the network's program. */
  readonly opening: number;
  /** What is left: batches, and examples before them. */
  readonly batches: number;
}

/** As many nodules as LIDC's held-out patients have under the median rule: learned from, validated on, tested. */
const NODULES = { train: 253, validation: 63, test: 12 } as const;
const PATIENTS = ['train', 'validation', 'test'] as const;

export async function measureArm(arm: Arm, protocol: Protocol): Promise<ArmParts> {
  const lesions = madeUp(protocol);
  const spent = { opening: 0, updates: 0, scoring: 0 };
  const { engine, scorer } = await clocked(protocol, spent);
  const began = performance.now();
  await trainArm(
    {
      ...{ rule: 'median', design: 'held-out', arm, inputsSha256: '' },
      // One patient stands for all of a part.
      parts: { seed: 1, fold: 0, train: ['train'], validation: ['validation'], test: ['test'] },
    },
    { engine, scorer, lesions, protocol, clock: () => performance.now() },
  );
  const whole = (performance.now() - began) / 1000;
  await scorer.release();
  return { whole, ...spent, batches: whole - spent.opening - spent.updates - spent.scoring };
}

type Spent = Record<'opening' | 'updates' | 'scoring', number>;

/** The engine and the scorer, which add up what is spent in them. */
async function clocked(protocol: Protocol, spent: Spent) {
  const inside = async <T>(part: keyof Spent, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    try {
      return await work();
    } finally {
      spent[part] += (performance.now() - began) / 1000;
    }
  };
  const plain = onnxCpuEngine({ threads: 1 });
  const engine: Engine = {
    ...plain,
    async open(programs, state) {
      const session = await inside('opening', () => plain.open(programs, state));
      return { ...session, run: (name, feeds) => inside('updates', () => session.run(name, feeds)) };
    },
  };
  const scorer = await openClassifierScorer(plain, protocol.network);
  return {
    engine,
    scorer: {
      ...scorer,
      score: (...given: Parameters<typeof scorer.score>) => inside('scoring', () => scorer.score(...given)),
    },
  };
}

function madeUp({ network: { size }, probes }: Protocol): Lesions {
  const parts = PATIENTS.flatMap((patient) => new Array<string>(NODULES[patient]).fill(patient));
  const cube = size ** 3;
  const count = parts.length + probes;
  const voxels = new Float32Array(new SharedArrayBuffer(4 * (count * cube + tailOf(size))));
  const random = Random.of('bench', 'lesions');
  for (let i = 0; i < count * cube; i++) voxels[i] = random.uniform();
  const diameterMm = (): number => 4 + 16 * random.uniform();
  return {
    ...{ size, voxels, ellipsoids: [] },
    real: parts.map((patient, i) => ({
      ...{ id: `${i}`, patient, malignant: i % 5 < 3, diameterMm: diameterMm(), texture: null },
      ...{ fold: 'test' as const, index: i, at: i },
    })),
    synthetic: Array.from({ length: probes }, (_, i) => ({
      ...{ at: parts.length + i, malignant: false, diameterMm: diameterMm() },
    })),
  };
}
