/**
 * Unpacks gzip and zlib streams whose unpacked length is known beforehand, from a header. A stream that unpacks to more
 * is stopped there, so that a few bytes cannot fill the memory.
 */
import { constants, gunzipSync, inflateSync } from 'node:zlib';
import type { Fail } from './formatError.ts';

/** Deflate packs at most 1,032 bytes into one (RFC 1951: 258 bytes in two bits); a little more for framing. */
const BEST_RATIO = 1040;
/** Large enough for the header of any volume, small enough that a bomb unpacks to a few megabytes. */
const HEAD_BYTES = 4096;
const CHUNK_BYTES = 2 ** 20;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The first bytes of what a gzip stream unpacks to; `head` may be the beginning of the stream alone. */
export function gunzipHead(head: Uint8Array, fail: Fail): Uint8Array {
  try {
    return gunzipSync(head.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw fail('its gzip stream is damaged', undefined, cause);
  }
}

/** @param length of what the stream must unpack to, bytes; at least 1 */
export function inflateExactly(
  bytes: Uint8Array,
  length: number,
  kind: 'gzip' | 'zlib',
  fail: Fail,
): Uint8Array {
  if (length > bytes.length * BEST_RATIO + HEAD_BYTES)
    throw fail(
      `it is cut short: ${bytes.length} packed bytes cannot hold the ${length} that its header names`,
    );
  const unpack = kind === 'gzip' ? gunzipSync : inflateSync;
  let unpacked: Uint8Array;
  try {
    unpacked = unpack(bytes, {
      maxOutputLength: length,
      chunkSize: Math.min(CHUNK_BYTES, Math.max(64, length)),
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw fail(`it unpacks to more than the ${length} bytes that its header names`, undefined, cause);
    throw fail(`its ${kind} stream is damaged or cut short`, undefined, cause);
  }
  if (unpacked.length !== length)
    throw fail(`it is cut short: it unpacks to ${unpacked.length} bytes where ${length} are needed`);
  return unpacked;
}
