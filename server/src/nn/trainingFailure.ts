/** Failures of a training that its user can do something about, in words. */
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { NoduleLabError } from '../volume/errors.ts';
import type { CheckpointInfo } from './checkpoint.ts';

const NO_ROOM = ['ENOSPC', 'EDQUOT'];
/**
 * How memory that cannot be had shows: ONNX Runtime on the CPU ("Failed to allocate memory for requested buffer",
 * "bad allocation") and on GPUs ("out of memory"), and JavaScript's own arrays.
 */
const NO_MEMORY = [/failed to allocate memory/i, /bad[ _]alloc/i, /out of memory/i, /allocation failed/i];

/**
 * The error that ended a training as its user should read it; what is not known passes unchanged.
 * @param memoryRemedy what needs the memory and what to change, as whole sentences
 * @param good the last good checkpoint, if there is one
 */
export function explainFailure(
  error: unknown,
  folder: string,
  memoryRemedy: string,
  good: CheckpointInfo | undefined,
): unknown {
  const met = noRoom(error, folder) ?? noMemory(error, memoryRemedy);
  const known = met ?? error;
  if (!(known instanceof NoduleLabError)) return known;
  // A training that was refused before it began has no checkpoint of its own to name.
  const kept = good === undefined ? met && 'There is no checkpoint yet.' : goodMessage(good);
  if (kept === undefined) return known;
  return new NoduleLabError(
    known.kind,
    `${known.message} ${kept}`,
    { ...known.details, ...(good === undefined ? {} : { checkpoint: good.file }) },
    known.cause ?? known,
  );
}

const goodMessage = ({ folder, file }: CheckpointInfo): string =>
  `The last good checkpoint is ${join(folder, file)}.`;

function noRoom(error: unknown, folder: string): NoduleLabError | undefined {
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !NO_ROOM.includes(code)) return undefined;
  return new NoduleLabError(
    'upstream',
    `The disk of ${folder} is full (${code}): free space on it, then start the training again; it goes on from its last checkpoint.`,
    { folder, code },
    error,
  );
}

function noMemory(error: unknown, remedy: string): NoduleLabError | undefined {
  if (!isNativeError(error) || error instanceof NoduleLabError) return undefined;
  if (!NO_MEMORY.some((pattern) => pattern.test(error.message))) return undefined;
  const [firstLine] = error.message.split('\n');
  return new NoduleLabError(
    'unusable',
    `The memory is not enough. ${remedy}`,
    { reported: firstLine },
    error,
  );
}
