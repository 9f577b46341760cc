/**
 * JPEG Lossless, Huffman-coded (ITU-T T.81 Annex H, process 14), one component of 2 to 16 bits, all seven predictors.
 * Own code: jpeg-lossless-decoder-js 2.1.2 gave wrong values with predictors 5 and 7.
 */
import { CodecError, type DecodedFrame } from './codecError.ts';
import { bitReader, huffmanTable, type BitReader, type HuffmanTable } from './huffman.ts';
import { jpegSegments } from './jpegMarkers.ts';

interface Scan {
  readonly columns: number;
  readonly rows: number;
  readonly precision: number;
  readonly predictor: number;
  /** Point transform: samples are stored without their lowest bits. */
  readonly shift: number;
  readonly table: HuffmanTable;
  /** Rows from one restart marker to the next; all of them where there is none. */
  readonly rowsPerInterval: number;
}

const { min } = Math;

/** The predicted value from its neighbours: left, above, above left (T.81 Table H.1). */
function predict(predictor: number, left: number, above: number, corner: number): number {
  switch (predictor) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return corner;
    case 4:
      return left + above - corner;
    case 5:
      return left + ((above - corner) >> 1);
    case 6:
      return above + ((left - corner) >> 1);
    default:
      return (left + above) >> 1;
  }
}

/** Decodes rows from `first` to before `end`: one restart interval. Differences are modulo 2^16 (T.81 H.1.2.1). */
function decodeInterval(words: Uint16Array, scan: Scan, bits: BitReader, first: number, end: number): void {
  const { columns, predictor, table } = scan;
  let left = 2 ** (scan.precision - scan.shift - 1);
  for (let row = first; row < end; row++) {
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      const at = start + column;
      let predicted = left;
      if (row > first) {
        const above = words[at - columns]!;
        predicted = column === 0 ? above : predict(predictor, left, above, words[at - columns - 1]!);
      }
      left = (predicted + bits.difference(table)) & 0xffff;
      words[at] = left;
    }
    bits.requireReal();
  }
}

function readScan(frame: Uint8Array): { readonly scan: Scan; readonly dataStart: number } {
  const tables = new Map<number, HuffmanTable>();
  let size: { columns: number; rows: number; precision: number } | undefined;
  let interval = 0;
  for (const { marker, start, end } of jpegSegments(frame)) {
    const segment = frame.subarray(start, end);
    const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
    if (marker === 0xc4) {
      let at = 0;
      while (at + 17 <= segment.length) {
        const counts = segment.subarray(at + 1, at + 17);
        const count = counts.reduce((sum, n) => sum + n, 0);
        tables.set(segment[at]! & 15, huffmanTable(counts, segment.subarray(at + 17, at + 17 + count)));
        at += 17 + count;
      }
    } else if (marker === 0xdd && segment.length >= 2) interval = view.getUint16(0);
    else if (marker === 0xc3 && segment.length >= 9) {
      if (segment[5] !== 1) throw new CodecError(`it has ${segment[5]} components instead of one`);
      size = { precision: segment[0]!, rows: view.getUint16(1), columns: view.getUint16(3) };
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc)
      throw new CodecError('it is JPEG of another process than lossless Huffman');
    else if (marker === 0xda) {
      if (size === undefined || segment.length < 6 || segment[0] !== 1)
        throw new CodecError('its scan header is damaged');
      const table = tables.get(segment[2]! >> 4);
      const predictor = segment[3]!;
      const shift = segment[5]! & 15;
      if (table === undefined || predictor < 1 || predictor > 7 || shift >= size.precision)
        throw new CodecError('its scan header is damaged');
      if (size.precision < 2 || size.precision > 16 || size.rows < 1 || size.columns < 1)
        throw new CodecError('its frame header is damaged');
      if (interval % size.columns !== 0) throw new CodecError('a restart interval ends within a row');
      const rowsPerInterval = interval === 0 ? size.rows : interval / size.columns;
      return { scan: { ...size, predictor, shift, table, rowsPerInterval }, dataStart: end };
    }
  }
  throw new CodecError('it holds no image');
}

/**
 * @param limit pixels at most: a damaged size must not fill the memory
 * @throws CodecError where the stream is damaged, cut short, larger than the limit or of another process
 */
export function decodeJpegLossless(frame: Uint8Array, limit: number): DecodedFrame {
  const { scan, dataStart } = readScan(frame);
  const { columns, rows, precision, shift, rowsPerInterval } = scan;
  if (columns * rows > limit) throw new CodecError(`it is an image of ${columns} x ${rows} pixels`);
  const words = new Uint16Array(columns * rows);
  const bits = bitReader(frame, dataStart);
  for (let row = 0; row < rows; row += rowsPerInterval) {
    if (row > 0) bits.restart();
    decodeInterval(words, scan, bits, row, min(rows, row + rowsPerInterval));
  }
  if (shift > 0) for (let i = 0; i < words.length; i++) words[i] = words[i]! << shift;
  return { columns, rows, precision, signed: false, words };
}
