/** Batches of real patches, made ahead of time in threads of their own. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { tailOf } from '../dataset/augmentation/warp.ts';
import { halve } from '../dataset/halve.ts';
import { readPatch, type PatchSource } from '../dataset/patchSource.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { BatchOrder, makeBatch, type BatchPlan } from './batches.ts';
import type { BatchAnswer, BatchRequest, BatchWorkerData } from './batchWorker.ts';
import { patchWeights } from './patchWeights.ts';
import { channelsOf, type Preset, type Stage } from './presets.ts';
import { conditionsOfSet } from './trainingData.ts';

export interface BatchLoaderOptions {
  readonly source: PatchSource;
  readonly stage: Stage;
  readonly preset: Preset;
  readonly seed: number;
  /**
   * Threads that make batches; by default one for every four cores, at least one and at most four: on few cores the
   * graph needs them more, and beside many there may be a GPU to keep up with. 0: each batch is made when it is asked
   * for. Batches are the same whatever the number.
   */
  readonly threads?: number;
  /** Bytes of patches kept in memory at most; of a larger set each batch is read anew. */
  readonly heldBytes?: number;
}

export interface BatchLoader {
  /**
   * Batch number `index` of the stage, batchSize × channels × resolution³ values in [−1, 1]. It depends on the seed, the set and
   * `index` only. The batches that follow are begun at the same time.
   */
  batch(index: number): Promise<Float32Array>;
  /** Ends the threads; batches that are still awaited fail as cancelled. */
  release(): Promise<void>;
}

const HELD_BYTES = 512 * 2 ** 20;
const defaultThreads = (): number => Math.min(4, Math.max(1, Math.floor(availableParallelism() / 4)));
/** Batches made ahead by each thread: one that waits, one at work. */
const AHEAD_PER_THREAD = 2;

export async function openBatchLoader(options: BatchLoaderOptions): Promise<BatchLoader> {
  const { source, stage, preset, seed, threads = defaultThreads(), heldBytes = HELD_BYTES } = options;
  const { resolution } = stage;
  const plan = batchPlan(source, preset, stage, seed);
  const fits = 4 * source.count * plan.channels * resolution ** 3 <= heldBytes;
  const held = fits ? await holdAll(source, plan) : null;
  const patches = patchesOf(source, plan, held);
  return threads === 0 ? inline(plan, patches, held) : threaded(plan, patches, held, threads);
}

/** Which patches make the batches of a stage, and how. */
export function batchPlan(
  source: PatchSource,
  preset: Preset,
  { resolution, batchSize }: Stage,
  seed: number,
): BatchPlan {
  const { augmentation, architecture, weighting } = preset;
  return {
    ...{ seed, resolution, batchSize, augmentation },
    ...{ count: source.count, finest: source.size, channels: channelsOf(architecture) },
    weights: weighting === null ? null : patchWeights(conditionsOfSet(source), weighting),
  };
}

/** What it takes to make a batch, as a request. */
type Patches = (index: number) => BatchRequest | Promise<BatchRequest>;

function patchesOf(source: PatchSource, plan: BatchPlan, held: Float32Array | null): Patches {
  const order = new BatchOrder(plan);
  const voxels = plan.channels * plan.resolution ** 3;
  return held === null
    ? async (index) => {
        const chosen = order.patches(index);
        const patches = new Float32Array(chosen.length * voxels + tailOf(plan.resolution));
        await Promise.all(chosen.map((patch, i) => readAt(source, plan, patch, patches, i * voxels)));
        return { index, offsets: chosen.map((_, i) => i * voxels), patches };
      }
    : (index) => ({ index, offsets: order.patches(index).map((patch) => patch * voxels), patches: null });
}

/** The whole set at a stage's resolution, in memory that threads share. */
async function holdAll(source: PatchSource, plan: BatchPlan): Promise<Float32Array> {
  const voxels = plan.channels * plan.resolution ** 3;
  const values = source.count * voxels + tailOf(plan.resolution);
  const held = new Float32Array(new SharedArrayBuffer(4 * values));
  for (let i = 0; i < source.count; i++) await readAt(source, plan, i, held, i * voxels);
  return held;
}

