/** The marker segments at the head of a JPEG or JPEG-LS stream (ITU-T T.81 Annex B; T.87 Annex C). */
import { CodecError } from './codecError.ts';

export interface MarkerSegment {
  /** Second byte of the marker. */
  readonly marker: number;
  /** First byte behind the segment's length. */
  readonly start: number;
  readonly end: number;
}

const START_OF_IMAGE = 0xd8;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** Segments up to and with the start of the first scan. Throws CodecError where there is no such stream. */
export function* jpegSegments(bytes: Uint8Array): Generator<MarkerSegment, void, undefined> {
  if (bytes[0] !== 0xff || bytes[1] !== START_OF_IMAGE) throw new CodecError('it does not begin like JPEG');
  let at = 2;
  for (;;) {
    if (bytes[at] !== 0xff) throw new CodecError('a marker is missing in its header');
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      // Any number of fill bytes may stand before a marker.
      at++;
      continue;
    }
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const end = at + 2 + length;
    if (marker === undefined || marker === END_OF_IMAGE || length < 2 || !(end <= bytes.length))
      throw new CodecError('its header is cut short');
    yield { marker, start: at + 4, end };
    if (marker === START_OF_SCAN) return;
    at = end;
  }
}
