/** Describes every patch of a group once, in both views, and keeps what was found. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PatchGroup } from '../../../evaluation/patchGroup.ts';
import { SMALL_VOXELS } from '../../../evaluation/memorisation/smallPixels.ts';
import { RADIOMIC_NAMES } from '../../../evaluation/radiomics/radiomicFeatures.ts';
import type { AttributeNetwork, AttributeReading } from '../../../networks/attributeNetwork.ts';
import { NoduleLabError } from '../../../volume/errors.ts';
import type { Described, PatchDescription, Reading } from './described.ts';
import { readChunk, writeChunk, type Chunk } from './keptChunks.ts';
import type { Measured, MeasureThreads } from './measureThreads.ts';

/** Counted up where the same patch would be described differently. */
const DESCRIPTION_VERSION = 2;
/** Patches that are kept together; after a crash at most two chunks are made again. */
const CHUNK = 16;

export interface Describing {
  readonly attributes: AttributeNetwork | null;
  readonly threads: MeasureThreads;
  /** Chunks are kept in a folder below it, which group and network name. */
  readonly workDir: string;
  readonly signal?: AbortSignal | undefined;
  /** Patches done, those from an earlier run included. */
  readonly onProgress?: (done: number) => void;
}

/**
 * @throws NoduleLabError `invalid-input` for a patch that holds NaN or is constant, with its id; `cancelled`: the same
 *   call goes on from there
 */
export async function describeGroup(group: PatchGroup, describing: Describing): Promise<Described> {
  const { attributes, workDir, onProgress } = describing;
  const folder = join(workDir, keyOf(group, attributes));
  const chunks = Math.ceil(group.count / CHUNK);
  const patches: PatchDescription[] = [];
  const pixels = new Float32Array(group.count * SMALL_VOXELS);
  const take = (chunk: Chunk): void => {
    pixels.set(chunk.pixels, patches.length * SMALL_VOXELS);
    patches.push(...chunk.patches);
    onProgress?.(patches.length);
  };
  // While the network describes one chunk, the threads measure the next one.
  let ahead = begin(group, describing, folder, 0);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const begun = await ahead;
    ahead = chunk + 1 < chunks ? begin(group, describing, folder, chunk + 1) : Promise.resolve(NOTHING);
    // Reported where it is awaited.
    ahead.catch(() => undefined);
    requireGoingOn(describing);
    if ('patches' in begun) {
      take(begun);
      continue;
    }
    const made = await finish(group, describing, chunk, begun.measured);
    await writeChunk(folder, chunk, made);
    take(made);
  }
  return { group, patches, pixels };
}

type Begun = Chunk | { readonly measured: readonly Measured[] };
const NOTHING: Begun = { measured: [] };

async function begin(
  group: PatchGroup,
  { threads }: Describing,
  folder: string,
  chunk: number,
): Promise<Begun> {
  const indexes = indexesOf(group, chunk);
  const kept = await readChunk(
    folder,
    chunk,
    indexes.map((index) => group.items[index]!.id),
  );
  if (kept !== undefined) return kept;
  const measured = await Promise.all(
    indexes.map(async (index) => {
      const values = await group.patch(index);
      requireContent(values, group, index);
      // The caller's array may be one that the group keeps.
      return threads
        .measure(values.slice(), group.size, group.items[index]!.spacingMm)
        .catch((error: unknown) => {
          throw named(error, group, index);
        });
    }),
  );
  return { measured };
}

async function finish(
  group: PatchGroup,
  { attributes }: Describing,
  chunk: number,
  measured: readonly Measured[],
): Promise<Chunk> {
  const indexes = indexesOf(group, chunk);
  const { size, items } = group;
  const whole = await attributes?.describe(
    measured.map(({ values }, at) => ({ values, size, spacingMm: items[indexes[at]!]!.spacingMm })),
  );
  const crops = measured.flatMap(({ measured: { crop } }) => (crop === null ? [] : [{ ...crop, size }]));
  const scaled = crops.length === 0 ? [] : await attributes?.describe(crops);
  const pixels = new Float32Array(measured.length * SMALL_VOXELS);
  let nextCrop = 0;
  const patches = measured.map(({ measured: one }, at): PatchDescription => {
    pixels.set(one.pixels, at * SMALL_VOXELS);
    return {
      id: items[indexes[at]!]!.id,
      nodule: one.nodule,
      attributes: {
        patch: readingOf(whole?.[at]),
        nodule: one.crop === null ? null : readingOf(scaled?.[nextCrop++]),
      },
      radiomics: {
        patch: one.radiomics.patch === null ? null : [...one.radiomics.patch],
        nodule: one.radiomics.nodule === null ? null : [...one.radiomics.nodule],
      },
    };
  });
  return { patches, pixels };
}

const readingOf = (reading: AttributeReading | undefined): Reading | null =>
  reading === undefined
    ? null
    : {
        features: Array.from(reading.features),
        predicted: { ...reading.predicted },
        malignantProbability: reading.malignantProbability,
        classProbabilities: [...reading.classProbabilities],
      };

const indexesOf = ({ count }: PatchGroup, chunk: number): number[] =>
  Array.from({ length: Math.min(CHUNK, count - chunk * CHUNK) }, (_, at) => chunk * CHUNK + at);

function keyOf({ sha256, count, size }: PatchGroup, network: AttributeNetwork | null): string {
  const weights = network?.card.weights.sha256 ?? 'no network';
  const name = [DESCRIPTION_VERSION, sha256, count, size, weights, RADIOMIC_NAMES];
  return createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, 32);
}

function requireContent(values: Float32Array, group: PatchGroup, index: number): void {
  const first = values[0]!;
  let constant = true;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    // Also true for NaN.
    if (!(value >= 0 && value <= 1))
      throw bad(group, index, `holds ${value} at voxel ${at}, which is not a value in [0, 1]`);
    if (value !== first) constant = false;
  }
  if (constant) throw bad(group, index, `is constant (${first} in every voxel) and shows nothing`);
}

const bad = (group: PatchGroup, index: number, why: string): NoduleLabError =>
  new NoduleLabError(
    'invalid-input',
    `Patch ${group.items[index]!.id} of ${group.name} ${why}: take it out or build the set again.`,
    { patch: group.items[index]!.id },
  );

function named(error: unknown, group: PatchGroup, index: number): unknown {
  if (!(error instanceof NoduleLabError) || error.kind !== 'invalid-input') return error;
  return bad(group, index, `cannot be measured (${error.message})`);
}

function requireGoingOn({ signal }: Describing): void {
  if (signal?.aborted !== true) return;
  throw new NoduleLabError(
    'cancelled',
    'The evaluation was stopped; the same command goes on with the patches that are left.',
  );
}
