/** Where a training's patches come from, and what they must be before a network sees them. */
import { NoduleLabError } from '../volume/errors.ts';
import type { Channel, PatchEntry } from './manifest.ts';

/** Cubes of size³ voxels in [0, 1], z slowest, x fastest. */
export interface PatchSource {
  readonly count: number;
  /** Edge length in voxels. */
  readonly size: number;
  /** Of the patches' bytes, where they have one: a training goes on only with the set that it began with. */
  readonly sha256?: string;
  /** What messages call the set, for example its folder. */
  readonly name?: string;
  /** What messages call a patch besides its number, for example the nodule's id. */
  readonly label?: (index: number) => string;
  /** The patch with this index; the caller does not change it. */
  patch(index: number): Float32Array | Promise<Float32Array>;
  /** The patch's soft mask, in the same order, where the set has one. */
  alpha?(index: number): Float32Array | Promise<Float32Array>;
  /** Where the set says where its patches came from and how they were rated. */
  entry?(index: number): PatchEntry;
}

/** What is read of a patch, in the order in which networks take it. */
export type SourceChannels = readonly ['hu'] | readonly ['hu', 'alpha'];

/**
 * Reads a channel of a patch; throws where it cannot be read, has another length or holds a value that is none of a
 * patch.
 */
export async function readPatch(
  source: PatchSource,
  index: number,
  channel: Channel = 'hu',
): Promise<Float32Array> {
  let values: Float32Array;
  try {
    values = await (channel === 'hu' ? source.patch(index) : alphaOf(source, index));
  } catch (error) {
    throw unusable(
      source,
      index,
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      error,
    );
  }
  const expected = source.size ** 3;
  if (values.length !== expected)
    throw unusable(source, index, `holds ${values.length} values, not ${source.size}³ = ${expected}`);
  const at = firstOutside(values);
  if (at >= 0)
    throw unusable(
      source,
      index,
      `holds ${values[at]} at voxel ${voxelName(at, source.size)}, not a value in [0, 1]`,
    );
  return values;
}

function alphaOf(source: PatchSource, index: number): Float32Array | Promise<Float32Array> {
  if (source.alpha === undefined)
    throw new NoduleLabError('invalid-input', 'the set has no soft masks: build it with --alpha');
  return source.alpha(index);
}

/** Reads every patch once, so that a bad one is found before hours of training and not within them. */
export async function checkPatches(
  source: PatchSource,
  signal?: AbortSignal,
  channels: SourceChannels = ['hu'],
): Promise<void> {
  for (let index = 0; index < source.count && signal?.aborted !== true; index++)
    for (const channel of channels) await readPatch(source, index, channel);
}

export const nameOf = ({ name }: PatchSource): string => (name === undefined ? 'the set' : `the set ${name}`);

/** Index of the first value that is not in [0, 1] (NaN is not), or −1. */
function firstOutside(values: Float32Array): number {
  const { length } = values;
  for (let i = 0; i < length; i++) if (!(values[i]! >= 0 && values[i]! <= 1)) return i;
  return -1;
}

const voxelName = (at: number, size: number): string =>
  `(${at % size}, ${Math.floor(at / size) % size}, ${Math.floor(at / size ** 2)})`;

function unusable(source: PatchSource, index: number, why: string, cause?: unknown): NoduleLabError {
  const label = source.label === undefined ? '' : ` (${source.label(index)})`;
  return new NoduleLabError(
    cause instanceof NoduleLabError ? cause.kind : 'invalid-input',
    `Patch ${index}${label} of ${nameOf(source)} ${why}: build the set again with "nodulelab dataset build".`,
    { patch: index },
    cause,
  );
}