/** Writes a patch at a stage's resolution to `target` from `at` on, channel by channel. */
async function readAt(
  source: PatchSource,
  { channels, resolution }: BatchPlan,
  index: number,
  target: Float32Array,
  at: number,
): Promise<void> {
  for (let channel = 0; channel < channels; channel++) {
    let patch = await readPatch(source, index, channel === 0 ? 'hu' : 'alpha');
    for (let size = source.size; size > resolution; size /= 2) patch = halve(patch, size);
    target.set(patch, at + channel * resolution ** 3);
  }
}

function inline(plan: BatchPlan, patches: Patches, held: Float32Array | null): BatchLoader {
  return {
    async batch(index) {
      const request = await patches(index);
      return makeBatch(plan, index, request.patches ?? held!, request.offsets);
    },
    release: () => Promise.resolve(),
  };
}

interface Begun {
  readonly promise: Promise<Float32Array>;
  resolve(batch: Float32Array): void;
  reject(error: Error): void;
  settled: boolean;
}

function threaded(
  plan: BatchPlan,
  patches: Patches,
  held: Float32Array | null,
  threads: number,
): BatchLoader {
  const begun = new Map<number, Begun>();
  /** Patches being read; they must be done before the set can be closed. */
  const reading = new Set<Promise<void>>();
  let failure: NoduleLabError | undefined;

  /** Nothing more can be made: whoever waits, and whoever asks later, is told why. */
  const fail = (error: NoduleLabError): void => {
    failure ??= error;
    for (const { reject } of begun.values()) reject(failure);
  };
  const workers = Array.from({ length: threads }, () => {
    const data: BatchWorkerData = { plan, held };
    const url = new URL('./batchWorker.ts', import.meta.url);
    // Flags of the program itself (a profile, a script given as text) are not meant for its threads.
    const worker = new Worker(url, { workerData: data, execArgv: [] });
    worker.on('message', ({ index, batch }: BatchAnswer) => {
      begun.get(index)?.resolve(batch);
    });
    worker.on('error', (error) => fail(threadFailed(error)));
    worker.on('exit', () => fail(threadFailed('it ended')));
    return worker;
  });

  const begin = (index: number): Begun => {
    const entry: Begun = { ...Promise.withResolvers<Float32Array>(), settled: false };
    const settle = (): void => void (entry.settled = true);
    // A failure is reported to whoever awaits the batch, not as an unhandled rejection before that.
    entry.promise.then(settle, settle);
    begun.set(index, entry);
    const send = (request: BatchRequest): void => {
      const transfer = request.patches === null ? [] : [request.patches.buffer as ArrayBuffer];
      workers[index % threads]!.postMessage(request, transfer);
    };
    const request = patches(index);
    // Without a turn of the event loop where nothing has to be read: the engine may block it for a whole step.
    if (!(request instanceof Promise)) send(request);
    else {
      const read = request.then(send, entry.reject).finally(() => reading.delete(read));
      reading.add(read);
    }
    return entry;
  };

  return {
    batch(index) {
      if (failure !== undefined) return Promise.reject(failure);
      const last = index + AHEAD_PER_THREAD * threads;
      // A training goes from batch to batch: what was made for another place is not kept.
      for (const [made, { settled }] of begun)
        if (settled && (made < index || made > last)) begun.delete(made);
      const wanted = begun.get(index) ?? begin(index);
      for (let ahead = index + 1; ahead <= last; ahead++) if (!begun.has(ahead)) begin(ahead);
      return wanted.promise;
    },
    async release() {
      fail(new NoduleLabError('cancelled', 'The training ended while a batch was being made.'));
      await Promise.all(reading);
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

const threadFailed = (cause: unknown): NoduleLabError =>
  new NoduleLabError(
    'unusable',
    `The thread that makes batches failed (${cause instanceof Error ? cause.message : String(cause)}): ` +
      'go on from the last checkpoint; if it fails again, free memory or take a smaller batch.',
    {},
    cause,
  );
