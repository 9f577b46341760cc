/** Turns an Explicit VR Big Endian data set (PS3.5 Annex A.3, retired) into Explicit VR Little Endian: the same bytes, swapped in place. */
import { NoduleLabError } from '../../volume/errors.ts';
import { hasLongLength } from '../elementWalk.ts';

const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
/** Deeper than any object of the standard; hostile files would exhaust the stack. */
const MOST_NESTED = 32;

/** Bytes of a value's units; those of the other VRs have no order. */
const UNIT: Readonly<Record<string, 2 | 4 | 8>> = {
  ...{ US: 2, SS: 2, OW: 2, AT: 2 },
  ...{ UL: 4, SL: 4, FL: 4, OL: 4, OF: 4 },
  ...{ FD: 8, OD: 8, UV: 8, SV: 8, OV: 8 },
};

class Swapper {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
  }

  #damaged(): NoduleLabError {
    return new NoduleLabError(
      'invalid-input',
      `${this.#name}: the DICOM file is cut short or damaged. Copy or download this file again.`,
      { file: this.#name },
    );
  }

  #swap(start: number, end: number, unit: 2 | 4 | 8): void {
    const whole = end - start - ((end - start) % unit);
    const part = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, whole);
    if (unit === 2) part.swap16();
    else if (unit === 4) part.swap32();
    else part.swap64();
  }

  #need(at: number, length: number, end: number): void {
    if (at + length > end) throw this.#damaged();
  }

  /** Tag at an offset, swapped. */
  #tag(at: number, end: number): number {
    this.#need(at, 8, end);
    const tag = this.#view.getUint32(at);
    this.#swap(at, at + 4, 2);
    return tag;
  }

  #length(at: number): number {
    const length = this.#view.getUint32(at);
    this.#view.setUint32(at, length, true);
    return length;
  }

  /** Elements up to `end`, or up to the delimiter of an item; gives the first byte behind them. */
  elements(start: number, end: number, delimited: boolean, depth: number): number {
    if (depth > MOST_NESTED) throw this.#damaged();
    let at = start;
    while (at < end) {
      const tag = this.#tag(at, end);
      if (tag === ITEM_END && delimited) {
        this.#length(at + 4);
        return at + 8;
      }
      at = this.#element(at, end, depth);
    }
    if (delimited) throw this.#damaged();
    return at;
  }

  /** Length and value of the element whose tag is done. */
  #element(at: number, end: number, depth: number): number {
    const vr = String.fromCharCode(this.#bytes[at + 4]!, this.#bytes[at + 5]!);
    let length: number;
    let value: number;
    if (hasLongLength(vr)) {
      this.#need(at, 12, end);
      length = this.#length(at + 8);
      value = at + 12;
    } else {
      length = this.#view.getUint16(at + 6);
      this.#view.setUint16(at + 6, length, true);
      value = at + 8;
    }
    if (vr === 'SQ')
      return this.#items(value, length === UNDEFINED_LENGTH ? end : value + length, end, length, depth);
    this.#need(value, length, end);
    const unit = UNIT[vr];
    if (unit !== undefined) this.#swap(value, value + length, unit);
    return value + length;
  }

  #items(start: number, stop: number, end: number, length: number, depth: number): number {
    if (stop > end) throw this.#damaged();
    let at = start;
    while (at < stop) {
      const tag = this.#tag(at, stop);
      const itemLength = this.#length(at + 4);
      at += 8;
      if (tag === SEQUENCE_END && length === UNDEFINED_LENGTH) return at;
      if (tag !== ITEM) throw this.#damaged();
      const open = itemLength === UNDEFINED_LENGTH;
      if (!open) this.#need(at, itemLength, stop);
      at = this.elements(at, open ? stop : at + itemLength, open, depth + 1);
    }
    if (length === UNDEFINED_LENGTH) throw this.#damaged();
    return at;
  }
}

/** @throws NoduleLabError 'invalid-input' where the data set is cut short or damaged */
export function littleEndianDataSet(dataSet: Uint8Array, name: string): Uint8Array {
  const swapped = dataSet.slice();
  new Swapper(swapped, name).elements(0, swapped.length, false, 0);
  return swapped;
}
